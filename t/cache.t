# Unfinished answers are kept briefly, finished ones for good, over reloads
# too; errors for a second.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;
use Time::HiRes qw(time);

my $t   = ClearStatus::Test->new;
my $sim = $t->simulator;

$t->conf(<<'EOC')->run;
%%GLOBALS%%

worker_processes 2;

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;

    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;

    log_format handled '$clear_status_task_id $clear_status_cache '
                       '$clear_status_workflow $clear_status_upstream_status '
                       '$clear_status_upstream_time';
    access_log %%DIR%%/handled.log handled;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
        }

        location = /brief {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            clear_status_integration_id tenant-b;
            clear_status_valid PROCESSING any 300ms;
        }

        location = /off {
            clear_status_pass %%UPSTREAM%%;
        }
    }
}
EOC

sub handled ($id, $n = 1) {
    my @lines;

    wait_for sub {
        open my $file, '<', $t->dir . '/handled.log' or return;
        @lines = grep { s/^\Q$id\E // } map { chomp; $_ } <$file>;
        return @lines >= $n;
    };

    return @lines;
}


for my $state (qw(SUCCESS FAILED)) {
    subtest "$state is kept for good" => sub {
        my $id    = new_task($state);
        my $first = $t->get("/status?taskId=$id");

        is $first->code, 200, 'answered';
        is $first->json->{result}{workflowStatus}, $state, 'as it is';
        is $first->type, 'application/json', 'its type';
        like $first->header('Cache-Status'),
            qr/^clear_status; fwd=uri-miss; fwd-status=200; stored$/,
            'a miss, stored';
        is $first->header('Cache-Control'),
            'private, max-age=31536000, immutable', 'for a year';
        is $first->header('Retry-After'), undef, 'no need to ask again';

        my $again = $t->get("/status?taskId=$id");

        is $again->body, $first->body, 'the same bytes';
        is $again->header('ETag'), $first->header('ETag'), 'the same tag';
        like $again->header('Cache-Status'),
            qr/^clear_status; hit; ttl=\d+$/, 'a hit';
        like $again->header('Age'), qr/^\d+$/, 'an age';

        ok $t->reload, 'a reload';
        is $t->get("/status?taskId=$id")->body, $first->body,
            'the same bytes after it';
        is $sim->count($id), 1, 'one fetch in all';

        # the workers' lines may change places
        my @lines = reverse sort(handled($id, 2));
        like $lines[0], qr/^MISS $state 200 \d+\.\d{3}$/, 'logged';
        is $lines[1], "HIT $state - -", 'logged as a hit';
    };
}

subtest 'an unfinished answer is kept for its time' => sub {
    my $id    = new_task('PROCESSING');
    my $first = $t->get("/status?taskId=$id");

    is $first->header('Cache-Control'), 'private, max-age=2', 'two seconds';
    is $first->header('Retry-After'), 2, 'until there can be a new one';

    my $again = $t->get("/status?taskId=$id");
    like $again->header('Cache-Status'), qr/; hit; ttl=[0-2]$/, 'a hit';
    like $again->header('Retry-After'), qr/^[12]$/, 'the rest of the time';
    is $sim->count($id), 1, 'one fetch';

    $id = new_task('PROCESSING');
    $t->get("/brief?taskId=$id");

    ok wait_for(sub {
        $t->get("/brief?taskId=$id");
        return $sim->count($id) > 1;
    }), 'after its time it is fetched again';
    ok wait_for(sub { (handled $id)[-1] =~ /^EXPIRED PROCESSING 200 / }),
        'logged as such';
};

subtest 'a task that ends' => sub {
    my $id = new_task('PROCESSING');

    $t->get("/brief?taskId=$id");
    $sim->behave($id, {state => 'SUCCESS'});

    ok wait_for(sub {
        my $r = $t->get("/brief?taskId=$id");
        return $r->json->{result}{workflowStatus} eq 'SUCCESS';
    }), 'is seen soon';

    my $count = $sim->count($id);
    $t->get("/brief?taskId=$id") for 1 .. 3;
    is $sim->count($id), $count, 'and then kept';
};

subtest 'an unknown state' => sub {
    my $id = new_task('PROCESSING');

    $sim->behave($id, {state => 'PAUSED_BY_REVIEW'});

    my $r = $t->get("/status?taskId=$id");
    is $r->code, 200, 'is passed on';
    is $r->header('Cache-Control'), 'private, max-age=2', 'for two seconds';
};

subtest 'the answer of another task' => sub {
    my $id = new_task('SUCCESS');

    $sim->behave($id, {result_task_id => 'somebody-elses'});

    for my $n (1 .. 2) {
        my $r = $t->get("/status?taskId=$id");
        is $r->code, 200, 'is passed on';
        unlike $r->header('Cache-Status'), qr/stored/, 'not stored';
        is $r->header('Cache-Control'), 'private, max-age=0', 'not by callers';
        is $sim->count($id), $n, 'fetched each time';
    }

    is scalar $t->logged('warn', qr/another task.*$id/), 2, 'with a warning';
};

subtest 'an error is kept for a second' => sub {
    my $began = time;
    my $r     = $t->get('/status?taskId=nothing-there');
    envelope_is $r, 404, 'missing';
    is $r->header('Cache-Control'), 'no-store', 'callers do not store it';

    $t->get('/status?taskId=nothing-there');
    cmp_ok $sim->count('nothing-there') - 1, '<=', time - $began,
        'asked again at once: one fetch';

    ok wait_for(sub {
        $t->get('/status?taskId=nothing-there');
        return $sim->count('nothing-there') > 1;
    }), 'later it is fetched again';
};

subtest 'cache off' => sub {
    my $id = new_task('SUCCESS');
    my $r  = $t->get("/off?taskId=$id");

    like $r->header('Cache-Status'),
        qr/^clear_status; fwd=bypass; fwd-status=200$/, 'bypassed';

    $t->get("/off?taskId=$id");
    is $sim->count($id), 2, 'each request goes upstream';
    like +(handled $id)[0], qr/^BYPASS SUCCESS /, 'logged as such';
};

subtest 'If-None-Match' => sub {
    my $id = new_task('SUCCESS');
    my $r  = $t->get("/status?taskId=$id");

    like $r->header('ETag'), qr/^"[0-9a-f]{32}"$/, 'a strong tag';

    my $same = $t->get("/status?taskId=$id",
        headers => {'If-None-Match' => $r->header('ETag')});
    is $same->code, 304, 'not modified';
    is $same->body, '', 'no body';
    is $same->header('ETag'), $r->header('ETag'), 'the tag again';
    ok $same->header('Cache-Control'), 'Cache-Control again';

    my $other = $t->get("/status?taskId=$id",
        headers => {'If-None-Match' => '"other"'});
    is $other->code, 200, 'another tag: the whole answer';
};

subtest 'upstream is gone' => sub {
    my $id    = new_task('SUCCESS');
    my $first = $t->get("/status?taskId=$id");

    $sim->stop;
    is $t->get("/status?taskId=$id")->body, $first->body,
        'a finished task still answers';
    envelope_is $t->get('/status?taskId=' . new_task('SUCCESS')), 502,
        'another cannot';
};

$t->done;
