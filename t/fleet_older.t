# Redis may have an older answer than a gateway, which fetched while Redis was
# away: nobody is told that one after the newer.

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
my $fleet = ClearStatus::Fleet->new(t => $t, n => 2, conf => <<'EOC')->run;
%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;
    clear_status_redis zone=answers %%REDIS%% timeout=2s;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_valid CREATED 1h;
    clear_status_valid PROCESSING 1ms;

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


sub state_at ($i, $id) {
    my $r = $fleet->get($i, "/status?taskId=$id");

    return $r->code == 200 ? $r->json->{result}{workflowStatus} : $r->code;
}


my $id = new_task('SUCCESS');

$sim->behave($id, {state => 'CREATED'});
is state_at(0, $id), 'CREATED', 'one gateway fetches, fresh for an hour';
is state_at(1, $id), 'CREATED', 'another one has it from Redis';
is $sim->count($id), 1, 'by one fetch';

my $other = new_task('SUCCESS');

$sim->behave($other, {state => 'CREATED'});
is state_at(0, $other), 'CREATED', 'the same of another task';
ok wait_for(sub { @{ $fleet->redis->command('KEYS', '*:1:*') } >= 2 }),
    'which is in Redis';

$fleet->redis->freeze;
$sim->behave($other, {state => 'PROCESSING'});
is state_at(1, $other), 'PROCESSING', 'without Redis there is a newer one';
$fleet->redis->thaw;
ok $fleet->wait_up, 'it is back';

is state_at(1, $other), 'PROCESSING', 'what it has is not told any more';
is $sim->count($other), 3, 'but fetched';
is state_at(1, $other), 'PROCESSING', 'also from then on';

$fleet->done;
