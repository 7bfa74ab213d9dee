# "Prefer: wait": a request is held until its task is finished, its answer is
# another one, or its time is over.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;

my $t   = ClearStatus::Test->new(reload => 0);
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
    clear_status_valid any 100ms;
    clear_status_max_fails 0;
    clear_status_retries 0;

    log_format wait '$request_uri $status [$clear_status_wait] '
                    '$clear_status_cache';

    server {
        listen 127.0.0.1:%%PORT%%;
        access_log %%DIR%%/wait.log wait;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
        }

        location = /off {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /short {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            clear_status_wait 500ms;
            clear_status_valid any 1h;
        }

        location = /few {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            clear_status_wait 10s max=1;
        }

        location = /none {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            clear_status_wait off;
        }

        location = /neither {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            clear_status_wait off;
            clear_status_events off;
        }

        location = /strict {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            clear_status_stale_if_error off;
        }

        location = /paused {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            clear_status_integration_id tenant-$arg_tenant;
            clear_status_stale_if_error 1h;
        }

        location = /revalidate {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            clear_status_stale_while_revalidate 1h;
        }

        location = /outer {
            ssi on;
            ssi_types *;
            root %%DIR%%;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}

EOC


sub held ($kind = 'wait') {
    my ($n) = $t->get('/metrics')->body
        =~ /^clear_status_held\{kind="$kind"\} (\d+)/m;
    return $n;
}


sub ends ($end) {
    my ($n) = $t->get('/metrics')->body
        =~ /^clear_status_holds_total\{kind="wait",end="$end"\} (\d+)/m;
    return $n;
}


# A task that is processing until the test says something else.

sub task ($state = 'PROCESSING') {
    my $id = new_task('SUCCESS');
    $sim->behave($id, {state => $state});
    return $id;
}


sub turn ($id, $state) { $sim->behave($id, {state => $state}) }


# A caller that is held when this returns.

sub hold ($target, %headers) {
    my $before = held();
    my $call = $t->start($target, headers => {Prefer => 'wait=20', %headers});
    wait_for(sub { held() > $before }) or diag "$target is not held";
    return $call;
}


sub tag ($id) { return $t->get("/status?taskId=$id")->header('ETag') }


subtest 'until the task is finished' => sub {
    my $id   = task();
    my $call = hold("/status?taskId=$id");
    my $n    = $sim->count($id);

    ok $sim->wait_count($id, $n + 2), 'the gateway asks again and again';
    ok !$call->is_over, 'the caller waits';
    turn($id, 'SUCCESS');
    $t->collect($call);

    is $call->code, 200, 'then it is answered';
    like $call->body, qr/"SUCCESS"/, 'with the end';
    is $call->header('Preference-Applied'), 'wait=20', 'it was held';
    like $call->header('Cache-Status'), qr/^clear_status; hit; ttl=/,
        'as a look-up then';
    is $call->header('Retry-After'), undef, 'nothing to come back for';
    like $call->header('Cache-Control'), qr/immutable/, 'for ever';

    ok wait_for(sub { $t->slurp('wait.log') =~ /$id 200 \[\d+\.\d{3}\] HIT/ }),
        'the log knows how long it was held';

    $n = $sim->count($id);
    $t->get("/status?taskId=$id");
    is $sim->count($id), $n, 'nobody asks any more';
};


subtest 'a change is for who has the tag' => sub {
    my $id  = task('CREATED');
    my $tag = tag($id);

    my $plain   = hold("/status?taskId=$id");
    my $strong  = hold("/status?taskId=$id", 'If-None-Match' => $tag);
    my $weak    = hold("/status?taskId=$id",
        'If-None-Match' => "\"x\", W/$tag");
    my $changed = ends('changed');

    turn($id, 'PROCESSING');
    $t->collect($strong, $weak);
    is $_->code, 200, 'answered' for $strong, $weak;
    like $_->body, qr/"PROCESSING"/, 'with the new state' for $strong, $weak;
    is $_->header('Preference-Applied'), 'wait=20', 'held'
        for $strong, $weak;
    ok $strong->header('Retry-After') >= 1, 'with a time to come back';
    ok !$plain->is_over, 'who has no tag waits for the end';
    is ends('changed') - $changed, 2, 'counted';

    turn($id, 'FAILED');
    $t->collect($plain);
    like $plain->body, qr/"FAILED"/, 'and gets it';
};


subtest 'who has another tag, or *, is not held' => sub {
    my $id = task();
    tag($id);

    for my $tags ('"another"', '"a", "b"', '*', 'broken') {
        my $r = $t->get("/status?taskId=$id", timeout => 5,
            headers => {Prefer => 'wait=20', 'If-None-Match' => $tags});
        is $r->code, $tags eq '*' ? 304 : 200, "$tags: at once";
        is $r->header('Preference-Applied'), undef, 'not held';
    }
};


subtest 'a finished task is answered as to anybody' => sub {
    my $id = new_task('SUCCESS');

    for my $how (qr/uri-miss/, qr/; hit/) {
        my $r = $t->get("/status?taskId=$id",
            headers => {Prefer => 'wait=20'}, timeout => 5);
        is $r->code, 200, 'answered';
        like $r->header('Cache-Status'), $how, "by $how";
        is $r->header('Preference-Applied'), undef, 'not held';
    }

    my $r = $t->get("/status?taskId=$id", timeout => 5,
        headers => {Prefer => 'wait=20', 'If-None-Match' => tag($id)});
    is $r->code, 304, 'and 304';
};


subtest 'the time is over' => sub {
    my $id  = task();
    my $tag = $t->get("/short?taskId=$id")->header('ETag');
    my $n   = ends('time');
    my $r   = $t->get("/status?taskId=$id", headers => {Prefer => 'wait=1'});

    is $r->code, 200, 'the answer as it is';
    is $r->header('Preference-Applied'), 'wait=1', 'held';
    is $r->header('Retry-After'), undef, 'may come back at once';
    ok $r->seconds > 0.9, 'not much before it';

    $r = $t->get("/short?taskId=$id",
        headers => {Prefer => 'wait=600', 'If-None-Match' => $tag});
    is $r->code, 304, 'or 304';
    is $r->header('Preference-Applied'), 'wait=1', 'cut to the limit';
    is $r->header('Retry-After'), undef, 'at once';
    ok $r->seconds > 0.4, 'of half a second';
    is ends('time') - $n, 2, 'counted';
};


subtest 'the time counts from the arrival' => sub {
    my $id = task();

    $sim->hold($id);
    my $call = $t->start("/status?taskId=$id", headers => {Prefer => 'wait=1'});
    ok $sim->wait_held($id), 'the first fetch takes long';
    sleep 1;
    $sim->release($id);
    $t->collect($call);

    is $call->code, 200, 'over before there was an answer';
    is $call->header('Preference-Applied'), undef, 'a plain request';
    ok $call->header('Retry-After'), 'as any';
};


subtest 'what is preferred' => sub {
    my $id = task();
    tag($id);

    for (
        ['wait=0'], ['wait=x'], ['wait'], ['wait=-5'], ['wait=x, wait=20'],
        ['wait=0', 'wait=20'], ['respond-async'], ['foo="wait=20'],
        ['await=20']
    ) {
        my $r = $t->get("/status?taskId=$id", headers => {Prefer => $_},
            timeout => 5);
        is $r->header('Preference-Applied'), undef, "not: @$_";
    }

    for (
        ['WAIT = "20"'], ['respond-async', 'wait=20'],
        ['return=minimal, wait=20; x="a,b", wait=0'],
    ) {
        my $call = hold("/status?taskId=$id", Prefer => $_);
        ok !$call->is_over, "held: @$_";
        $call->abort;
        ok wait_for(sub { held() == 0 }), 'until it leaves';
    }
};


subtest 'one body, one poller, for all who wait' => sub {
    my $id = task();
    my @calls = map { $t->start("/status?taskId=$id",
        headers => {Prefer => 'wait=20'}) } 1 .. 200;

    ok wait_for(sub { held() == 200 }), 'all are held';
    $sim->hold($id);
    ok $sim->wait_held($id), 'one asks';
    turn($id, 'SUCCESS');
    $sim->release($id);
    turn($id, 'SUCCESS');
    $t->collect(@calls);
    is scalar(grep { $_->code == 200 && $_->body =~ /"SUCCESS"/ } @calls),
        200, 'all have the end';
    is $sim->max_in_air($id), 1, 'one at a time';
    is held(), 0, 'none is left';
};


subtest 'nobody waiting, nobody polls' => sub {
    my $id   = task();
    my $left = ends('left');
    my $call = hold("/status?taskId=$id");

    $call->abort;
    ok wait_for(sub { held() == 0 }), 'the caller leaves';
    is ends('left') - $left, 1, 'counted';
    my $n = $sim->count($id);
    sleep 1;
    ok $sim->count($id) - $n <= 1, 'and no fetch follows';
};


subtest 'too many are answered at once' => sub {
    my $id   = task();
    my $call = hold("/few?taskId=$id");
    my $r    = $t->get("/few?taskId=$id", timeout => 5,
        headers => {Prefer => 'wait=20'});

    is $r->code, 200, 'answered';
    is $r->header('Preference-Applied'), undef, 'not held';
    ok $r->header('Retry-After') >= 1, 'to come back';
    turn($id, 'SUCCESS');
    is $t->collect($call)->header('Preference-Applied'), 'wait=10',
        'the first is';
};


subtest 'failures do not end the wait while the last answer may serve' => sub {
    my $id   = task();
    my $call = hold("/status?taskId=$id");

    $sim->behave($id, {html => 1, status => 503});
    my $n = $sim->count($id);
    ok $sim->wait_count($id, $n + 3), 'upstream fails and is asked again';
    ok !$call->is_over, 'the caller waits';
    turn($id, 'SUCCESS');
    like $t->collect($call)->body, qr/"SUCCESS"/, 'for the end';
};


subtest 'nor does a pause' => sub {
    my $id   = task();
    my $call = hold("/paused?taskId=$id&tenant=slow");

    # a pause of the whole tenant, which another task begins
    my $other = task();
    $sim->behave($other, {retry_after => 1, times => 1});
    is $t->get("/paused?taskId=$other&tenant=slow")->code, 429, 'a pause';
    ok !$call->is_over, 'the caller waits';
    turn($id, 'SUCCESS');
    $t->collect($call);
    like $call->body, qr/"SUCCESS"/, 'until after it';

    $id = task();
    $t->get("/paused?taskId=$id&tenant=begun");
    $other = task();
    $sim->behave($other, {retry_after => 1, times => 1});
    is $t->get("/paused?taskId=$other&tenant=begun")->code, 429, 'another';
    $call = hold("/paused?taskId=$id&tenant=begun");
    turn($id, 'SUCCESS');
    like $t->collect($call)->body, qr/"SUCCESS"/, 'who comes in one waits too';
};


subtest 'else the error is answered' => sub {
    my $id    = task();
    my $error = ends('error');
    my $call  = hold("/strict?taskId=$id");

    $sim->behave($id, {html => 1, status => 503});
    $t->collect($call);
    envelope_is $call, 503, 'the failure';
    is $call->header('Preference-Applied'), 'wait=20', 'it was held';

    $id   = task();
    $call = hold("/status?taskId=$id");
    $sim->behave($id, {envelope => {status => 404}});
    envelope_is $t->collect($call), 404, "upstream's own word";
    is ends('error') - $error, 2, 'counted';
};


subtest 'an error at once is no wait' => sub {
    $sim->behave('none', {envelope => {status => 404}});
    my $r = $t->get('/status?taskId=none', headers => {Prefer => 'wait=20'},
        timeout => 5);
    envelope_is $r, 404, 'at once';
    is $r->header('Preference-Applied'), undef, 'not held';
};


subtest 'without a zone' => sub {
    my $id   = task();
    my $call = hold("/off?taskId=$id");
    my $n    = $sim->count($id);

    ok $sim->wait_count($id, $n + 2), 'asked by the time it would be fresh';
    turn($id, 'SUCCESS');
    $t->collect($call);
    like $call->body, qr/"SUCCESS"/, 'the end';
    like $call->header('Cache-Status'), qr/fwd=bypass/, 'not from a cache';
};


subtest 'a fetch by somebody else releases too' => sub {
    my $id = task();
    my $call = hold("/revalidate?taskId=$id", Prefer => 'wait=20');

    turn($id, 'SUCCESS');
    like $t->collect($call)->body, qr/"SUCCESS"/, 'the end';
};


subtest 'a poll carries nothing of a caller' => sub {
    my $id   = task();
    my $call = hold("/status?taskId=$id", 'X-Request-Id' => 'mine');
    my $n    = $sim->count($id);

    ok $sim->wait_count($id, $n + 2), 'polls';
    is $sim->sent($id, 'X-Request-Id'), undef, 'without its id';
    turn($id, 'SUCCESS');
    $t->collect($call);
};


subtest 'HEAD as GET' => sub {
    my $id     = task();
    my $before = held();
    my $call   = $t->start("/status?taskId=$id", method => 'HEAD',
        headers => {Prefer => 'wait=20'});

    ok wait_for(sub { held() > $before }), 'held';
    turn($id, 'SUCCESS');
    $t->collect($call);
    is $call->code, 200, 'answered';
    is $call->body, '', 'without a body';
};


subtest 'a subrequest is not held' => sub {
    my $id = task();

    $t->file('outer', qq{<!--# include virtual="/status?taskId=$id" -->});
    my $r = $t->get('/outer', headers => {Prefer => 'wait=20'}, timeout => 5);
    like $r->body, qr/"PROCESSING"/, 'answered at once';
};


subtest 'Vary' => sub {
    my $id = task();

    my $vary = sub ($location) {
        $t->get("/$location?taskId=$id")->header('Vary');
    };

    is $vary->('status'), 'Prefer, Accept', 'both';
    is $vary->('none'), 'Accept', 'events alone';
    is $vary->('neither'), undef, 'neither';
    is $t->get('/status')->header('Vary'), 'Prefer, Accept', 'of an error';

    my $r = $t->get("/none?taskId=$id", headers => {Prefer => 'wait=20'},
        timeout => 5);
    is $r->header('Preference-Applied'), undef, 'off: not held';
};


$t->done;
