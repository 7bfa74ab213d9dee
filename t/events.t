# A stream of Server-Sent Events: each answer on a task as it comes.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use IO::Socket::INET;
use Socket qw(SO_RCVBUF SOL_SOCKET);
use Test::More;
use Time::HiRes qw(sleep);

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

$t->conf(<<'EOC')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:2m;

    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_valid any 100ms;
    clear_status_max_fails 0;
    clear_status_retries 0;
    clear_status_max_body_size 2m;

    log_format wait '$request_uri $status [$clear_status_wait]';

    server {
        listen 127.0.0.1:%%PORT%%;
        access_log %%DIR%%/events.log wait;

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
            clear_status_events 2s heartbeat=200ms;
        }

        location = /few {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            clear_status_wait 25s max=1;
        }

        location = /none {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            clear_status_events off;
        }

        location = /strict {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            clear_status_stale_if_error off;
        }

        location = /filtered {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            gzip on;
            gzip_types *;
            gzip_min_length 0;
            sub_filter_types *;
            sub_filter NOTHING SOMETHING;
            charset utf-8;
        }

        location = /slow {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            send_timeout 1s;
        }

        location = /limited {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            limit_rate 1k;
        }

        location = /refreshed {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            clear_status_valid SUCCESS 1ms;
            clear_status_stale_while_revalidate 1h;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }

    server {
        listen 127.0.0.1:%%PORT3%% sndbuf=32k;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            send_timeout 3s;
        }
    }

    server {
        listen 127.0.0.1:%%PORT2%%;

        location / {
            proxy_pass http://127.0.0.1:%%PORT%%;
            proxy_http_version 1.1;
        }
    }
}

EOC


sub metric ($name) {
    my ($n) = $t->get('/metrics')->body =~ /^\Qclear_status_$name\E (\d+)/m;
    return $n;
}


sub streams { return metric('held{kind="stream"}') }


sub task ($state = 'PROCESSING', %rule) {
    my $id = new_task('SUCCESS');
    turn($id, $state, %rule);
    return $id;
}


sub turn ($id, $state, %rule) {
    $sim->behave($id, {state => $state, %rule});
}


