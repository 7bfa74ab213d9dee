package ClearStatus::Tunnel;

# A proxy in a process of its own that connects to 127.0.0.1, whatever the
# name was, and keeps what it was told before the tunnel stood:
#
#     $proxy = $t->adopt(ClearStatus::Tunnel->new(
#         dir => $t->dir, kind => 'socks5'))->start;    # or http
#     $proxy->port;
#     $proxy->told;      # one for each tunnel: of socks5 the name, of http
#                        # the whole request header
#
# tls => {cert, key}: what comes to it is TLS.

use Mojo::Base 'ClearStatus::Server', -signatures;

use Mojo::IOLoop;
use Mojo::JSON qw(decode_json encode_json);

has kind => 'http';
has name => sub ($self) { $self->kind . '-proxy' };


sub told ($self) { return map { decode_json($_) } $self->notes }


sub accept ($self, $client) {
    my $heard = '';
    my $step  = $self->kind eq 'socks5' ? 'greeting' : 'request';

    $client->on(read => sub ($client, $bytes) {
        $heard .= $bytes;

        if ($step eq 'greeting' && length $heard >= 2) {
            my $length = 2 + unpack 'xC', $heard;
            return if length $heard < $length;

            substr $heard, 0, $length, '';
            $client->write("\x05\x00");
            $step = 'name';
        }

        if ($step eq 'name' && length $heard >= 7) {
            my ($kind) = unpack 'x3C', $heard;
            my ($told, $port) = $kind == 3 ? unpack 'x4C/an', $heard
                : ('address', unpack 'x8n', $heard);

            $step = 'tunnel';
            $self->connect($client, $told, $port,
                pack 'C4a4n', 5, 0, 0, 1, "\0" x 4, 0);
        }

        if ($step eq 'request'
            && $heard =~ /\A(CONNECT \S+?:(\d+) .*\r\n\r\n)/s)
        {
            $step = 'tunnel';
            $self->connect($client, $1, $2,
                "HTTP/1.1 200 OK\r\nRetry-After: 77\r\n\r\n");
        }
    });
}


sub connect ($self, $client, $told, $port, $reply) {
    $self->note(encode_json([$told]));
    $client->unsubscribe('read');

    Mojo::IOLoop->client({address => '127.0.0.1', port => $port},
        sub ($loop, $error, $server) {
            return $client->close if $error;

            $server->timeout(0);
            $client->on(read  => sub ($, $bytes) { $server->write($bytes) });
            $server->on(read  => sub ($, $bytes) { $client->write($bytes) });
            $client->on(close => sub { $server->close });
            $server->on(close => sub { $client->close_gracefully });
            $client->write($reply);
        });
}


1;
