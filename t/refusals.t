# What nginx itself refuses in such a location leaves as an envelope, with its
# header fields; outside nothing changes, and the operator's error_page wins.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use IO::Uncompress::Gunzip qw(gunzip);
use Test::More;

my $t   = ClearStatus::Test->new;
my $sim = $t->simulator;

$t->file('users', "user:{PLAIN}password\n");

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

    limit_req_zone $binary_remote_addr zone=requests:64k rate=1r/m;
    limit_req_zone $binary_remote_addr zone=kept:64k rate=1r/m;
    limit_conn_zone $binary_remote_addr zone=connections:64k;

    log_format status '$uri $request_method $status';
    access_log %%DIR%%/status.log status;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /denied {
            deny all;
            add_header X-Kept yes always;
            add_header Retry-After 7 always;
            clear_status_pass %%UPSTREAM%%;
        }

        location = /limited {
            limit_req zone=requests;
            limit_req_status 429;
            clear_status_pass %%UPSTREAM%%;
        }

        location = /busy {
            limit_conn connections 1;
            clear_status_pass %%UPSTREAM%%;
        }

        location = /basic {
            auth_basic "tasks";
            auth_basic_user_file %%DIR%%/users;
            clear_status_pass %%UPSTREAM%%;
        }

        location = /asked {
            auth_request /auth;
            clear_status_pass %%UPSTREAM%%;
        }

        location = /auth {
            internal;
            if ($request_uri ~ nobody) {
                return 401;
            }
            if ($request_uri ~ somebody) {
                return 204;
            }
            return 403;
        }

        location = /limited-kept {
            limit_req zone=kept;
            add_header Retry-After 9 always;
            clear_status_pass %%UPSTREAM%%;
        }

        location = /packed {
            deny all;
            gzip on;
            gzip_types application/json;
            gzip_min_length 0;
            clear_status_pass %%UPSTREAM%%;
        }

        location = /inside {
            deny all;
            error_page 403 = /status?$args;
            clear_status_pass %%UPSTREAM%%;
        }

        location = /uri {
            deny all;
            error_page 403 =200 https://example.com/login;
            clear_status_pass %%UPSTREAM%%;
        }

        location = /own-error {
            error_page 404 @named;
            clear_status_pass %%UPSTREAM%%;
        }

        location = /returned {
            return 418;
            clear_status_pass %%UPSTREAM%%;
        }

        location = /moved {
            return 302 /elsewhere;
            clear_status_pass %%UPSTREAM%%;
        }

        location = /large {
            client_max_body_size 10;
            clear_status_pass %%UPSTREAM%%;
        }

        location = /except {
            limit_except GET {
                deny all;
            }
            clear_status_pass %%UPSTREAM%%;
        }

        location = /page {
            deny all;
            error_page 403 /403.html;
            clear_status_pass %%UPSTREAM%%;
        }

        location = /named {
            deny all;
            error_page 403 = @named;
            clear_status_pass %%UPSTREAM%%;
        }

        location @named {
            default_type text/plain;
            return 200 "the operator's own";
        }

        location = /403.html {
            internal;
            default_type text/html;
            return 403 "<p>the operator's own</p>";
        }

        location / {
            return 404;
        }
    }
}
EOC

my $id = new_task('SUCCESS');

sub refused ($name, $target, $status, %options) {
    my $r = $t->get("$target?taskId=$id", %options);

    envelope_is $r, $status, $name;
    is $r->header('Content-Length'), length $r->body, "$name: its length";
    is $r->header('Cache-Control'), 'no-store', "$name: not to be stored";
    is $r->header('Cache-Status'), undef, "$name: no word on the cache";
    return $r;
}

my $denied = refused 'deny', '/denied', 403;
is $denied->header('X-Kept'), 'yes', 'deny: header fields stay';
is $denied->header('Retry-After'), 7, 'deny: Retry-After too';

$t->get("/limited?taskId=$id");
refused 'limit_req', '/limited', 429;

like refused('auth_basic', '/basic', 401)->header('WWW-Authenticate'),
    qr/^Basic realm="tasks"/, 'auth_basic: WWW-Authenticate stays';
is $t->get("/basic?taskId=$id",
    headers => {Authorization => 'Basic dXNlcjpwYXNzd29yZA=='})->code, 200,
    'auth_basic: who may, may';

$t->get("/limited-kept?taskId=$id");
is refused('limit_req', '/limited-kept', 503)->header('Retry-After'), 9,
    'limit_req: Retry-After stays';

refused 'auth_request, 403', '/asked', 403;
envelope_is $t->get("/asked?as=nobody&taskId=$id"), 401, 'auth_request, 401';
is $t->get("/asked?as=somebody&taskId=$id")->code, 200,
    'auth_request: who may, may';
