# clear_status_notify: whoever says that a task changed has it fetched.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(sleep time);

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

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
    clear_status_valid any 1h;
    clear_status_max_fails 0;

    server {
        listen 127.0.0.1:%%PORT%% reuseport;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /notify {
            clear_status_pass %%UPSTREAM%%;
            clear_status_notify;
        }

        location = /file {
            clear_status_pass %%UPSTREAM%%;
            clear_status_notify;
            client_body_in_file_only clean;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}

EOC


sub metric ($name) {
    my ($n) = $t->get('/metrics')->body =~ /^\Qclear_status_$name\E (\d+)/m;
    return $n;
}


sub task ($state = 'PROCESSING') {
    my $id = new_task('SUCCESS');
    turn($id, $state);
    return $id;
}


sub turn ($id, $state) { $sim->behave($id, {state => $state}) }


sub notify ($target, %options) {
    return $t->request('POST', $target, %options);
}


sub accepted ($r, $id, $notified, $name) {
    subtest $name => sub {
        is $r->code, 202, 'accepted';
        is $r->type, 'application/json', 'as JSON';
        is $r->header('Cache-Control'), 'no-store', 'nobody stores it';
        is $r->body, qq({"taskId":"$id","notified":$notified}), 'what it is';
    };
}


subtest 'whoever waits is released by what it brings' => sub {
    my $id     = task();
    my @calls  = map { $t->start("/status?taskId=$id",
        headers => {Prefer => 'wait=20'}) } 1 .. 20;
    my $stream = $t->start("/status?taskId=$id",
        headers => {Accept => 'text/event-stream'});
    ok wait_for(sub { metric('held{kind="wait"}') == 20 }), 'held';
    ok wait_for(sub { metric('held{kind="stream"}') == 1 }), 'and a stream';

    turn($id, 'SUCCESS');
    my $n = $sim->count($id);
    accepted notify("/notify?taskId=$id"), $id, 'true', 'a notification';
    $t->collect(@calls, $stream);
    is scalar(grep { $_->body =~ /"SUCCESS"/ } @calls), 20,
        'all have the end, in both workers';
    like $stream->body, qr/"PROCESSING".*"SUCCESS"/s, 'the stream too';
    is $sim->count($id), $n + 1, 'by one fetch';
    is metric('notified_total'), 1, 'counted';
};


subtest 'what is stored unfinished is fetched though nobody waits' => sub {
    my $id = task();
    $t->get("/status?taskId=$id");
    turn($id, 'SUCCESS');
    accepted notify('/notify', body => qq({"x":[1],"taskId":"$id"})), $id,
        'true', 'by a body';
    ok $sim->wait_count($id, 2), 'fetched';
    ok wait_for(sub {
        $t->get("/status?taskId=$id")->body =~ /"SUCCESS"/;
    }), 'and stored';

    accepted notify("/notify?taskId=$id"), $id, 'true', 'a finished task';
    is $sim->count($id), 2, 'is not fetched';
};


subtest 'a task that is not known' => sub {
    my $before = metric('notified_total');
    accepted notify('/notify?taskId=nobody%22s'), 'nobody\\"s', 'false',
        'is told so';
    is $sim->count('nobody"s'), 0, 'nothing is fetched';
    is metric('notified_total'), $before, 'nor counted';

    is $t->get('/status?taskId=missing')->code, 404, 'upstream knows it not';
    accepted notify('/notify?taskId=missing'), 'missing', 'false',
        'nor is its error known';
    is $sim->count('missing'), 1, 'it is not fetched';
};


subtest 'at most one fetch a second' => sub {
    my $id = task();
    $t->get("/status?taskId=$id");

    my $began = time;
    accepted notify("/notify?taskId=$id"), $id, 'true', "number $_"
        for 1 .. 5;
    my $told = time - $began;
    ok $sim->wait_count($id, 2), 'the first is fetched at once';
    my $more = $sim->count($id) - 2;
    cmp_ok $more, '<=', time - $began, 'it alone in that second';
    ok $sim->wait_count($id, 3), "another after that second's end";
    sleep 2;

    # as many seconds as it took to tell all five, which are none but where
    # all is slow
    cmp_ok $sim->count($id) - 3, '<=', $told, 'for all the others';
};


subtest 'one in the same millisecond' => sub {
    my $id = task();
    $t->get("/status?taskId=$id");

    my $socket = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1:' . $t->port) or die "connect: $!";
    print {$socket} "POST /notify?taskId=$id HTTP/1.1\r\nHost: a\r\n"
        . "Content-Length: 0\r\n\r\n" for 1 .. 2;
    $socket->flush;
    ok $sim->wait_count($id, 3), 'is followed by another fetch too';
};


subtest 'a fetch that was sent before is followed by another' => sub {
    my $id = task();

    $sim->hold($id);
    my $call = $t->start("/status?taskId=$id");
    ok $sim->wait_held($id), 'in the air';
    accepted notify("/notify?taskId=$id"), $id, 'true', 'a notification';
    $sim->release($id);
    $t->collect($call);
    ok $sim->wait_count($id, 2), 'another follows';
    is $sim->max_in_air($id), 1, 'one at a time';
};


subtest 'also where that one brings an error' => sub {
    my $id = new_task('SUCCESS');

    $sim->behave($id, {status => 404, times => 1});
    $sim->hold($id);
    my $call = $t->start("/status?taskId=$id");
    ok $sim->wait_held($id), 'in the air';
    accepted notify("/notify?taskId=$id"), $id, 'true', 'a notification';
    $sim->release($id);
    $t->collect($call);
    is $call->code, 404, 'it is not there yet';
    ok $sim->wait_count($id, 2), 'another follows';
};


subtest 'bodies' => sub {
    my $id = task();
    $t->get("/status?taskId=$id");
    my $json = qq({"taskId":"$id"});

    accepted notify('/file', body => $json), $id, 'true', 'in a file';

    my $chunked = join "\r\n", 'POST /notify HTTP/1.1', 'Host: a',
        'Connection: close', 'Transfer-Encoding: chunked', '',
        (map { (sprintf('%x', length), $_) } $json =~ /(.{1,7})/g), 0, '', '';
    accepted $t->collect($t->start('', raw => $chunked)), $id, 'true',
        'in chunks';

    my $long = $json . ' ' x (65536 - length $json);
    accepted notify('/notify', body => $long), $id, 'true', 'of 64 KB';
    envelope_is notify('/notify', body => "$long "), 400, 'longer';
    envelope_is notify('/file', body => "$long "), 400, 'longer, in a file';

    # nginx looks at client_max_body_size before anything of ours
    my $over = $t->collect($t->start('', raw => join "\r\n",
        'POST /notify HTTP/1.1', 'Host: a', 'Connection: close',
        'Content-Length: 1048577', '', ''));
    envelope_is $over, 400, 'over what nginx lets in';
    is_deeply $over->json->{error}{validationErrors},
        [{field => 'body', message => 'is longer than this server takes'}],
        'and says so';

    my $piece = sprintf("%x\r\n", 65536) . ' ' x 65536 . "\r\n";
    envelope_is $t->collect($t->start('', raw => join "\r\n",
        'POST /notify HTTP/1.1', 'Host: a', 'Connection: close',
        'Transfer-Encoding: chunked', '', $piece x 17)), 400,
        'also in chunks';

    $chunked = join "\r\n", 'POST /notify HTTP/1.1', 'Host: a',
        'Connection: close', 'Transfer-Encoding: chunked', '',
        sprintf('%x', length "$long "), "$long ", 0, '', '';
    envelope_is $t->collect($t->start('', raw => $chunked)), 400,
        'longer, in a chunk';

    envelope_is notify('/notify', body => $_), 400, "broken: $_"
        for '', '{', '[]', '{}', '{"taskId":1}', '{"taskId":""}',
        '{"a":{"taskId":"x"}}', '{"taskId":"a"}x', '{"taskId":"a"} "x',
        "{\"taskId\":\"\xff\"}",
        '{"taskId":"a","taskId":"b"}', '[' x 60000;
};


subtest 'what is refused' => sub {
    for my $method (qw(GET HEAD PUT DELETE)) {
        my $r = $t->request($method, '/notify?taskId=x');
        is $r->code, 405, "$method";
        is $r->header('Allow'), 'POST', 'only POST';
        is $r->json->{message}, 'Only POST is allowed', 'in words too'
            if $method ne 'HEAD';
    }

    envelope_is notify('/notify?taskId='), 400, 'an empty id';
    envelope_is notify('/notify?taskId=a&taskId=b'), 400, 'two';
    envelope_is $t->request('POST', '/status?taskId=x'), 405,
        'nor at the status itself';
};


subtest 'configuration' => sub {
    my $conf = sub ($location) {
        return $t->nginx_t(<<"EOC");
%%GLOBALS%%
events {}
http {
    %%HTTP%%
    clear_status_zone zone=answers:1m;
    clear_status_auth_token t;
    clear_status_integration_id i;
    server {
        location = /notify {
            $location
        }
    }
}
EOC
    };
    my $pass = 'clear_status_pass http://127.0.0.1:1;';

    for (
        ["$pass clear_status_notify;", qr/needs "clear_status_cache"/],
        ['clear_status_cache answers; clear_status_notify;',
            qr/needs "clear_status_pass"/],
        ["$pass clear_status_notify; clear_status_notify;", qr/is duplicate/],
    ) {
        my ($status, $output) = $conf->($_->[0]);
        isnt $status, 0, 'refused';
        like $output, $_->[1], 'what is missing';
        like $output, qr/"clear_status_notify".*check\.conf:10/s, 'where';
    }

    my ($status, $output)
        = $conf->("clear_status_cache answers; clear_status_notify; $pass");
    is $status, 0, 'in any order' or diag $output;
};


$t->done;
