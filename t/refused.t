# Upstream refuses a tenant: its fetches pause, for that token only, until it
# is taken again, there is a new one, or somebody purges; and the log tells of
# it once.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

$t->file('token', 'old-sEcReT-mArKeR');

$t->conf(<<'EOC')->run;
%%GLOBALS%%

worker_processes 2;

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id $arg_tenant;
    clear_status_valid any 0;
    clear_status_fail_timeout 20s;

    server {
        listen 127.0.0.1:%%PORT%% reuseport;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /other {
            clear_status_pass %%UPSTREAM%%;
            clear_status_auth_token another-sEcReT-mArKeR;
        }

        location = /file {
            clear_status_pass %%UPSTREAM%%;
            clear_status_auth_token_file %%DIR%%/token;
        }

        location = /any {
            clear_status_pass %%UPSTREAM%%;
            clear_status_auth_token $arg_token;
        }

        location = /never {
            clear_status_pass %%UPSTREAM%%;
            clear_status_max_fails 0;
        }

        location = /short {
            clear_status_pass %%UPSTREAM%%;
            clear_status_fail_timeout 100ms;
        }

        location = /metrics {
            clear_status_metrics;
        }

        location = /purge {
            clear_status_purge;
        }
    }
}
EOC

my $n = 0;

sub ask ($tenant, $task, $location = 'status', $more = '') {
    return $t->get("/$location?tenant=$tenant&taskId=$task$more");
}

sub task ($rule) {
    my $id = 'task-' . ++$n;

    $sim->behave($id, $rule);
    return $id;
}

sub fetches ($do) {
    my $before = $sim->count;

    $do->();
    return $sim->count - $before;
}

sub paused {
    my ($count)
        = $t->get('/metrics')->body =~ /^clear_status_tenants_paused (\d+)/m;
    return $count;
}


subtest '401 pauses at once' => sub {
    my $id = new_task('PROCESSING');

    $sim->behave($id, {state => 'PROCESSING'});
    is ask('at-once', $id)->code, 200, 'an answer is stored';
    is(paused(), 0, 'nobody pauses');

    envelope_is ask('at-once', task({status => 401})), 403, 'refused';
    is(paused(), 1, 'a tenant pauses');

    my $r;
    is fetches(sub { $r = ask('at-once', task({})) }), 0, 'nothing is sent';
    envelope_is $r, 403, 'callers get the error that began it';
    like $r->header('Retry-After'), qr/^(?:1\d|20)$/, 'and what is left';
    like $r->header('Cache-Status'), qr/detail=upstream-paused/, 'and why';

    is ask('at-once', $id)->code, 200, 'or the stale answer';
    is ask('at-once', new_task('SUCCESS'), 'other')->code, 200,
        'another token goes on';
    is ask('another', new_task('SUCCESS'))->code, 200, 'another tenant too';

    is $t->request('DELETE', "/purge?taskId=$id")->code, 200, 'purge a task';
    is ask('at-once', task({}))->code, 403, 'still paused';
    $t->request('DELETE', '/purge?integrationId=none');
    is ask('at-once', task({}))->code, 403, 'another tenant: still paused';
    $t->request('DELETE', '/purge?integrationId=at-once');
    is ask('at-once', new_task('SUCCESS'))->code, 200, 'purge it: it goes on';
};

subtest 'a purge of all ends every pause' => sub {
    ask('all', task({status => 401}));
    is ask('all', task({}))->code, 403, 'paused';
    $t->request('DELETE', '/purge?all=1');
    is ask('all', new_task('SUCCESS'))->code, 200, 'it goes on';
};

subtest '403 when it comes for different tasks in a row' => sub {
    my $id = task({status => 403});

    is fetches(sub { ask('own', $id) for 1 .. 12 }), 12, 'one task is its own';
    is fetches(sub { ask('own', task({status => 403})) for 1 .. 4 }), 4,
        'different ones';
    is fetches(sub { ask('own', new_task('SUCCESS')) }), 0, 'pause the tenant';

    ask('mixed', task({status => 403})) for 1 .. 4;
    ask('mixed', new_task('SUCCESS'));
    ask('mixed', task({status => 403})) for 1 .. 4;
    is ask('mixed', new_task('SUCCESS'))->code, 200, 'a row that was broken';
};

subtest '429 without a time pauses as failures do' => sub {
    ask('limited', task({status => 429}));
    my $r = ask('limited', task({}));
    envelope_is $r, 429, 'paused';
    like $r->header('Retry-After'), qr/^(?:1\d|20)$/, 'with what is left';

    ask('soon', task({status => 429, retry_after => 0}));
    is ask('soon', task({}))->code, 429, 'a time of 0 is none';
};

subtest 'a new token in the file ends a pause at once' => sub {
    my $id = new_task('SUCCESS');

    ask('file', task({status => 401}), 'file');
    is ask('file', $id, 'file')->code, 403, 'paused';
    $t->file('token', 'new-sEcReT-mArKeR');
    is ask('file', $id, 'file')->code, 200, 'not with the new token';
};

subtest 'an expired token is told once and counted' => sub {
    my $about = qr/task "log-/;

    for my $of (['log', 'short', 60], ['log0', 'never', 60]) {
        my ($tenant, $location, $times) = @$of;
        my $before = () = $t->logged('error', $about);

        for (1 .. $times) {
            my $id = 'log-' . ++$n;
            $sim->behave($id, {status => 401});
            ask($tenant, $id, $location);
        }

        my $after = () = $t->logged('error', $about);
        is $after - $before, 1, "/$location: one line for $times requests";
    }

    is ask('log0', new_task('SUCCESS'), 'never')->code, 200, 'a good one';
    my @lines = $t->logged('notice', qr/takes the credentials again, 59 more/);
    is scalar @lines, 1, 'and the count when it is taken again';
};

subtest 'made up tokens push out no pause' => sub {
    my $busy = task({status => 429, retry_after => 60});

    ask('kept', $busy, 'any', '&token=good');
    is ask('kept', task({}), 'any', '&token=good')->code, 429, 'paused';

    my $bad = task({status => 401});
    for my $hundred (1 .. 15) {
        $t->collect(map { $t->start('/any?tenant=kept&taskId=' . $bad
            . "&token=x$hundred-$_") } 1 .. 100);
    }

    is fetches(sub { ask('kept', task({}), 'any', '&token=good') }), 0,
        'still is, after 1500 of them';
};

$t->done;
