# A worker that leaves keeps a fetch that was sent, and that callers in other
# workers wait for: it is not sent again.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

my $conf = <<'EOC';
%%GLOBALS%%

worker_processes 2;
%%SHUTDOWN%%

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;
    keepalive_timeout 1h;

    server {
        listen 127.0.0.1:%%PORT%% reuseport;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            clear_status_auth_token %%TOKEN%%;
            clear_status_integration_id tenant-a;
            clear_status_timeout 300s;
        }

        location = /pid {
            return 200 "$pid";
        }
    }
}
EOC

$t->set(SHUTDOWN => '')->conf($conf)->run;


sub two {
    my %on = $t->workers_sockets(2);
    return values %on;
}


# A fetch of the one, for which only the other's caller waits.

sub watched {
    my ($a, $b) = two();
    my $id = new_task('SUCCESS');

    $sim->hold($id);
    my $first = $t->start("/status?taskId=$id", on => $a);
    ok $sim->wait_held($id), 'the one fetches';

    my $watches = () = $t->log =~ /flight \w+: watches/g;
    my $second = $t->start("/status?taskId=$id", on => $b);
    ok wait_for(sub {
        (() = $t->log =~ /flight \w+: watches/g) > $watches
    }), 'the other waits for that';

    my $leaves = () = $t->log =~ /a waiter leaves/g;
    $first->abort;
    ok wait_for(sub { (() = $t->log =~ /a waiter leaves/g) > $leaves }),
        "the one's caller leaves";
    return ($id, $second);
}


subtest 'a reload' => sub {
    my ($id, $call) = watched();

    ok $t->reload, 'both workers leave';
    is scalar($t->leaving_pids), 2, 'and stay';
    $sim->release($id);
    is $t->collect($call)->code, 200, 'until the caller is answered';
    is $sim->count($id), 1, 'by the one fetch';
    ok wait_for(sub { !$t->leaving_pids }), 'then they are gone';
};

$t->set(SHUTDOWN => 'worker_shutdown_timeout 300ms;')->conf($conf);
ok $t->reload, 'worker_shutdown_timeout 300ms';
ok wait_for(sub { !$t->leaving_pids }), 'from now on';

subtest 'worker_shutdown_timeout' => sub {
    my ($id, $call) = watched();

    ok $t->reload, 'both workers leave';
    ok wait_for(sub { !$t->leaving_pids }), 'in time';
    is $t->collect($call)->code, undef, 'without an answer';
    $sim->release($id);
};

subtest 'the same where the others are new workers' => sub {
    my $id = new_task('SUCCESS');

    $sim->hold($id);
    my $first = $t->start("/status?taskId=$id");
    ok $sim->wait_held($id), 'an old worker fetches';
    ok $t->reload, 'it leaves';

    my $call = $t->start("/status?taskId=$id");
    ok wait_for(sub { !$t->leaving_pids }), 'in time, though others wait';
    $t->collect($first);

    $sim->release($id);
    is $t->collect($call)->code, 200, 'for whom it is sent again';
    is $sim->count($id), 2, 'once';
};

$t->done;
