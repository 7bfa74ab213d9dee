package ClearStatus::Contract;

# docs/openapi.yaml, and whether a response is what it says.

use Mojo::Base -base, -signatures;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use JSON::Validator::Schema::Draft201909;
use YAML::PP;

# what nginx adds by itself
use constant NGINX => qw(Connection Content-Length Content-Type Date
    Keep-Alive Server Transfer-Encoding);

has file =>
    sub { abs_path(dirname(__FILE__) . '/../../..') . '/docs/openapi.yaml' };
has document => sub ($self) {
    YAML::PP->new(boolean => 'JSON::PP')->load_file($self->file);
};
has validators => sub { {} };
has seen       => sub { {} };


sub operations ($self) {
    my %of = map {%$_} values %{ $self->document->{paths} };

    return {map { uc $_ => $of{$_} } grep { $of{$_} } qw(get head post)};
}


# "GET 404", "HEAD 4XX" ...; of the methods that are asked for

sub documented ($self, @methods) {
    my $operations = {%{ $self->operations }{@methods}};

    return map {
        my $method = $_;
        map {"$method $_"} keys %{ $operations->{$method}{responses} };
    } keys %$operations;
}


# What is wrong with a response; nothing if all is as documented.

sub check ($self, $response) {
    my $code      = $response->code // return 'no answer';
    my $method    = $code == 202 ? 'POST'
        : $response->method eq 'HEAD' ? 'HEAD' : 'GET';
    my $responses = $self->operations->{$method}{responses};
    my $range     = substr($code, 0, 1) . 'XX';
    my ($name)    = grep { $responses->{$_} } $code, $range;

    return "$code is not documented" if !$name;
    $self->seen->{"$method $name"}++;

    my $entry = $self->follow($responses->{$name});
    return (
        $self->check_headers($response, $entry->{headers} // {}),
        $self->check_json($response, $entry->{'x-headers-of-json'} // []),
        $self->check_body($response, $entry->{content}),
    );
}


sub follow ($self, $entry) {
    my $ref = $entry->{'$ref'} // return $entry;
    my $at  = $self->document;

    $at = $at->{$_} // die "no $ref\n" for split m{/}, $ref =~ s{^#/}{}r;
    return $at;
}


# Each once, in the documented form, and none where it is not documented.

sub check_headers ($self, $response, $headers) {
    my @wrong;

    for my $name (sort keys %$headers) {
        my $header = $self->follow($headers->{$name});
        my @values = $response->all($name);

        push @wrong, "$name is missing" if !@values && $header->{required};
        push @wrong, "$name is there twice" if @values > 1;
        push @wrong, map { $self->check_value($name, $header->{schema}, $_) }
            @values;
    }

    my %known = map { lc $_ => 1 } NGINX, keys %$headers;
    my %ours  = map { lc $_ => 1 } $self->header_names;
    push @wrong, map {"$_ is not documented"}
        grep { $ours{ lc $_ } && !$known{ lc $_ } } @{ $response->names };
    return @wrong;
}


# What only a body in JSON has, and that always.

sub check_json ($self, $response, $names) {
    return if ($response->type // '') eq 'text/event-stream';
    return map {"$_ is missing"}
        grep { !defined $response->header($_) } @$names;
}


# Those that the document knows; an operator may add others.

sub header_names ($self) {
    return map { keys %{ $_->{headers} // {} } }
        values %{ $self->document->{components}{responses} };
}


sub check_value ($self, $name, $schema, $value) {
    $value += 0 if $schema->{type} eq 'integer' && $value =~ /^-?\d+\z/;
    return map {"$name: $_"} $self->validate($schema, $value);
}


sub check_body ($self, $response, $content) {
    my $length = $response->header('Content-Length');

    if ($response->method eq 'HEAD' || !$content) {
        return length $response->body ? 'it has a body' : ();
    }

    return check_stream($response)
        if $content->{'text/event-stream'}
        && ($response->type // '') eq 'text/event-stream';

    my $schema = $content->{'application/json'}{schema};
    my $json   = $response->json;

    return "it is $_" for grep { $_ ne 'application/json' } $response->type;
    return 'the body is not JSON' if !defined $json;

    my @wrong = map {"body: $_"} $self->validate($schema, $json);
    push @wrong, 'status is not the HTTP status'
        if ref $json eq 'HASH' && $response->code != 202
        && ($json->{status} // 0) != $response->code;
    push @wrong, 'Content-Length is wrong'
        if defined $length && $length != length $response->body;
    return @wrong;
}


# The lines that do not belong there.

sub check_stream ($response) {
    return map {"in a stream: $_"} grep {
        !/^(?:event: (?:status|problem)|id: \w{32}|retry: \d+|data:.*|:)?$/
    } split /\n/, $response->body;
}


sub validate ($self, $schema, $value) {
    return $self->validator($schema)->validate($value);
}


sub validator ($self, $schema) {
    return $self->validators->{$schema}
        //= JSON::Validator::Schema::Draft201909->new(
            recursive_data_protection => 0)->resolve(
            {%$schema, components => $self->document->{components}});
}


1;
