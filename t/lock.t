# A worker that dies while it holds the zone's lock: the next one finds it
# out, drops what may be broken, and goes on.  Needs a build with fault points,
# which also counts the lock's time.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Faults qw(use_faults);
use ClearStatus::Test;
use Test::More;
use Time::HiRes qw(time);

use_faults();

my $id = new_task('SUCCESS');

$ENV{CLEAR_STATUS_FAULT_LOCK} = $id;

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

$t->conf(<<'EOC')->run;
%%GLOBALS%%

worker_processes 4;
env CLEAR_STATUS_FAULT_LOCK;

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;

    server {
        listen 127.0.0.1:%%PORT%% reuseport;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            clear_status_timeout 60s;
        }
    }
}
EOC

$t->expect_log(qr/exited on signal 9/);
$t->expect_log(qr/a process died while it changed zone "answers"/);
$t->expect_log(qr/shared memory zone "answers" was locked by/);

my $other = new_task('SUCCESS');
is $t->get("/status?taskId=$other")->code, 200, 'something is stored';

my @calls;
$sim->hold($id);
push @calls, $t->start("/status?taskId=$id") for 1 .. 40;
ok $sim->wait_held($id), 'a fetch is in the air';
ok wait_for(sub { 40 <= (() = $t->log =~ /taskId=$id HTTP/g) }),
    'all callers wait';

# the worker that flies dies when it stores the answer
my $released = time;
$sim->release($id);
$t->collect(@calls);
my $took = time - $released;

my @good = grep { ($_->code // 0) == 200 } @calls;
my @lost = grep { !defined $_->code } @calls;

is @good + @lost, 40, 'nobody gets anything but the answer';
ok @good, 'callers of the other workers have it';
ok @lost, 'those of the dead one were cut off';
cmp_ok $took, '<', 5 * stretch(), 'soon';

is scalar $t->logged('alert', qr/died while it changed zone "answers"/), 1,
    'an alert says so, once';

ok wait_for(sub { $t->worker_pids == 4 }), 'the worker is back';

my $count = $sim->count($other);
is $t->get("/status?taskId=$other")->code, 200, 'what was dropped';
is $sim->count($other), $count + 1, 'is fetched again';
$t->get("/status?taskId=$other") for 1 .. 8;
is $sim->count($other), $count + 1, 'and kept';


# Who asks for it is told of the lock's time, by workers that leave.

ok $t->reload, 'workers leave';
ok wait_for(sub { 4 <= (() = $t->log =~ /"answers": lock taken [1-9]/g) }),
    'and say how often they took the lock';
my ($waited, $held) = $t->log =~ /waited (\d+) ns, held (\d+) ns/;
cmp_ok $held, '>', 0, 'and how long they held it';

$t->done;
