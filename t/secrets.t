# The token is known to the configuration and to upstream, to nobody else: not
# to a log at debug, a metric, an error, a header, a command line; no other
# host ever gets it, and nothing that callers send makes a request another.
#
# The harness looks for the marker in all logs and in every answer.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;

my $t    = ClearStatus::Test->new(reload => 0);
my $sim  = $t->simulator(tls => 1);
my $evil = $t->new_simulator(tls => 1);

my $marker = ClearStatus::Test::MARKER;

# nginx itself writes what its "set" does to a debug log: no marker there
my %token = (literal => "token-$marker-1", file => "file-$marker",
    variable => "variable-$marker", set => 'plain',
    other => "other-$marker");

$t->file('token', "$token{file}\n", 0644);
$t->set(EVIL => $evil->port, FILE => $token{file}, VARIABLE => $token{variable},
    SET => $token{set}, OTHER => $token{other}, DEAD => $t->dead_url,
    SECOND => stretch() . 's');

$t->conf(<<'EOC');
%%GLOBALS%%

worker_processes 2;

events {
}

http {
    %%HTTP%%

    log_format all '$request $status $http_user_agent $clear_status_cache '
        '$clear_status_workflow $clear_status_task_id '
        '$clear_status_upstream_status $clear_status_upstream_time '
        '$sent_http_cache_status';
    access_log %%DIR%%/access.log all;

    map $arg_org $token {
        default  "%%VARIABLE%%";
        newline  "%%VARIABLE%%\r\nx-evil: 1";
        return   "%%VARIABLE%%\rx-evil: 1";
        feed     "%%VARIABLE%%\nx-evil: 1";
        empty    "";
        control  "%%VARIABLE%%";
    }

    map $arg_org $id {
        default  "tenant-v";
        newline2 "tenant-v\r\nx-evil: 1";
    }

    clear_status_zone zone=answers:1m;
    clear_status_cache answers;
    clear_status_integration_id tenant-a;
    clear_status_retries 1;
    clear_status_max_fails 0;
    clear_status_timeout %%SECOND%%;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /literal {
            clear_status_pass %%UPSTREAM%%;
            clear_status_auth_token %%TOKEN%%;
        }

        location = /tls {
            clear_status_pass %%UPSTREAM_TLS%%;
            clear_status_auth_token %%TOKEN%%;
            clear_status_ssl_trusted_certificate %%CA%%;
        }

        location = /untrusted {
            clear_status_pass %%UPSTREAM_TLS%%;
            clear_status_auth_token %%TOKEN%%;
        }

        location = /file {
            clear_status_pass %%UPSTREAM%%;
            clear_status_auth_token_file %%DIR%%/token;
            clear_status_integration_id tenant-f;
        }

        location = /variable {
            clear_status_pass %%UPSTREAM%%;
            clear_status_auth_token $token;
            clear_status_integration_id $id;
        }

        location = /set {
            set $mine "%%SET%%";
            clear_status_pass %%UPSTREAM%%;
            clear_status_auth_token $mine;
        }

        location = /dead {
            clear_status_pass %%DEAD%%;
            clear_status_auth_token %%TOKEN%%;
        }

        location = /denied {
            clear_status_pass %%UPSTREAM%%;
            clear_status_auth_token %%TOKEN%%;
            deny all;
        }

        location = /metrics {
            clear_status_metrics;
        }

        location = /purge {
            clear_status_purge;
        }
    }
}
EOC

# what OpenSSL and libcurl would look for in the environment

{
    my $proxy = 'http://127.0.0.1:' . $evil->port;

    local $ENV{SSLKEYLOGFILE}  = $t->dir . '/keys';
    local $ENV{SSL_CERT_FILE}  = $t->certificates->ca;
    local $ENV{CURL_CA_BUNDLE} = $t->certificates->ca;
    local @ENV{qw(http_proxy https_proxy ALL_PROXY)} = ($proxy) x 3;
    $t->run;
}


sub ask ($location, $rule = undef, %options) {
    my $id = new_task('SUCCESS');

    $sim->behave($id, $rule) if $rule;
    return ($t->get("$location?taskId=$id", %options), $id);
}


sub sent ($id) { return $sim->sent($id, 'x-clear-auth-token') }


