# Waiting over a fleet: one poller for all who wait on a task anywhere, news
# that another gateway brings, and what of it is left without Redis.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Fleet;
use ClearStatus::Test;
use Test::More;

plan skip_all => ClearStatus::Fleet->missing
    if ClearStatus::Fleet->missing;

my $t     = ClearStatus::Test->new(reload => 0);
my $sim   = $t->simulator;
my $fleet = ClearStatus::Fleet->new(t => $t, n => 3, conf => <<'EOC')->run;
%%GLOBALS%%

worker_processes 2;

events {
    worker_connections 1024;
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:4m;
    clear_status_redis zone=answers %%REDIS%% timeout=2s;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_wait 50s;
    clear_status_timeout 60s;
    clear_status_retries 0;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
            clear_status_valid PROCESSING 200ms;
        }

        location = /long {
            clear_status_pass %%UPSTREAM%%;
            clear_status_valid PROCESSING 1h;
        }

        location = /notify {
            clear_status_pass %%UPSTREAM%%;
            clear_status_notify;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}
EOC

sub ask ($i, $id, $at = 'status') {
    return $fleet->get($i, "/$at?taskId=$id");
}

sub hold ($i, $id, $at = 'status') {
    return $fleet->start($i, "/$at?taskId=$id", timeout => 80,
        headers => {Prefer => 'wait=50'});
}

sub held ($i) {
    return $fleet->metric($i, 'clear_status_held{kind="wait"}');
}

sub notify ($i, $id) {
    return $fleet->get($i, "/notify?taskId=$id", method => 'POST');
}

sub workflow ($r) { return $r->json->{result}{workflowStatus} }


# One poller, wherever they wait.

my $id = new_task('PROCESSING');
ask($_, $id) for 0 .. 2;
$sim->behave($id, {state => 'PROCESSING'});

my @holders = map { my $i = $_; map { hold($i, $id) } 1 .. 3 } 0 .. 2;

ok wait_for(sub { held($_) == 3 }), "three wait at gateway $_" for 0 .. 2;
$sim->hold($id);

my $before = $sim->count($id);

for (1 .. 4) {
    ok $sim->wait_held($id), 'one polls';
    $sim->release($id, 1);
}

ok $sim->wait_held($id), 'and again';
$sim->behave($id, {state => 'SUCCESS'});
$sim->release($id);

my @told = $t->collect(@holders);

is scalar(grep { $_->code == 200 && workflow($_) eq 'SUCCESS' } @told), 9,
    'the end of the task releases them all';
is $sim->max_in_air($id), 1, 'never two polls at a time';
is scalar(grep { $_->body ne $told[0]->body } @told), 0, 'all have the same';


# Another gateway's news, long before this one would ask.

$id = new_task('PROCESSING');
ask($_, $id, 'long') for 0, 1;
is $sim->count($id), 1, 'one fetch';

my $waits = hold(1, $id, 'long');
ok wait_for(sub { held(1) == 1 }), 'it waits at one gateway';
$sim->behave($id, {state => 'SUCCESS'});
is notify(0, $id)->json->{notified}, Mojo::JSON->true, 'the other is notified';

my $news = $t->collect($waits);

is workflow($news), 'SUCCESS', 'who waits is released';
like $news->header('Preference-Applied'), qr/^wait=50$/, 'by news';
is $sim->count($id), 2, 'of one fetch';
is workflow(ask(1, $id)), 'SUCCESS', 'and its zone has them';


# A gateway that was never asked for the task is told of its change.

$id = new_task('PROCESSING');
ask(1, $id, 'long');
$waits = hold(1, $id, 'long');
ok wait_for(sub { held(1) == 1 }), 'it waits at one gateway';
$sim->behave($id, {state => 'SUCCESS'});

my $notified = notify(2, $id);

is $notified->code, 202, 'another one, which does not know it, is notified';
is $notified->json->{notified}, Mojo::JSON->true, 'the fleet knows it';
is workflow($t->collect($waits)), 'SUCCESS', 'who waits is released';
is $sim->count($id), 2, 'by one fetch';

# finished tasks are known and not fetched, others' not at all

is notify(0, $id)->json->{notified}, Mojo::JSON->true, 'a finished task';
is $sim->count($id), 2, 'is not fetched';

my $strange = new_task('PROCESSING');

is notify(0, $strange)->json->{notified}, Mojo::JSON->false,
    'a task that nobody knows';
is $sim->count($strange), 0, 'is none to fetch';


# Those that nobody heard, as a connection was lost.

$id = new_task('PROCESSING');
ask($_, $id, 'long') for 0, 1;
$waits = hold(1, $id, 'long');
ok wait_for(sub { held(1) == 1 }), 'it waits at one gateway';
$sim->behave($id, {state => 'SUCCESS'});
$fleet->redis->command(qw(CLIENT KILL TYPE pubsub));
notify(0, $id);
is workflow($t->collect($waits)), 'SUCCESS', 'who waits is released';


# Without Redis each gateway polls for itself.

$id = new_task('PROCESSING');
$sim->behave($id, {state => 'PROCESSING'});
ask($_, $id) for 0, 1;
$waits = hold(1, $id);
ok wait_for(sub { held(1) == 1 }), 'it waits';
$fleet->redis->kill;
$before = $sim->count($id);
ok wait_for(sub { $sim->count($id) > $before + 2 }, 30), 'and polls go on';
$sim->behave($id, {state => 'SUCCESS'});
is workflow($t->collect($waits)), 'SUCCESS', 'who waits is released';

$fleet->done;
