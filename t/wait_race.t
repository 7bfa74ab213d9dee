# Another worker's fetch that ends after a caller's look and before his worker
# is there to be woken.  Needs a build with fault points: there the worker
# stops.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Faults qw(is_stopped use_faults);
use ClearStatus::Test;
use Test::More;

use_faults();

my ($found, $fetched) = map { new_task('SUCCESS') } 1 .. 2;

$ENV{CLEAR_STATUS_FAULT_STOP} = "$found,$fetched";

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

    clear_status_zone zone=answers:1m;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;

    server {
        listen 127.0.0.1:%%PORT%% reuseport;

        location = /long {
            clear_status_pass %%UPSTREAM%%;
            clear_status_valid any 1h;
        }

        location = /purge {
            clear_status_purge;
        }

        location = /pid {
            return 200 $pid;
        }
    }
}
EOC


my %on = $t->workers_sockets(2);


# Fresh for an hour where it is held, so nobody asks before that.

sub race ($id) {
    my ($pid, $other) = keys %on;

    my $call = $t->start("/long?taskId=$id", on => $on{$pid},
        headers => {Prefer => 'wait=20'});
    ok wait_for(sub { is_stopped($pid) }), 'a worker stops before it registers';

    $sim->behave($id, {state => 'SUCCESS'});
    $t->request('DELETE', "/purge?taskId=$id", on => $on{$other});
    like $t->get("/long?taskId=$id", on => $on{$other})->body, qr/"SUCCESS"/,
        'another one fetches the end';

    kill CONT => $pid;
    $t->collect($call);
    like $call->body, qr/"SUCCESS"/, 'it has not been missed';
    like $call->header('Preference-Applied'), qr/^wait=20$/,
        'by one who was held';
}


subtest 'after a look' => sub {
    my ($other) = reverse keys %on;

    $sim->behave($found, {state => 'PROCESSING'});
    $t->get("/long?taskId=$found", on => $on{$other});
    race($found);
};


subtest 'after a fetch' => sub {
    $sim->behave($fetched, {state => 'PROCESSING'});
    race($fetched);
};


$t->done;
