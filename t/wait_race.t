# Another worker's fetch that ends after a caller's look and before his worker
# is there to be woken.  Needs a build with fault points: there the worker
# stops.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;

plan skip_all => 'needs a build of its own, and TEST_MODULE names another'
    if $ENV{TEST_MODULE};

my $build = "$Bin/../build/faults";
my $log   = do {
    local $ENV{BUILD}     = 'build/faults';
    local $ENV{CFLAGS}    = '-DNGX_CS_FAULTS=1 '
        . '-DNGX_CS_LOCK_STATS=1';
    local $ENV{MAKEFLAGS} = '';
    `'$Bin/../tools/build' 2>&1`;
};

is $?, 0, 'a build with fault points' or die $log;

my ($found, $fetched) = map { new_task('SUCCESS') } 1 .. 2;

$ENV{TEST_MODULE} = "$build/ngx_clear_status_module.so";
$ENV{CLEAR_STATUS_FAULT_STOP} = "$found,$fetched";

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

$t->conf(<<'EOC')->run;
%%GLOBALS%%

worker_processes 2;
env CLEAR_STATUS_FAULT_STOP;

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;

    server {
        listen 127.0.0.1:%%PORT%% reuseport;

        location = /long {
            clear_status_pass %%UPSTREAM%%;
            clear_status_valid any 1h;
        }

        location = /purge {
            clear_status_purge;
        }

        location = /pid {
            return 200 $pid;
        }
    }
}
EOC


# A connection to each worker, by its process.

my %on;

wait_for(sub {
    my $socket = $t->socket;
    my $pid    = $t->get('/pid', on => $socket)->body;
    $on{$pid} //= $socket;
    return keys %on == 2;
});


sub stopped ($pid) {
    open my $fh, '<', "/proc/$pid/stat" or return 0;
    return scalar <$fh> =~ /^\d+ \(.*\) T /s;
}


# Fresh for an hour where it is held, so nobody asks before that.

sub race ($id) {
    my ($pid, $other) = keys %on;

    my $call = $t->start("/long?taskId=$id", on => $on{$pid},
        headers => {Prefer => 'wait=20'});
    ok wait_for(sub { stopped($pid) }), 'a worker stops before it registers';

    $sim->behave($id, {state => 'SUCCESS'});
    $t->request('DELETE', "/purge?taskId=$id", on => $on{$other});
    like $t->get("/long?taskId=$id", on => $on{$other})->body, qr/"SUCCESS"/,
        'another one fetches the end';

    kill CONT => $pid;
    $t->collect($call);
    like $call->body, qr/"SUCCESS"/, 'it has not been missed';
    like $call->header('Preference-Applied'), qr/^wait=20$/,
        'by one who was held';
}


subtest 'after a look' => sub {
    my ($other) = reverse keys %on;

    $sim->behave($found, {state => 'PROCESSING'});
    $t->get("/long?taskId=$found", on => $on{$other});
    race($found);
};


subtest 'after a fetch' => sub {
    $sim->behave($fetched, {state => 'PROCESSING'});
    race($fetched);
};


$t->done;
