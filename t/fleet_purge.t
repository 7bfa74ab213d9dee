# Purges over a fleet: by task, integration id and all, what is in the air, a
# gateway that was cut off, and a disk that was not there.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Fleet;
use ClearStatus::Relay;
use ClearStatus::Test;
use Digest::SHA qw(sha256_hex);
use Mojo::File qw(path);
use Test::More;

plan skip_all => ClearStatus::Fleet->missing('disk')
    if ClearStatus::Fleet->missing('disk');

my $t     = ClearStatus::Test->new(reload => 0);
my $sim   = $t->simulator;
my $fleet = ClearStatus::Fleet->new(t => $t, n => 3, conf => <<'EOC');
%%GLOBALS%%

worker_processes 2;

events {
    worker_connections 1024;
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:4m;
    clear_status_redis zone=answers %%REDIS%% timeout=2s user=gateway
                       password_file=%%DIR%%/redis-password;
    clear_status_disk zone=answers %%DIR%%/disk timeout=5s;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id $arg_tenant;
    clear_status_retries 0;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
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

# The third one's way to Redis can be cut.

my $redis = $fleet->redis;
my $relay = $t->adopt(
    ClearStatus::Relay->new(dir => $t->dir, to => $redis->port))->start;

# With the rights that the page on operations names.

my ($rights) = path("$Bin/../docs/operations.md")->slurp
    =~ /^user gateway on >PASSWORD (.*)$/m;

$redis->command('ACL', 'SETUSER', 'gateway', 'on', '>staple',
    split ' ', $rights);
$_->file('redis-password', "staple\n") for @{ $fleet->gateways };

$fleet->reach(2, 'redis://127.0.0.1:' . $relay->port)->run;

sub ask ($i, $id, $tenant = 'tenant-a') {
    return $fleet->get($i, "/status?tenant=$tenant&taskId=$id");
}

sub status ($r) { return $r->header('Cache-Status') }

sub purge ($i, $what) {
    return $fleet->get($i, "/purge?$what", method => 'DELETE')->code;
}

sub stored ($i) {
    return $fleet->metric($i,
        'clear_status_zone_entries{zone="answers",state="success"}');
}

# How many times it has made others' purges.

sub made ($i) {
    my @made = $fleet->gateway($i)->logged('notice', qr/purged for another/);

    return scalar @made;
}

sub settled {
    return wait_for(sub { !grep { $redis->command('HEXISTS', $_, 'lease') }
            grep {/:1:\w{32}$/} @{ $redis->command('KEYS', '*') } });
}

# A task that all gateways' zones have.

sub everywhere ($tenant = 'tenant-a') {
    my $id = new_task('SUCCESS');

    for my $i (0 .. 2) {
        ask($i, $id, $tenant);
        settled();
    }

    return $id;
}


# What is purged at one gateway goes at all.

my $id    = everywhere();
my $other = everywhere('tenant-b');

is stored($_), 2, "gateway $_ has both" for 0 .. 2;
is $sim->count($id), 1, 'by one fetch';
sub in_redis { return scalar grep { $redis->command('HEXISTS', $_, 'v') }
        grep {/:1:\w{32}$/} @{ $redis->command('KEYS', '*') } }

is in_redis(), 2, 'and Redis';
is purge(0, "taskId=$id"), 200, 'a task is purged at one';
ok wait_for(sub { in_redis() == 1 }), 'it is deleted in Redis';
ok wait_for(sub { stored($_) == 1 }), "it is gone at gateway $_" for 0 .. 2;
ok wait_for(sub { $fleet->metric($_, 'clear_status_purged_total') == 1 }),
    "and gateway $_ has counted it" for 0 .. 2;

like status(ask(1, $id)), qr/fwd=uri-miss; fwd-status=200; stored/,
    'who asks again fetches it';
settled();
is status(ask(2, $id)), 'clear_status; hit; detail=fleet',
    'and the others have what it brought';
like status(ask(2, $other, 'tenant-b')), qr/hit; ttl/,
    'another task is where it was';

is purge(1, 'integrationId=tenant-b'), 200, 'an integration id is purged';
ok wait_for(sub { stored(2) == 1 }), 'its tasks are gone';
like status(ask(2, $other, 'tenant-b')), qr/fwd=uri-miss/, 'all of them';
like status(ask(2, $id)), qr/hit; ttl/, 'and no others';

settled();
ask(0, $other, 'tenant-b');
is purge(2, 'all=1'), 200, 'all is purged';
ok wait_for(sub { stored($_) == 0 }), "gateway $_ has nothing" for 0 .. 2;
ok wait_for(sub { in_redis() == 0 }), 'nor Redis';
like status(ask(0, $id)), qr/fwd=uri-miss/, 'so that it is fetched';
settled();


# A fetch that was sent before is answered and not stored.

$id = new_task('SUCCESS');
$sim->hold($id);

my $flies = $fleet->start(0, "/status?tenant=tenant-a&taskId=$id");
ok $sim->wait_held($id), 'one flies';

my $before = made(0);

purge(1, "taskId=$id");
ok wait_for(sub { made(0) > $before }), 'and its gateway hears of a purge';
$sim->release($id);
is $t->collect($flies)->code, 200, 'it is answered';
settled();
like status(ask(0, $id)), qr/fwd=uri-miss; fwd-status=200; stored/,
    'not stored there';
is $sim->count($id), 2, 'nor for others';
settled();


# A gateway that was cut off learns of it when it is back.

$id = everywhere();
$relay->cut(0, 'reset');
$relay->drop;
ok $fleet->wait_down(2), 'one gateway is cut off';
is purge(0, "taskId=$id"), 200, 'a task is purged';

$before = made(2);
like status(ask(2, $id)), qr/hit; ttl/, 'which it does not know';
$relay->pass;
ok $fleet->wait_up(2), 'it is back';
ok wait_for(sub { made(2) > $before }), 'and makes the purge';
unlike status(ask(2, $id)), qr/hit; ttl/, 'so that the answer is gone';
settled();


# And the others learn of what was purged there meanwhile.

$id = everywhere();
$relay->cut(0, 'reset');
$relay->drop;
ok $fleet->wait_down(2), 'it is cut off again';

$before = made(0);
is purge(2, "taskId=$id"), 200, 'and purges a task';
like status(ask(0, $id)), qr/hit; ttl/, 'which the others have';
$relay->pass;
ok $fleet->wait_up(2), 'until it is back';
ok wait_for(sub { made(0) > $before }), 'they make the purge too';
unlike status(ask(0, $id)), qr/hit; ttl/, 'so that the answer is gone';
settled();


# A gateway that was not there: what its disk has.

$id    = everywhere();
$other = everywhere();

my $file = $fleet->gateway(1)->dir . '/disk/answers.db';

# A task's answers there, by the beginning of the key.

sub on_disk ($id) {
    my $digest = substr sha256_hex($id), 0, 16;

    # one that is locked does not tell
    return wait_for(sub {
        `sqlite3 -readonly '$file' "SELECT count(*) FROM answer
            WHERE hex(key) LIKE upper('$digest%')" 2> /dev/null`
            =~ /^(\d+)$/ && "n$1";
    }) ne 'n0';
}

ok wait_for(sub { on_disk($id) && on_disk($other) }),
    'its disk has what its zone has';
ok $fleet->gateway(1)->stop, 'it ends';
purge(0, "taskId=$id");
$before = made(1);
$fleet->gateway(1)->run;
ok wait_for(sub { made(1) > $before }), 'it is back, and makes the purge';
unlike status(ask(1, $id)), qr/detail=disk/,
    'what was purged does not come from its disk';
is status(ask(1, $other)), 'clear_status; hit; detail=disk',
    'but what was not';


# As many purges as are made in one walk, and more, while it was not there: its
# disk loses what was purged, and nothing else.  It does not make again what it
# had made before.

my $purges = 'clear:1:purges';

sub newest {
    my ($member, $at)
        = @{ $redis->command('ZREVRANGE', $purges, 0, 0, 'WITHSCORES') };

    return ($member, $at);
}

for my $many (100, 511, 512, 2000) {
    $id     = everywhere();
    $other  = everywhere();
    $before = made(1);
    purge(0, "taskId=$other");
    ok wait_for(sub { made(1) > $before }), 'a task is purged';
    like status(ask(1, $other)), qr/stored/, 'and fetched again';
    settled();
    ok $fleet->gateway(1)->stop, 'the gateway ends';
    ok on_disk($id) && on_disk($other), 'with both on its disk';

    my (undef, $us) = newest();

    $redis->command('ZADD', $purges,
        map { (sprintf('%.0f', $us + $_), sprintf 't%016x', $_) } 1 .. $many);
    purge(0, "taskId=$id");
    $fleet->gateway(1)->run;
    ok wait_for(sub { !on_disk($id) }), "it makes $many purges and one more";
    unlike status(ask(1, $id)), qr/hit; (?:ttl|detail=disk)/,
        'of which it gives out nothing';
    is status(ask(1, $other)), 'clear_status; hit; detail=disk',
        'its disk has the rest';
    settled();
}


# A gateway that purges while it is cut off, and is stopped before Redis is
# back.

$id = everywhere();
$relay->cut(0, 'reset');
$relay->drop;
ok $fleet->wait_down(2), 'a gateway is cut off';
is purge(2, "taskId=$id"), 200, 'and purges a task';
ok $fleet->gateway(2)->stop, 'it ends';
like status(ask(0, $id)), qr/hit; ttl/, 'the others know of nothing';
$relay->pass;
$fleet->gateway(2)->run;
ok wait_for(sub { status(ask(0, $id)) !~ /hit; ttl/ }),
    'it is there again, and they make it';
settled();


# What a later version may purge, and what is none: it is of all, and those
# behind it are made.

my $unknown = qr/purged what this version does not know, so all is purged/;

for my $what ('x0123456789abcdef', 't' . 'z' x 16, 'later') {
    $id     = everywhere();
    $before = $fleet->gateway(1)->logged('warn', $unknown);

    my (undef, $us) = newest();

    $redis->command('ZADD', $purges, sprintf('%.0f', $us + 1), $what);
    ok wait_for(sub {
        ask(1, new_task('SUCCESS'));
        status(ask(1, $id)) !~ /hit; ttl/;
    }), "a purge of $what: all of the zone is gone";
    ok wait_for(sub {
        $fleet->gateway(1)->logged('warn', $unknown) > $before;
    }), 'which the log says';

    settled();
    my $once = $before + 1;
    $before = made(1);
    purge(0, 'taskId=' . new_task('SUCCESS'));
    ok wait_for(sub { made(1) > $before }), 'and the next one is made';
    is $fleet->gateway(1)->logged('warn', $unknown), $once,
        'and it was said once';
    settled();
}


# Redis has lost its log, and its clock was set back, while one was cut off.

$id = everywhere();
$relay->cut(0, 'reset');
$relay->drop;
ok $fleet->wait_down(2), 'a gateway is cut off once more';

my ($was) = newest();
my $member;

is purge(0, "taskId=$id"), 200, 'a task is purged';
ok wait_for(sub { ($member) = newest(); $member ne $was }), 'Redis knows';
$redis->command('DEL', $purges);
$redis->command('ZADD', $purges, 1, 'e1000', 2000, $member);
like status(ask(2, $id)), qr/hit; ttl/, 'which it does not know';
$relay->pass;
ok $fleet->wait_up(2), 'it is back';
ok wait_for(sub { status(ask(2, $id)) !~ /hit; ttl/ }),
    'and makes what another log tells of';
settled();

ok !$fleet->gateway(1)->logged('error', qr/Redis/), 'and loses no connection';

is_deeply $redis->command('ACL', 'LOG'), [], 'no right was missing';

$fleet->done;
