# A body that is too large for the zone, and a worker that dies when it has left
# it for the others, before any of them knows: it goes with the worker.  Needs a
# build with fault points.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Faults qw(use_faults);
use ClearStatus::Test;
use Test::More;

use_faults();

my $id = new_task('SUCCESS');

$ENV{CLEAR_STATUS_FAULT_LOCK} = $id;

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

$t->conf(<<'EOC')->run;
%%GLOBALS%%

env CLEAR_STATUS_FAULT_LOCK;

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=small:64k;
    clear_status_cache small;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }
    }
}
EOC

$t->expect_log(qr/exited on signal 9/);
$t->expect_log(qr/a process died while it changed zone "small"/);
$t->expect_log(qr/shared memory zone "small" was locked by/);

my $master = $t->master_pid;
my ($file) = grep { (readlink // '') =~ m{^/memfd:clear_status\b} }
    glob "/proc/$master/fd/*";


# How far the file was ever written, and what lies in it now, in bytes; its
# first page is in use.

sub written { return (stat $file)[7] }

sub spilled { return (stat $file)[12] * 512 - 4096 }


is spilled(), 0, 'nothing was spilled';
is written(), 4096, 'ever';

$sim->behave($id, {pad => 300_000});
is $t->get("/status?taskId=$id")->code, undef, 'the worker dies';
cmp_ok written(), '>', 300_000, 'having left the body';

ok wait_for(sub { $t->get("/status?taskId=$id")->code }),
    'the next one answers';
ok wait_for(sub { spilled() == 0 }), 'and has given its memory back'
    or diag spilled() . ' bytes lie there';

$t->done;
