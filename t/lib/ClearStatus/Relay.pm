package ClearStatus::Relay;

# A relay of bytes to a port of 127.0.0.1 that breaks off where it is told,
# whatever it carries, in a process of its own:
#
#     $relay = $t->adopt(ClearStatus::Relay->new(
#         dir => $t->dir, to => $sim->tls_port))->start;
#     $relay->port;
#     $relay->pass;                   # everything, from the next connection
#     $relay->cut(100, 'reset');      # after 100 bytes from upstream; or
#                                     # close, or hang
#     $relay->drop;                   # closes all connections, and waits
#     $relay->passed;                 # bytes from upstream, of each connection
#                                     # that has ended
#
# address => '::1': where it listens.

use Mojo::Base 'ClearStatus::Server', -signatures;

use IO::Socket::IP;
use Mojo::IOLoop;
use Socket qw(SOL_SOCKET SO_LINGER);

has name => 'relay';
has 'to';


sub start ($self) { return $self->pass->SUPER::start }


sub pass ($self) { return $self->cut(undef, 'pass') }


sub cut ($self, $after, $how) {
    return $self->tell(orders => [$after, $how]);
}


sub passed ($self) { return grep {/^\d/} $self->notes }


# The child.

sub accept ($self, $client) {
    my ($after, $how) = @{ $self->heard('orders') };
    my ($early, $upstream, $passed) = ('', undef, 0);

    $client->on(read => sub ($, $bytes) {
        $upstream ? $upstream->write($bytes) : ($early .= $bytes);
    });

    Mojo::IOLoop->client({address => '127.0.0.1', port => $self->to},
        sub ($loop, $error, $stream) {
            return $client->close if $error;

            $upstream = $stream;
            $upstream->timeout(0);
            $upstream->on(error => sub { });
            $upstream->write($early) if length $early;
            break_off($client, $upstream, $how) if defined $after && !$after;

            $upstream->on(read => sub ($, $bytes) {
                my $left = defined $after ? $after - $passed : length $bytes;
                return if $left <= 0;

                $bytes = substr $bytes, 0, $left;
                $passed += length $bytes;
                $client->write($bytes, sub {
                    break_off($client, $upstream, $how)
                        if defined $after && $passed == $after;
                });
            });
            $upstream->on(close => sub {
                $client->close_gracefully if $how ne 'hang';
            });
        });

    $client->on(close => sub {
        $self->note($passed);
        $upstream->close if $upstream;
    });
}


sub break_off ($client, $upstream, $how) {
    return if $how eq 'hang' || !$client->handle;

    setsockopt $client->handle, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0)
        if $how eq 'reset';
    $client->close;
}


1;
