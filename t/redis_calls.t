# Commands whose answers are wrong, late, half or none: each caller has the
# answer of its own task, waits for Redis once at the most, and Redis is asked
# again when it is good.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::FakeRedis;
use ClearStatus::Process qw(wait_for);
use ClearStatus::Redis;
use ClearStatus::Test;
use Test::More;

my $t    = ClearStatus::Test->new;
my $fake = $t->adopt(ClearStatus::FakeRedis->new(dir => $t->dir))->start;
my $conf = ClearStatus::Redis->gateway('%%REDIS%%');

$t->set(REDIS => $fake->url);

my ($refused, $said) = $t->nginx_t($conf);
plan skip_all => 'built without hiredis'
    if $refused && $said =~ /was built with libhiredis, and this was not/;


sub asked () { return scalar grep { $_->[0] eq 'EVAL' } $fake->told }

sub off ($why) { return $t->logged('error', qr/ Redis ".* is off: $why/) }


# A task that is fetched, and is the one that was asked for.

sub ask () {
    my $id = new_task('SUCCESS');
    my $r  = $t->get("/status?taskId=$id", timeout => 30);

    return 1 if $r->code == 200 && $r->json->{result}{taskId} eq $id;
    fail 'the right answer';
    diag $r->raw;
    return 0;
}


sub right ($name) { ok ask(), "$name: the right answer" }


# On each a fresh nginx, whose Redis is up, before it says that.

sub begin (@says) {
    $fake->says;
    $t->quit if $t->is_running;
    unlink $t->dir . '/error.log';
    $t->conf($conf)->run;
    wait_for(sub { $t->redis_up == 1 }, 60) or die "the fake Redis is not up\n";
    $fake->says(@says);
}


# Replies that are some, and not what a script would say.

my $n = 0;

begin();

for my $reply (':1', '+OK', '$-1', '*-1', '*0', '$3\r\nabc', '*1\r\n$0\r\n',
    '*3\r\n:1\r\n:2\r\n:3', '*2\r\n*1\r\n*0\r\n+a', '*2\r\n$6\r\nanswer\r\n$-1',
    '$' . length('x' x 5000) . '\r\n' . 'x' x 5000, '-ERR no', '-NOPERM no',
    '-OOM no', '-', '*40\r\n' . join '\r\n', (':-9223372036854775808') x 40)
{
    $fake->says(EVAL => ($reply =~ s/\\r\\n/\r\n/gr) . "\r\n");
    right('a reply of another kind, ' . ++$n) for 1 .. 2;
}

is $t->redis_up, 1, 'and it is still on';
ok asked() >= $n, 'and was asked';

# What ends the connection.

for my $case (
    ['nonsense', qr/it sent what is no reply/, "HTTP/1.1 200 OK\r\n"],
    ['a huge string', qr/it sent what is no reply/, "\$99999999\r\n"],
    ['a huge array', qr/it sent what is no reply/, "*99999999\r\n"],
    ['a string without end', qr/it sent what is no reply/, '+a', 'endless'],
    ['more than one reply', qr/it answered what was not asked/, ":1\r\n" x 9],
    ['half a reply', qr/no answer in time/, "*2\r\n\$900\r\nabc"],
    ['half a reply and the end', qr/the connection is lost/,
        "*2\r\n\$900\r\nabc", 'close'],
    ['a wrong login all of a sudden', qr/it asks for a login/,
        "-NOAUTH no\r\n"],
    ['a replica', qr/it is a replica/, "-READONLY no\r\n"],
    ['a start', qr/it is loading its data/, "-LOADING no\r\n"],
    ['a cluster', qr/it belongs to a Redis Cluster/, "-MOVED 1 a:1\r\n"])
{
    my ($name, $why, @says) = @$case;

    begin(EVAL => @says);
    ok wait_for(sub { ask(); off($why) }, 60), "$name: it is off"
        or diag $t->logged(undef, qr/ Redis "/);
    right($name);

    $fake->says;
    ok wait_for(sub { $t->redis_up == 1 }, 60), "$name: it is on again";
    right("$name, and back");
}


# No reply, to whatever: who asks first waits, and nobody behind.

begin(ANY => '');

my $before = asked();
my $id     = new_task('SUCCESS');
my $first  = $t->start("/status?taskId=$id", timeout => 30);
ok wait_for(sub { asked() > $before }), 'a question that is not answered';

is scalar($t->collect($first))->code, 200, 'the caller is';

my $since = asked();
right('none behind it') for 1 .. 5;

# one that was sent beside the first may be noted as late as this
cmp_ok asked() - $since, '<', 5, 'and it is not asked for them';
ok wait_for(sub { off(qr/no answer in time/) }, 60), 'until it is off';

$fake->says;
ok wait_for(sub { $t->redis_up == 1 }, 60), 'then it is on';
$before = asked();
right('again');
ok asked() > $before, 'and asked again';


# Replies that come late, each to its own question: nobody has another's.

begin(EVAL => ":1\r\n", 'late', 0.4);
ok wait_for(sub { ask(); off(qr/no answer in time, three times in a/) }, 60),
    'three in a row: it is off';
$fake->says;
ok wait_for(sub { $t->redis_up == 1 }, 60), 'and on again';
right('after late ones');

$t->done;
