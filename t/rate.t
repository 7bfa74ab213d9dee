# clear_status_max_rate: a tenant's fetches a second, over all workers; the
# rest wait their turn, which is nobody's failure.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;
use Time::HiRes qw(time);

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

$t->conf(<<'EOC')->run;
%%GLOBALS%%

worker_processes 2;

events {
}

http {
    %%HTTP%%
    %%TENANTS%%

    clear_status_retries 0;
    clear_status_max_fails 1;
    clear_status_valid any 0;

    server {
        listen 127.0.0.1:%%PORT%% reuseport;

        location = /some {
            clear_status_pass %%UPSTREAM%%;
            clear_status_max_rate 20r/s;
        }

        location = /one {
            clear_status_pass %%UPSTREAM%%;
            clear_status_max_rate 1r/m;
            clear_status_timeout 1s;
        }

        location = /patient {
            clear_status_pass %%UPSTREAM%%;
            clear_status_max_rate 1r/m;
            clear_status_timeout 120s;
            clear_status_stale_while_revalidate 1h;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}
EOC

sub uri ($location, $tenant, $id = new_task('SUCCESS')) {
    return "/$location?tenant=$tenant&taskId=$id";
}

sub metric ($name) {
    return $t->get('/metrics')->body =~ /^clear_status_$name (\d+)$/m && $1;
}


subtest 'a rate over all workers' => sub {
    my $start = time;
    my @calls = map { $t->start(uri('some', 'a')) } 1 .. 21;

    is $t->get(uri('some', 'b'))->code, 200, 'another tenant has its own';

    is_deeply [map { $_->code } $t->collect(@calls)], [(200) x 21],
        'all are answered';
    cmp_ok time - $start, '>=', 0.99, 'as fast as they may be, and no faster';
};

subtest 'whose turn does not come' => sub {
    $sim->behave('*', {hang => 1});

    my $first = $t->start(uri('one', 'c', 'hangs'));
    ok $sim->wait_count('hangs', 1), 'one was sent';

    my @calls = map { $t->start(uri('one', 'c')) } 1 .. 4;
    my @all   = $t->collect($first, @calls);

    envelope_is $all[0], 504, 'which upstream did not answer';

    for my $r (@all[1 .. 4]) {
        envelope_is $r, 503, 'one that was never sent';
        is $r->header('Retry-After'), 1, 'may come again';
    }

    ok wait_for(sub { metric('queued') eq '0' }), 'none is left in the queue';
    $sim->behave('*', {});
};

subtest 'a pause that begins meanwhile' => sub {
    my $id = new_task('SUCCESS');
    $sim->behave($id, {status => 429, retry_after => 60, delay => 0.5});

    my $before = $sim->count;
    my $first  = $t->start(uri('some', 'd', $id));
    ok $sim->wait_count($id, 1), 'one was sent';
    my @calls = map { $t->start(uri('some', 'd')) } 1 .. 100;
    my @all   = $t->collect($first, @calls);

    envelope_is $all[0], 429, 'upstream asks to wait';
    my @paused = grep { $_->code == 429 } @all;
    cmp_ok scalar @paused, '>', 20, 'so what is still queued is not sent';
    cmp_ok $sim->count - $before, '<', 80, 'indeed';
    ok wait_for(sub { metric('queued') eq '0' }), 'nor is anything queued';
};

subtest 'callers that leave' => sub {
    is $t->get(uri('patient', 'e'))->code, 200, 'one a minute';

    my $before = $sim->count;
    my @calls  = map { $t->start(uri('patient', 'e')) } 1 .. 20;
    ok wait_for(sub { metric('queued') == 20 }), 'others wait their turn';

    my $stay = pop @calls;
    $_->abort for @calls;
    ok wait_for(sub { metric('queued') == 1 }), 'and leave with their callers';
    is metric('flights'), 1, 'altogether';

    $stay->abort;
    ok wait_for(sub { metric('queued') == 0 }), 'and so does the last';
    is $sim->count, $before, 'upstream was not asked';
};

subtest 'a refresh that nobody waits for' => sub {
    my $id = new_task('PROCESSING');
    $sim->behave($id, {state => 'PROCESSING'});

    is $t->get(uri('patient', 'f', $id))->code, 200, 'an answer is stored';
    is $t->get(uri('patient', 'f', $id))->header('Cache-Status')
        =~ /detail=stale-while-revalidate/, 1, 'and refreshed behind';
    ok wait_for(sub { metric('queued') == 1 }), 'in its turn';

    ok $t->quit, 'an exiting worker does not wait for it';
};

$t->done;