subtest 'upstream gets it' => sub {
    my %where = (literal => 'literal', tls => 'literal', file => 'file',
        variable => 'variable', set => 'set');

    for my $location (sort keys %where) {
        my ($r, $id) = ask("/$location");

        is $r->code, 200, "$location is answered";
        ok sent($id) eq $token{ $where{$location} }, 'with the right token';
    }
};

# Upstream that tells it back, wherever its text is not the API's.

subtest 'upstream that echoes it' => sub {
    my $echo = $token{literal};

    for my $rule (
        {html => 1, status => 500, headers => {'X-Echo' => $echo}},
        {http_status => 400, body => "{\"error\":\"$echo\"}"},
        {body => "$echo is not JSON"},
        {headers => {'Set-Cookie' => "a=$echo", 'X-Clear-Auth-Token' => $echo,
            'Cache-Status' => $echo, 'WWW-Authenticate' => $echo,
            'ETag' => "\"$echo\"", 'Content-Type' => $echo}},
        {redirect => "http://127.0.0.1:@{[$evil->port]}/$echo"},
        {raw => "HTTP/1.1 200 $echo\r\nContent-Length: 1\r\n\r\n{"},
        {raw => "HTTP/1.1 999 $echo\r\n$echo\r\n\r\n"},
        {raw => "$echo\r\n\r\n"},
        {status => 429, retry_after => "$echo"},
        {state => 'SUCCESS', result_task_id => 'another'},
    ) {
        for my $location ('/literal', '/tls') {
            my ($r) = ask($location, $rule);
            ok defined $r->code, join ' ', $location, sort keys %$rule;
        }
    }
};

subtest 'every kind of failure' => sub {
    my @rules = map { {$_->[0] => $_->[1]} } (
        [reset => 'before'], [reset => 'body'], [close => 'headers'],
        [garbage => 1], [cut => 1], [chunked => 'bad'], [hang => 1],
        [status => 401], [status => 403], [status => 503]);

    for my $rule (@rules) {
        for my $location (qw(/literal /file /variable /tls)) {
            ask($location, {%$rule, times => 4});
        }
    }

    envelope_is +(ask('/dead'))[0],      502, 'nobody listens';
    envelope_is +(ask('/untrusted'))[0], 502, 'a certificate of no one';
    envelope_is +(ask('/denied'))[0],    403, 'denied';
    is $t->get('/metrics')->code, 200, 'metrics';
    is $t->request('DELETE', '/purge?all=1')->code, 200, 'a purge';
    ok $t->reload, 'a reload';
    is +(ask('/file'))[0]->code, 200, 'and on';
};

subtest 'a token file that goes bad' => sub {
    my $complaints = sub {
        my @lines = $t->logged(undef, qr{\Q@{[$t->dir]}\E/token});
        return scalar @lines;
    };

    for my $bad ("$token{other}\r\nx-evil: 1\n", "$token{other}\0x\n",
        "$token{other} \x01\n", "$token{other}\nsecond\n", "\n")
    {
        $t->file('token', $bad);
        my $said = $complaints->();

        ok wait_for(sub { $complaints->() >= $said + 2 }),
            'both workers say so';

        my ($r, $id) = ask('/file');
        ok $r->code == 200 && sent($id) eq $token{file}, 'the good one stays';
    }

    my @tasks = keys %{ $sim->stats->{tasks} };

    is_deeply [grep { $sim->sent($_, 'x-evil') } @tasks], [],
        'no header was slipped in';
};

subtest 'a variable that would be two headers' => sub {
    for my $org (qw(newline return feed newline2 empty)) {
        my $id = new_task('SUCCESS');

        envelope_is $t->get("/variable?taskId=$id&org=$org"), 403, $org;
        is $sim->count($id), 0, 'nothing goes upstream';
    }
};

