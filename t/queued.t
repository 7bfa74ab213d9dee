# A fetch that waits for its turn for longer than a lease lasts stays its
# worker's, and whoever waits for it in vain, in whatever worker, is told that
# this gateway could not ask.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;
use Time::HiRes qw(sleep time);

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

# A lease is for twice the time, and two seconds.

$t->conf(<<'EOC')->run;
%%GLOBALS%%

worker_processes 4;

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;

    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_max_rate 1r/m;

    log_format pid '$arg_taskId $pid $status';
    access_log %%DIR%%/pid.log pid;

    server {
        listen 127.0.0.1:%%PORT%% reuseport;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
            clear_status_timeout 2s;
        }

        # a worker's first fetch takes seconds under valgrind
        location = /first {
            clear_status_pass %%UPSTREAM%%;
            clear_status_timeout 60s;
        }
    }
}
EOC


is $t->get('/first?taskId=' . new_task('SUCCESS'))->code, 200,
    "the minute's one fetch";

my $id = new_task('SUCCESS');
my (@calls, $answered);

# There is always somebody who waits, until two leases would have ended.

my $end = time + 7;

while (time < $end) {
    push @calls, map { $t->start("/status?taskId=$id") } 1 .. 4;
    $t->collect(splice @calls, 0, @calls - 12) if @calls > 12;
    sleep 0.1;
}

my %codes;
open my $log, '<', $t->dir . '/pid.log' or die "no log: $!\n";
my %pids;
$t->collect(@calls);
/^\Q$id\E (\d+) (\d+)/ and $pids{$1}++, $codes{$2}++ for <$log>;

is_deeply [keys %codes], [503], 'each is told that this gateway could not ask'
    or diag explain \%codes;
cmp_ok scalar keys %pids, '>', 1, 'over several workers';
ok $_->header('Retry-After'), 'and when to come again' for $calls[-1];
is $t->logged(notice => qr/another worker's fetch is lost/), 0,
    'nobody took it over';
is $sim->count($id), 0, 'nor was it sent';

$t->done;
