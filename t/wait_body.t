# A request that waits while its body is still to come, which a GET may have and
# nobody reads.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(sleep);

use ClearStatus::Test;
use Test::More;

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

$t->conf(<<'EOC')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    lingering_timeout 1s;

    clear_status_zone zone=answers:1m;
    clear_status_cache answers;

    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
            clear_status_wait 2m;
            clear_status_events 10m heartbeat=1m;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}

EOC

my $stream = "Accept: text/event-stream\r\n";
my $wait   = "Prefer: wait=120\r\n";


sub held ($kind) {
    my ($n) = $t->get('/metrics')->body
        =~ /^clear_status_held\{kind="$kind"\} (\d+)/m;

    return $n;
}

# A connection on which the head of a request was sent, and some of its body.

sub asks ($id, $header, $body = '') {
    my $socket = IO::Socket::INET->new('127.0.0.1:' . $t->port)
        or die "no connection: $!";

    $socket->syswrite(join '', "GET /status?taskId=$id HTTP/1.1\r\n",
        "Host: a\r\n", $header, "Content-Length: 2\r\n\r\n", $body);

    return $socket;
}

# What comes on it until that matches.

sub reads ($socket, $re) {
    my $text   = '';
    my $select = IO::Select->new($socket);

    while ($text !~ $re && $select->can_read(20)) {
        $socket->sysread($text, 4096, length $text) or last;
    }

    return $text;
}


# Who leaves is seen, whatever came of its body.

my %body = (
    'all of its body'  => '{}',
    'a part of it'     => '{',
    'more than that'   => "{}GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n",
    'nothing of it'    => '',
);

for my $kind (['wait', $wait], ['stream', $stream]) {
    my ($name, $header) = @$kind;

    for my $what (sort keys %body) {
        my $id     = new_task('PROCESSING');
        my $socket = asks($id, $header);

        ok wait_for(sub { held($name) == 1 }), "$name: one is held";
        $socket->syswrite($body{$what});
        close $socket;
        ok wait_for(sub { held($name) == 0 }),
            "and gone when it has left after $what";
    }
}


# Who stays for longer than nginx waits for a body gets its answer, and the next
# one on the same connection.

for my $early ('', '{', '{}') {
    my $id     = new_task('PROCESSING');
    my $socket = asks($id, $wait, $early);

    ok wait_for(sub { held('wait') == 1 }), "with '$early' of its body: held";
    $socket->syswrite(substr '{}', length $early);
    sleep 1.5;
    is held('wait'), 1, 'for longer';
    $sim->behave($id, {state => 'SUCCESS'});
    like reads($socket, qr/\}\z/), qr/\AHTTP.1\.1 200 .*"SUCCESS"/s,
        'it has its answer';
    $socket->syswrite("GET /status?taskId=$id HTTP/1.1\r\nHost: a\r\n\r\n");
    like reads($socket, qr/\}\z/), qr/\AHTTP.1\.1 200 .*"SUCCESS"/s,
        'and another one';
}

$t->done;
