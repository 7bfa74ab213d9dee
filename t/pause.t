# Upstream says wait, or is down: a tenant's fetches pause over all workers, and
# callers are answered at once.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Mojo::Date;
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
    clear_status_valid any 0;

    server {
        listen 127.0.0.1:%%PORT%% reuseport;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
            clear_status_max_fails 3;
            clear_status_fail_timeout 1s;
        }

        location = /revalidate {
            clear_status_pass %%UPSTREAM%%;
            clear_status_stale_while_revalidate 1h;
        }

        location = /never {
            clear_status_pass %%UPSTREAM%%;
            clear_status_max_fails 0;
        }

        location = /off {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache off;
            clear_status_max_fails 3;
            clear_status_fail_timeout 1s;
        }
    }
}
EOC

my $n = 0;

sub ask ($tenant, $task, $location = 'status') {
    return $t->get("/$location?tenant=$tenant&taskId=$task");
}


# Several times, so that each worker is asked.

sub asked_often ($tenant, $check, $location = 'status') {
    my $wrong = 0;

    for (1 .. 12) {
        $wrong++ if !$check->(ask($tenant, 'task-' . ++$n, $location));
    }

    return $wrong;
}


for my $status (429, 503) {
    for my $form ('seconds', 'a date') {
        subtest "Retry-After on $status, in $form" => sub {
            my $tenant = "wait-$status-" . substr $form, 0, 1;
            my $busy   = 'busy-' . ++$n;
            my $id     = new_task('PROCESSING');

            $sim->behave($id, {state => 'PROCESSING'});
            ask($tenant, $id);
            $sim->behave($busy, {
                status      => $status,
                retry_after => $form eq 'seconds'
                    ? 60 : Mojo::Date->new(time + 60)->to_string,
            });

            my $r = ask($tenant, $busy);
            envelope_is $r, $status, 'the error';
            like $r->header('Retry-After'), qr/^(?:5[89]|6[01])$/, 'passed on';

            my $before = $sim->count;
            is asked_often($tenant, sub ($r) {
                $r->code == $status && $r->header('Retry-After') =~ /^[56]\d$/
            }), 0, 'others wait as long';
            is $sim->count, $before, 'nothing goes upstream';

            my $stale = ask($tenant, $id);
            is $stale->code, 200, 'what is stored is served';
            like $stale->header('Cache-Status'),
                qr/^clear_status; hit; ttl=-\d+; detail=upstream-paused$/,
                'and said to be stale';
            cmp_ok $stale->header('Retry-After'), '>=', 50,
                'with the time to wait';

            $stale = ask($tenant, $id, 'revalidate');
            like $stale->header('Cache-Status'),
                qr/^clear_status; hit; ttl=-\d+; detail=upstream-paused$/,
                'likewise where it would be fetched behind';
            cmp_ok $stale->header('Retry-After'), '>=', 50, 'as long';
            is $sim->count, $before, 'which it is not';

            is ask("$tenant-other", new_task('SUCCESS'))->code, 200,
                'another tenant goes on';
        };
    }
}

subtest 'a 429 without a time' => sub {
    my $busy = 'busy-' . ++$n;

    $sim->behave($busy, {status => 429});

    my $r = ask('untold', $busy);
    envelope_is $r, 429, 'the error';
    like $r->header('Retry-After'), qr/^[12]$/,
        'with the time of the pause that it begins';
};

subtest 'others that were in the air' => sub {
    my @busy = map { 'busy-' . ++$n } 1 .. 4;

    $sim->behave($_, {status => 429}) for @busy;
    $sim->hold('*');
    my @calls = map { $t->start("/status?tenant=crowd&taskId=$_") } @busy;
    ok wait_for(sub { $sim->held == 4 }), 'four';
    $sim->release('*');
    $t->collect(@calls);

    is_deeply [map { $_->code } @calls], [(429) x 4], 'the error';
    is scalar(grep { ($_->header('Retry-After') // '') =~ /^[12]$/ } @calls), 4,
        'all have the time of the pause, which one began';
};

subtest 'a short Retry-After' => sub {
    my $id = new_task('SUCCESS');

    $sim->behave($id, {status => 429, retry_after => 1, times => 1});
    envelope_is ask('short', $id), 429, 'the error';
    ok wait_for(sub { ask('short', $id)->code == 200 }), 'then it goes on';
    is $sim->count($id), 2, 'with one more fetch';
};

for my $location (qw(status off)) {
    subtest "failures in a row, /$location" => sub {
        my $tenant = "down-$location";

        $sim->behave('*', {html => 1, status => 500});
        is asked_often($tenant, sub ($r) { $r->code == 500 }, $location), 0,
            'a 500 is no such failure';

        $sim->behave('*', {html => 1, status => 502});

        my $before = $sim->count;
        ask($tenant, 'task-' . ++$n, $location) for 1 .. 3;
        is $sim->count - $before, 3, 'three go out';

        # one that comes after the first pause is a probe, and begins another
        my $r;
        ok wait_for(sub {
            ($r = ask($tenant, 'task-' . ++$n, $location))->code == 503;
        }), 'then none';
        envelope_is $r, 503, 'the error';
        like $r->header('Retry-After'), qr/^[12]$/, 'Retry-After';
        like $r->header('Cache-Status'),
            qr/^clear_status; detail=upstream-paused$/, 'Cache-Status';

        is ask("$tenant-other", 'task-' . ++$n, $location)->code, 502,
            'another tenant has its own count';

        my $probed;

        ok wait_for(sub {
            $probed = time;
            ask($tenant, 'task-' . ++$n, $location)->code == 502;
        }), 'a probe goes out after the pause';

        # of 2 s now, then of 4
        my $again = asked_often($tenant, sub ($r) { $r->code == 503 },
            $location);
        cmp_ok $again, '<=', (time - $probed) / 2,
            'it failed: a pause again, over all workers';

        $sim->behave('*', {});
        my $id = new_task('SUCCESS');
        ok wait_for(sub { ask($tenant, $id, $location)->code == 200 }),
            'upstream is back: so are we';
        is asked_often($tenant, sub ($r) { $r->code == 404 }, $location), 0,
            'without a pause';
    };
}

subtest 'max_fails 0' => sub {
    $sim->behave('*', {html => 1, status => 502});

    is asked_often('never', sub ($r) { $r->code == 502 }, 'never'), 0,
        'never pauses';
    $sim->behave('*', {});
};

$t->done;
