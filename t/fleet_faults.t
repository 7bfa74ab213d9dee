# A fleet whose Redis does not do what it should, and a gateway that dies in
# flight: callers have their answer in any case, and when it is over gateways
# share again.

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
my $fleet = ClearStatus::Fleet->new(t => $t, n => 3, conf => <<'EOC')->run;
%%GLOBALS%%

worker_processes 1;

events {
    worker_connections 1024;
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:4m;
    clear_status_redis zone=answers %%REDIS%% timeout=1s;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_timeout 60s;
    clear_status_retries 0;

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

my $redis = $fleet->redis;

sub ask ($i, $id) { return $fleet->get($i, "/status?taskId=$id") }

sub status ($r) { return $r->header('Cache-Status') }

sub looked ($i, $outcome) {
    my $name = 'clear_status_tier_lookups_total{zone="answers",tier="fleet",';

    return $fleet->metric($i, $name . qq(outcome="$outcome"}));
}

sub settled {
    return wait_for(sub { !grep { $redis->command('HEXISTS', $_, 'lease') }
            grep {/:1:\w{32}$/} @{ $redis->command('KEYS', '*') } });
}

# One's answer is another's.

sub shares {
    my $id = new_task('SUCCESS');

    ask(0, $id);
    settled();
    return status(ask(1, $id)) eq 'clear_status; hit; detail=fleet';
}

# Whatever is wrong, each caller has the right answer.

sub answers ($name) {
    for my $i (0, 1) {
        my $id = new_task('SUCCESS');
        my $r  = ask($i, $id);

        is $r->code, 200, "$name: gateway $i answers";
        is $r->json->{result}{taskId}, $id, 'of the task';
        like status($r), qr/fwd=uri-miss; fwd-status=200; stored/, 'fetched';
    }

    return;
}

sub recovers ($name) {
    ok wait_for(\&shares, 60), "$name: when it is over, they share again";
    return;
}

ok shares(), 'gateways share';


# What lies there is nonsense, or of another task.

sub entry ($id) {
    my %before = map { $_ => 1 } @{ $redis->command('KEYS', '*') };

    ask(0, $id);
    settled();

    my ($key) = grep { !$before{$_} && /:1:\w{32}$/ }
        @{ $redis->command('KEYS', '*') };
    return $key;
}

my $victim = entry(new_task('SUCCESS'));
my $good   = $redis->command('HGET', $victim, 'v');

my %nonsense = (
    'nothing'                  => '',
    'a word'                   => 'nonsense',
    'a record cut short'       => substr($good, 0, -1),
    'a record that is longer'  => $good . 'x',
    'a bit that flipped'       => $good ^ ("\0" x 90 . "\1"),
    'a record of another task' => $good,
    'a megabyte'               => 'x' x (1 << 20),
    'three megabytes'          => 'x' x (3 << 20),
);

for my $what (sort keys %nonsense) {
    my $id  = new_task('SUCCESS');
    my $key = entry($id);

    $redis->command('HSET', $key, 'v', $nonsense{$what});

    my $r = ask(1, $id);

    is $r->json->{result}{taskId}, $id, "$what: the right answer";
    like status($r), qr/fwd=uri-miss; fwd-status=200; stored/, 'is fetched';
    settled();
    is status(ask(2, $id)), 'clear_status; hit; detail=fleet',
        'and replaces it';
}

for my $field (qw(at until fence)) {
    my $id  = new_task('SUCCESS');
    my $key = entry($id);

    $redis->command('HSET', $key, $field, 'nonsense');
    is ask(1, $id)->json->{result}{taskId}, $id,
        "nonsense as \"$field\": the right answer";
}

{
    my $id  = new_task('SUCCESS');
    my $key = entry($id);

    $redis->command('DEL', $key);
    $redis->command('SET', $key, 'a string');
    is ask(1, $id)->json->{result}{taskId}, $id,
        'another type: the right answer';
    $redis->command('DEL', $key);
}

# times are never trusted beyond the lifetime

{
    my $id  = new_task('PROCESSING');
    my $key = entry($id);
    my $far = '9007199254740991';

    $redis->command('HSET', $key, 'at', $far, 'until', $far);
    like status(ask(1, $id)), qr/fwd=/,
        'what was fetched in the future is not fresh';
}

recovers('nonsense');


# Frozen: once its timeout, and then nothing.

$redis->freeze;
answers('frozen');
ok $fleet->wait_down(0, 1), 'it is off';

my @before = map { looked($_, 'timeout') } 0, 1;
my @off    = map { looked($_, 'off') } 0, 1;

answers('frozen still');
is looked($_, 'timeout'), $before[$_], "gateway $_ does not wait again"
    for 0, 1;
