# What upstream asks of a tenant, and what may be asked of upstream, is the
# fleet's.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Fleet;
use ClearStatus::Test;
use Test::More;
use Time::HiRes qw(time);

plan skip_all => ClearStatus::Fleet->missing
    if ClearStatus::Fleet->missing;

my $t     = ClearStatus::Test->new(reload => 0);
my $sim   = $t->simulator;
my $fleet = ClearStatus::Fleet->new(t => $t, n => 2, conf => <<'EOC')->run;
%%GLOBALS%%

worker_processes 2;

events {
    worker_connections 1024;
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:4m;
    clear_status_redis zone=answers %%REDIS%% timeout=5s;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id $arg_tenant;
    clear_status_retries 0;
    clear_status_timeout 60s;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /rated {
            clear_status_pass %%UPSTREAM%%;
            clear_status_max_rate 10r/s;
        }

        location = /retried {
            clear_status_pass %%UPSTREAM%%;
            clear_status_max_rate 10r/s;
            clear_status_retries 1;
        }

        location = /purge {
            clear_status_purge;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}
EOC

sub ask ($i, $id, $tenant = 'tenant-a') {
    return $fleet->get($i, "/status?tenant=$tenant&taskId=$id");
}


# Upstream's Retry-After.

my $limited = new_task('SUCCESS');
my $other   = new_task('SUCCESS');

$sim->behave($limited, {retry_after => 60});
is ask(0, $limited)->code, 429, 'upstream asks a gateway to wait';
wait_for(sub {
    grep {/:1:t:/} @{ $fleet->redis->command('KEYS', '*') };
});

my $r = ask(1, $other);

envelope_is $r, 429, 'another one, another task';
is $r->header('Cache-Status'), 'clear_status; detail=upstream-paused',
    'it pauses too';
ok $r->header('Retry-After') > 30 && $r->header('Retry-After') <= 60,
    'for what is left';
is $sim->count($other), 0, 'and does not ask';
is ask(1, $other, 'tenant-b')->code, 200, 'another tenant does not';

is $fleet->get(0, '/purge?integrationId=tenant-a', method => 'DELETE')->code,
    200, 'a purge of the tenant';
ok wait_for(sub { ask(1, $other)->code == 200 }), 'ends it everywhere';


# Turns: as many in a second as one gateway may.

sub rated ($i, $tenant, $location = '/rated', $id = new_task('SUCCESS')) {
    return $fleet->start($i, "$location?tenant=$tenant&taskId=$id");
}


my $began = time;
my @calls = map { rated($_ % 2, 'tenant-c') } 0 .. 19;

$t->collect(@calls);
is scalar(grep { $_->code != 200 } @calls), 0, 'all are answered';
cmp_ok time - $began, '>=', 1.9, 'one after another, over both gateways';


# A retry is a fetch too: after ten with two attempts each, the next is as late
# as after twenty.

my @refused = map { new_task('SUCCESS') } 0 .. 9;

$sim->behave($_, {close => 'before', times => 1}) for @refused;

$began = time;
@calls = map {
    rated($_ % 2, 'tenant-e', '/retried', $refused[$_])
} 0 .. 9;
$t->collect(@calls);

is scalar(grep { $_->code != 200 } @calls), 0, 'all are answered';
is scalar(grep { $sim->count($_) != 2 } @refused), 0, 'with a retry each';
is $t->collect(rated(0, 'tenant-e', '/retried'))->code, 200, 'the next one';
cmp_ok time - $began, '>=', 1.9, 'has its turn after all of them';

# who goes away leaves nothing behind, and others have their turn

my @gone = map { rated($_ % 2, 'tenant-d') } 0 .. 5;

$_->abort for @gone;
is $t->collect(rated(0, 'tenant-d'))->code, 200, 'after those that went away';

$fleet->done;
