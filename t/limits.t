# Locations that share a tenant share answers, but no failure that only another
# location's time, size or token caused; and locations that trust another
# upstream are no such.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;

my $t   = ClearStatus::Test->new;
my $sim = $t->simulator(tls => 1);

$t->conf(<<'EOC')->run;
%%GLOBALS%%

worker_processes 2;

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_retries 0;
    clear_status_valid any 1h;
    clear_status_max_fails 0;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /patient {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /hasty {
            clear_status_pass %%UPSTREAM%%;
            clear_status_timeout 300ms;
        }

        location = /brisk {
            clear_status_pass %%UPSTREAM%%;
            clear_status_timeout 2s;
        }

        location = /waiting {
            clear_status_pass %%UPSTREAM%%;
            clear_status_valid PROCESSING 200ms;
        }

        location = /small {
            clear_status_pass %%UPSTREAM%%;
            clear_status_max_body_size 300;
        }

        location = /wrong {
            clear_status_pass %%UPSTREAM%%;
            clear_status_auth_token wrong;
        }

        location = /trusting {
            clear_status_pass %%UPSTREAM_TLS%%;
            clear_status_ssl_verify off;
        }

        location = /careful {
            clear_status_pass %%UPSTREAM_TLS%%;
        }
    }
}
EOC

subtest 'time' => sub {
    my $id = new_task('SUCCESS');

    $sim->hold($id);
    envelope_is $t->get("/hasty?taskId=$id"), 504, 'in a hurry';
    envelope_is $t->get("/hasty?taskId=$id"), 504, 'again';
    is $sim->count($id), 1, 'and that is a failure to be kept';

    my $patient = $t->start("/patient?taskId=$id");
    ok wait_for(sub { $sim->count($id) == 2 }), 'who has time fetches';
    $sim->release($id);
    $t->collect($patient);
    is $patient->code, 200, 'and has the answer';

    is $t->get("/hasty?taskId=$id")->code, 200, 'so that it is there for all';
    is $sim->count($id), 2, 'without a fetch';
};

subtest 'time, of one who waits on the fetch of another' => sub {
    my $id = new_task('SUCCESS');

    $sim->hold($id);
    my $hasty = $t->start("/hasty?taskId=$id");
    ok $sim->wait_held($id), 'a fetch is in the air';

    my @patient = map { $t->start("/patient?taskId=$id") } 1 .. 8;

    $t->collect($hasty);
    is $hasty->code, 504, 'its leader has no time';

    ok wait_for(sub { $sim->count($id) == 2 }), 'another follows it';
    $sim->release($id);
    $t->collect(@patient);
    is_deeply [map { $_->code } @patient], [(200) x 8], 'for all who wait';
    is $sim->count($id), 2, 'and one alone';
};

subtest 'time, of many who wait for news on the fetch of another' => sub {
    my $id = new_task('SUCCESS');

    $sim->behave($id, {hang => 1, times => 1});
    $sim->also($id, {state => 'PROCESSING'});

    my $brisk = $t->start("/brisk?taskId=$id");
    ok $sim->wait_count($id), 'a fetch is in the air';

    # so many that the next fetch brings its answer before all are told
    my @waiting = map {
        $t->start("/waiting?taskId=$id", headers => {Prefer => 'wait=20'})
    } 1 .. 400;

    $t->collect($brisk);
    is $brisk->code, 504, 'its leader has no time';

    ok $sim->wait_count($id, 3), 'others have, and poll';
    $sim->behave($id, {});
    $t->collect(@waiting);
    is_deeply [grep { $_->error || $_->body !~ /"SUCCESS"/ } @waiting], [],
        'until it ends, for all of them';
};

subtest 'size' => sub {
    my $id = new_task('SUCCESS');

    envelope_is $t->get("/small?taskId=$id"), 502, 'too large for one';
    is $t->get("/patient?taskId=$id")->code, 200, 'not for another';
    is $t->get("/small?taskId=$id")->code, 200, 'what is there has no limit';
};

subtest 'token' => sub {
    my $id = new_task('SUCCESS');

    $sim->accept(token => [$t->{values}{TOKEN}]);
    envelope_is $t->get("/wrong?taskId=$id"), 403, 'a token that is wrong';
    envelope_is $t->get("/wrong?taskId=$id"), 403, 'again';
    is $sim->count($id), 1, 'and that is kept';

    is $t->get("/patient?taskId=$id")->code, 200, 'not for the right one';
};

subtest 'trust' => sub {
    my $id = new_task('SUCCESS');

    is $t->get("/trusting?taskId=$id")->code, 200, 'whoever it is';
    envelope_is $t->get("/careful?taskId=$id"), 502, 'is none of whom we trust';
    is $t->get("/trusting?taskId=$id")->code, 200, 'and the other is not asked';
    is $sim->count($id), 1, 'twice';
};

done_testing;
