# One fetch for everyone over all workers, and what happens when workers die,
# leave or are replaced.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;
use Time::HiRes qw(time);

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

my $conf = <<'EOC';
%%GLOBALS%%

worker_processes %%WORKERS%%;

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;
    clear_status_zone zone=small:64k;

    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_timeout 60s;
    clear_status_retries 0;
    clear_status_max_fails 0;

    log_format pid '$arg_taskId $pid $clear_status_cache';
    access_log %%DIR%%/pid.log pid;

    server {
        listen 127.0.0.1:%%PORT%% reuseport;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
        }

        location = /small {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache small;
        }

        location = /pid {
            return 200 "$pid";
        }
    }
}
EOC

$t->set(WORKERS => 4)->conf($conf)->run;


# The processes that answered a task's callers.

sub answered_by ($id) {
    my %pids;

    open my $file, '<', $t->dir . '/pid.log' or return;
    /^\Q$id\E (\d+)/ and $pids{$1}++ for <$file>;
    return keys %pids;
}


# Sockets that listen on the gateway's port: a caller that comes to one which
# nginx is about to close is sent away by the kernel.

sub listeners {
    my $mine = sprintf ':%04X', $t->port;

    open my $file, '<', '/proc/net/tcp' or return 0;
    return scalar grep {/^\s*\d+: \w+\Q$mine\E \w+:\w+ 0A /} <$file>;
}


# N callers on connections of their own, so that the kernel spreads them.

sub callers ($n, $id, $location = 'status') {
    return map { $t->start("/$location?taskId=$id") } 1 .. $n;
}


sub waiting ($id) {
    return scalar(() = $t->log =~ /taskId=\Q$id\E HTTP/g);
}


sub shared ($name, $id, $location, $status) {
    subtest $name => sub {
        $sim->hold($id);
        my @calls = callers(80, $id, $location);
        ok $sim->wait_held($id), 'in the air';
        ok wait_for(sub { waiting($id) >= 80 }), 'all have come';
        $sim->release($id);
        $t->collect(@calls);

        is scalar(grep { ($_->code // 0) == $status } @calls), 80,
            'all have the same answer';
        my %bodies = map { ($_->body // '') => 1 } @calls;
        is keys %bodies, 1, 'to the byte';
        is $sim->count($id), 1, 'one fetch';
        ok wait_for(sub { answered_by($id) > 1 }), 'over several workers';
    };
}


shared 'a finished task', new_task('SUCCESS'), 'status', 200;
shared 'an unfinished task', new_task('PROCESSING'), 'status', 200;
shared 'a missing task', 'missing', 'status', 404;

$sim->behave('broken', {html => 1, status => 500});
shared 'a failure', 'broken', 'status', 500;

my $foreign = new_task('SUCCESS');
$sim->behave($foreign, {result_task_id => 'other'});
shared 'an answer that may not be stored', $foreign, 'status', 200;

my $large = new_task('SUCCESS');
$sim->behave($large, {pad => 300_000});
shared 'an answer larger than the zone', $large, 'small', 200;

my $middling = new_task('SUCCESS');
$sim->behave($middling, {pad => 30_000});
shared 'an answer of many chunks', $middling, 'status', 200;


# The worker that flies: the one that started the flight last.

sub flier ($id) {
    my ($line) = grep {/clear status flight \w+: flies/}
        reverse split /\n/, $t->log;
    return $line =~ /\[debug\] (\d+)#/ && $1;
}


subtest 'a worker that dies with a lease' => sub {
    my $id = new_task('SUCCESS');

    $sim->hold($id);
    my @calls = callers(40, $id);
    ok $sim->wait_held($id), 'in the air';
    ok wait_for(sub { waiting($id) >= 40 }), 'all have come';

    my $flier = flier($id);
    my $died  = time;

    $t->kill_worker($flier);
    ok $sim->wait_count($id, 2), 'another takes over';
    cmp_ok time - $died, '<', 5 * stretch(), 'soon';
    $sim->release($id);
    $t->collect(@calls);

    my @lost = grep { !defined $_->code } @calls;
    my @good = grep { ($_->code // 0) == 200 } @calls;
    is @lost + @good, 40, 'nobody gets anything else';
    ok @good, 'the callers of the other workers are answered';
    is $sim->count($id), 2, 'one fetch more';
    ok wait_for(sub { $t->worker_pids == 4 }), 'the worker is back';
};

subtest 'reload with another number of workers' => sub {
    my $id = new_task('SUCCESS');

    $sim->hold($id);
    my @calls = callers(20, $id);
    ok $sim->wait_held($id), 'in the air';
    ok wait_for(sub { waiting($id) >= 20 }), 'all have come';

    $t->set(WORKERS => 2)->conf($conf);
    ok $t->reload, 'reloaded';
    ok wait_for(sub { listeners() == 2 }), 'the old workers have let go';
    push @calls, callers(20, $id);
    ok wait_for(sub { waiting($id) >= 40 }), 'more come to the new workers';
    $sim->release($id);
    $t->collect(@calls);

    is scalar(grep { ($_->code // 0) == 200 } @calls), 40, 'all are answered';
    is $sim->count($id), 1, 'by one fetch, over both generations';
};

subtest 'quit' => sub {
    my $id = new_task('SUCCESS');

    $sim->hold($id);
    my @calls = callers(10, $id);
    ok $sim->wait_held($id), 'in the air';
    ok wait_for(sub { waiting($id) >= 10 }), 'all have come';

    kill QUIT => $t->master_pid;
    ok wait_for(sub { $t->log =~ /gracefully shutting down/ }), 'quits';
    $sim->release($id);
    $t->collect(@calls);
    is scalar(grep { ($_->code // 0) == 200 } @calls), 10, 'all are answered';
    ok $t->quit, 'and nginx has left';
};

$t->done;
