# What an upstream of HTTP/2 can do wrong, frame by frame: the documented
# status, the next request is answered, no descriptor is lost; and what it may
# do by RFC 9113 and is no failure.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Http2;
use ClearStatus::Test;
use IO::Compress::Gzip qw(gzip);
use Test::More;

# error codes of RFC 9113, section 7
use constant {
    NO_ERROR => 0, PROTOCOL_ERROR => 1, INTERNAL_ERROR => 2,
    REFUSED_STREAM => 7, CANCEL => 8, ENHANCE_YOUR_CALM => 11,
};

use constant {DATA => 0, HEADERS => 1, SETTINGS => 4, PUSH_PROMISE => 5,
    PING => 6, WINDOW_UPDATE => 8, CONTINUATION => 9};

my $t    = ClearStatus::Test->new(reload => 0);
my $body = $t->sample('success');
my $h2   = fake();
my $one  = fake(settings => '000300000001');    # one stream at a time


sub fake (%options) {
    return $t->adopt(ClearStatus::Http2->new(dir => $t->dir, body => $body,
        tls => $t->certificate('localhost'), %options))->start;
}


$t->set(H2 => $h2->port, ONE => $one->port);
$t->conf(<<'EOC')->run;
%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_ssl_trusted_certificate %%CA%%;
    clear_status_max_fails 0;
    clear_status_retries 0;
    clear_status_max_body_size 20k;
    clear_status_timeout 10s;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /h2 {
            clear_status_pass https://localhost:%%H2%%;
        }

        location = /brief {
            clear_status_pass https://localhost:%%H2%%;
            clear_status_timeout 300ms;
        }

        location = /retried {
            clear_status_pass https://localhost:%%H2%%;
            clear_status_retries 1;
        }

        location = /one {
            clear_status_pass https://localhost:%%ONE%%;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}
EOC


sub start ($location) {
    return $t->start("$location?taskId=" . new_task('SUCCESS'));
}


sub ask ($location) { return ($t->collect(start($location)))[0] }


sub fds {
    my ($pid) = $t->worker_pids;
    return scalar(() = glob "/proc/$pid/fd/*");
}


# of the module, which may be another than curl's

sub libcurl {
    return $t->get('/metrics')->body =~ /_build_info\{.*libcurl="(\d+)/
        ? $1 : die 'no version of libcurl';
}


sub hexed ($bytes) { return unpack 'H*', $bytes }


sub literal ($name, $value) {
    return hexed("\0" . pack('C/a*', $name) . pack('C/a*', $value));
}


sub bomb ($size) {
    my $text = ' ' x $size;

    gzip(\$text, \my $zipped);
    return hexed($zipped);
}


my @where = qw(before headers body);

my @faults = (
    (map {
        my $where = $_;
        (map { ["RST_STREAM $_, $where", 502, 'rst', $_, $where] }
            PROTOCOL_ERROR, INTERNAL_ERROR, CANCEL, ENHANCE_YOUR_CALM),
            ["a close, $where", 502, 'cut', $where],
            ["a hang, $where", 504, 'hang', $where],
    } @where),
    ['an end that is none: NO_ERROR, body', 502, 'rst', NO_ERROR, 'body'],
    ['a hang within the headers', 504, 'hang', 'half-headers'],
    ['a byte each 50 ms', 504, 'drip'],
    ['over the limit', 502, 'body', hexed(' ' x 30_000)],
    ['and says so before', 502, 'body', hexed(' ' x 30_000),
        {'content-length' => 30_000}],
    ['a small body that grows', 502, 'body', bomb(5_000_000),
        {'content-encoding' => 'gzip'}],
    ['gzip that is none', 502, 'body', hexed($body),
        {'content-encoding' => 'gzip'}],
    ['gzip that is cut', 502, 'body', substr(bomb(10_000), 0, 30),
        {'content-encoding' => 'gzip'}],
    ['longer than it says', 502, 'answer',
        {'content-length' => length($body) - 1}],
    ['shorter than it says', 502, 'answer',
        {'content-length' => length($body) + 1}],
    ['a length that is none', 502, 'answer', {'content-length' => 'x'}],
    ['no body', 502, 'frames', [HEADERS, 5, 'this', '88']],
    ['no status', 502, 'frames',
        [HEADERS, 5, 'this', literal('content-type', 'text/html')]],
    ['a status that is none', 502, 'frames',
        [HEADERS, 5, 'this', literal(':status', 'abc')]],
    ['a name in upper case', 502, 'frames',
        [HEADERS, 5, 'this', '88' . literal('X-A', 'b')]],
    ['a newline in a value', 502, 'frames',
        [HEADERS, 5, 'this', '88' . literal('x-a', "b\r\nx: y")]],
    ['a number of no table', 502, 'frames', [HEADERS, 5, 'this', 'ff7f']],
    ['an integer without an end', 502, 'frames',
        [HEADERS, 5, 'this', 'ff' x 30]],
    ['a header over the limit', 502, 'answer',
        {map { +"x-$_" => 'x' x 200 } 1 .. 80}],
    ['a body before the headers', 502, 'frames',
        [DATA, 1, 'this', hexed($body)]],
    ['a body of no stream', 502, 'frames', [DATA, 1, 0, hexed($body)]],
    ['of a stream that nobody opened', 502, 'frames',
        [DATA, 1, 9999, hexed($body)]],
    ['a push', 502, 'frames', [PUSH_PROMISE, 4, 'this', '0000000288']],
    ['settings of a stream', 502, 'frames', [SETTINGS, 0, 'this', '']],
    ['settings cut', 502, 'frames', [SETTINGS, 0, 0, '0003']],
    ['a window that overflows', 502, 'frames',
        [WINDOW_UPDATE, 0, 0, '7fffffff'], [WINDOW_UPDATE, 0, 0, '7fffffff']],
    ['a window of nothing', 502, 'frames', [WINDOW_UPDATE, 0, 0, '00000000']],
    ['a frame over the limit', 502, 'frames',
        [DATA, 0, 'this', hexed(' ' x 20_000)]],
    # libcurl before 8.x waits here, though no answer can follow
    ['more padding than there is', libcurl() < 8 ? 504 : 502, 'frames',
        [HEADERS, 4, 'this', '88'], [DATA, 9, 'this', 'ff00']],
    ['a continuation of nothing', 502, 'frames',
        [CONTINUATION, 4, 'this', '88']],
    ['another frame within headers', 502, 'frames', [HEADERS, 0, 'this', '88'],
        [PING, 0, 0, '00' x 8]],
    ['a redirect', 502, 'frames',
        [HEADERS, 5, 'this', literal(':status', '302')
            . literal('location', 'https://127.0.0.1:1/')]],
);


sub ok_after ($name) {
    $h2->script;
    is ask('/h2')->code, 200, "$name: and the next";
}


ok_after 'nothing';
my $before = fds();

for my $fault (@faults) {
    my ($name, $status, @step) = @$fault;

    # on a connection of its own, since one that was used may have died
    $h2->drop;
    $h2->script([@step]);
    envelope_is ask($status == 504 ? '/brief' : '/h2'), $status, $name;
    is $h2->requests, 1, "$name: once" if $status != 504;
    ok_after $name;
}

ok wait_for(sub { fds() <= $before + 1 }), 'no descriptor lost'
    or diag fds() . " after $before";

# What upstream did not begin is safe to send again, RFC 9113, section 8.7:
# whatever clear_status_retries says.

subtest 'REFUSED_STREAM, and GOAWAY before a stream' => sub {
    for my $step (['rst', REFUSED_STREAM], ['goaway', -2], ['goaway', -2, 11]) {
        $h2->script($step);
        is ask('/h2')->code, 200, "@$step: is answered";
        is $h2->requests, 2, 'at the second time';
    }

    $h2->script((['rst', REFUSED_STREAM]) x 1000);
    envelope_is ask('/h2'), 502, 'for ever is an error';
    cmp_ok $h2->requests, '<', 20, 'soon enough';
    ok_after 'for ever';
};

subtest 'a connection that was used before' => sub {
    for my $step (['cut', 'before'], ['goaway', 0]) {
        $h2->script($step);
        is ask('/h2')->code, 200, "@$step: is answered";
        is $h2->requests, 2, 'at the second time';
    }
};

subtest 'retries' => sub {
    for my $step (['rst', INTERNAL_ERROR], ['rst', CANCEL, 'body'],
        ['goaway', 0, INTERNAL_ERROR], ['cut', 'headers'])
    {
        $h2->script($step);
        is ask('/retried')->code, 200, "@$step";
        is $h2->requests, 2, 'was tried twice';
    }
};

subtest 'GOAWAY with all that is in the air' => sub {
    $h2->script((['hang', 'before']) x 7, ['goaway', -100]);
    my @calls = map { start('/retried') } 1 .. 8;

    is_deeply [map { $_->code } $t->collect(@calls)], [(200) x 8],
        'all are answered';
};

subtest 'a leave' => sub {
    $h2->drop;
    my $connections = $h2->connections;

    $h2->script(['leave'], ['leave'], ['leave']);
    is ask('/h2')->code, 200, 'the last answer of a connection' for 1 .. 3;
    is ask('/h2')->code, 200, 'and the first of another';
    is $h2->connections, $connections + 4, 'each on its own';
};

subtest 'what is no failure' => sub {
    my $headers = '88' . literal('content-type', 'application/json');
    my $json    = hexed($body);

    my %fine = (
        'padding' => [[HEADERS, 12, 'this', "04${headers}00000000"],
            [DATA, 9, 'this', "03${json}000000"]],
        'continuations' => [[HEADERS, 0, 'this', '88'],
            [CONTINUATION, 0, 'this', ''],
            [CONTINUATION, 4, 'this', literal('x-a', 'b')],
            [DATA, 1, 'this', $json]],
        'interim answers' => [
            [HEADERS, 4, 'this', literal(':status', '103')],
            [HEADERS, 4, 'this', $headers], [DATA, 1, 'this', $json]],
        'a trailer' => [[HEADERS, 4, 'this', $headers],
            [DATA, 0, 'this', $json],
            [HEADERS, 5, 'this', literal('retry-after', '9')]],
        'frames of unknown types' => [[0xfa, 0xff, 'this', 'abcd'],
            [0xfb, 0, 0, ''], [HEADERS, 4, 'this', $headers],
            [0xfa, 0, 'this', ''], [DATA, 1, 'this', $json]],
        'pings and settings' => [([PING, 0, 0, '00' x 8]) x 20,
            ([SETTINGS, 0, 0, '']) x 20, [HEADERS, 4, 'this', $headers],
            [DATA, 1, 'this', $json]],
        'a frame for each byte' => [[HEADERS, 4, 'this', $headers],
            (map { [DATA, 0, 'this', $_] } unpack '(A2)*', $json),
            [DATA, 1, 'this', '']],
    );

    for my $name (sort keys %fine) {
        $h2->script(['frames', @{ $fine{$name} }]);
        my $r = ask('/h2');

        is $r->code, 200, $name;
        is $r->body, $body, "$name: the bytes";
        is $r->header('Retry-After'), undef, "$name: no Retry-After";
    }
};

subtest 'one stream at a time' => sub {
    my @calls = map { start('/one') } 1 .. 20;

    is_deeply [map { $_->code } $t->collect(@calls)], [(200) x 20],
        'all are answered';
    cmp_ok $one->connections, '<=', 2, 'over two connections at most';
};

$t->done;
