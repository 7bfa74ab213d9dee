# Further attempts, where it is safe and within the time; and connections that
# died while nobody used them.

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

    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_max_fails 0;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /once {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /thrice {
            clear_status_pass %%UPSTREAM%%;
            clear_status_retries 3;
        }

        location = /never {
            clear_status_pass %%UPSTREAM%%;
            clear_status_retries 0;
        }

        location = /paced {
            clear_status_pass %%UPSTREAM%%;
            clear_status_integration_id tenant-p;
            clear_status_max_rate 4r/m;
            clear_status_timeout 5s;
        }

        location = /soon {
            clear_status_pass %%UPSTREAM%%;
            clear_status_retries 3;
            clear_status_timeout 500ms;
        }
    }
}
EOC

# Asks with a rule that holds so many times: status and fetches.

sub asked ($location, $rule, $times) {
    my $id = new_task('SUCCESS');

    # a new connection, so that a failure is not that of an old one
    $sim->close_idle;
    $sim->behave($id, {%$rule, times => $times});
    my $code = $t->get("/$location?taskId=$id")->code;
    return [$code, $sim->count($id)];
}


for my $rule ({html => 1, status => 502}, {html => 1, status => 503},
    {html => 1, status => 504})
{
    my $name = "a $rule->{status}";

    is_deeply asked('once', $rule, 1), [200, 2], "$name: once more by default";
    is_deeply asked('once', $rule, 2), [$rule->{status}, 2],
        "$name: not twice";
    is_deeply asked('thrice', $rule, 3), [200, 4], "$name: as configured";
    is_deeply asked('never', $rule, 1), [$rule->{status}, 1], "$name: off";
}

for my $rule ({reset => 'before'}, {reset => 'headers'}, {reset => 'body'},
    {close => 'before'})
{
    my $name = join ' ', %$rule;
    my $got  = asked('once', $rule, 1);

    is $got->[0], 200, "$name: sent again";
}

is_deeply asked('once', {html => 1, status => 500}, 1), [500, 1],
    'a 500 is final';
is_deeply asked('once', {status => 404}, 1), [404, 1], 'so is a 404';
is_deeply asked('once', {status => 503, retry_after => 5}, 1), [503, 1],
    'and a 503 that says when to come back';

$t->stop;
$t->run;

subtest 'a connection that died' => sub {
    my $dies = sub ($location) {
        my $id = new_task('SUCCESS');

        $t->get("/$location?taskId=" . new_task('SUCCESS'));
        $sim->behave($id, {stale => 1});
        return [$t->get("/$location?taskId=$id")->code, $sim->count($id)];
    };

    is_deeply $dies->('once'), [200, 2], 'is replaced at once';
    is_deeply $dies->('never'), [502, 1], 'but not without retries';
    ok scalar($t->logged('error', qr/a kept connection had died/)),
        'which the log tells';

    $t->get('/never?taskId=' . new_task('SUCCESS'));
    $sim->close_idle;
    is $t->get('/never?taskId=' . new_task('SUCCESS'))->code, 200,
        'nothing goes over one that upstream closed';
};

subtest 'nobody listens' => sub {
    $sim->stop;

    for my $case (['never', 1], ['once', 2], ['thrice', 4]) {
        my ($location, $attempts) = @$case;

        envelope_is $t->get("/$location?taskId=dead"), 502, $location;
        like +($t->logged('error', qr/could not connect/))[-1],
            qr/attempts: $attempts\b/, "$attempts attempts";
    }

    $sim->start;
};

subtest 'a retry that has no turn in time' => sub {
    my $id = new_task('SUCCESS');

    $sim->behave($id, {status => 503, message => 'Closed for repairs'});
    my $r = $t->get("/paced?taskId=$id");
    envelope_is $r, 503, 'what came before it counts';
    is $r->json->{message}, 'Closed for repairs', "in upstream's words";
    is $sim->count($id), 1, 'and was all';
};

subtest 'the time is one for all attempts' => sub {
    my $id = new_task('SUCCESS');

    $sim->behave($id, {delay => 0.2, html => 1, status => 502});
    my $r = $t->get("/soon?taskId=$id");
    ok $r->code == 504 || $r->code == 502, 'an error';
    cmp_ok $sim->count($id), '<=', 3, 'no more attempts than fit';
};

$t->done;
