# A worker that leaves waits for callers, not for fetches that nobody waits
# for, and for callers as long as worker_shutdown_timeout says.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;
use Time::HiRes qw(time);

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

my $conf = <<'EOC';
%%GLOBALS%%

worker_processes 1;
worker_shutdown_timeout %%SHUTDOWN%%;

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_timeout 300s;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /one {
            clear_status_pass %%UPSTREAM%%;
            clear_status_max_rate 1r/m;
        }
    }
}
EOC

$t->set(SHUTDOWN => '60s')->conf($conf)->run;

sub hung ($location = 'status') {
    my $id = new_task('SUCCESS');

    $sim->hold($id);
    my $call = $t->start("/$location?taskId=$id");
    ok $sim->wait_held($id), 'a fetch hangs';
    return ($id, $call);
}

sub left { return wait_for(sub { !$t->leaving_pids }) }


subtest 'nobody waits' => sub {
    my ($id, $call) = hung();

    $call->abort;
    ok $t->reload, 'reloaded';
    ok left(), 'the worker has left';
    $sim->release($id);
};

subtest 'somebody waits' => sub {
    my ($id, $call) = hung();

    ok $t->reload, 'reloaded';
    ok wait_for(sub { $t->leaving_pids }), 'the worker stays';
    $sim->release($id);
    is $t->collect($call)->code, 200, 'until the caller is answered';
    ok left(), 'then it leaves';
};

subtest 'a retry is on its way' => sub {
    my $id = new_task('SUCCESS');
    $sim->behave($id, {reset => 'before', times => 1});
    $sim->also($id, {delay => 0.5});

    my $call = $t->start("/status?taskId=$id");
    ok $sim->wait_count($id, 1), 'the first attempt fails';
    ok $t->reload, 'reloaded';
    is $t->collect($call)->code, 200, 'the second one does not';
    ok left(), 'then the worker leaves';
};

$t->set(SHUTDOWN => '300ms')->conf($conf);
ok $t->reload, 'worker_shutdown_timeout 300ms';
ok left(), 'from now on';

subtest 'worker_shutdown_timeout' => sub {
    my ($id,  $call)  = hung();
    my ($id2, $call2) = hung('one');
    my $queued = $t->start('/one?taskId=' . new_task('SUCCESS'));

    ok $t->reload, 'reloaded';
    ok left(), 'the worker has left';
    is $_->code, undef, 'its caller has no answer'
        for $t->collect($call, $call2, $queued);
    $sim->release($_) for $id, $id2;
};

subtest 'what a lost fetch leaves behind' => sub {
    my $id = new_task('SUCCESS');
    is $t->get("/status?taskId=$id")->code, 200, 'nothing';
};

$t->done;
