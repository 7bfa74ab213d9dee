# The connections to Redis: made at the start, kept up, lost and back, with a
# line in the log when it goes and one when it is back; and none that holds a
# worker up.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::FakeRedis;
use ClearStatus::Process qw(wait_for);
use ClearStatus::Redis;
use ClearStatus::Test;
use Test::More;

plan skip_all => 'redis-server is not installed'
    if !ClearStatus::Redis->installed;

my $t     = ClearStatus::Test->new;
my $redis = $t->adopt(ClearStatus::Redis->new(dir => $t->dir));
my $other = $t->adopt(ClearStatus::FakeRedis->new(dir => $t->dir))->start;

my $conf = ClearStatus::Redis->gateway('%%REDIS%%', 'worker_processes 2;');


sub becomes ($up, $name) {
    ok wait_for(sub { $t->redis_up == $up }, 60), $name;
}


# Of those lines that are about a Redis.

sub lines () { return $t->logged(undef, qr/ Redis "/) }


sub ours ($server = $redis) {
    return grep {/ name=clear_status /}
        split /\n/, $server->command('CLIENT', 'LIST');
}


# Not there when nginx is checked or starts.

$t->set(REDIS => $other->url);
my ($status, $said) = $t->nginx_t($conf);
is $status, 0, 'a configuration with a Redis' or diag $said;
is $other->connections, 0, 'nginx -t opens no connection';

$t->set(REDIS => $redis->url('/3'));
$t->conf($conf)->run;
becomes(0, 'nginx starts where Redis is not');
ok wait_for(sub { lines() == 1 }), 'which a line of the log says';
my $at   = '127.0.0.1:' . $redis->port;
my $line = qq{Redis "redis://$at/3" of zone "answers" is};

# nginx 1.18 knows no name of most errors on a glibc since 2.32
my $refused = qr/Connection\ refused|Unknown\ error/x;

like +(lines())[0], qr/\[error\] .* \Q$line off: no connection, at $at: \E
    connect\(\)\ failed\ \(111:\ $refused\)$/x, 'with the reason';
is $t->get('/status?taskId=' . new_task('SUCCESS'))->code, 200,
    'and callers are answered';

$redis->start;
becomes(1, 'it is used when it is there');
ok wait_for(sub { lines() == 2 }), 'which the log says';
like +(lines())[1], qr/\[warn\] .* \Q$line back\E$/, 'once for all workers';
ok wait_for(sub { ours() >= 2 }), 'each worker has a connection';
is scalar(grep { !/ db=3 / } ours()), 0, 'to the database of the URL';


# Killed, and back.

$redis->kill;
becomes(0, 'a Redis that was killed is off');
is $t->get('/status?taskId=' . new_task('SUCCESS'))->code, 200,
    'callers are answered without it';
$redis->start;
becomes(1, 'and on when it is back');
ok wait_for(sub { lines() == 4 }), 'with a line for each, and no more'
    or diag join "\n", lines();

# A connection that breaks is made anew at once, and nobody has to know.  It
# stood for a second, else the break would be taken for a sign.

wait_for(sub { !grep { !/ age=(?:[2-9]|\d\d)/ } ours() });
my ($id) = map {/^id=(\d+)/} ours();
my $many = scalar ours();
$redis->command('CLIENT', 'KILL', 'ID', $id);
ok wait_for(sub { ours() == $many && !grep {/^id=$id /} ours() }),
    'a connection that breaks is made anew';
is scalar(lines()), 4, 'quietly';
becomes(1, 'and it is on');


# Frozen: TCP says nothing of it.

$redis->freeze;
becomes(0, 'a Redis that does not answer is off');
is $t->get('/status?taskId=' . new_task('SUCCESS'))->code, 200,
    'callers are answered without it';
$redis->thaw;
becomes(1, 'and on when it answers');
like +(lines())[4], qr/\[error\] .* is off: no answer in time/, 'with a line';
ok wait_for(sub { lines() == 6 }), 'for each'
    or diag join "\n", lines();


# Reload and end.

my %old = map { /^id=(\d+)/ => 1 } ours();
ok $t->reload, 'a reload';
ok wait_for(sub { !grep { $old{$_} } map {/^id=(\d+)/} ours() }),
    'old workers close their connections';
becomes(1, 'and new ones have their own');
is scalar(lines()), 6, 'quietly';

$t->set(REDIS => $other->url);
$t->conf($conf);
ok $t->reload, 'another Redis';
becomes(1, 'which is used');
ok wait_for(sub { !ours() }), 'and the first is not';

$other->says(HELLO => '');
$other->drop;
becomes(0, 'one that accepts, and says nothing, is off');
ok $t->reload, 'a reload meanwhile';
ok $t->quit, 'a worker ends while it waits for Redis';
ok $redis->command('PING'), 'and Redis is there';

$t->done;
