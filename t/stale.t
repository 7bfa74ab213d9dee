# When upstream fails, the last good answer is served for a while, a finished
# one always; while it is refreshed, if the operator wants that.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;

my $t   = ClearStatus::Test->new;
my $sim = $t->simulator;

$t->conf(<<'EOC')->run;
%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_retries 0;
    clear_status_max_fails 0;
    clear_status_valid any 100ms;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
            clear_status_integration_id default;
        }

        location = /off {
            clear_status_pass %%UPSTREAM%%;
            clear_status_integration_id off;
            clear_status_stale_if_error off;
        }

        location = /brief {
            clear_status_pass %%UPSTREAM%%;
            clear_status_integration_id brief;
            clear_status_stale_if_error 3s;
        }

        location = /finished {
            clear_status_pass %%UPSTREAM%%;
            clear_status_integration_id finished;
            clear_status_valid SUCCESS 100ms;
            clear_status_valid any 100ms;
            clear_status_stale_if_error off;
        }

        location = /updating {
            clear_status_pass %%UPSTREAM%%;
            clear_status_integration_id updating;
            clear_status_stale_while_revalidate 10m;
        }

        location = /updating-only {
            clear_status_pass %%UPSTREAM%%;
            clear_status_integration_id updating-only;
            clear_status_stale_if_error off;
            clear_status_stale_while_revalidate 10m;
            clear_status_valid 404 500 10m;
        }

        location = /long-error {
            clear_status_pass %%UPSTREAM%%;
            clear_status_integration_id long-error;
            clear_status_valid 500 10m;
        }
    }
}
EOC

# Asks until the answer is as it should be: what is stored has to age first.

sub until_ok ($target, $check) {
    my $r;
    wait_for(sub { $r = $t->get($target); $check->($r) });
    return $r;
}


sub is_stale ($r) { ($r->header('Cache-Status') // '') =~ /stale-if-error/ }


for my $rule ({status => 500}, {html => 1, status => 502}, {status => 503},
    {reset => 'before'}, {status => 429}, {body => '{'})
{
    my $name = join ' ', %$rule;

    subtest "an unfinished answer, when upstream fails: $name" => sub {
        my $id    = new_task('PROCESSING');
        my $first = $t->get("/status?taskId=$id");

        $sim->behave($id, $rule);
        my $r = until_ok("/status?taskId=$id", \&is_stale);

        is $r->code, 200, 'served';
        is $r->body, $first->body, 'as it was';
        like $r->header('Cache-Status'),
            qr/^clear_status;\ (?:hit|fwd=stale)(?:;\ fwd-status=\d+)?
            ;\ ttl=(?:0|-\d+);\ detail=stale-if-error$/x,
            'and said to be stale';
        is $r->header('Cache-Control'), 'private, max-age=0', 'its lifetime';

        $sim->behave($id, {state => 'SUCCESS'});
        my $new = until_ok("/status?taskId=$id", sub ($r) {
            $r->json->{result}{workflowStatus} eq 'SUCCESS';
        });
        like $new->header('Cache-Control'), qr/immutable/, 'then it is new';
    };
}

for my $status (400, 403, 404) {
    subtest "an unfinished answer, when upstream says $status" => sub {
        my $id = new_task('PROCESSING');

        $t->get("/status?taskId=$id");
        $sim->behave($id, {status => $status});

        my $r = until_ok("/status?taskId=$id", sub ($r) { $r->code != 200 });
        envelope_is $r, $status, 'its word is passed on';
    };
}

subtest 'off' => sub {
    my $id = new_task('PROCESSING');

    $t->get("/off?taskId=$id");
    $sim->behave($id, {status => 500});
    envelope_is until_ok("/off?taskId=$id", sub ($r) { $r->code != 200 }),
        500, 'the error';
};

subtest 'for a while' => sub {
    my $id = new_task('PROCESSING');

    $t->get("/brief?taskId=$id");
    $sim->behave($id, {status => 500});
    is until_ok("/brief?taskId=$id", \&is_stale)->code, 200, 'stale at first';
    envelope_is until_ok("/brief?taskId=$id", sub ($r) { $r->code != 200 }),
        500, 'then the error';
};

for my $rule ({status => 500}, {status => 404}, {status => 403}) {
    my $name = join ' ', %$rule;

    subtest "a finished answer, whatever upstream does: $name" => sub {
        my $id    = new_task('SUCCESS');
        my $first = $t->get("/finished?taskId=$id");

        $sim->behave($id, $rule);
        my $r = until_ok("/finished?taskId=$id", \&is_stale);

        is $r->code, 200, 'served';
        is $r->body, $first->body, 'as it was';
    };
}

subtest 'while it is refreshed' => sub {
    my $id = new_task('PROCESSING');

    $t->get("/updating?taskId=$id");
    $sim->hold($id);

    my $r = until_ok("/updating?taskId=$id",
        sub ($r) { $r->header('Cache-Status') =~ /revalidate/ });
    is $r->code, 200, 'served at once';
    like $r->header('Cache-Status'),
        qr/^clear_status; hit; ttl=(?:0|-\d+); detail=stale-while-reval\w+$/,
        'said to be stale';

    ok $sim->wait_held($id), 'one fetch goes out';
    $t->get("/updating?taskId=$id") for 1 .. 5;
    is $sim->held($id), 1, 'and no other';

    $sim->behave($id, {state => 'SUCCESS'});
    $sim->release($id);
    my $new = until_ok("/updating?taskId=$id", sub ($r) {
        $r->json->{result}{workflowStatus} eq 'SUCCESS'
            || !$sim->behave($id, {state => 'SUCCESS'});
    });
    is $new->code, 200, 'then it is new';
};

for my $status (404, 500) {
    subtest "an error, $status, while it is refreshed" => sub {
        my $id = new_task('PROCESSING');

        $t->get("/updating-only?taskId=$id");
        $sim->behave($id, {status => $status});

        # refreshed behind a caller, and then there is an error
        my $r = until_ok("/updating-only?taskId=$id", \&is_stale);

        is $r->code, 200, 'does not take the place of what may be served';
        is $sim->count($id), 2, 'and is not asked for again';
    };
}

subtest 'when a new answer can be had' => sub {
    my $id = new_task('PROCESSING');

    $t->get("/long-error?taskId=$id");
    $sim->behave($id, {status => 500});

    my $r = until_ok("/long-error?taskId=$id", \&is_stale);
    my $again = $t->get("/long-error?taskId=$id");

    ok $_->header('Retry-After') > 500 && $_->header('Retry-After') <= 600,
        'when the error is over' for $r, $again;
};

$t->done;
