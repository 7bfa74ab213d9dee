# Four gateways that share a Redis: one fetch for all of them, whose result all
# have, and what of a gateway's own is no other one's.

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
my $fleet = ClearStatus::Fleet->new(t => $t, n => 4, conf => <<'EOC')->run;
%%GLOBALS%%

worker_processes 2;

events {
    worker_connections 2048;
}

http {
    %%HTTP%%

    log_format source '$clear_status_source $clear_status_cache '
                      '$clear_status_upstream_status $arg_taskId';

    clear_status_zone zone=answers:4m;
    clear_status_redis zone=answers %%REDIS%% timeout=5s;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id $arg_tenant;
    clear_status_retries 0;
    clear_status_max_fails 0;
    clear_status_timeout 30s;
    clear_status_stale_if_error 1h;
    clear_status_valid any 1h;
    clear_status_valid PROCESSING 1h;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
            access_log %%DIR%%/source.log source;
        }

        location = /short {
            clear_status_pass %%UPSTREAM%%;
            clear_status_valid any 0;
            clear_status_valid PROCESSING 0;
        }

        location = /large {
            clear_status_pass %%UPSTREAM%%;
            clear_status_max_body_size 8m;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}
EOC

my $redis = $fleet->redis;
my $HIT   = 'clear_status; hit; detail=fleet';
my $COUNTER
    = 'clear_status_tier_lookups_total{zone="answers",tier="fleet",'
    . 'outcome="%s"}';

sub ask ($i, $id, $at = 'status', $tenant = 'tenant-a') {
    return $fleet->get($i, "/$at?tenant=$tenant&taskId=$id");
}

sub start ($i, $id, $at = 'status') {
    return $fleet->start($i, "/$at?tenant=tenant-a&taskId=$id");
}

sub status ($r) { return $r->header('Cache-Status') }

# What came is in Redis, whose lease has gone.

sub settled {
    return wait_for(sub { !grep { $redis->command('HEXISTS', $_, 'lease') }
            grep {/:1:\w{32}$/} @{ $redis->command('KEYS', '*') } });
}

sub looked ($i, $outcome) {
    return $fleet->metric($i, sprintf $COUNTER, $outcome);
}


# What one has fetched, the others have.

for my $state (qw(SUCCESS FAILED PROCESSING)) {
    my $id    = new_task($state);
    my $first = ask(0, $id);

    is $first->code, 200, "$state: an answer";
    like status($first), qr/fwd=uri-miss; fwd-status=200; stored/, 'fetched';
    settled();

    for my $i (2, 3) {
        my $r = ask($i, $id);

        is status($r), $HIT, "gateway $i has it from the fleet";
        is $r->body, $first->body, 'the same body';
        is $r->header($_), $first->header($_), "the same $_"
            for qw(ETag Content-Type Cache-Control);
        like status(ask($i, $id)), qr/^clear_status; hit; ttl=/,
            'and then in its zone';
    }

    is $sim->count($id), 1, 'by one fetch';
}

is looked(2, 'hit'), 3, 'hits are counted';
is looked(0, 'miss'), 3, 'and misses';
is $fleet->metric(0, 'clear_status_redis_up{zone="answers"}'), 1,
    'Redis is up';
is $fleet->metric(0, 'clear_status_lone_flights_total{zone="answers"}'), 0,
    'nobody flew without a lease';
ok wait_for(sub {
    $fleet->gateway(2)->slurp('source.log')
        =~ /^fleet HIT - (\w+)\nzone HIT - \1$/m;
}), '$clear_status_source';


# Everybody at once: one fetch, and all have its result when it is there.

my $id = new_task('SUCCESS');
$sim->hold($id);

my @calls = (start(0, $id));
ok $sim->wait_held($id), 'one flies';

my @before = map { looked($_, 'miss') } 0 .. 3;

push @calls, map { my $i = $_; map { start($i, $id) } 1 .. 25 } 0 .. 3;
ok wait_for(sub { looked($_, 'miss') > $before[$_] }), "gateway $_ waits"
    for 1 .. 3;
$sim->release($id);

my @answers = $t->collect(@calls);

is scalar(grep { $_->code != 200 } @answers), 0, 'all 101 are answered';
is scalar(grep { $_->body ne $answers[0]->body } @answers), 0, 'alike';
is $sim->count($id), 1, 'by one fetch';


# Who waited for another gateway's fetch says so.

$id = new_task('SUCCESS');
$sim->hold($id);

my $flies = start(0, $id);
ok $sim->wait_held($id), 'one flies';

my $before = looked(1, 'miss');
my $waits  = start(1, $id);
ok wait_for(sub { looked(1, 'miss') > $before }), 'another one waits';
$sim->release($id);

my ($flown, $waited) = $t->collect($flies, $waits);

is status($flown), 'clear_status; fwd=uri-miss; fwd-status=200; stored',
    'who flew';
is status($waited),
    'clear_status; fwd=uri-miss; fwd-status=200; collapsed; detail=fleet',
    'who waited';