cmp_ok looked($_, 'off'), '>', $off[$_], 'as it is off' for 0, 1;
$redis->thaw;
recovers('frozen');


# Killed, and back.

$redis->kill;
answers('killed');
$redis->start;
recovers('killed');


# Out of memory, with nothing that it may drop.

$redis->command(qw(CONFIG SET maxmemory-policy noeviction));
$redis->command(qw(CONFIG SET maxmemory 1));
answers('full');
$redis->command(qw(CONFIG SET maxmemory 0));
recovers('full');


# A replica, which does not take what is written.

$redis->command('REPLICAOF', '127.0.0.1', $t->port('nobody'));
answers('read-only');
$redis->command(qw(REPLICAOF NO ONE));
recovers('read-only');


# It wants a password all of a sudden.

$redis->command(qw(CONFIG SET requirepass), 'word');
$redis->command(qw(CLIENT KILL TYPE normal SKIPME yes));
$redis->command(qw(CLIENT KILL TYPE pubsub));
answers('no password');
$redis->command(qw(CONFIG SET requirepass), '');
recovers('no password');


# It is busy with somebody's script.

$redis->command(qw(CONFIG SET lua-time-limit 100));

my $busy = $redis->connect;
print $busy ClearStatus::Redis::request('EVAL', 'while true do end', 0);
wait_for(sub {
    !eval { $redis->command('PING') } && $@ =~ /BUSY/;
});
answers('busy');
wait_for(sub {
    eval { $redis->command(qw(SCRIPT KILL)) };
    return (eval { $redis->command('PING') } // '') eq 'PONG';
});

# a gateway's own script may take as long where the machine does much else
$redis->command(qw(CONFIG SET lua-time-limit 60000));
recovers('busy');


# All at once, while it comes and goes: each caller has its own task's answer.

my @ids = map { new_task('SUCCESS') } 1 .. 60;
my @calls;

for my $n (0 .. $#ids) {
    $redis->freeze if $n % 20 == 5;
    $redis->thaw   if $n % 20 == 15;
    push @calls, map { $fleet->start($_, "/status?taskId=$ids[$n]") } 0 .. 2;
}

$redis->thaw;
$t->collect(@calls);
is scalar(grep { $_->code != 200 } @calls), 0, 'all are answered';
is scalar(grep { index($_->target, $_->json->{result}{taskId}) < 0 } @calls),
    0, 'with their own task\'s status';
recovers('coming and going');


# A gateway that has no turn for it lets another one fly, and has its answer.

ok $fleet->wait_up, 'all are connected';

my @busy = map { new_task('SUCCESS') } 1 .. 120;
$sim->hold($_) for @busy;

my @others = map { $fleet->start(0, "/status?taskId=$_") } @busy;
ok wait_for(sub { $fleet->metric(0, 'clear_status_queued') > 0 }),
    'one gateway has as much in the air as it may';

my $id = new_task('SUCCESS');
$sim->hold($id);

my $asked  = looked(0, 'miss');
my $queued = $fleet->start(0, "/status?taskId=$id");
ok wait_for(sub { looked(0, 'miss') > $asked }), 'it has more to fetch';

my $free = $fleet->start(1, "/status?taskId=$id");
ok $sim->wait_held($id, 1), 'another one fetches that';
$sim->release($id);
is $t->collect($free)->code, 200, 'and has the answer';
is $t->collect($queued)->code, 200, 'as has who could not';
like status($queued), qr/detail=fleet/, 'from there';
is $sim->count($id), 1, 'by one fetch';
$sim->release($_) for @busy;
is scalar(grep { $_->code != 200 } $t->collect(@others)), 0,
    'and all the others have theirs';


# A gateway that is killed in flight: another one takes over.

$id = new_task('SUCCESS');
$sim->hold($id);

my $lost = $fleet->start(2, "/status?taskId=$id");
ok $sim->wait_held($id), 'one flies';

my $miss  = looked(0, 'miss');
my $waits = $fleet->start(0, "/status?taskId=$id");
ok wait_for(sub { looked(0, 'miss') > $miss }), 'another one waits';
is $sim->count($id), 1, 'and does not fly';

my $dead = $fleet->gateway(2);
my @pids = ($dead->master_pid, $dead->worker_pids);
my $died = time;

kill 'KILL', @pids;
ok $sim->wait_count($id, 2), 'it takes over when that one is killed';

my $took = time - $died;

note sprintf 'after %.2f s', $took;
cmp_ok $took, '<', 2.5 + 5 * stretch(), 'in good time';
$sim->release($id);
is $t->collect($waits)->code, 200, 'and its caller has the answer';
$t->collect($lost);

$fleet->done;
