# The scripts of a fleet against a real Redis: who may fly, what is shared, and
# what never replaces what.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Redis;
use ClearStatus::Test;
use Mojo::File qw(path);
use Test::More;

plan skip_all => 'redis-server is not installed'
    if !ClearStatus::Redis->installed;

my $t     = ClearStatus::Test->new(reload => 0);
my $redis = $t->adopt(ClearStatus::Redis->new(dir => $t->dir))->start;

my %script = scripts();
my $LEASE  = 60_000;
my $n      = 0;


# As the module's own source has them.

sub scripts {
    my $source = path("$Bin/../src/tier/fleet_scripts.c")->slurp;
    my (%macro, %of);

    while ($source =~ /^#define (\w+)\s*\\\n((?:.*\\\n)*.*\n)/gm) {
        my ($name, $text) = ($1, $2);
        $macro{$name} = literals($text);
    }

    while ($source =~ /ngx_cs_fleet_(\w+) = ngx_string\((.*?)^\);/gms) {
        my ($name, $text) = ($1, $2);

        $text =~ s{/\*.*?\*/}{}gs;
        $of{$name} = join '', map { $macro{$_} // literals($_) }
            $text =~ /"(?:[^"\\]|\\.)*"|NGX_CS_\w+/g;
    }

    return %of;
}

sub literals ($text) {
    return join '', map {s/\\n/\n/gr} $text =~ /"((?:[^"\\]|\\.)*)"/g;
}


# An entry of its own for each test; its task and tenant are 'task', 'id'.

sub entry { return 'c:1:' . $n++ }

sub evaluate ($name, $keys, @args) {
    return $redis->command('EVAL', $script{$name}, scalar @$keys, @$keys,
        @args);
}

