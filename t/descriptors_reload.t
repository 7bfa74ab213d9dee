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

$t->simulator;
$t->set(WORKERS => 1)->conf($conf)->run;

my $master = $t->master_pid;
my $open   = () = glob "/proc/$master/fd/*";

ok $open, 'the master has descriptors';
is system("prlimit --pid $master --nofile=" . ($open + 12) . ':'), 0,
    'and may have twelve more';

$t->expect_log(qr/\(24: /);

# a worker without one for nginx's channel does not hear of the end
$t->expect_log(qr/(?:send|recv)msg\(\)|exited on signal 9/);

$t->set(WORKERS => 24)->conf($conf);
kill 'HUP', $master;

ok wait_for(sub { $t->logged('alert', qr/socketpair\(\) failed/) }),
    'a reload wants more';
ok kill(0, $master), 'the master is there';
ok wait_for(sub {
    $t->get('/status?taskId=' . new_task('SUCCESS'))->code == 200;
}), 'and callers are answered';
cmp_ok scalar($t->worker_pids), '>', 1, 'by more workers than before';

$t->done;
