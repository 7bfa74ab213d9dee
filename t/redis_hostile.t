# A Redis that answers with nonsense, with too much, with half of it or without
# end: it is off, callers are answered, and the worker neither waits nor grows.

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
my $conf = ClearStatus::Redis->gateway(
    '%%REDIS%% password_file=%%DIR%%/password');

$t->set(REDIS => $fake->url);
$t->file('password', 'SECRETWORD');

my ($refused, $said) = $t->nginx_t($conf);
plan skip_all => 'built without hiredis'
    if $refused && $said =~ /was built with libhiredis, and this was not/;


sub rss () {
    my ($pid) = $t->worker_pids;
    return $t->slurp("../../proc/$pid/status") =~ /^VmRSS:\s+(\d+)/m ? $1 : 0;
}


sub logged ($why) { return $t->logged('error', qr/ Redis ".* is off: $why/) }


# On each a fresh nginx: what was logged is not logged again.

sub off ($name, $why, @says) {
    $fake->says(@says);
    $t->quit if $t->is_running;
    unlink $t->dir . '/error.log';
    $t->conf($conf)->run;

    ok wait_for(sub { logged($why) }, 60), "$name: the log says what it is"
        or diag $t->logged(undef, qr/ Redis "/);
    is $t->get('/status?taskId=' . new_task('SUCCESS'), timeout => 20)->code,
        200, "$name: callers are answered";
    is $t->redis_up, 0, "$name: it is off";
    unlike $t->log, qr/SECRETWORD/, "$name: no secret is logged";
}


my $nonsense = qr/it sent what is no reply, or too large/;
my $alien    = qr/it does not answer as Redis does/;
my $late     = qr/no answer in time/;

off('another protocol', $nonsense, HELLO => "HTTP/1.1 400 Bad\r\n\r\n");
off('zeros', $nonsense, HELLO => "\0" x 100);
off('a huge string', $nonsense, HELLO => "\$1000000000\r\n");
off('a string without end', $nonsense, HELLO => '+aaaaaaaaaa', 'endless');
off('a huge array', $nonsense, HELLO => "*1000000000\r\n");
off('many small arrays', $nonsense, HELLO => "*4000\r\n*4000\r\n");
off('arrays in arrays', $nonsense, HELLO => "*1\r\n" x 100);
off('replies without end', qr/it answered what was not asked|$alien/,
    HELLO => "+OK\r\n", 'endless');
off('more than was asked', qr/it answered what was not asked/,
    PING => "+PONG\r\n+PONG\r\n");
off('half a reply', $late, HELLO => "*6\r\n\$400\r\nmo");
off('half a reply and the end', qr/the connection is lost/,
    HELLO => "*6\r\n\$400\r\nmo", 'close');
off('no reply', $late, HELLO => '');
off('another reply', $alien, PING => ":1\r\n");
off('a long error', qr/it answered with an error/,
    PING => '-ERR ' . 'x' x 60_000 . "\r\n");
off('our own words', qr/it answered with an error/,
    HELLO => "-SECRETWORD SECRETWORD\r\n");

# A hello that is a map of something else is none that forbids.

$fake->says(HELLO => "*4\r\n:1\r\n*0\r\n\$4\r\nrole\r\n:2\r\n");
ok wait_for(sub { $t->redis_up == 1 }, 60), 'a hello that says nothing will do';

# While it is up.

my $before = rss();

$fake->says(ANY => "*1\r\n\$4000000\r\n" . 'x' x 100_000, 'endless');
ok wait_for(sub { $t->redis_up == 0 }, 60), 'it floods: it is off';
cmp_ok rss() - $before, '<', 16 * 1024, 'in bounded memory'
    if !$ENV{SANITIZE} && !$ENV{TEST_VALGRIND};
$fake->says;
ok wait_for(sub { $t->redis_up == 1 }, 60), 'and on when it is good again';

$t->done;
