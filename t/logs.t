# The logs: the documented log_format gives JSON, line by line; and each line of
# the error log that docs/operations.md explains is really written, with task
# and upstream.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Mojo::File qw(path);
use Mojo::JSON qw(decode_json);
use Test::More;

my $t    = ClearStatus::Test->new(reload => 0);
my $sim  = $t->simulator(tls => 1);
my $page = path("$Bin/../docs/operations.md")->slurp('UTF-8');

my ($format, $name) = $page =~ /^( *log_format (\w+) escape=json\n.*?;)\n/ms;
ok $format, 'the page has a log_format';

$t->file('token', 'token-' . ClearStatus::Test::MARKER . '-file');
$t->set(DEAD => $t->dead_url, FORMAT => $format, NAME => $name);

$t->conf(<<'EOC')->run;
%%GLOBALS%%

events {
}

http {
    %%HTTP%%

%%FORMAT%%

    access_log %%DIR%%/clear.json %%NAME%%;

    clear_status_zone zone=answers:1m;
    clear_status_zone zone=small:64k;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_retries 0;
    clear_status_max_fails 0;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /kept {
            clear_status_pass %%UPSTREAM%%;
            clear_status_valid 404 1m;
        }

        location = /nowhere {
            clear_status_pass http://nowhere.invalid;
        }

        location = /dead {
            clear_status_pass %%DEAD%%;
        }

        location = /untrusted {
            clear_status_pass %%UPSTREAM_TLS%%;
        }

        location = /impatient {
            clear_status_pass %%UPSTREAM%%;
            clear_status_timeout 300ms;
        }

        location = /limited {
            clear_status_pass %%UPSTREAM%%;
            clear_status_max_body_size 10k;
        }

        location = /pauses {
            clear_status_pass %%UPSTREAM%%;
            clear_status_integration_id tenant-b;
            clear_status_max_fails 1;
            clear_status_fail_timeout 3s;
        }

        location = /busy {
            clear_status_pass %%UPSTREAM%%;
            clear_status_integration_id tenant-c;
        }

        location = /rated {
            clear_status_pass %%UPSTREAM%%;
            clear_status_integration_id tenant-r;
            clear_status_max_fails 1;
            clear_status_fail_timeout 3s;
        }

        location = /denied {
            clear_status_pass %%UPSTREAM%%;
            clear_status_integration_id tenant-d;
            clear_status_max_fails 1;
            clear_status_fail_timeout 3s;
        }

        location = /variable {
            clear_status_pass %%UPSTREAM%%;
            clear_status_auth_token $http_x_token;
        }

        location = /file {
            clear_status_pass %%UPSTREAM%%;
            clear_status_auth_token_file %%DIR%%/token;
        }

        location = /small {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache small;
        }
    }
}
EOC


# Lines of the error log: by the words of the page, the location that brings
# them, upstream's rule, the status, and what more the line has to say.

