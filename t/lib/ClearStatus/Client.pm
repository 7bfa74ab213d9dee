package ClearStatus::Client;

# Callers: any number of requests at once, each on a plain socket, so that a
# test sees the very bytes; Mojolicious parses them.

use Mojo::Base -base, -signatures;

use Carp qw(croak);
use ClearStatus::Process qw(stretch);
use ClearStatus::Response;
use IO::Socket::INET;
use Mojo::Reactor::Poll;
use Time::HiRes qw(time);

has 'marker';
has leaks => sub { [] };


sub connect ($self, $port) {
    return IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port")
        || croak "cannot connect to port $port: $!";
}


# How many were started and neither collected nor aborted.

sub flying ($self) {
    return scalar grep { !$_->is_over } values %{ $self->{flying} };
}


sub start ($self, $target, %options) {
    my $socket   = $options{on} // $self->connect($options{port});
    my $response = ClearStatus::Response->new(
        method  => $options{method} // 'GET',
        target  => $options{raw} ? '' : $target,
        started => time,
        socket  => $socket,
        keep    => $options{on} ? 1 : 0,
        timeout => ($options{timeout} // 30) * stretch(),
    );

    $socket->blocking(1);
    my $bytes = $options{raw} // request_text($target, %options);
    my $sent  = 0;

    while ($sent < length $bytes) {
        $sent += syswrite($socket, $bytes, length($bytes) - $sent, $sent)
            // last;
    }

    $socket->blocking(0);
    return $self->{flying}{$response} = $response;
}


sub request_text ($target, %options) {
    my $method  = $options{method}  // 'GET';
    my $version = $options{version} // '1.1';
    my %headers = (
        Host => $options{host} // "127.0.0.1:$options{port}",
        $options{on} ? () : (Connection => 'close'),
        %{ $options{headers} // {} }
    );

    $headers{'Content-Length'} //= length $options{body}
        if defined $options{body};

    my @lines = ("$method $target HTTP/$version");
    for my $name (sort keys %headers) {
        my $value = $headers{$name};
        push @lines, map {"$name: $_"} ref $value ? @$value : $value;
    }

    return join("\r\n", @lines, '', '') . ($options{body} // '');
}


sub collect ($self, @responses) {
    my $reactor = Mojo::Reactor::Poll->new;
    my $waiting = 0;

    for my $response (grep { !$_->is_over } @responses) {
        $waiting++;

        my $over = sub ($error = undef) {
            $reactor->remove($response->socket);
            $reactor->remove($response->{timer});
            $response->finish($error);
            $reactor->stop if !--$waiting;
        };

        $response->{timer}
            = $reactor->timer($response->timeout => sub { $over->('timeout') });
        $reactor->io($response->socket => sub {
            my $done = $response->read_more;
            $over->($done eq 'done' ? undef : $done) if $done;
        })->watch($response->socket, 1, 0);
    }

    $reactor->start if $waiting;
    $self->look_at($_) for @responses;
    return wantarray ? @responses : $responses[0];
}


sub look_at ($self, $response) {
    delete $self->{flying}{$response};
    push @{ $self->leaks }, $response->raw
        if index($response->raw, $self->marker) >= 0;
}


1;
