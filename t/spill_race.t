# A body that is too large for the zone, and a worker that stands still before
# it reads it, until there is nothing left to read.  Needs a build with fault
# points: there the worker stops.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Faults qw(is_stopped use_faults);
use ClearStatus::Test;
use Test::More;

use_faults();

my $id = new_task('SUCCESS');

$ENV{CLEAR_STATUS_FAULT_STOP} = $id;

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

$t->conf(<<'EOC')->run;
%%GLOBALS%%

worker_processes 2;
env CLEAR_STATUS_FAULT_STOP;

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=small:64k;
    clear_status_cache small;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;

    server {
        listen 127.0.0.1:%%PORT%% reuseport;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /pid {
            return 200 $pid;
        }
    }
}
EOC

my %on = $t->workers_sockets(2);
my ($pid, $other) = keys %on;


# What lies in the file that the body is left in, beyond its first page.

sub spilled {
    my ($file) = grep { (readlink // '') =~ m{^/memfd:clear_status\b} }
        glob "/proc/$other/fd/*";
    return (stat $file)[12] * 512 > 4096;
}


$sim->behave($id, {pad => 300_000});
$sim->hold($id);

my $fetches = $t->start("/status?taskId=$id", on => $on{$pid});
ok $sim->wait_held($id), 'a worker fetches';

my $watches = $t->start("/status?taskId=$id", on => $on{$other});
ok wait_for(sub { $t->log =~ /\[debug\] $other#.*flight \w+: watches/ }),
    'the other one watches';

$sim->release($id);
$t->collect($fetches);
ok wait_for(sub { is_stopped($other) }), 'and stops before it reads';
ok spilled(), 'the body';


# It is kept for 5 s; whoever comes then throws it away.

ok wait_for(sub {
    $t->get("/status?taskId=$id", on => $on{$pid});
    return !spilled();
}), 'which goes';

kill CONT => $other;
$t->collect($watches);

is $watches->code, 200, 'it answers all the same';
is $watches->body, $fetches->body, 'with a body';

$t->done;