my %line = (
    'upstream could not be resolved' =>
        ['nowhere', {}, 502, qr/, check the name in "clear_status_pass" and /],
    'could not connect to upstream' =>
        ['dead', {}, 502, qr/\(.+\), check .* "clear_status_proxy"/],
    'TLS with upstream failed' => ['untrusted', {}, 502,
        qr/certificate.*, check "clear_status_ssl_trusted_certificate"/],
    'upstream timed out' =>
        ['impatient', {hang => 1}, 504, qr/, check "clear_status_timeout"/],
    'upstream prematurely closed connection or broke the protocol' =>
        ['status', {cut => 1}, 502, qr/./],
    'upstream sent too large a response' => ['limited', {pad => 20_000}, 502,
        qr/, check "clear_status_max_body_size"/],
    'upstream sent a redirect' => ['status', {redirect => '/login'}, 502,
        qr/, check the URL of "clear_status_pass"/],
    'upstream sent a response that is no envelope' =>
        ['status', {html => 1, status => 200}, 502, qr/envelope: is not JSON/],
    'upstream sent an error without an envelope' =>
        ['status', {html => 1, status => 502}, 502, qr/status: 502/],
    'upstream sent an error, check the token and the integration id' =>
        ['status', {status => 401}, 403, qr/callers get: 403/],
    'upstream sent an error, upstream status' =>
        ['status', {status => 500}, 500, qr/status: 500/],
    'upstream failed too often in a row' =>
        ['pauses', {html => 1, status => 503}, 503, qr/pause for 3000ms/,
        'warn'],
    'upstream refuses the credentials' =>
        ['denied', {status => 401}, 403, qr/pause for 3000ms/, 'warn'],
    'upstream limits the rate' =>
        ['rated', {status => 429}, 429, qr/pause for 3000ms/, 'warn'],
    'upstream sent "Retry-After"' => ['busy',
        {status => 429, retry_after => 7}, 429, qr/pause for 7s/, 'warn'],
    'upstream sent the answer of another task' => ['status',
        {result_task_id => 'b', state => 'SUCCESS'}, 200, qr/./, 'warn'],
    'does not fit into zone' => ['small', {pad => 200_000, state => 'SUCCESS'},
        200, qr/ 200\d\d\d bytes .* "clear_status_zone" larger/, 'warn'],
    'evaluated to nothing, the request is refused' => ['variable', {}, 403,
        qr/"clear_status_auth_token" evaluated/],
    'the last good one stays in use' =>
        ['file', {state => 'SUCCESS'}, 200, qr/_auth_token_file" ".*token" /],
);

# What these take is elsewhere: t/resolver_fails.t, t/local_faults.t,
# t/token_folder.t and t/fairness.t.

my %elsewhere = map { $_ => 1 } (
    'could not be resolved (...), going on with ...',
    'the fetch failed in this gateway',
    'is gone, who needs it is refused',
    'too many fetches in the air or queued',
);

# Not every 404 is the API's word on a task.

subtest 'a 404 from something before the API' => sub {
    my $id = new_task('SUCCESS');

    $sim->behave($id, {html => 1, status => 404});
    is $t->get("/status?taskId=$id")->code, 404, 'is one';
    is $t->logged(error => qr/error without an envelope.* status: 404/), 1,
        'and an error';

    $sim->behave($id, {status => 404});
    ok wait_for(sub {
        $t->get("/status?taskId=$id");
        $t->logged(info => qr/upstream sent an error,.* status: 404/);
    }), "the API's own is none";
    is $t->logged(error => qr/upstream sent an error,.* status: 404/), 0,
        'at that level';
};

my ($table) = $page =~ /^## When callers see an error\n(.*?)^## /ms;
my @explained = $table =~ /^\| `([^`]+)` \|/mg;
is_deeply [sort @explained], [sort keys %line, keys %elsewhere],
    'the page explains these';

# the request, not a fetch, is what these are about (Angie's word is another);
# and a file
my %about = (
    'does not fit into zone' => qr/ for task "ID" .*, request(?:_line)?: "GET /,
    'evaluated to nothing, the request is refused' => qr/"GET .*taskId=ID /,
    'the last good one stays in use' => qr/./,
);

my $n = 0;

for my $words (sort keys %line) {
    my ($location, $rule, $status, $more, $level) = @{ $line{$words} };
    my $id = 'task-' . ++$n;

    subtest $words => sub {
        $t->file('token', '') if $location eq 'file';
        $sim->behave($id, $rule);
        is $t->get("/$location?taskId=$id")->code, $status, "the status";

        my $about = ($about{$words} // qr/ while fetching task "ID" from "http/)
            =~ s/ID/$id/r;
        my @lines = found($words, $level // 'error', $about, $location);
        is scalar @lines, 1, 'one line, with the task';
        like $lines[0] // '', $more, 'says more';
        unlike $lines[0] // '', qr/\.(?:,| while| client)/, 'no full stop';
    };
}


# A file is looked at once a second, when a fetch starts.

sub found ($words, $level, $about, $location) {
    return @{ wait_for(sub {
        my @lines = grep { $_ =~ $about } $t->logged($level, qr/\Q$words/);

        $t->get("/$location?taskId=" . new_task('SUCCESS'))
            if !@lines && $location eq 'file';
        return @lines && \@lines;
    }) // [] };
}


# What callers did is at "info", but for a method, of which nginx's access log
# alone tells.

{
    my $of = sub ($id) {
        return map { /\[(\w+)\]/ ? $1 : () } grep { !/\[debug\]/ }
            $t->logged(undef, qr/taskId=$id\b|task "$id"/);
    };

    is $t->get('/status?taskId=twice&taskId=b')->code, 400, 'a bad request';
    is_deeply [$of->('twice')], ['info'], 'at info';
    like +($t->logged('info', qr/client sent a bad "taskId"/))[-1] // '',
        qr/bad "taskId": .*\btwice\b/, 'with what is wrong';

    is $t->get('/kept?taskId=unknown')->code, 404, 'no such task';
    is_deeply [$of->('unknown')], ['info'], 'at info';
    is $t->get('/kept?taskId=unknown')->header('Cache-Status')
        =~ /hit/ ? 1 : 0, 1, 'no such task, from the zone';
    is_deeply [$of->('unknown')], ['info'], 'no more lines';

    is $t->request('POST', '/status?taskId=method')->code, 405, 'a method';
    is_deeply [$of->('method')], [], 'nothing';
    $n += 4;
}


# The access log, with whatever a caller can put into a task id.

my $done = new_task('SUCCESS');
my @asked = (
    ["/status?taskId=$done",         200, 'MISS', 'SUCCESS', '200'],
    ["/status?taskId=$done",         200, 'HIT',  'SUCCESS', ''],
    ['/status?taskId=none',          404, 'MISS', '',        '404'],
    ['/status?taskId=%22%5C%22%0a',  400, '',     '',        ''],
    ['/status?taskId=%22a%22%5Cb/',  404, 'MISS', '',        '404'],
    ['/status?taskId=%C3%A9%E2%82%AC%7F', 400, '', '',       ''],
    ['/status?taskId=%C3%A9%E2%82%AC', 404, 'MISS', '',      '404'],
    ['/dead?taskId=%27%5D%7D',       502, 'MISS', '',        ''],
);

is $t->get($_->[0])->code, $_->[1], $_->[0] for @asked;

my @lines;
ok wait_for(sub {
    @lines = split /\n/, $t->slurp('clear.json');
    return @lines >= $n + @asked
        && (() = $lines[-1] =~ /dead/);
}), 'all are logged';

my @broken = grep { !defined eval { decode_json($_) } } @lines;
is_deeply \@broken, [], 'each line is JSON';

my @logged = map { decode_json($_) } @lines[-@asked .. -1];

for my $i (0 .. $#asked) {
    my ($target, $status, $cache, $workflow, $upstream) = @{ $asked[$i] };
    my $line = $logged[$i];

    is_deeply [@$line{qw(status cache workflow upstream_status method)}],
        [$status, $cache, $workflow, $upstream, 'GET'], "$target: logged";
    like $line->{upstream_seconds},
        $cache eq 'MISS' ? qr/^\d+\.\d{3}$/ : qr/^$/, "$target: the time";
}

is $logged[4]{task}, '"a"\\b/', 'quotes come back';
is $logged[6]{task}, "\x{e9}\x{20ac}", 'and UTF-8';
is_deeply [grep { ref $_->{seconds} || $_->{seconds} !~ /^[\d.]+$/ } @logged],
    [], 'numbers';

$t->done;
