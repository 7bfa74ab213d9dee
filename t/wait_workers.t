# Held requests and streams over several workers: one poller, what another
# worker's fetch brings, a worker that dies, a reload and the end.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

$t->conf(<<'EOC')->run;

%%GLOBALS%%

worker_processes 4;

events {
    worker_connections 2048;
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;
    clear_status_zone zone=small:64k;

    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_valid any 500ms;
    clear_status_max_fails 0;

    server {
        listen 127.0.0.1:%%PORT%% reuseport;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
        }

        location = /long {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            clear_status_valid any 1h;
        }

        location = /small {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache small;
            clear_status_valid any 1h;
        }

        location = /now {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            clear_status_valid any 0;
        }

        location = /purge {
            clear_status_cache answers;
            clear_status_purge;
        }

        location = /pid {
            return 200 $pid;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}

EOC


sub held ($kind) {
    my ($n) = $t->get('/metrics')->body
        =~ /^clear_status_held\{kind="$kind"\} (\d+)/m;
    return $n;
}


sub ends ($kind, $end) {
    my ($n) = $t->get('/metrics')->body
        =~ /^clear_status_holds_total\{kind="$kind",end="$end"\} (\d+)/m;
    return $n;
}


sub task ($state = 'PROCESSING') {
    my $id = new_task('SUCCESS');
    turn($id, $state);
    return $id;
}


sub turn ($id, $state) { $sim->behave($id, {state => $state}) }


sub callers ($n, $target, %options) {
    my $before = held('wait');
    my @calls  = map {
        $t->start($target, headers => {Prefer => 'wait=20'}, %options)
    } 1 .. $n;

    ok wait_for(sub { held('wait') == $before + $n }), "$n are held";
    return @calls;
}


subtest 'one poller over all workers' => sub {
    my $id    = task();
    my @calls = callers(60, "/status?taskId=$id");
    my $n     = $sim->count($id);

    ok $sim->wait_count($id, $n + 3), 'upstream is asked';
    turn($id, 'SUCCESS');
    $t->collect(@calls);
    is scalar(grep { $_->body =~ /"SUCCESS"/ } @calls), 60, 'all have the end';
    is $sim->max_in_air($id), 1, 'by one fetch at a time';
};


subtest "another worker's fetch releases too" => sub {
    my $id   = task();
    my %on   = $t->workers_sockets(4);
    my ($held, $other) = keys %on;

    # fresh for an hour here, so this worker would not ask before that
    my ($call) = callers(1, "/long?taskId=$id", on => $on{$held});
    turn($id, 'SUCCESS');
    $t->request('DELETE', "/purge?taskId=$id");
    like $t->get("/status?taskId=$id", on => $on{$other})->body, qr/"SUCCESS"/,
        'somebody else has it fetched';
    $t->collect($call);
    like $call->body, qr/"SUCCESS"/, 'the end';
    ok $call->seconds < 10 * stretch(), 'at once';
};


subtest 'an answer that had to go from a full zone' => sub {
    my $id   = task();
    my %on   = $t->workers_sockets(4);
    my ($held, $other) = keys %on;
    my $gone = 'clear_status_zone_evictions_total{zone="small",'
        . 'state="processing"}';

    my ($call) = callers(1, "/small?taskId=$id", on => $on{$held});
    ok wait_for(sub {
        $t->get('/small?taskId=' . new_task('SUCCESS'));
        return $t->get('/metrics')->body =~ /^\Q$gone\E [1-9]/m;
    }), 'nobody has it any more';

    turn($id, 'SUCCESS');
    like $t->get("/small?taskId=$id", on => $on{$other})->body, qr/"SUCCESS"/,
        'somebody has the end fetched';
    $t->collect($call);
    like $call->body, qr/"SUCCESS"/, 'who is held has it too';
};


subtest 'a poller that dies is replaced' => sub {
    my $id = task();
    my %on = $t->workers_sockets(4);
    my ($poller, $other) = keys %on;

    my ($lost) = callers(1, "/now?taskId=$id", on => $on{$poller});
    my ($call) = callers(1, "/status?taskId=$id", on => $on{$other});

    $sim->hold($id);
    ok $sim->wait_held($id), 'a fetch is in the air';
    my $before = $sim->count($id);
    $t->kill_worker($_) for $poller;
    turn($id, 'SUCCESS');
    $sim->release($id);
    $t->collect($call);
    like $call->body, qr/"SUCCESS"/, 'the others have the end';
    $t->collect($lost);
    isnt $lost->error, undef, 'its own caller is lost with it';
    ok wait_for(sub { $t->worker_pids == 4 }), 'another worker comes';
};


subtest 'a reload' => sub {
    my $id     = task();
    my @calls  = callers(200, "/status?taskId=$id");
    my @stream = map { $t->start("/status?taskId=$id",
        headers => {Accept => 'text/event-stream'}) } 1 .. 20;
    ok wait_for(sub { held('stream') == 20 }), 'and 20 streams';

    ok $t->reload, 'reloads';
    $t->collect(@calls, @stream);

    is scalar(grep { $_->code == 200 && $_->body =~ /"PROCESSING"/ } @calls),
        200, 'all have the answer as it is';
    my @wrong = grep { !/^[1-5]$/ } map { $_->header('Retry-After') } @calls;
    is "@wrong", '', 'and a time to come back';
    my %after = map { $_->header('Retry-After') => 1 } @calls;
    ok keys %after > 1, 'not all the same';
    is scalar(grep { lc $_->header('Connection') eq 'close' } @calls), 200,
        'their connections close';
    is scalar(grep { $_->header('Preference-Applied') } @calls), 200,
        'they were held';

    my @retries = map { $_->body =~ /^retry: (\d+)\n\n\z/m } @stream;
    is @retries, 20, 'streams are told when to come back';
    is scalar(grep { $_ >= 500 && $_ <= 3000 } @retries), 20, 'soon';
    is scalar(grep { defined $_->error } @stream), 0, 'and end in order';

    ok wait_for(sub { $t->leaving_pids == 0 }), 'the old workers leave';
    is held('wait') + held('stream'), 0, 'none is held';
    is ends('wait', 'quit'), 200, 'counted';
};


subtest 'a caller that comes while a worker leaves' => sub {
    my $id   = task();
    my %on   = $t->workers_sockets(4);
    my ($pid) = keys %on;

    $sim->hold('slow');
    my $slow = $t->start('/status?taskId=slow', on => $on{$pid});
    ok $sim->wait_held('slow'), 'something keeps the worker';
    ok $t->reload, 'reloads';
    $sim->release('slow');
    $t->collect($slow);
    is $slow->code, 404, 'is answered';
};


subtest 'the end' => sub {
    my $id    = task();
    my @calls = callers(100, "/status?taskId=$id");

    ok $t->quit, 'nginx ends in time';
    $t->collect(@calls);
    is scalar(grep { $_->code == 200 } @calls), 100, 'all are answered';
    is scalar(grep { $_->header('Retry-After') =~ /^[1-5]$/ } @calls), 100,
        'with a time to come back';
};


$t->done;