sub take ($entry, %is) {
    my $said = evaluate('take', [$entry, 'purges', $is{tenant} // 'tenant'],
        $is{owner} // 'a', $is{lease} // $LEASE, $is{tie} // '0',
        $is{waited} // '', $is{mode} // 'fly', $is{task} // 'task',
        $is{id} // 'id', $is{apart} // 0, $is{turned} // 0, 1);

    my %said;
    @said{qw(kind ms word result age stale stale_age newest)} = @$said;
    $said{kind}
        = (qw(none hit wait yours paused later))[$said{kind}];
    return \%said;
}

sub land ($entry, $fence, $bytes, %is) {
    return evaluate('land', [$entry, 'purges', $is{tenant} // 'tenant'],
        $fence, $bytes, $is{age} // 0, $is{lifetime} // 60_000,
        $is{kind} // 'v', $is{keep} // 600_000, $is{task} // 'task',
        $is{id} // 'id', 'channel', 'message', $is{pause} // 0,
        $is{status} // 429, $is{given} // 3_600_000, $is{more} // 0);
}

sub give ($entry, $fence, %is) {
    return evaluate('give', [$entry, 'purges', $is{tenant} // 'tenant'],
        $fence, 'channel', 'message', $is{more} // 0);
}

sub purge ($member, $max = 100, $after = 0, $epoch = 0) {
    return evaluate('purge', ['purges'], $member, $max, 'purged', 'message',
        $after, $epoch);
}

# What a log says that was read so far: when it began, what is the last of all
# and of those told, whether some are missing, and members with their times.

sub since ($epoch, $at, $max = 100) {
    my ($began, $last, $told, $lost, @members)
        = @{ evaluate('log', ['purges'], $epoch, $at, $max) };

    return {epoch => $began, last => $last, told => $told, lost => $lost,
        members => \@members};
}

sub kind ($entry, %is) { return take($entry, %is)->{kind} }


is_deeply [sort keys %script], [qw(give land log purge renew sweep take)],
    'all scripts are here';


# One lease, and what it brings is everybody's.

my $e     = entry();
my $first = take($e);

is $first->{kind}, 'yours', 'the first one may fly';
like $first->{word}, qr/^\d{16}-0$/, 'with a fence of Redis\' time';

my $other = take($e, owner => 'b');

is $other->{kind}, 'wait', 'another gateway waits';
is $other->{word}, $first->{word}, 'for that flight';
ok $other->{ms} > 0 && $other->{ms} <= $LEASE, 'as long as its lease';
is kind($e), 'yours', 'the same gateway begins anew';

$first = take($e);
is land($e, $first->{word}, 'bytes'), 1, 'it lands';

for my $owner (qw(a b)) {
    my $hit = take($e, owner => $owner);

    is $hit->{kind},   'hit',   "$owner has it";
    is $hit->{result}, 'bytes', 'its bytes';
    is $hit->{word}, $first->{word}, 'of that flight';
}

ok $redis->command('PTTL', $e) > 500_000, 'it is kept as long as was said';
is kind($e, mode => 'look'), 'hit', 'a look finds it';


# What comes late, as Redis stood still, is no younger for that.

$e     = entry();
$first = take($e);

my $given = 0 + substr $first->{word}, 0, 16;

wait_for(sub {
    my ($s, $us) = @{ $redis->command('TIME') };
    $s * 1_000_000 + $us > $given + 10_000;
});
land($e, $first->{word}, 'late', given => 5, age => 2);
is $redis->command('HGET', $e, 'at'), $given + 3000,
    'it is as old as when it was sent';
is $redis->command('HGET', $e, 'until'), $given + 3000 + 60_000_000,
    'and fresh for no longer';


# What is no longer fresh, or was, is told beside the lease.

$e = entry();
land($e, take($e)->{word}, 'old', lifetime => 0);

my $stale = take($e, owner => 'b');

is $stale->{kind},  'yours', 'nothing fresh is there';
is $stale->{stale}, 'old',   'but something stale';
is kind($e, mode => 'look', owner => 'c'), 'none', 'of which a look knows';

# who waited for that flight has its result, whatever its time is

$e     = entry();
$first = take($e);
land($e, $first->{word}, 'short', lifetime => 0);
is take($e, owner => 'b', waited => $first->{word})->{result}, 'short',
    'a waiter has the flight\'s own result';
is kind($e, owner => 'b', waited => 'another'), 'yours', 'and nobody else';


# Fences.

$e     = entry();
$first = take($e, lease => 0);

my $second = take($e, owner => 'b');

is $second->{kind}, 'yours', 'a lease that ended is taken over';
cmp_ok $second->{word}, 'gt', $first->{word}, 'with a later fence';
is land($e, $first->{word}, 'late'), 0, 'the first one is refused';
is evaluate('renew', [$e], 'a', $first->{word}, $LEASE), 0,
    'and cannot renew';
is give($e, $first->{word}), 0,
    'nor give back what is another\'s';
is land($e, $second->{word}, 'good'), 1, 'the second lands';
is land($e, $first->{word}, 'late'), 0, 'and stays';
is take($e)->{result}, 'good', 'so that is what is there';

$e = entry();
$redis->command('HSET', $e, 'fence', '9000000000000000-x');
cmp_ok take($e)->{word}, 'gt', '9000000000000000-x',
    'a clock that was set back makes no lower fence';

$e     = entry();
$first = take($e);
$redis->command('DEL', $e);
is land($e, $first->{word}, 'good'), 1, 'what Redis lost is stored anew';

$e     = entry();
$first = take($e);
$redis->command('DEL', $e);
is evaluate('renew', [$e], 'a', $first->{word}, $LEASE), 1,
    'and a lease that it lost';
is kind($e, owner => 'b'), 'wait', 'is one again';


# Renewed, and given back.

$e     = entry();
$first = take($e, lease => 1000);
is evaluate('renew', [$e], 'a', $first->{word}, $LEASE), 1, 'it is renewed';
cmp_ok take($e, owner => 'b')->{ms}, '>', 1000, 'for as long as was said';
is give($e, $first->{word}), 1,
    'it is given back';
is kind($e, owner => 'b'), 'yours', 'and another one flies';


# Errors, and an upstream that lags behind.

$e = entry();
land($e, take($e)->{word}, 'good', lifetime => 0);
land($e, take($e)->{word}, 'error', kind => 'e');

my $error = take($e, owner => 'b');

is $error->{result}, 'error', 'an error is told';
is $error->{stale},  'good',  'beside the success before it';

my $big = entry();

land($big, take($big)->{word}, 'v' x (3 << 20), lifetime => 0);
land($big, take($big)->{word}, 'e' x (2 << 20), kind => 'e');
$error = take($big, owner => 'c');
is length $error->{result}, 2 << 20, 'a large error';
is $error->{stale}, '', 'is without a large success';
land($e, take($e, mode => 'over')->{word}, 'better');
is take($e)->{result}, 'better', 'a success ends it';
is $redis->command('HEXISTS', $e, 'e'), 0, 'for good';

$e = entry();
land($e, take($e)->{word}, 'done', kind => 'f', lifetime => -1);
is land($e, take($e, mode => 'over')->{word}, 'behind'), 1, 'it lags behind';
is take($e)->{result}, 'done', 'and does not replace what is finished';


# Somebody said that it changed.

$e = entry();
land($e, take($e)->{word}, 'before');

my $noted = take($e, mode => 'note', owner => 'b');

is $noted->{kind}, 'yours', 'it is fetched whatever is there';
is kind($e, mode => 'note', owner => 'c'), 'wait', 'once';
land($e, $noted->{word}, 'after');
$noted = take($e, mode => 'note', owner => 'c');
is $noted->{kind}, 'wait', 'and not twice in a second';
ok $noted->{ms} > 0 && $noted->{ms} <= 1000, 'at whose end it may come again';
is take($e)->{result}, 'after', 'everybody else has it';


# Purges: what was fetched before, and what is fetched by a flight before.

for my $member ('ttask', 'oid', '*') {
    $e = entry();
    land($e, take($e)->{word}, 'before');

    my $flying = entry();
    my $fence  = take($flying)->{word};

    purge($member);

    my $gone = take($e);

    is $gone->{kind},  'yours', "a purge of $member: it is gone";
    is $gone->{stale}, '',      'all of it';
    cmp_ok $gone->{newest}, '>', 0, 'and whoever asks learns of it';
    is kind($flying, owner => 'b'), 'yours', 'a flight from before is none';
    is land($flying, $fence, 'before'), 0, 'and what it brings is refused';
    is land($e, $gone->{word}, 'after'), 1, 'what is fetched now is not';
    is kind($e), 'hit', 'and is there';
}

$e = entry();
land($e, take($e)->{word}, 'here');
purge('tanother');
purge('oanother');
is kind($e), 'hit', 'others\' purges are none of it';

my $at    = purge('tagain');
my $epoch = since(0, 0)->{epoch};

cmp_ok $epoch, '>', 0, 'a log of purges has a beginning';
is_deeply since($epoch, $at - 1), {
    epoch => $epoch, last => $at, told => $at, lost => 0,
    members => ['tagain', $at],
}, 'a gateway reads of it';
is_deeply since($epoch, $at)->{members}, [], 'and once it has, no more';

my $ahead = $at + 3_600_000_000;
is purge('tlater', 100, $ahead), $ahead + 1,
    'a clock that was set back hides none';


# In parts, in order.

my $first_part = since($epoch, 0, 2);

is scalar @{ $first_part->{members} }, 2,
    'of so many as are wanted one is the beginning';
is $first_part->{told}, $first_part->{members}[1], 'it says how far it told';
is $first_part->{last}, $ahead + 1, 'and how far there is more';

my @parts = @{ $first_part->{members} };
my $part  = $first_part;

for (1 .. 10) {
    $part = since($epoch, $part->{told}, 2);
    push @parts, @{ $part->{members} };
    last if $part->{told} == $part->{last};
}

is_deeply \@parts, since($epoch, 0)->{members},
    'the parts are the whole';


# Another log than was read: Redis lost the old one, and its clock was set back
# too, or nobody knows.

$redis->command('DEL', 'purges');
is_deeply since($epoch, $at), {
    epoch => 0, last => 0, told => 0, lost => 0, members => []
}, 'a log that is not there has nothing';
$redis->command('ZADD', 'purges', 1, 'e5', 100, 'tlong-ago');
is_deeply since($epoch, $at), {
    epoch => 5, last => 100, told => 100, lost => 0,
    members => ['tlong-ago', 100],
}, 'another one is read whole';
is_deeply since(5, 100)->{members}, [], 'once';
is since(5, 100)->{last}, 100, 'and says how far it goes';
is_deeply since(5, $at)->{members}, ['tlong-ago', 100],
    'one that has lost its end is read whole too';
$redis->command('ZADD', 'purges', 200, 'tinstead');
is_deeply since(5, 300)->{members}, ['tlong-ago', 100, 'tinstead', 200],
    'as what came instead may be before what was read';

my $own = purge('town', 100, 300, 5);
my $new = since(5, 300);

cmp_ok $own, '>', 300, 'a purge by one who had read the end';
isnt $new->{epoch}, 5, 'begins another log';
is_deeply $new->{members},
    ['tlong-ago', 100, 'tinstead', 200, 'town', $own],
    'of which everybody has what came instead, too';
is_deeply since($new->{epoch}, $own)->{members}, [], 'once';
$redis->command('DEL', 'purges');

my @times = map { purge("t$_", 10) } 1 .. 30;

cmp_ok $redis->command('ZCARD', 'purges'), '<=', 12, 'they are bounded';
is kind($e), 'yours', 'what there is no room for is of all';
$epoch = since(0, 0)->{epoch};
is since($epoch, $times[10])->{lost}, 1, 'as who reads is told';
is since($epoch, $times[25])->{lost}, 0, 'unless it had read them';
is scalar @{ since($epoch, $times[25])->{members} }, 2 * 4,
    'of whom it has the others';


# A clock that is set back: what is of the future counts for nothing, and
# nobody waits for it.

$redis->command('DEL', 'purges');

my $future = sprintf '%.0f', 1e6 * (time + 3600);

$e = entry();
land($e, take($e)->{word}, 'good');
$redis->command('HSET', $e, 'at', $future);
is kind($e, owner => 'b'), 'yours', 'an answer of the future is none';

$e = entry();
take($e);
$redis->command('HSET', $e, 'lease', $future);
is kind($e, owner => 'b'), 'yours', 'nor is a lease';

$redis->command('HSET', 'tenant', 'pause', $future, 'since', $future, 'turn',
    $future);
is kind(entry(), apart => 1000), 'yours', 'a pause, or a turn';

purge('*', 100, $future);
$e     = entry();
$first = take($e);
is land($e, $first->{word}, 'good'), 1,
    'after a purge of the future answers are stored';
is kind($e, owner => 'b'), 'hit', 'and given out';
purge('ttask');
is kind($e, owner => 'b'), 'yours', 'and purged';


# What was purged is deleted.

$redis->command('FLUSHALL');

my %swept = map { $_ => 'c:1:' . $_ x 16 . '0' x 16 } qw(a b c);
my $kept  = 'c:1:' . 'd' x 32;

for my $key (values %swept, $kept) {
    my $id = $key =~ /c{16}/ ? 'theirs' : 'id';

    land($key, take($key, id => $id)->{word}, 'good', id => $id);
    land($key, take($key, id => $id, mode => 'over')->{word}, 'bad', id => $id,
        kind => 'e');
}

$redis->command('SET', 'c:1:' . 'e' x 32, 'a string');
purge('t' . $_ x 16) for qw(a b);
purge('otheirs');

my $cursor = 0;

do {
    $cursor = evaluate('sweep', ['purges', 'purges'], $cursor, 'c:1:*', 2, 4);
} while ($cursor);

$redis->command('DEL', 'c:1:' . 'e' x 32);
is scalar(grep { $redis->command('HEXISTS', $swept{$_}, 'v')
            || $redis->command('HEXISTS', $swept{$_}, 'e') } keys %swept), 0,
    'what was purged is deleted';
is $redis->command('HGET', $kept, 'v'), 'good', 'and nothing else';
is $redis->command('HGET', $kept, 'e'), 'bad',  'of any kind';


# What upstream asked of a tenant, and its turns.

$e = entry();
land($e, take($e)->{word}, 'wait', kind => 'e', lifetime => 0, pause => 30_000,
    tenant => 'slow');

my $paused = take(entry(), owner => 'b', tenant => 'slow');

is $paused->{kind}, 'paused', 'its tenant pauses';
is $paused->{word}, 429,      'with the status';
ok $paused->{ms} > 20_000 && $paused->{ms} <= 30_000, 'as long as was asked';
is kind(entry(), tenant => 'fast'), 'yours', 'another one does not';
purge('oid');
is kind(entry(), tenant => 'slow'), 'yours', 'a purge of the tenant ends it';

my %rate = (tenant => 'rated', apart => 10_000_000);

is kind(entry(), %rate), 'yours', 'the first has its turn';
$e = entry();
my @later = (take($e, %rate), take(entry(), %rate));
is $_->{kind}, 'later', 'the next one later' for @later;
ok $later[0]{ms} > 5000 && $later[0]{ms} <= 10_000, 'after the first';
ok $later[1]{ms} > 15_000 && $later[1]{ms} <= 20_000, 'and one after another';
is kind($e, %rate, turned => 1), 'yours', 'whose turn has come, flies';

%rate = (tenant => 'retried', apart => 10_000_000);
$e    = entry();
land($e, take($e, %rate)->{word}, 'bytes', tenant => 'retried',
    more => 20_000_000);

my $after = take(entry(), %rate);

is $after->{kind}, 'later', 'after one that took three';
ok $after->{ms} > 25_000 && $after->{ms} <= 30_000, 'the next is later by two';

%rate = (tenant => 'failed', apart => 10_000_000);
$e    = entry();
give($e, take($e, %rate)->{word}, tenant => 'failed', more => 10_000_000);
$after = take(entry(), %rate);
ok $after->{ms} > 15_000 && $after->{ms} <= 20_000, 'or by one, in vain';


# Nothing stays for ever.

my @keys = @{ $redis->command('KEYS', '*') };

is_deeply [grep { $_ ne 'purges' && $redis->command('PTTL', $_) == -1 } @keys],
    [], 'each entry and tenant ends by itself';

$t->done;