is $waited->body, $flown->body, 'the same';
is $sim->count($id), 1, 'by one fetch';
ok wait_for(sub {
    $fleet->gateway(1)->slurp('source.log') =~ /^fleet COLLAPSED - $id$/m;
}), '$clear_status_source of it';


# Also where it lasts for no time.

$id = new_task('PROCESSING');
$sim->hold($id);
$flies = start(0, $id, 'short');
ok $sim->wait_held($id), 'one flies';
$before = looked(1, 'miss');
$waits  = start(1, $id, 'short');
ok wait_for(sub { looked(1, 'miss') > $before }), 'another one waits';
$sim->release($id);
is scalar(grep { $_->code == 200 } $t->collect($flies, $waits)), 2,
    'both are answered';
is $sim->count($id), 1, 'by one fetch';


# Upstream's own errors are everybody's.

$id = new_task('SUCCESS');
$sim->behave($id, {status => 404});
envelope_is ask(0, $id), 404, 'upstream says that there is none';
settled();

my $error = ask(1, $id);

envelope_is $error, 404, 'another gateway';
is status($error), $HIT, 'has it from the fleet';
is $sim->count($id), 1, 'by one fetch';


# A gateway's own failures are not.

my %own = (
    'no connection'    => {reset => 'before'},
    'a page of a proxy' => {html => 1, status => 503},
    'refused'          => {status => 401},
    'another task'     => {result_task_id => 'aaaaaaaaaaaaaaaaaaaaaaaa'},
);

for my $how (sort keys %own) {
    $id = new_task('SUCCESS');
    $sim->behave($id, $own{$how});
    ask(0, $id);

    settled();

    my $fetches = $sim->count($id);

    $sim->behave($id, {});

    my $r = ask(1, $id);

    is $r->code, 200, "$how: another one tries for itself";
    like status($r), qr/fwd=uri-miss; fwd-status=200; stored/, 'and succeeds';
    is $sim->count($id), $fetches + 1, 'by its own fetch';
}


# A failure, while others wait: they try, one of them.

$id = new_task('SUCCESS');
$sim->behave($id, {html => 1, status => 503, times => 1});
$sim->hold($id);
$flies = start(0, $id);
ok $sim->wait_held($id), 'one flies';
$before = looked(1, 'miss');
my @waits = map { start($_, $id) } 1 .. 3;
ok wait_for(sub { looked(1, 'miss') > $before }), 'others wait';
$sim->release($id);
is $t->collect($flies)->code, 503, 'who flew has its failure';
is scalar(grep { $_->code == 200 } $t->collect(@waits)), 3,
    'the others an answer';
is $sim->count($id), 2, 'by one more fetch';


# Tenants, and what lies in Redis.

$id = new_task('SUCCESS');
ask(0, $id);
settled();
like status(ask(1, $id, 'status', 'tenant-b')), qr/fwd=uri-miss/,
    'another tenant has another answer';
is $sim->count($id), 2, 'which is fetched';

my @keys  = @{ $redis->command('KEYS', '*') };
my $all   = join ' ', @keys,
    map { @{ $redis->command('HGETALL', $_) } } grep {/:1:\w{32}$/} @keys;

cmp_ok scalar(@keys), '>', 5, 'Redis has entries';
unlike $all, qr/sEcReT/, 'no token';
unlike $all, qr/tenant-[ab]/, 'no integration id';
unlike "@keys", qr/$id/, 'and no task id in a key';
is_deeply [grep { $redis->command('PTTL', $_) == -1 } @keys], [],
    'nothing stays for ever';


# What is no longer fresh is there when upstream fails.

$id = new_task('PROCESSING');
is ask(0, $id, 'short')->code, 200, 'an answer that lasts for no time';
settled();
$sim->behave($id, {reset => 'before'});

my $stale = ask(3, $id, 'short');

is $stale->code, 200, 'another gateway has it';
like status($stale), qr/fwd=stale; .*detail=stale-if-error/, 'as a stale one';
is looked(3, 'stale'), 1, 'which is counted';


# For an answer that Redis does not take nobody waits until the lease ends, as
# one of three shows where the machine is slow.

my $at_once;

for (1 .. 3) {
    $id = new_task('SUCCESS');
    $sim->behave($id, {pad => 5 * 1024 * 1024});
    $sim->hold($id);
    $flies = start(0, $id, 'large');
    ok $sim->wait_held($id), 'one flies for what is too large';
    $before = looked(1, 'miss');
    $waits  = start(1, $id, 'large');
    ok wait_for(sub { looked(1, 'miss') > $before }), 'another one waits';

    $sim->release($id);
    is $t->collect($flies)->code, 200, 'which is answered';
    $at_once = wait_for(sub { $sim->count($id) == 2 }, 1);
    is $t->collect($waits)->code, 200, 'and is answered too';
    last if $at_once;
}

ok $at_once, 'the other one flew at once';

$fleet->done;
