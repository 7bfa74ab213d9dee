# Held requests and streams over HTTP/2: many on one connection, which answers
# others meanwhile.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Process;
use ClearStatus::Test;
use Test::More;

plan skip_all => 'needs nghttp' if `nghttp --version 2>&1` !~ /^nghttp /;

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

$t->conf(<<'EOC')->run;
%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_valid any 100ms;
    clear_status_wait 5m;

    log_format connections '$connection $request_uri $status $http2';

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /metrics {
            clear_status_metrics;
        }
    }

    server {
        listen 127.0.0.1:%%PORT2%% http2;
        access_log %%DIR%%/http2.log connections;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }
    }
}
EOC

my $h2 = 'http://127.0.0.1:' . $t->port(2);


sub metric ($name) {
    my ($n) = $t->get('/metrics')->body =~ /^\Qclear_status_$name\E (\d+)/m;
    return $n;
}


sub held ($kind) { return metric(qq(held{kind="$kind"})) }


sub task () {
    my $id = new_task('SUCCESS');
    $sim->behave($id, {state => 'PROCESSING'});
    return $id;
}


# A client on a connection of its own, with so many requests at a time; what it
# says so far, with all header fields, comes from a function.

sub client ($target, $n, @fields) {
    state $number = 0;
    my $file   = $t->dir . '/client-' . ++$number;
    my $client = ClearStatus::Process->new(dir => $t->dir)->spawn($file,
        'nghttp', '-v', '-m', $n, (map { ('-H', $_) } @fields), "$h2$target");

    $t->adopt($client);
    return $client, sub { $client->slurp($file) };
}


sub ended ($client) { return wait_for(sub { !$client->is_running }) }


sub count ($said, $what) {
    return scalar(() = $said->() =~ /$what/mg);
}


subtest 'held together' => sub {
    my $id = task();
    my ($client, $said) = client("/status?taskId=$id", 50, 'prefer: wait=300');

    ok wait_for(sub { held('wait') == 50 }), '50 are held';
    $sim->behave($id, {state => 'SUCCESS'});
    ok ended($client), 'then they end';
    is count($said, qr/"workflowStatus": "SUCCESS"/), 50, 'with the end';
    is count($said, qr/preference-applied: wait=300/), 50, 'as they wished';

    ok wait_for(sub { 50 == (() = $t->slurp('http2.log') =~ /$id/g) }),
        'all are in the log';
    my %on = map { $_ => 1 } $t->slurp('http2.log') =~ /^(\d+) .*$id/mg;
    is keys %on, 1, 'on one connection';
    is $sim->max_in_air($id), 1, 'by one fetch at a time';
};


subtest 'a stream' => sub {
    my $id = task();
    my ($client, $said) = client("/status?taskId=$id", 1,
        'accept: text/event-stream');

    ok wait_for(sub { $said->() =~ /"PROCESSING"/ }), 'the first event comes';
    is held('stream'), 1, 'and it stays';
    $sim->behave($id, {state => 'SUCCESS'});
    ok ended($client), 'it ends';
    is count($said, qr/^event: status$/m), 2, 'after the second';
    like $said->(), qr/"SUCCESS"/, 'which is the end';
};


subtest 'a caller that leaves' => sub {
    my $before = metric('holds_total{kind="wait",end="left"}');
    my $other  = metric('holds_total{kind="stream",end="left"}');
    my $id     = task();
    my ($wait)   = client("/status?taskId=$id", 10, 'prefer: wait=300');
    my ($stream) = client("/status?taskId=$id", 1,
        'accept: text/event-stream');

    ok wait_for(sub { held('wait') == 10 && held('stream') == 1 }), 'held';
    $_->end('KILL') for $wait, $stream;
    ok wait_for(sub { held('wait') + held('stream') == 0 }), 'and gone';
    is metric('holds_total{kind="wait",end="left"}') - $before, 10, 'counted';
    is metric('holds_total{kind="stream",end="left"}') - $other, 1, 'too';
};


subtest 'a reload' => sub {
    my $id = task();
    my ($wait, $said) = client("/status?taskId=$id", 30, 'prefer: wait=300');
    my ($stream, $events) = client("/status?taskId=$id", 1,
        'accept: text/event-stream');

    ok wait_for(sub { held('wait') == 30 && held('stream') == 1 }), 'held';
    ok $t->reload, 'reloads';
    ok ended($wait), 'who is held is answered';
    is count($said, qr/preference-applied: wait=300/), 30, 'as they wished';
    is count($said, qr/retry-after: [1-5]$/m), 30, 'with a time to come back';
    ok ended($stream), 'the stream ends';
    like $events->(), qr/^retry: \d+$/m, 'and says so';
    ok wait_for(sub { $t->leaving_pids == 0 }), 'the old worker leaves';
};


$t->done;
