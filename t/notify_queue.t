# What a notification asked for, and what has to wait for its turn, is fetched
# though whoever joined it has left.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

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

    clear_status_zone zone=answers:1m;

    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_valid any 1ms;

    # one in six seconds
    clear_status_max_rate 10r/m;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /notify {
            clear_status_pass %%UPSTREAM%%;
            clear_status_notify;
        }

        location = /metrics {
            access_log off;
            clear_status_metrics;
        }
    }
}
EOC


sub metric ($name) {
    my ($n) = $t->get('/metrics')->body =~ /^clear_status_$name (\d+)/m;
    return $n;
}


my $id = new_task('SUCCESS');

$sim->behave($id, {state => 'PROCESSING'});
is $t->get("/status?taskId=$id")->code, 200, 'a task that is known';

$sim->behave($id, {state => 'SUCCESS'});
is $t->request('POST', "/notify?taskId=$id")->code, 202, 'a notification';
is metric('queued'), 1, 'waits for its turn';

my $call = $t->start("/status?taskId=$id");

ok wait_for(sub { (() = $t->log =~ /a waiter, state/g) == 2 }),
    'a caller joins it';
$call->abort;
ok wait_for(sub { $t->log =~ /a waiter leaves/ }), 'and leaves';
is $sim->count($id), 1, 'before it was sent';

ok $sim->wait_count($id, 2), 'it is fetched';
ok wait_for(sub { !metric('flights') }), 'and answered';
is $sim->count($id), 2, 'once';

$t->done;
