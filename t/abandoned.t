# One caller that always leaves, with a new task id each time, at an upstream
# that hangs: nothing queues up for it, and every finished answer stays.
#
# ABANDONED=250000 does it for longer.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use IO::Socket::INET;
use Test::More;

use constant {FINISHED => 40, BATCH => 100, TIMES => $ENV{ABANDONED} // 3000};

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

$t->conf(<<'EOC');
%%GLOBALS%%

worker_processes 2;

events {
    worker_connections 4096;
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:256k;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_retries 0;
    clear_status_max_fails 0;
    clear_status_timeout 60s;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}
EOC

# a log at debug would be what takes the time
$t->file('nginx.conf',
    $t->slurp('nginx.conf') =~ s/(error\.log) debug;/$1 info;/r);
$t->run;

sub metric ($name) {
    return $t->get('/metrics')->body =~ /^clear_status_$name (\d+)$/m && $1;
}

sub memory {
    my ($most) = sort { $b <=> $a } map {
        $t->nginx->slurp("/proc/$_/status") =~ /^RssAnon:\s+(\d+)/m
    } $t->worker_pids;

    return $most;
}


# Callers who left, by their status in the log.

sub left { return scalar(() = $t->access_log =~ /" 499 /g) }


my @finished = map { new_task('SUCCESS') } 1 .. FINISHED;
$t->get("/status?taskId=$_") for @finished;

$sim->behave('*', {hang => 1});

my $before = memory();
my $n      = 0;

while ($n < TIMES) {
    my @calls = map {
        my $socket = IO::Socket::INET->new(
            PeerAddr => '127.0.0.1',
            PeerPort => $t->port,
        ) or die "cannot connect: $!";

        $n++;
        print $socket "GET /status?taskId=left-$n HTTP/1.1\r\nHost: a\r\n\r\n";
        $socket;
    } 1 .. BATCH;

    $_->close for @calls;
}

ok wait_for(sub { metric('queued') == 0 }, 30), "$n have come and gone";
cmp_ok metric('flights'), '<=', 200, 'only what was sent is in the air';

my $more = memory() - $before;
SKIP: {
    skip 'a sanitizer keeps what is freed, and shadows the rest', 1
        if $ENV{SANITIZE} || $ENV{TEST_VALGRIND};
    cmp_ok memory(), '<', 65_536, 'a worker has less than 64 MB';
}
diag "$more KB more than before" if TIMES > 3000;

is scalar(grep {
    $t->get("/status?taskId=$_")->header('Cache-Status') =~ /; hit/
} @finished), FINISHED, 'every finished answer is where it was';


# The same at an upstream that answers, after they have left: what nobody had
# goes before what somebody had, in a zone that has not room for all.

$sim->restart;
ok wait_for(sub { metric('flights') == 0 }), 'the hanging fetches end';

for (1 .. 20) {
    my @ids = map { new_task('SUCCESS') } 1 .. 15;

    $sim->hold($_) for @ids;
    my @calls = map { $t->start("/status?taskId=$_") } @ids;
    ok wait_for(sub { !grep { $sim->held($_) == 0 } @ids }), '15 are sent';

    my $gone = left();
    $_->abort for @calls;
    ok wait_for(sub { left() == $gone + 15 }), 'nobody waits for them';
    $sim->release($_) for @ids;
    ok wait_for(sub { metric('flights') == 0 }), 'and they are answered';
}

cmp_ok metric('zone_evictions_total\{zone="answers",state="success"\}'), '>',
    100, 'most of them had to go';
is scalar(grep {
    $t->get("/status?taskId=$_")->header('Cache-Status') =~ /; hit/
} @finished), FINISHED, 'no other one';

$t->done;
