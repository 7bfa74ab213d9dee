package ClearStatus::Raw;

# An upstream that says over HTTP/1.1 what it should not, or not then, in a
# process of its own.  The path's first part chooses:
#
#     $raw = $t->adopt(ClearStatus::Raw->new(dir => $t->dir))->start;
#     $raw->url;                  # with tls => $t->certificate('localhost'):
#                                 # https
#     $raw->noted('late');        # how often that happened
#
#     /plain      the answer, and nothing else
#     /late-408   a moment after it 408 on the kept connection, and a close
#     /late-200   a moment after it another task's answer; noted as "late"
#     /twice      another task's answer in the same write
#     /record     likewise, in one TLS record with the body
#     /records    likewise, in a TLS record of its own, in the same packet
#     /408        408 to each request but the first of a connection
#     /close      the answer, then a close without a word
#     /chunks     chunks whose extension never ends
#     /nothing    gzip that unpacks to nothing, for ever
#     /line       a header line of 1 MB
#     /first-line a first line of 1 MB
#     /lines      header lines without end
#     /interim    interim responses without end
#
# Notes: "connection", "request", "late", "closed" (by the gateway).

use Mojo::Base 'ClearStatus::Server', -signatures;

use Mojo::IOLoop;
use Socket qw(IPPROTO_TCP);

use constant TCP_CORK => 3;

has name => 'raw';


sub accept ($self, $stream) {
    my ($heard, $n) = ('', 0);

    $self->note('connection');
    $stream->on(close => sub { $self->note('closed') });

    $stream->on(read => sub ($stream, $bytes) {
        $heard .= $bytes;

        while ($heard =~ s{\AGET /([^/?]+)\S*?\?taskId=(\S*) .*?\r\n\r\n}{}s) {
            my ($do, $task) = ($self->can('do_' . $1 =~ tr/-/_/r), $2);

            $self->note('request');
            $self->$do($stream, $task, $n++);
        }
    });
}


sub body ($task) {
    return qq({"status":200,"success":true,"message":"ok","result":{"taskId":)
        . qq("$task","activityStatusList":[],"workflowStatus":"SUCCESS",)
        . qq("message":null},"error":null,"metadata":null});
}


sub answer ($task, $status = '200 OK') {
    my $body = body($task);

    return "HTTP/1.1 $status\r\nContent-Type: application/json\r\n"
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
}


sub do_plain ($self, $stream, $task, $n) { $stream->write(answer($task)) }


sub do_late_408 ($self, $stream, $task, $n) {
    $stream->write(answer($task));
    Mojo::IOLoop->timer(0.1 => sub {
        $stream->write("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n"
                . "Content-Length: 0\r\n\r\n" => sub ($stream) {
                    $self->note('late');
                    $stream->close_gracefully;
                });
    });
}


sub do_late_200 ($self, $stream, $task, $n) {
    $stream->write(answer($task));
    Mojo::IOLoop->timer(0.02 => sub {
        $stream->write(answer("stolen-$task") => sub { $self->note('late') });
    });
}


sub do_twice ($self, $stream, $task, $n) {
    $stream->write(answer($task) . answer("stolen-$task"));
}


# The body and what follows it in one TLS record, so that libcurl, which reads
# no more than the body, leaves the rest with TLS.

sub do_record ($self, $stream, $task, $n) {
    my ($header, $body) = split /(?<=\r\n\r\n)/, answer($task), 2;

    $stream->write($header => sub ($stream) {
        Mojo::IOLoop->timer(0.02 => sub {
            $stream->write($body . answer("stolen-$task"));
        });
    });
}


# TLS may read further than libcurl asks it to.

sub do_records ($self, $stream, $task, $n) {
    my $handle = $stream->handle;

    setsockopt $handle, IPPROTO_TCP, TCP_CORK, 1;
    $handle->syswrite($_) for answer($task), answer("stolen-$task");
    setsockopt $handle, IPPROTO_TCP, TCP_CORK, 0;
}


sub do_408 ($self, $stream, $task, $n) {
    $stream->write(answer($task, $n ? '408 Request Timeout' : '200 OK'));
}


sub do_close ($self, $stream, $task, $n) {
    $stream->write(answer($task) => sub ($stream) { $stream->close });
}


sub again ($stream, $bytes) {
    $stream->write($bytes => sub ($stream) { again($stream, $bytes) });
}


sub do_chunks ($self, $stream, $task, $n) {
    $stream->write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;");
    again($stream, 'x' x 65_536);
}


# A gzip header, then empty stored blocks (RFC 1951, section 3.2.4).

sub do_nothing ($self, $stream, $task, $n) {
    $stream->write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
            . "Connection: close\r\n\r\n\x1f\x8b\x08\0\0\0\0\0\0\x03");
    again($stream, "\0\0\0\xff\xff" x 13_000);
}


sub do_first_line ($self, $stream, $task, $n) {
    $stream->write('HTTP/1.1 200 ' . 'x' x 1_000_000 . "\r\n\r\n");
}


sub do_lines ($self, $stream, $task, $n) {
    $stream->write("HTTP/1.1 200 OK\r\n");
    again($stream, "X-Line: x\r\n" x 100);
}


sub do_interim ($self, $stream, $task, $n) {
    again($stream, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" x 100);
}


sub do_line ($self, $stream, $task, $n) {
    $stream->write("HTTP/1.1 200 OK\r\nX-Long: " . 'x' x 1_000_000
            . "\r\nContent-Length: 0\r\n\r\n");
}


1;
