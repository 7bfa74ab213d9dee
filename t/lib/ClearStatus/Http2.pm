package ClearStatus::Http2;

# An upstream that speaks HTTP/2 over TLS and breaks it as told, frame by
# frame, in a process of its own:
#
#     $h2 = $t->adopt(ClearStatus::Http2->new(dir => $t->dir,
#         tls => $t->certificate('localhost'), body => $json))->start;
#     $h2->port;
#     $h2->script(['rst', 7], ['goaway', 0]);   # for the next requests, one
#                                               # each; then all is answered
#     $h2->requests;          # since script() was called
#     $h2->connections;
#     $h2->drop;              # closes all connections, and waits
#
# What a step does instead of an answer:
#
#     ['answer', {headers}]   with these header fields more
#     ['rst', CODE, WHERE]    RST_STREAM; WHERE: before, headers, body
#     ['goaway', LAST, CODE]  GOAWAY and a close; LAST counts from this
#                             stream: 0 is this one, -2 the one before
#     ['leave']               GOAWAY that counts this stream in, then the
#                             answer, and no more
#     ['cut', WHERE]          closes; before, headers, body
#     ['hang', WHERE]         says no more in this stream; also: half-headers
#     ['drip']                a byte of the body each 50 ms
#     ['frames', [TYPE, FLAGS, STREAM, HEX], ...]
#                             those frames; STREAM "this" or a number
#     ['flood', [TYPE, FLAGS, STREAM, HEX], ...]
#                             these, again and again, until the connection
#                             is closed; after the header of an answer
#     ['body', HEX, {headers}]
#
# settings => HEX: the payload of its SETTINGS.  always => STEP: for requests
# that the script has none for, in the place of an answer.

use Mojo::Base 'ClearStatus::Server', -signatures;

use Mojo::IOLoop;

use constant {
    DATA => 0, HEADERS => 1, RST_STREAM => 3, SETTINGS => 4, PING => 6,
    GOAWAY => 7, END_STREAM => 1, ACK => 1, END_HEADERS => 4,
};

has 'body';
has name     => 'h2-fake';
has settings => '';
has always   => sub { ['answer'] };


sub start ($self) { return $self->script->SUPER::start }


sub script ($self, @steps) {
    return $self->tell(script => [++$self->{turn}, @steps]);
}


sub requests ($self) { return $self->noted("request $self->{turn}") }
sub connections ($self) { return $self->noted('connection') }


# The child.

sub serve ($self) {
    $self->SUPER::serve(tls_options => {SSL_alpn_protocols => ['h2']});
}


sub accept ($self, $stream) {
    my $heard   = '';
    my $preface = length "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    $self->note('connection');
    $stream->write(frame(SETTINGS, 0, 0, pack 'H*', $self->settings));

    $stream->on(read => sub ($stream, $bytes) {
        $heard .= $bytes;

        if ($preface) {
            return if length $heard < $preface;
            substr $heard, 0, $preface, '';
            $preface = 0;
        }

        while (length $heard >= 9) {
            my ($high, $low, $type, $flags, $id) = unpack 'CnCCN', $heard;
            my $length = $high << 16 | $low;

            last if length $heard < 9 + $length;

            my $payload = substr $heard, 9, $length;
            substr $heard, 0, 9 + $length, '';

            $stream->write(frame(SETTINGS, ACK, 0, ''))
                if $type == SETTINGS && !($flags & ACK);
            $stream->write(frame(PING, ACK, 0, $payload))
                if $type == PING && !($flags & ACK);
            $self->request($stream, $id) if $type == HEADERS;
        }
    });
}


sub frame ($type, $flags, $id, $payload) {
    my $length = length $payload;

    return pack('CnCCN', $length >> 16, $length & 0xffff, $type, $flags, $id)
        . $payload;
}


# HPACK, RFC 7541: :status 200 is number 8 of the static table; the others
# are literals without indexing.