subtest 'a caller that would be two requests' => sub {
    my $other = $sim->other;

    for my $query (
        "taskId=a%0d%0ax-evil:1", "taskId=a%0d%0a%0d%0aGET%20/evil",
        "taskId=%0aa", "taskId=a%00b", "taskId=a%7f", "taskId=a%c2%85%0d")
    {
        envelope_is $t->get("/literal?$query"), 400, $query;
    }

    # what is text in an id stays text
    for my $id ('a&x-evil=1', 'a#b', 'a?b', 'a HTTP/1.1', '/../evil', '//evil',
        'http://evil/', 'a%0d%0ab', '@evil', 'a;b', 'a\\b')
    {
        $t->get('/literal?taskId=' . Mojo::Util::url_escape($id));
        is $sim->count($id), 1, "'$id' arrives as it is";
    }

    # a header that goes upstream, with what nginx lets pass of it
    for my $value ("a\x01b", "a\tb", "a\x7fb", "a\xffb", 'a' x 5000) {
        my ($r, $id) = ask('/literal', undef,
            headers => {'X-Request-Id' => $value, traceparent => $value});

        ok defined $r->code, 'answered or refused';
        is $sim->sent($id, 'x-evil'), undef, 'no header more'
            if $sim->count($id);
    }

    # lengths that two servers may read in two ways: a body is never passed on
    my $id  = new_task('SUCCESS');
    my $two = "GET /literal?taskId=$id HTTP/1.1\r\nHost: a\r\n"
        . "Content-Length: 30\r\nConnection: close\r\n\r\n"
        . "GET /evil HTTP/1.1\r\nHost: a\r\n\r\n";

    $t->collect($t->start('', raw => $two));
    is $sim->seen($id)->{body} // '', '', 'no body goes upstream';
    is $sim->other, $other, 'no other path was asked for';
};

# Where it goes is the configuration's word alone.

subtest 'no other host' => sub {
    my $port = $evil->port;

    for my $location ('/literal', '/tls') {
        ask($location, {redirect => "http://127.0.0.1:$port/one-integration/"
                . "workflow/status?taskId=a", status => $_})
            for 301, 302, 303, 307, 308;
        ask($location, {headers => {
            'Alt-Svc' => "h2=\":@{[$evil->tls_port]}\"; ma=100, "
                . "http/1.1=\"127.0.0.1:$port\"",
            'Location' => "http://127.0.0.1:$port/",
            'Refresh'  => "0; url=http://127.0.0.1:$port/",
            'Link'     => "<http://127.0.0.1:$port/>; rel=preload",
            'X-Accel-Redirect' => '/metrics', 'Set-Cookie' => 'a=b',
            'Strict-Transport-Security' => 'max-age=100',
        }});

        my ($r, $id) = ask($location, undef, host => "127.0.0.1:$port",
            headers => {'X-Forwarded-Host' => "127.0.0.1:$port",
                'X-Original-URL' => '/evil', Cookie => 'a=b',
                Forwarded => "host=127.0.0.1:$port", Upgrade => 'h2c'});

        is $r->code, 200, 'whatever the Host of the caller';
        is $sim->sent($id, 'cookie'), undef, 'no cookie, of nobody';
        unlike $sim->sent($id, 'host'), qr/:$port$/, 'nor that Host';
    }

    my $id = new_task('SUCCESS');

    $t->collect($t->start('', raw => "GET http://127.0.0.1:$port/literal"
            . "?taskId=$id HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    is $sim->count($id), 1, 'a target with another host in it';

    is $evil->count + $evil->other, 0, 'the other was never asked';
    is $evil->connections, 0, 'nor connected to with a request';
};

subtest 'what the system shows' => sub {
    for my $pid ($t->master_pid, $t->worker_pids) {
        for my $file (qw(cmdline comm)) {
            my $text = $t->nginx->slurp("/proc/$pid/$file");

            unlike $text, qr/$marker/, "$file of a process";
        }
    }

    ok !-e($t->dir . '/keys'), 'no keys of TLS are written';
};

# nginx -t says what is wrong in its own words, too

subtest 'a configuration that is refused' => sub {
    for my $line ('clear_status_auth_token "%%TOKEN%%\r\nx: y";',
        'clear_status_auth_token %%TOKEN%% twice;',
        'clear_status_auth_token %%TOKEN%%; clear_status_auth_token %%TOKEN%%;',
        'clear_status_auth_token %%TOKEN%%;'
        . ' clear_status_auth_token_file %%DIR%%/token;')
    {
        my ($status, $output) = $t->nginx_t(<<"EOC");
%%GLOBALS%%
events { }
http {
    server {
        location / {
            clear_status_pass %%UPSTREAM%%;
            clear_status_integration_id a;
            $line
        }
    }
}
EOC

        isnt $status, 0, 'is refused';
        unlike $output, qr/$marker/, 'without the token';
    }
};

$t->done;
