# A task that fails by itself fails alone: it pauses nobody, is no healthy
# task's probe, and is asked for less and less often.

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
    clear_status_valid any 0;

    server {
        listen 127.0.0.1:%%PORT%% reuseport;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
            clear_status_fail_timeout 200ms;
        }

        location = /off {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache off;
            clear_status_fail_timeout 200ms;
        }

        location = /kept {
            clear_status_pass %%UPSTREAM%%;
            clear_status_valid any 10ms;
            clear_status_stale_if_error off;
        }
    }
}
EOC

my $n = 0;

sub ask ($tenant, $task, $location = 'status') {
    return $t->get("/$location?tenant=$tenant&taskId=$task");
}

sub sick ($rule) {
    my $id = 'sick-' . ++$n;

    $sim->behave($id, $rule);
    return $id;
}


for my $location (qw(status off)) {
    subtest "six tasks that upstream answers with 504, /$location" => sub {
        my $tenant = "sick-$location";
        my @sick   = map { sick({html => 1, status => 504}) } 1 .. 6;

        ask($tenant, $_, $location) for @sick;

        # they may have looked like an upstream that is down, for one pause
        my $id = new_task('PROCESSING');
        ok wait_for(sub { ask($tenant, $id, $location)->code == 200 }),
            'a healthy task is the probe';

        my $wrong = 0;

        for (1 .. 20) {
            ask($tenant, $_, $location) for @sick;
            $wrong++
                if ask($tenant, new_task('PROCESSING'), $location)->code != 200;
        }

        is $wrong, 0, 'and all healthy ones have their answers';
        is ask($tenant, $sick[0], $location)->code, 504,
            'the sick ones their own';
    };
}

subtest 'a block page pauses nobody' => sub {
    my @blocked = map { sick({html => 1, status => 200}) } 1 .. 5;

    is ask('blocked', $_)->code, 502, 'is an error' for (@blocked) x 2;
    is ask('blocked', new_task('PROCESSING'))->code, 200, 'of its task alone';
};

for my $of (
    ['502 in an envelope', {status => 502}],
    ['a redirect',         {redirect => 'http://127.0.0.1/'}],
    ['another JSON',       {wrong_json => 1}],
    ['a null result',      {result_null => 1}],
) {
    my ($name, $rule) = @$of;

    subtest "$name proves upstream alive" => sub {
        my $tenant = 'alive-' . ++$n;

        ask($tenant, sick({html => 1, status => 502})) for 1 .. 4;
        ask($tenant, sick($rule));
        ask($tenant, sick({html => 1, status => 502})) for 1 .. 4;
        is ask($tenant, new_task('PROCESSING'))->code, 200, 'no pause';
    };
}

subtest 'a task whose fetches go down again is kept for longer' => sub {
    my $id = sick({html => 1, status => 504});

    my $first = time;

    is ask('kept', $id, 'kept')->code, 504, 'once';
    is ask('kept', $id, 'kept')->code, 504, 'and for a second';
    cmp_ok $sim->count($id) - 1, '<=', time - $first, 'without another fetch';

    ok wait_for(sub { ask('kept', $id, 'kept'); $sim->count($id) == 2 }),
        'then there is one';
    my $began = time;
    ok wait_for(sub { ask('kept', $id, 'kept'); $sim->count($id) == 3 }),
        'and another';
    cmp_ok time - $began, '>=', 1, 'twice as long after that';

    $sim->behave($id, {state => 'PROCESSING'});
    ok wait_for(sub { ask('kept', $id, 'kept')->code == 200 }, 20),
        'a success';
};

subtest 'with 0 it is never kept' => sub {
    my $id = sick({html => 1, status => 504});

    ask('zero', $id) for 1 .. 5;
    is $sim->count($id), 5, 'each is a fetch';
};

$t->done;
