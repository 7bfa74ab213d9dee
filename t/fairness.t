# One caller, task, tenant or upstream cannot hurt another: each upstream has
# its own streams, queue and turns, and each tenant in it.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;

my $t     = ClearStatus::Test->new(reload => 0);
my $sim   = $t->simulator;
my $other = $t->new_simulator;
my $few   = $t->new_simulator;

$t->set(OTHER => $other->url, FEW => $few->url)->conf(<<'EOC')->run;
%%GLOBALS%%

worker_processes 1;

events {
    worker_connections 4096;
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:2m;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id $arg_tenant;
    clear_status_retries 0;
    clear_status_timeout 60s;
    clear_status_max_fails 1;
    clear_status_valid any 0;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /hung {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /other {
            clear_status_pass %%OTHER%%;
        }

        location = /few {
            clear_status_pass %%FEW%%;
            clear_status_max_flights 10;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}
EOC

my $n = 0;

sub uri ($location, $tenant, $id = 'task-' . ++$n) {
    return "/$location?tenant=$tenant&taskId=$id";
}

sub metric ($name) {
    return $t->get('/metrics')->body =~ /^clear_status_$name (\d+)$/m && $1;
}

sub abandon (@calls) {
    $_->abort for @calls;
    ok wait_for(sub { metric('queued') == 0 }), 'who leaves is not queued';
}


my $stored = new_task('SUCCESS');
is $t->get(uri('hung', 'a', $stored))->code, 200, 'an answer is stored';

$sim->behave('*', {hang => 1});

subtest 'an upstream that hangs' => sub {
    my @hung = map { $t->start(uri('hung', 'a')) } 1 .. 300;

    ok wait_for(sub { metric('flights') == 300 }), '300 fetches of one tenant';
    is metric('queued'), 200, 'half of the streams are taken, others wait';
    ok wait_for(sub { $sim->in_air == 100 }), 'those are at upstream';

    is $t->get(uri('hung', 'a', $stored))->code, 200,
        'what is stored is served';

    my $id = new_task('SUCCESS');
    is $t->get(uri('other', 'a', $id))->code, 200, 'another upstream is asked';

    $id = new_task('SUCCESS');
    $sim->behave($id, {state => 'SUCCESS'});
    is $t->get(uri('hung', 'b', $id))->code, 200, 'another tenant has streams';

    my @more = map {
        my $tenant = "c$_";
        map { $t->start(uri('hung', $tenant)) } 1 .. 20;
    } 1 .. 4;
    ok wait_for(sub { $sim->in_air >= 180 }), 'four more tenants hang';

    $id = new_task('SUCCESS');
    $sim->behave($id, {state => 'SUCCESS'});
    is $t->get(uri('hung', 'd', $id))->code, 200, 'one more tenant still has';

    abandon(@hung, @more);
};

$sim->restart;
ok wait_for(sub { metric('flights') == 0 }), 'all have ended';

subtest 'clear_status_max_flights' => sub {
    my $id = new_task('PROCESSING');
    is $t->get(uri('few', 'e', $id))->code, 200, 'an answer is stored';

    $few->behave('*', {hang => 1});
    $few->behave($id, {hang => 1});

    my @hung = map { $t->start(uri('few', 'e')) } 1 .. 5;
    ok wait_for(sub { metric('flights') == 5 }), 'a tenant has half of them';

    my $r = $t->get(uri('few', 'e'));
    envelope_is $r, 503, 'one over it';
    is $r->header('Retry-After'), 1, 'may come again soon';
    like $r->header('Cache-Status'), qr/^clear_status; detail=upstream-queue$/,
        'and is told why';

    $r = $t->get(uri('few', 'e', $id));
    is $r->code, 200, 'the last answer is served instead';
    like $r->header('Cache-Status'),
        qr/^clear_status; hit; ttl=-\d+; detail=upstream-queue$/,
        'and said to be stale';

    push @hung, map { $t->start(uri('few', 'f')) } 1 .. 3;
    ok wait_for(sub { metric('flights') == 8 }),
        'another tenant has half of the rest';
    envelope_is $t->get(uri('few', 'f')), 503, 'and no more';

    push @hung, $t->start(uri('few', 'g'));
    ok wait_for(sub { metric('flights') == 9 }), 'and so on';
    ok scalar($t->logged('warn', qr/too many fetches in the air/)),
        'the log tells';

    abandon(@hung);
};

$t->done;
