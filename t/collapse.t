# One fetch for everyone who asks within a worker; a caller that leaves stops
# nothing.

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
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
        }

        location = /off {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /impatient {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            clear_status_timeout 300ms;
        }

        location = /less-patient {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            clear_status_timeout 10s;
        }
    }
}
EOC

# Who came to wait, and who left, since so many did.

sub waiters ($before = 0) {
    return $t->logged('debug', qr/flight \w+: a waiter, /) - $before;
}


sub leavers ($before = 0) {
    return $t->logged('debug', qr/a waiter leaves/) - $before;
}


for my $location (qw(status off)) {
    subtest "100 callers of /$location" => sub {
        my $id = new_task('PROCESSING');

        $sim->hold($id);
        my $before = waiters();
        my @calls  = map { $t->start("/$location?taskId=$id") } 1 .. 100;
        ok $sim->wait_held($id), 'the fetch is in the air';
        ok wait_for(sub { waiters($before) == 100 }), 'all wait';
        $sim->release($id);
        $t->collect(@calls);

        is scalar(grep { $_->code == 200 } @calls), 100, 'all are answered';
        is $sim->count($id), 1, 'by one fetch';

        my %bodies = map { $_->body => 1 } @calls;
        is keys %bodies, 1, 'with the same bytes';

        my @collapsed =
            grep { $_->header('Cache-Status') =~ /; collapsed/ } @calls;
        is @collapsed, 99, 'Cache-Status says so';
    };
}

subtest 'an error is shared too' => sub {
    $sim->behave('broken', {html => 1, status => 500});
    $sim->hold('broken');
    my $before = waiters();
    my @calls  = map { $t->start('/off?taskId=broken') } 1 .. 20;
    ok $sim->wait_held('broken'), 'in the air';
    ok wait_for(sub { waiters($before) == 20 }), 'all wait';
    $sim->release('broken');
    $t->collect(@calls);

    envelope_is $calls[0], 500, 'the first';
    is scalar(grep { $_->code == 500 } @calls), 20, 'all of them';
    is $sim->count('broken'), 1, 'one fetch';
};

subtest 'callers that leave' => sub {
    my $id = new_task('SUCCESS');

    $sim->hold($id);
    my $before = waiters();
    my @calls  = map { $t->start("/status?taskId=$id") } 1 .. 10;
    ok $sim->wait_held($id), 'in the air';
    ok wait_for(sub { waiters($before) == 10 }), 'all wait';

    $_->abort for @calls[0 .. 8];
    ok wait_for(sub { leavers() == 9 }), 'nine leave';
    $sim->release($id);
    $t->collect($calls[9]);

    is $calls[9]->code, 200, 'the last is answered';
    is $sim->count($id), 1, 'one fetch';
    is $sim->aborted($id), 0, 'which nobody stopped';
};

subtest 'all callers leave' => sub {
    my $id = new_task('SUCCESS');

    $sim->hold($id);
    my $before = waiters();
    my @calls  = map { $t->start("/status?taskId=$id") } 1 .. 3;
    ok $sim->wait_held($id), 'in the air';
    ok wait_for(sub { waiters($before) == 3 }), 'all wait';

    my $left = leavers();
    $_->abort for @calls;
    ok wait_for(sub { leavers($left) == 3 }), 'all leave';
    $sim->release($id);

    ok wait_for(sub {
        $t->get("/status?taskId=$id")->header('Cache-Status') =~ /; hit/;
    }), 'the answer is stored all the same';
    is $sim->count($id), 1, 'by that one fetch';
};

subtest 'each caller has its own patience' => sub {
    my $id     = new_task('SUCCESS');
    my $before = waiters();

    $sim->hold($id);
    my $patient = $t->start("/status?taskId=$id");
    ok $sim->wait_held($id), 'in the air';

    my $less = $t->start("/less-patient?taskId=$id");
    ok wait_for(sub { waiters($before) == 2 }), 'a less patient one waits too';

    envelope_is $t->get("/impatient?taskId=$id"), 504, 'the impatient one';
    ok !$less->is_over, 'before the less patient one';
    $sim->release($id);
    $t->collect($patient, $less);
    is $_->code, 200, 'the patient ones' for $patient, $less;
    is $sim->count($id), 1, 'one fetch';
};

$t->done;
