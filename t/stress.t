# 2,000 callers over 50 tasks, with workers killed and reloads in between:
# every answer is right for its key, and no two fetches of one key are in the
# air at once but after a kill, and nobody is cut off but by one.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;

use constant {ROUNDS => 8, CALLERS => 250, TASKS => 50};

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

my $conf = <<'EOC';
%%GLOBALS%%

worker_processes %%WORKERS%%;

events {
    worker_connections 2048;
}

http {
    %%HTTP%%

    # too small for all of them
    clear_status_zone zone=answers:128k;

    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_max_fails 0;
    clear_status_valid PROCESSING 100ms;

    server {
        listen 127.0.0.1:%%PORT%% backlog=4096;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
        }
    }
}
EOC

$t->set(WORKERS => 4)->conf($conf)->run;

my %bad;

for my $round (1 .. ROUNDS) {
    my @tasks = map { new_task($_ % 2 ? 'PROCESSING' : 'SUCCESS') } 1 .. TASKS;
    $sim->behave($_, {delay => 0.02, times => 1_000}) for @tasks;

    my @calls = map {
        my $task = $tasks[rand @tasks];
        [$task, $t->start("/status?taskId=$task")];
    } 1 .. CALLERS;

    # what happens meanwhile differs from round to round

    my $kill   = $round % 4 == 2;
    my $reload = $round % 4 == 0;
    my $before = dropped();

    $t->kill_worker if $kill;

    if ($reload) {
        $t->set(WORKERS => $round % 8 ? 3 : 4)->conf($conf);
        kill HUP => $t->master_pid;
    }

    $t->collect(map { $_->[1] } @calls);
    check($kill, @$_) for @calls;

    # After a kill the simulator may still be busy for the dead worker.  One
    # that dies inside the zone's lock takes all leases with it: then each of
    # the four, and who came for it, may fetch.

    my $seen = $sim->stats->{tasks};
    my $most = dropped() > $before ? 6 : $kill ? 2 : 1;

    for my $task (@tasks) {
        $bad{'two fetches in the air'}++
            if ($seen->{$task}{max_in_air} // 0) > $most;
    }

    wait_for sub { $t->worker_pids >= 3 };
}


# How often a zone was emptied after a death inside its lock.

sub dropped { return scalar $t->logged('alert', qr/its content is dropped/) }


sub check ($kill, $task, $call) {
    my $code = $call->code;

    if (!defined $code) {
        $bad{'no answer'}++ if !$kill;
    }
    elsif ($code != 200) {
        $bad{"answered $code"}++;
    }
    elsif ($call->json->{result}{taskId} ne $task) {
        $bad{"another task's answer"}++;
    }
}

is_deeply \%bad, {}, 'every answer is right, and one fetch at a time for each';

$t->done;
