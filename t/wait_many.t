# More workers than the bits of a mask, so that some share one: a fetch of any
# of them releases who is held by any other, and a reload has all leave.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;

plan skip_all => 'too many workers for valgrind' if $ENV{TEST_VALGRIND};

my $workers = 66;
my $t       = ClearStatus::Test->new(reload => 0);
my $sim     = $t->simulator;

$t->conf(<<"EOC")->run;
%%GLOBALS%%

worker_processes $workers;

events {
    worker_connections 128;
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_valid any 1h;
    clear_status_wait 10m;

    server {
        listen 127.0.0.1:%%PORT%% reuseport;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /notify {
            clear_status_pass %%UPSTREAM%%;
            clear_status_notify;
        }

        location = /pid {
            return 200 \$pid;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}
EOC


sub held () {
    my ($n) = $t->get('/metrics')->body
        =~ /^clear_status_held\{kind="wait"\} (\d+)/m;
    return $n;
}


# One caller is held by each worker.

sub crowd ($id) {
    my %on = $t->workers_sockets($workers, 120);

    $sim->behave($id, {state => 'PROCESSING'});
    my @calls = map {
        $t->start("/status?taskId=$id", on => $_,
            headers => {Prefer => 'wait=600'}, timeout => 600)
    } values %on;

    ok wait_for(sub { held() == $workers }), 'each holds a caller';
    return @calls;
}


subtest 'a notice' => sub {
    my $id    = new_task('SUCCESS');
    my @calls = crowd($id);

    $sim->behave($id, {state => 'SUCCESS'});
    is $t->request('POST', "/notify?taskId=$id")->code, 202, 'of the end';
    $t->collect(@calls);
    is scalar(grep { $_->body =~ /"SUCCESS"/ } @calls), $workers,
        'all have it';
    is $sim->count($id), 2, 'by one fetch';
};


subtest 'a reload' => sub {
    my $id    = new_task('SUCCESS');
    my @calls = crowd($id);

    ok $t->reload, 'reloads';
    $t->collect(@calls);
    is scalar(grep { $_->code == 200 && $_->header('Retry-After') =~ /^[1-5]$/ }
        @calls), $workers, 'all are answered, with a time to come back';
    ok wait_for(sub { $t->leaving_pids == 0 }), 'the old workers leave';
    is held(), 0, 'none is held';
};


$t->done;