refused 'return', '/returned', 418;
refused 'a body that is too large', '/large', 413, body => 'x' x 100;

envelope_is $t->request('POST', "/except?taskId=$id"), 403, 'limit_except';
is $t->get("/except?taskId=$id")->code, 200, 'limit_except: GET may';

for my $method (qw(POST PUT DELETE OPTIONS PATCH)) {
    my $r = $t->request($method, "/status?taskId=$id");
    envelope_is $r, 405, $method;
    is $r->header('Allow'), 'GET, HEAD', "$method: what is allowed";
}

subtest 'packed' => sub {
    my $r = $t->get("/packed?taskId=$id",
        headers => {'Accept-Encoding' => 'gzip'});

    is $r->code, 403, 'refused';
    gunzip \($r->body) => \my $plain;
    like $plain, qr/^\{"status":403,.*\}$/, 'the envelope, once';
};

my $moved = refused 'a redirect', '/moved', 302;
like $moved->header('Location'), qr{/elsewhere$}, 'a redirect: Location stays';

subtest 'limit_conn' => sub {
    my $slow = new_task('SUCCESS');

    $sim->hold($slow);
    my $first = $t->start("/busy?taskId=$slow");
    ok $sim->wait_held($slow), 'one is inside';
    envelope_is $t->get("/busy?taskId=$slow"), 503, 'the second';
    $sim->release($slow);
    $t->collect($first);
    is $first->code, 200, 'the first';
};

subtest 'HEAD and kept connections' => sub {
    my $socket = $t->socket;
    my $head = $t->request('HEAD', "/denied?taskId=$id", on => $socket);
    my $get  = $t->get("/denied?taskId=$id", on => $socket);

    is $head->code, 403, 'HEAD';
    is $head->body, '', 'no body';
    is $head->header('Content-Length'), length $get->body, 'its length';
    envelope_is $get, 403, 'GET on the same connection';
    is $t->get("/status?taskId=$id", on => $socket)->code, 200, 'a good one';
};

like $t->get("/page?taskId=$id")->body, qr/<p>the operator's own/,
    'error_page to another location';
is $t->get("/named?taskId=$id")->body, "the operator's own",
    'error_page to a named location';

is $t->get("/inside?taskId=$id")->json->{result}{taskId}, $id,
    'error_page to a location that answers tasks';
my $login = $t->get("/uri?taskId=$id");
is $login->header('Location'), 'https://example.com/login',
    'error_page to another host';
envelope_is $t->get('/own-error?taskId=none'), 404,
    'an error of the API is not one of nginx: error_page leaves it';

my $outside = $t->get('/nothing');
is $outside->code, 404, 'outside';
like $outside->body, qr/<html>/i, "outside it is nginx's own page";

my $bad = $t->request('POST', '/nothing', body => 'x');
is $bad->type, 'text/html', 'outside, another error';

# What nginx refuses by the request's header, before it looks for a location.

sub early ($target, $method = 'GET', @fields) {
    return $t->collect($t->start('', raw => join "\r\n",
        "$method $target?taskId=$id HTTP/1.1", 'Connection: close', @fields,
        '', ''));
}


subtest 'before there is a location' => sub {
    my $r = early('/status', 'TRACE', 'Host: a');
    envelope_is $r, 405, 'TRACE';
    is $r->header('Allow'), 'GET, HEAD', 'what may be used';
    is $r->json->{message}, 'Only GET and HEAD are allowed', 'in words too';

    envelope_is early('/status'), 400, 'no Host';
    envelope_is early('/status', 'GET', 'Host: a', 'X: ' . 'x' x 40000), 400,
        'a header that is too large';

    for my $target (qw(/nothing /status/ /statu)) {
        my $r = early($target, 'TRACE', 'Host: a');
        is $r->code, 405, "$target is another location";
        is $r->type, 'text/html', "of which nginx's page tells";
        is $r->header('Allow'), undef, 'and no more';
    }
};

subtest 'the access log' => sub {
    my $text;

    ok wait_for(sub {
        open my $file, '<', $t->dir . '/status.log' or return;
        local $/;
        $text = <$file>;
        return $text =~ m{^/nothing POST 404$}m;
    }), 'is complete';

    like $text, qr/^\Q$_\E$/m, $_ for '/denied GET 403', '/denied HEAD 403',
        '/limited GET 429', '/busy GET 503', '/basic GET 401',
        '/asked GET 401', '/asked GET 403', '/returned GET 418',
        '/large GET 413', '/status POST 405', '/403.html GET 403',
        '/nothing GET 404';
};

$t->done;
