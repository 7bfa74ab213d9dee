# A stream in a real browser: an EventSource sees each state of a task and stops
# at its end, by the 204 that it gets when it comes back; also through another
# nginx with the buffering that it has by default.  And the demo of "make run".

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Browser;
use ClearStatus::Process;
use ClearStatus::Test;
use Test::More;

plan skip_all => 'chromium and chromium-driver are not installed'
    if !ClearStatus::Browser::installed();

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
    clear_status_valid any 100ms;

    log_format stream '$arg_taskId $status [$http_last_event_id] $http_via';

    server {
        listen 127.0.0.1:%%PORT%%;
        access_log %%DIR%%/streams.log stream;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /page {
            default_type text/html;
            return 200 "<!DOCTYPE html><title>streams</title>";
        }
    }

    server {
        listen 127.0.0.1:%%PORT2%%;

        location / {
            proxy_pass http://127.0.0.1:%%PORT%%;
            proxy_set_header Via front;
        }
    }
}
EOC

my $browser = $t->adopt(ClearStatus::Browser->new(dir => $t->dir));

$browser->start;


# What an EventSource of the page has seen so far.

sub seen { return join ' ', @{ $browser->js('return window.seen') } }


# The requests of a stream, as the gateway has answered them.

sub streams ($id) {
    return [grep {s/^\Q$id\E //} split /\n/, $t->slurp('streams.log')];
}


sub followed ($port, $via) {
    my $id = new_task('SUCCESS');

    $sim->behave($id, {state => 'CREATED'});
    $browser->open("http://127.0.0.1:$port/page");
    $browser->js(<<'EOJ', "/status?taskId=$id");
window.seen = [];
window.source = new EventSource(arguments[0]);
source.addEventListener('status', (event) =>
    seen.push(JSON.parse(event.data).result.workflowStatus));
source.addEventListener('problem', (event) => seen.push(event.data));
EOJ

    ok wait_for(sub { seen() eq 'CREATED' }), 'it begins with what is';
    $sim->behave($id, {state => 'PROCESSING'});
    ok wait_for(sub { seen() eq 'CREATED PROCESSING' }), 'what comes';
    $sim->behave($id, {state => 'SUCCESS'});
    ok wait_for(sub { seen() eq 'CREATED PROCESSING SUCCESS' }), 'and the end';

    ok wait_for(sub { $browser->js('return source.readyState') == 2 }, 30),
        'the browser comes back, and then no more';
    is seen(), 'CREATED PROCESSING SUCCESS', 'nothing twice';

    ok wait_for(sub { @{ streams($id) } > 1 }), 'both are logged';
    my ($first, $second, @more) = @{ streams($id) };
    is $first, "200 [-] $via", 'a stream';
    like $second, qr/^204 \[[\w-]+\] \Q$via\E$/, 'and a 204 for its last event';
    is_deeply \@more, [], 'that is all';
}


subtest 'an EventSource' => sub { followed($t->port, '-') };

subtest 'through an nginx that buffers' => sub {
    followed($t->port(2), 'front');
};

subtest 'the demo' => sub {
    plan skip_all => 'runs the build of this checkout, not another one'
        if $ENV{TEST_MODULE} || $ENV{TEST_NGINX_BINARY};

    my $home = $t->dir . '/home';
    my $port = $t->port('demo');

    mkdir $home;
    chmod 01777, $home;
    local @ENV{qw(TMPDIR PORT)} = ($home, $port);
    delete local @ENV{qw(CLEAR_BASE_URL CLEAR_AUTH_TOKEN CLEAR_INTEGRATION_ID)};

    my $run = ClearStatus::Process->new(dir => $t->dir, name => 'demo/run');
    $run->spawn($t->dir . '/out', "$Bin/../demo/run");
    $t->adopt($run);
    ok wait_for(sub { $t->slurp('out') =~ /Ctrl-C/ }), 'is up'
        or diag $t->slurp('out');

    my $lines = sub ($list) { $browser->js(<<'EOJ', $list) };
return document.getElementById(arguments[0]).innerText;
EOJ

    $browser->console;
    $browser->open("http://127.0.0.1:$port/");
    $browser->js(<<'EOJ');
document.getElementById('seconds').value = 4;
document.getElementById('begin').click();
EOJ
    ok wait_for(sub { $lines->('held') =~ /200 SUCCESS, held/ }, 30),
        'a request is held' or diag $lines->('held');
    ok wait_for(sub { $lines->('stream') =~ /SUCCESS.*over/s }, 30),
        'and a stream ends' or diag $lines->('stream');
    is_deeply [$browser->console], [], 'as its policy allows';
    ok $run->end('TERM'), 'it ends';
};

$t->done;