sub headers ($id, $more = {}, $flags = END_HEADERS) {
    my %all = ('content-type' => 'application/json', %$more);

    return frame(HEADERS, $flags, $id, "\x88" . join '', map {
        "\0" . pack('C/a*', $_) . pack('C/a*', $all{$_})
    } sort keys %all);
}


sub request ($self, $stream, $id) {
    my ($turn, @steps) = @{ $self->heard('script') };

    $self->note("request $turn");

    my ($what, @more) = @{ $steps[$self->{taken}{$turn}++ // 0]
            // $self->always };
    my $do = $self->can("do_$what") or die "no step $what\n";
    $self->$do($stream, $id, @more);
}


sub do_answer ($self, $stream, $id, $headers = {}) {
    $stream->write(headers($id, $headers)
            . frame(DATA, END_STREAM, $id, $self->body));
}


sub do_body ($self, $stream, $id, $hex, $headers = {}) {
    my $body = pack 'H*', $hex;

    $stream->write(headers($id, $headers));
    $stream->write(frame(DATA, 0, $id, substr $body, 0, 16_000, ''))
        while length $body;
    $stream->write(frame(DATA, END_STREAM, $id, ''));
}


# The answer as far as that.

sub begin ($self, $stream, $id, $where) {
    $stream->write(headers($id, {}, 0)) if $where eq 'half-headers';
    $stream->write(headers($id)) if $where =~ /^(?:headers|body)$/;
    $stream->write(frame(DATA, 0, $id, substr $self->body, 0, 200))
        if $where eq 'body';
}


sub do_rst ($self, $stream, $id, $code, $where = 'before') {
    $self->begin($stream, $id, $where);
    $stream->write(frame(RST_STREAM, 0, $id, pack 'N', $code));
}


sub do_goaway ($self, $stream, $id, $last, $code = 0) {
    $last = $id + $last < 0 ? 0 : $id + $last;
    $stream->write(frame(GOAWAY, 0, 0, pack 'NN', $last, $code));
    $stream->close_gracefully;
}


sub do_leave ($self, $stream, $id) {
    $stream->write(frame(GOAWAY, 0, 0, pack 'NN', $id, 0));
    $self->do_answer($stream, $id);
    $stream->on(drain => \&half_close);
}


# A close with something of the client's unread is a reset, which may overtake
# the answer: the client is to close first.

sub half_close ($stream) {
    open my $fh, '>&', fileno $stream->handle or die "cannot dup: $!\n";
    shutdown $fh, 1;
}


sub do_cut ($self, $stream, $id, $where) {
    $self->begin($stream, $id, $where);
    $stream->close_gracefully;
}


sub do_hang ($self, $stream, $id, $where) {
    $self->begin($stream, $id, $where);
}


sub do_drip ($self, $stream, $id) {
    my ($at, $timer) = 0;

    $stream->write(headers($id));
    $timer = Mojo::IOLoop->recurring(0.05 => sub {
        $stream->write(frame(DATA, 0, $id, substr $self->body, $at++, 1));
    });
    $stream->on(close => sub { Mojo::IOLoop->remove($timer) });
}


sub do_flood ($self, $stream, $id, @frames) {
    my $all = join '', map {
        my ($type, $flags, $where, $hex) = @$_;
        frame($type, $flags, $where eq 'this' ? $id : $where, pack 'H*', $hex);
    } @frames;

    $stream->write(headers($id));
    again($stream, $all x (1 + int 65_536 / length $all));
}


sub again ($stream, $bytes) {
    $stream->write($bytes => sub ($stream) { again($stream, $bytes) });
}


sub do_frames ($self, $stream, $id, @frames) {
    for my $frame (@frames) {
        my ($type, $flags, $where, $hex) = @$frame;

        $stream->write(frame($type, $flags, $where eq 'this' ? $id : $where,
            pack 'H*', $hex));
    }
}


1;