sub stream ($target, %options) {
    my %headers = (Accept => 'text/event-stream',
        %{ delete $options{headers} // {} });
    return $t->start($target, headers => \%headers, %options);
}


# What a stream has brought so far, as a browser reads it.

sub events ($call) {
    $call->read_more if !$call->is_over;

    my (@events, %event);

    for (split /\n/, $call->body, -1) {
        if (!length) {
            push @events, {%event} if defined $event{data};
            %event = ();

        } elsif (/^data: ?(.*)/) {
            $event{data} = defined $event{data} ? "$event{data}\n$1" : $1;

        } elsif (/^(event|id|retry): ?(.*)/) {
            $event{$1} = $2;
        }
    }

    return @events;
}


sub states ($call) {
    return join ' ',
        map { $_->{data} =~ /"workflowStatus": "(\w+)"/ ? $1 : $_->{event} }
        events($call);
}


sub wait_states ($call, $states) {
    my $so_far;
    return wait_for(sub { ($so_far = states($call)) eq $states })
        || diag("not $states but $so_far");
}


subtest 'each answer, and the end' => sub {
    my $id     = task('CREATED');
    my $stream = stream("/status?taskId=$id");
    my $ended  = metric('holds_total{kind="stream",end="finished"}');

    ok wait_states($stream, 'CREATED'), 'the first at once';
    is $stream->code, 200, 'as a success';
    is $stream->type, 'text/event-stream', 'its type';
    is $stream->header('Cache-Control'), 'no-store', 'nobody stores it';
    is $stream->header('X-Accel-Buffering'), 'no', 'nor holds it back';
    is $stream->header('Vary'), 'Prefer, Accept', 'it varies';
    is streams(), 1, 'counted as held';

    turn($id, 'PROCESSING');
    ok wait_states($stream, 'CREATED PROCESSING'), 'the next as it comes';
    turn($id, 'SUCCESS');
    $t->collect($stream);
    is $stream->error, undef, 'then it ends';
    is states($stream), 'CREATED PROCESSING SUCCESS', 'with the last';

    my $plain = $t->get("/status?taskId=$id");
    my $last  = (events($stream))[-1];
    is $last->{event}, 'status', 'its name';
    is qq{"$last->{id}"}, $plain->header('ETag'), 'its id is the tag';
    is $last->{data}, $plain->body, 'its data the body';

    is streams(), 0, 'none is left';
    is metric('holds_total{kind="stream",end="finished"}') - $ended, 1,
        'counted';
    ok wait_for(sub { $t->slurp('events.log') =~ /$id 200 \[\d+\.\d{3}\]/ }),
        'and in the log';
};


subtest 'the tag that the caller has' => sub {
    my $id  = task();
    my $tag = $t->get("/status?taskId=$id")->header('ETag') =~ s/"//gr;

    my $stream = stream("/status?taskId=$id",
        headers => {'Last-Event-ID' => $tag});
    ok wait_for(sub { $stream->read_more; $stream->body =~ /:\n\n/ }),
        'opened';
    is states($stream), '', 'what it has is not sent';
    turn($id, 'SUCCESS');
    $t->collect($stream);
    is states($stream), 'SUCCESS', 'but what follows';

    $tag = (events($stream))[-1]{id};
    my $r = $t->get("/status?taskId=$id", headers => {
        Accept => 'text/event-stream', 'Last-Event-ID' => $tag});
    is $r->code, 204, 'there is nothing after the end';
    is $r->body, '', 'no body';

    $r = $t->get("/status?taskId=$id", headers => {
        Accept => 'text/event-stream', 'If-None-Match' => '*'});
    is states($r), 'SUCCESS', 'a stream is not 304';

    for my $other ('', 'x', 'x' x 32, "\xff" x 500) {
        $r = $t->get("/status?taskId=$id", headers => {
            Accept => 'text/event-stream', 'Last-Event-ID' => $other});
        is states($r), 'SUCCESS', 'another tag is only another';
    }
};


subtest 'who wants a stream' => sub {
    my $id = new_task('SUCCESS');

    for my $accept ('application/json, text/event-stream;q=0.1',
        ['*/*', 'TEXT/event-stream'])
    {
        my $r = $t->get("/status?taskId=$id", headers => {Accept => $accept,
            Prefer => 'wait=9'});
        is $r->type, 'text/event-stream', 'who names it';
    }

    for my $accept ('*/*', 'text/*', 'text/event-stream;q=0',
        'application/json')
    {
        my $r = $t->get("/status?taskId=$id", headers => {Accept => $accept});
        is $r->type, 'application/json', "not $accept";
    }

    my $r = $t->get("/none?taskId=$id",
        headers => {Accept => 'text/event-stream'});
    is $r->type, 'application/json', 'nobody where it is off';
    is $r->header('Vary'), 'Prefer', 'nor does it vary';
};


subtest 'HEAD' => sub {
    my $id = task();
    my $r  = $t->request('HEAD', "/status?taskId=$id",
        headers => {Accept => 'text/event-stream'}, timeout => 5);
    is $r->code, 200, 'the header';
    is $r->type, 'text/event-stream', 'of a stream';
    is $r->body, '', 'alone';
};


subtest 'errors before the first event' => sub {
    for my $status (400, 403, 404, 422) {
        $sim->behave("e$status", {envelope => {status => $status}});
        my $r = $t->get("/status?taskId=e$status", timeout => 5,
            headers => {Accept => 'text/event-stream'});
        envelope_is $r, $status, 'of HTTP';
    }

    envelope_is $t->get('/status', headers => {Accept => 'text/event-stream'}),
        400, 'no task';
    envelope_is $t->request('POST', '/status?taskId=x',
        headers => {Accept => 'text/event-stream'}), 405, 'a method';

    my $id = new_task('SUCCESS');
    $sim->behave($id, {html => 1, status => 503});
    my $stream = stream("/status?taskId=$id");
    ok wait_states($stream, 'problem'), 'what may pass is an event';
    is $stream->code, 200, 'of a stream that goes on';
    envelope_of((events($stream))[0]{data}, 503);
    my $n = $sim->count($id);
    ok $sim->wait_count($id, $n + 2), 'upstream is asked again';
    turn($id, 'SUCCESS');
    $t->collect($stream);
    is states($stream), 'problem SUCCESS', 'the problem is told once';
};


sub envelope_of ($data, $status) {
    my $json = Mojo::JSON::decode_json($data);
    is $json->{status}, $status, "the envelope of $status";
    is $json->{success}, Mojo::JSON->false, 'no success';
}


subtest 'errors later' => sub {
    my $id     = task();
    my $stream = stream("/strict?taskId=$id");

    ok wait_states($stream, 'PROCESSING'), 'open';
    $sim->behave($id, {html => 1, status => 502});
    ok wait_states($stream, 'PROCESSING problem'), 'what may pass';
    $sim->behave($id, {envelope => {status => 404}});
    $t->collect($stream);
    is states($stream), 'PROCESSING problem problem',
        'what does not, and the end';
    my @events = events($stream);
    envelope_of($events[-1]{data}, 404);
    is $events[-1]{id}, undef, 'a problem has no id';

    $id     = task();
    $stream = stream("/status?taskId=$id");
    ok wait_states($stream, 'PROCESSING'), 'open';
    $sim->behave($id, {html => 1, status => 502});
    my $n = $sim->count($id);
    ok $sim->wait_count($id, $n + 3), 'upstream fails';
    is states($stream), 'PROCESSING', 'while the last answer may serve';
    turn($id, 'FAILED');
    $t->collect($stream);
    is states($stream), 'PROCESSING FAILED', 'the end';
};


subtest 'heartbeats, and the limit of time' => sub {
    my $id     = task();
    my $stream = $t->collect(stream("/short?taskId=$id"));

    is $stream->error, undef, 'it ends in order';
    is states($stream), 'PROCESSING', 'nothing new';
    my $beats = () = $stream->body =~ /^:\n\n/mg;
    ok $beats >= 2, 'with heartbeats';
    my ($retry) = $stream->body =~ /^retry: (\d+)\n\n\z/m;
    ok $retry >= 500 && $retry <= 3000, 'and when to come back';
};


subtest 'too many' => sub {
    my $id    = task();
    my $first = stream("/few?taskId=$id");

    ok wait_states($first, 'PROCESSING'), 'one is open';
    my $r = $t->collect(stream("/few?taskId=$id"));
    is states($r), 'PROCESSING', 'the next gets what there is';
    like $r->body, qr/^retry: \d+\n\n\z/m, 'when to come back, and the end';
    turn($id, 'SUCCESS');
    is states($t->collect($first)), 'PROCESSING SUCCESS', 'the first goes on';
};


subtest 'without a zone' => sub {
    my $id     = task();
    my $stream = stream("/off?taskId=$id");

    ok wait_states($stream, 'PROCESSING'), 'open';
    turn($id, 'SUCCESS');
    is states($t->collect($stream)), 'PROCESSING SUCCESS', 'to the end';
};


# No longer fresh a moment later: what is served then is refreshed behind it.

subtest 'a finished answer that is stale' => sub {
    my $id  = new_task('SUCCESS');
    my $tag = $t->get("/refreshed?taskId=$id")->header('ETag') =~ s/"//gr;
    my $n   = $sim->count($id);

    select undef, undef, undef, 0.02;
    is states($t->collect(stream("/refreshed?taskId=$id"))), 'SUCCESS',
        'is the only event';
    ok $sim->wait_count($id, $n + 1), 'and is fetched again';
    ok wait_for(sub { !$sim->in_air($id) }), 'all of it';

    # upstream has sent it, the gateway may still have to read it
    my $r;
    ok wait_for(sub {
        $r = $t->collect(stream("/refreshed?taskId=$id",
            headers => {'Last-Event-ID' => $tag}));
        return $sim->count($id) >= $n + 2;
    }), 'and is fetched again too';
    is $r->code, 204, 'or none, for who has it';
};


subtest 'one poller for all streams' => sub {
    my $id      = task();
    my @streams = map { stream("/status?taskId=$id") } 1 .. 50;

    ok wait_for(sub { streams() == 50 }), 'all are open';
    turn($id, 'SUCCESS');
    $t->collect(@streams);
    is scalar(grep { states($_) eq 'PROCESSING SUCCESS' } @streams), 50,
        'all have the end';
    is $sim->max_in_air($id), 1, 'by one fetch at a time';
};


subtest 'a body of any lines is one event' => sub {
    my $id = new_task('SUCCESS');
    my $body = qq({"status":200,\r\n"success":true,\r"message":"a\\r\\nb",)
        . qq("result":{"taskId":"$id",\n"x":"\\u0000",\n)
        . qq("workflowStatus":"SUCCESS"},\n)
        . qq("error":null,"metadata":null}\n);

    $sim->behave($id, {body => $body});
    my $r = $t->collect(stream("/status?taskId=$id"));
    my @events = events($r);
    is @events, 1, 'one';
    is $events[0]{data}, $body =~ s/\r\n?/\n/gr, 'all of its lines';
};


subtest 'through filters, and through a second nginx' => sub {
    my $id     = task();
    my $stream = stream("/filtered?taskId=$id");
    my $zipped = stream("/filtered?taskId=$id",
        headers => {'Accept-Encoding' => 'gzip'});
    my $second = stream("/status?taskId=$id", port => $t->port(2));

    ok wait_states($stream, 'PROCESSING'), 'at once';
    ok wait_states($second, 'PROCESSING'), 'there too';
    ok wait_for(sub { $zipped->read_more; length $zipped->body > 100 }),
        'and packed';
    is $zipped->header('Content-Encoding'), 'gzip', 'by gzip';
    turn($id, 'SUCCESS');
    is states($t->collect($stream)), 'PROCESSING SUCCESS', 'to the end';
    is states($t->collect($second)), 'PROCESSING SUCCESS', 'there too';
    is $t->collect($zipped)->error, undef, 'whole';
};


subtest 'who reads slowly gets the newest' => sub {
    my $big  = 1_000_000;
    my $id   = task('CREATED', pad => $big);
    my $slow = stream("/status?taskId=$id");

    ok wait_for(sub { streams() == 1 }), 'open';

    # more than the sockets hold, so it waits for the reader
    for my $state (qw(PROCESSING CREATED PROCESSING)) {
        turn($id, $state, pad => $big + 1000 + int rand 1000);
        my $n = $sim->count($id);
        $sim->wait_count($id, $n + 2);
    }

    for (1 .. 4) {
        turn($id, 'PROCESSING', pad => $big + $_);
        $sim->wait_count($id, $sim->count($id) + 2);
    }

    turn($id, 'SUCCESS', pad => 5);
    like $t->get("/status?taskId=$id",
        headers => {Prefer => 'wait=9'})->body, qr/"SUCCESS"/,
        'others have the end';
    $t->collect($slow);
    is $slow->error, undef, 'to the end';
    like states($slow), qr/^CREATED .*SUCCESS$/, 'the first, and the last';
    ok events($slow) < 9, 'but not all between';
};


subtest 'who does not read at all' => sub {
    my $id     = task('PROCESSING', pad => 1_000_000);
    my $before = streams();
    my @slow   = map { stream("/slow?taskId=$id") } 1 .. 3;

    ok wait_for(sub { streams() >= $before + 3 }), 'open';
    my $state = 0;
    ok wait_for(sub {
        turn($id, ++$state % 2 ? 'CREATED' : 'PROCESSING',
            pad => 1_000_000 + $state);
        return streams() == $before;
    }, 20), 'is left after send_timeout';
    $_->abort for @slow;
};


subtest 'who reads slowly, but always' => sub {
    my $id     = task('PROCESSING', pad => 1_000_000);
    my $socket = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1:' . $t->port(3),
        Sockopts => [[SOL_SOCKET, SO_RCVBUF, pack 'i', 16384]],
    ) or die "no connection: $!";

    $socket->syswrite("GET /status?taskId=$id HTTP/1.1\r\nHost: a\r\n"
        . "Accept: text/event-stream\r\nConnection: close\r\n\r\n");

    # longer than send_timeout, which is for two writes, in all
    my $text = '';
    while ($socket->sysread($text, 25_000, length $text)) {
        if (length $text < 1_000_000) {
            sleep 0.1;

        } else {
            turn($id, 'SUCCESS');
        }
    }

    like $text, qr/"SUCCESS".*\r\n0\r\n\r\n\z/s, 'is not left';
};


subtest 'whose rate is limited' => sub {
    my $id     = task('CREATED');
    my $stream = stream("/limited?taskId=$id");
    ok wait_states($stream, 'CREATED'), 'the first';

    turn($id, 'PROCESSING');
    ok wait_states($stream, 'CREATED PROCESSING'), 'the next';

    turn($id, 'SUCCESS');
    $t->collect($stream);
    is $stream->error, undef, 'whole';
    is states($stream), 'CREATED PROCESSING SUCCESS', 'to the end';
};


$t->done;
