# A reload for whose workers there are too few descriptors: nginx goes on with
# those that it can start, and so do we.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;

my $t = ClearStatus::Test->new(reload => 0);

plan skip_all => 'prlimit is not installed'
    if system 'prlimit --version > /dev/null 2>&1';

my $conf = <<'EOC';
%%GLOBALS%%

worker_processes %%WORKERS%%;

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            clear_status_auth_token %%TOKEN%%;
            clear_status_integration_id tenant-a;
        }
    }
}
EOC

sub eventfds ($pid) {
    return scalar grep { (readlink // '') =~ /eventfd/ } glob "/proc/$pid/fd/*";
}


# The limit is one on numbers: the lowest below which so many are not used.

sub room ($pid, $free) {
    my %used = map {m{(\d+)$} ? ($1 => 1) : ()} glob "/proc/$pid/fd/*";
    my $n    = 0;

    while ($free) { $free-- if !$used{ $n++ } }
    return $n;
}


sub has ($pid) {
    return $t->nginx->slurp("/proc/$pid/limits") =~ /^Max open files +(\d+)/m
        ? $1 : 0;
}


sub limit ($pid, $n) { return !system "prlimit --pid $pid --nofile=$n:" }


$t->simulator;
$t->set(WORKERS => 1)->conf($conf)->run;

my $master = $t->master_pid;
my $woken  = eventfds($master);
my ($most) = $t->log =~ /RLIMIT_NOFILE\): (\d+)/;

ok $woken, 'the master has descriptors, some of them to wake workers by';
ok limit($master, room($master, 12)), 'and may have twelve more';

# Which of the new workers has how many is nginx's and chance's: a worker may
# not even begin, or not hear of its end.

$t->expect_log(qr/\(24: /);
$t->expect_log(qr/(?:send|recv)msg\(\)|exited on signal 9/);
$t->expect_log(qr/exited with fatal code 2 and cannot be respawned/);

$t->set(WORKERS => 24)->conf($conf);
kill 'HUP', $master;

ok wait_for(sub { $t->logged('alert', qr/socketpair\(\) failed/) }),
    'a reload wants more';
ok $t->logged('alert', qr/eventfd\(\) failed, workers from number 1 on/),
    'and says what is missing';
ok kill(0, $master), 'the master is there';
is eventfds($master), $woken, 'and has kept none that did not suffice';

ok limit($master, $most), 'it may have more again';
kill 'HUP', $master;

ok wait_for(sub { eventfds($master) == $woken + 23 }),
    'and wakes all workers from the next reload on';


# Workers that did not hear of their end take callers yet, for all they cannot.

sub deaf { return grep { has($_) < $most } $t->nginx->children }

kill 'KILL', deaf();
ok wait_for(sub { !deaf() }), 'those that lack some are gone';

ok wait_for(sub {
    ($t->get('/status?taskId=' . new_task('SUCCESS'))->code // 0) == 200;
}), 'callers are answered';

$t->done;
