package ClearStatus::Response;

# What one caller got, and until then what it waits for.

use Mojo::Base -base, -signatures;

use Mojo::JSON qw(decode_json);
use Mojo::Message::Response;
use Time::HiRes qw(time);

has [qw(error is_over keep method seconds socket started target
    timeout)];
has raw     => '';
has message => sub ($self) {
    my $message = Mojo::Message::Response->new(max_message_size => 0);

    $message->content->skip_body(1) if $self->method eq 'HEAD';
    $message->content->auto_decompress(0);
    return $message;
};


# "done", an error, or nothing if there is more to come

sub read_more ($self) {
    my $read = sysread $self->socket, my $bytes, 131072;

    if (!defined $read) {
        return if $!{EAGAIN} || $!{EINTR};
        return "closed: $!";
    }

    if ($read) {
        $self->{raw} .= $bytes;
        $self->message->parse($bytes);
        return $self->message->is_finished ? 'done' : undef;
    }

    my $content = $self->message->content;
    return 'closed without an answer' if !length $self->raw;
    return 'closed before the end of the headers'
        if !$content->is_parsing_body && !$content->is_finished;
    return 'done' if $content->relaxed && !$content->is_chunked;
    return 'closed before the end of the body';
}


sub finish ($self, $error) {
    $self->error($error)->is_over(1)->seconds(time - $self->started);
    close $self->socket if !$self->keep;
}


sub abort ($self) {
    close $self->socket;
    return $self->error('aborted')->is_over(1);
}


sub code ($self)          { return $self->message->code }
sub body ($self)          { return $self->message->body }
sub type ($self)          { return $self->header('Content-Type') }
sub header ($self, $name) { return $self->message->headers->header($name) }
sub names ($self)         { return $self->message->headers->names }


# every line of that name

sub all ($self, $name) {
    return @{ $self->message->headers->every_header($name) };
}


# undef where the body is not JSON

sub json ($self) {
    return eval { decode_json($self->body) };
}


# bytes after the end of the answer

sub extra ($self) { return $self->message->content->leftovers }


1;
