# What goes from a zone that is full while many fetches are in the air, and
# what a purge and an upstream that lags behind do to finished answers.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

$t->conf(<<'EOC')->run;
%%GLOBALS%%

worker_processes 2;

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:512k;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_timeout 60s;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
            clear_status_integration_id tenant-a;
            clear_status_valid PROCESSING 1h;
        }

        location = /other {
            clear_status_pass %%UPSTREAM%%;
            clear_status_integration_id tenant-b;
            clear_status_valid PROCESSING 1h;
        }

        location = /brief {
            clear_status_pass %%UPSTREAM%%;
            clear_status_integration_id tenant-c;
            clear_status_valid SUCCESS 300ms;
        }

        location = /purge {
            clear_status_purge;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}
EOC


sub metric ($name) {
    my ($n) = $t->get('/metrics')->body =~ /^clear_status_\Q$name\E (\d+)/m;

    return $n;
}


sub evicted ($state) {
    return metric(qq(zone_evictions_total{zone="answers",state="$state"}));
}


subtest 'with many fetches in the air' => sub {
    my (@held, @flying);

    for (1 .. 90) {
        push @held, new_task('SUCCESS');
        $sim->hold($held[-1]);
        push @flying, $t->start("/other?taskId=$held[-1]");
    }

    ok wait_for(sub { metric('flights') == 90 }), 'are in the air';

    my @unfinished = map { new_task('PROCESSING') } 1 .. 20;
    $t->get("/status?taskId=$_") for @unfinished;

    my @finished;
    while (metric('zone_bytes{zone="answers",kind="free"}') > 60 * 1024) {
        push @finished, map { new_task('SUCCESS') } 1 .. 10;
        $t->get("/status?taskId=$_") for @finished[-10 .. -1];
    }

    is evicted('success'), 0, 'the zone is nearly full of finished answers';

    $t->get('/status?taskId=' . new_task('PROCESSING')) for 1 .. 100;

    ok evicted('processing') > 20, 'unfinished ones push each other out';
    is evicted('success'), 0, 'and no finished one';

    $sim->release($_) for @held;
    $t->collect(@flying);
    is scalar(grep { $_->code == 200 } @flying), 90, 'who waited is answered';
};

subtest 'a fetch that was sent before a purge' => sub {
    my $id = new_task('SUCCESS');

    $sim->hold($id);
    my $call = $t->start("/status?taskId=$id");
    ok $sim->wait_held($id), 'is in the air';
    is $t->request('DELETE', "/purge?taskId=$id")->code, 200, 'purged';
    $sim->release($id);
    $t->collect($call);

    is $call->code, 200, 'is answered';
    unlike $call->header('Cache-Status'), qr/stored/, 'not stored';
    $t->get("/status?taskId=$id");
    is $sim->count($id), 2, 'so that the next is fetched';
};

subtest 'an upstream that lags behind' => sub {
    my $id = new_task('SUCCESS');

    my $finished = $t->get("/brief?taskId=$id");
    is $finished->code, 200, 'a finished answer';

    $sim->behave($id, {state => 'PROCESSING'});

    ok wait_for(sub {
        $t->get("/brief?taskId=$id");
        return $sim->count($id) > 1;
    }), 'is fetched again, and is not finished then';

    is $t->get("/brief?taskId=$id")->body, $finished->body,
        'which takes nobody the finished one';
};

done_testing;
