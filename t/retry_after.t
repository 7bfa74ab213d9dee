# What upstream's Retry-After asks for: a cap, dates by upstream's own clock,
# fractions, and the probe after it.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Mojo::Date;
use Test::More;

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

$t->conf(<<'EOC')->run;
%%GLOBALS%%

events {
}

http {
    %%HTTP%%
    %%TENANTS%%

    clear_status_retries 0;
    clear_status_valid any 0;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /capped {
            clear_status_pass %%UPSTREAM%%;
            clear_status_max_retry_after 20s;
        }

        location = /deaf {
            clear_status_pass %%UPSTREAM%%;
            clear_status_max_retry_after 0;
            clear_status_fail_timeout 10s;
        }

        location = /never {
            clear_status_pass %%UPSTREAM%%;
            clear_status_max_fails 0;
        }
    }
}
EOC

my $n = 0;

sub ask ($tenant, $task, $location = 'status') {
    return $t->get("/$location?tenant=$tenant&taskId=$task");
}


# What callers are told, first and in the pause.

sub waits ($name, $location, $headers, $status, $re) {
    subtest $name => sub {
        my $tenant = 'tenant-' . ++$n;
        my $busy   = 'busy-' . $n;

        $sim->behave($busy,
            {status => $status, http_status => $status, headers => $headers});

        my $r = ask($tenant, $busy, $location);
        envelope_is $r, $status, 'the error';
        like $r->header('Retry-After') // 'none', $re, 'the time of ours';

        my $before = $sim->count;
        $r = ask($tenant, "task-$n", $location);
        envelope_is $r, $status, 'in the pause the same';
        like $r->header('Retry-After') // 'none', $re, 'what is left of it';
        is $sim->count, $before, 'nothing is sent';
    };
}

sub http_date ($time) { return Mojo::Date->new($time)->to_string }


for my $status (429, 503) {
    waits "$status: a day is cut to 5 minutes", 'status',
        {'Retry-After' => 86400}, $status, qr/^(?:299|300)$/;
    waits "$status: the operator's cap", 'capped', {'Retry-After' => 60},
        $status, qr/^(?:19|20)$/;
    waits "$status: a date far away", 'capped',
        {'Retry-After' => http_date(time + 1e8)}, $status, qr/^(?:19|20)$/;
}

waits 'a fraction is rounded up', 'status', {'Retry-After' => '9.5'}, 429,
    qr/^(?:9|10)$/;

waits "a date by upstream's clock, which is an hour behind", 'status',
    {'Retry-After' => http_date(time - 3570), Date => http_date(time - 3600)},
    429, qr/^(?:29|30)$/;
waits "and one that is an hour ahead", 'status',
    {'Retry-After' => http_date(time + 3630), Date => http_date(time + 3600)},
    503, qr/^(?:29|30)$/;

for my $bad ('soon', '-5', '', '0', http_date(time - 100)) {
    subtest qq[a 429 with "$bad" pauses as failures do] => sub {
        my $tenant = 'tenant-' . ++$n;

        $sim->behave("busy-$n",
            {status => 429, headers => {'Retry-After' => $bad}});
        is ask($tenant, "busy-$n", 'deaf')->code, 429, 'the error';

        my $r = ask($tenant, "task-$n", 'deaf');
        is $r->code, 429, 'a pause';
        like $r->header('Retry-After'), qr/^(?:9|10)$/, 'our own';
    };
}

subtest 'with a cap of 0 it is not respected' => sub {
    $sim->behave('deaf', {status => 503, retry_after => 60});
    is ask('deaf', 'deaf', 'deaf')->header('Retry-After'), undef, 'none';
    is ask('deaf', new_task('SUCCESS'), 'deaf')->code, 200, 'no pause';
};

subtest 'max_fails 0 leaves it alone' => sub {
    $sim->behave('alone', {status => 429, retry_after => 60});
    ask('alone', 'alone', 'never');
    is ask('alone', new_task('SUCCESS'), 'never')->code, 429, 'a pause';

    $sim->behave('none', {status => 429});
    ask('none', 'none', 'never');
    is ask('none', new_task('SUCCESS'), 'never')->code, 200,
        'but none without a time';
};

subtest 'a probe after it' => sub {
    $sim->behave('probed', {status => 429, retry_after => 1, times => 1});
    ask('probed', 'probed');

    my $held = new_task('SUCCESS');
    my $probe;

    $sim->hold($held);
    ok wait_for(sub {
        $probe = $t->start("/status?tenant=probed&taskId=$held");
        return 1 if wait_for(sub { $sim->held($held) }, 0.3);
        $t->collect($probe);
        return 0;
    }), 'one goes';

    is ask('probed', new_task('SUCCESS'))->code, 429, 'others wait for it';
    $sim->release($held);
    is $t->collect($probe)->code, 200, 'it is answered';
    is ask('probed', new_task('SUCCESS'))->code, 200, 'and so are all';
};

$t->done;
