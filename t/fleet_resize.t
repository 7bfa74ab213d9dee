# A reload that changes a zone's size makes it anew, and for as long as workers
# of the old one leave a gateway has two: callers are answered from one of
# them, of which purges are, and in the fleet each is its own.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Fleet;
use ClearStatus::Test;
use Test::More;

plan skip_all => ClearStatus::Fleet->missing if ClearStatus::Fleet->missing;

my $t     = ClearStatus::Test->new(reload => 0);
my $sim   = $t->simulator;
my $fleet = ClearStatus::Fleet->new(t => $t, conf => <<'EOC');
%%GLOBALS%%

worker_processes %%WORKERS%%;

events {
    worker_connections 1024;
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:%%SIZE%%;
    clear_status_redis zone=answers %%REDIS%% timeout=2s;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_timeout 60s;

    server {
        listen 127.0.0.1:%%PORT%% reuseport;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /pid {
            return 200 $pid;
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

$_->set(WORKERS => 4, SIZE => '1m') for @{ $fleet->gateways };
$fleet->run;

sub ask ($i, $id) { return $fleet->get($i, "/status?taskId=$id") }


# Each of its workers is held by a fetch.

my %on = $t->workers_sockets(4);
my @held;

for my $socket (values %on) {
    push @held, my $id = new_task('SUCCESS');
    $sim->hold($id);
    $t->start("/status?taskId=$id", on => $socket);
    ok $sim->wait_held($id), 'a worker fetches';
}

$t->set(WORKERS => 1, SIZE => '2m');
$t->conf($fleet->conf);
ok $t->reload, 'a reload with another size';
is scalar($t->leaving_pids), 4, 'all workers are there yet';
ok $fleet->wait_up, 'Redis too';


# As before, for the new workers ask Redis, which another zone's name has.

sub asked { return scalar(() = $t->log =~ /tier fleet: asked/g) }

my $before = asked();
my $again  = $t->start("/status?taskId=$held[0]");

ok wait_for(sub { asked() > $before }), 'somebody asks again';


# The old workers hear of purges too, and are more.

my $served = 0;

for (1 .. 10) {
    my $id = new_task('SUCCESS');

    ask(0, $id);
    is $fleet->get(1, "/purge?taskId=$id", method => 'DELETE')->code, 200,
        'another gateway purges';
    $served++ if !wait_for(sub {
        ask(0, $id);
        return $sim->count($id) > 1;
    }, 10);
}

is $served, 0, 'what was purged is fetched again';

$sim->release($_) for @held;
is $_->code, 200, 'who waited has an answer' for $t->collect($again);
is $sim->count($held[0]), 1, 'by one fetch';
ok wait_for(sub { !$t->leaving_pids }), 'then they leave';

$fleet->done;
