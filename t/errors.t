# Whatever upstream does, the caller gets the envelope: the table of errors.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;

my $t   = ClearStatus::Test->new;
my $sim = $t->simulator;

$t->set(DEAD => $t->dead_url);
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
    clear_status_retries 0;
    clear_status_max_fails 0;
    clear_status_max_body_size 100k;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /impatient {
            clear_status_pass %%UPSTREAM%%;
            clear_status_timeout 300ms;
        }

        location = /dead {
            clear_status_pass %%DEAD%%;
        }

        location = /nowhere {
            clear_status_pass http://nowhere.invalid;
        }
    }
}
EOC

my $n = 0;

# A rule for the simulator, the status, and what more to look at.

sub upstream ($name, $rule, $status, $more = undef) {
    my $id = 'error-' . ++$n;

    subtest $name => sub {
        $sim->behave($id, $rule);

        my $r = $t->get("/status?taskId=$id");
        my $e = envelope_is $r, $status, "$status";

        unlike $r->body, qr/<|upstream's own/i, "not upstream's text";
        is $r->header('Cache-Control'), 'no-store', 'no-store';
        like $r->header('Cache-Status'),
            qr/^clear_status; fwd=uri-miss/, 'Cache-Status';
        $more->($r, $e) if $more && $e;
    };
}


upstream 'the documented 404', {}, 404, sub ($r, $e) {
    is $e->{message}, "No task found with taskId: error-$n", 'its message';
    is $e->{error}{code}, '404', 'its code';
    is $e->{error}{message}, 'No Such Element Found', "its error's message";
};

for my $status (400, 403, 404, 409, 422, 429, 500, 502, 503, 504, 599) {
    upstream "an envelope that says $status",
        {status => $status, envelope => {message => 'M', code => "C$status",
            error_message => 'E'}}, $status,
        sub ($r, $e) {
            is $e->{message}, 'M', 'its message';
            is $e->{error}{code}, "C$status", 'its code';
            is $e->{error}{message}, 'E', "its error's message";
        };
}

upstream 'an envelope that says 404 under HTTP 200',
    {status => 404, http_status => 200}, 404;
upstream 'an envelope that says 401', {status => 401}, 403;
upstream "an envelope that says $_", {status => $_, http_status => 400}, 502
    for 100, 301, 399, 600;

upstream 'validation errors', {
    status => 400,
    envelope => {validation_errors => [{field => 'a', n => 1.50}]},
}, 400, sub ($r, $e) {
    is_deeply $e->{error}{validationErrors}, [{field => 'a', n => 1.5}],
        'are kept';
};

upstream 'success without a result', {result_null => 1}, 404;

my %without = (401 => 403, 400 => 400, 403 => 403, 404 => 404, 405 => 405,
    410 => 410, 429 => 429, 500 => 500, 501 => 502, 502 => 502, 503 => 503,
    504 => 504, 505 => 502);

for my $status (sort keys %without) {
    upstream "HTML with $status",
        {html => 1, status => $status}, $without{$status};
}

upstream 'an empty body with 500',
    {http_status => 500, body => ''}, 500;
upstream 'another JSON with 400',
    {http_status => 400, body => '{"error":"bad"}'}, 400;
upstream 'HTML with 200', {html => 1, status => 200}, 502;
upstream 'another JSON', {wrong_json => 1}, 502;
upstream "a body that is $_", {body => $_}, 502
    for '[]', 'null', '"x"', '{', '{"status":200', '{}{}';
upstream 'an empty body', {body => ''}, 502;
upstream 'a 204', {http_status => 204, body => ''}, 502;
upstream 'nested too deeply', {body => '[' x 100_000}, 502;

upstream 'a redirect', {redirect => 'http://127.0.0.1:1/'}, 502;
upstream 'a body over the limit', {pad => 200_000}, 502;
upstream 'a body cut short', {cut => 1}, 502;
upstream 'chunks without an end', {chunked => 'cut'}, 502;
upstream 'bad chunks', {chunked => 'bad'}, 502;
upstream 'a reset before the answer', {reset => 'before'}, 502;
upstream 'a reset within the headers', {reset => 'headers'}, 502;
upstream 'a reset within the body', {reset => 'body'}, 502;
upstream 'a close before the answer', {close => 'before'}, 502;
upstream 'not HTTP', {garbage => 1}, 502;

upstream "Retry-After with $_", {status => $_, retry_after => 7}, $_,
    sub ($r, $e) {
        like $r->header('Retry-After'), qr/^[67]$/, 'is passed on';
        # what upstream asked for holds for the whole tenant
        $t->stop;
        $t->run;
    } for 429, 503;

subtest 'a gzip body' => sub {
    my $id = new_task('SUCCESS');

    $sim->behave($id, {gzip => 1});
    is $t->get("/status?taskId=$id")->json->{status}, 200, 'is unpacked';
};

subtest 'no answer in time' => sub {
    $sim->behave('hangs', {hang => 1});
    envelope_is $t->get('/impatient?taskId=hangs'), 504, 'a hang';

    $sim->behave('drips', {drip => 0.2});
    envelope_is $t->get('/impatient?taskId=drips'), 504, 'byte by byte';
};

envelope_is $t->get('/dead?taskId=a'), 502, 'nobody listens';
envelope_is $t->get('/nowhere?taskId=a'), 502, 'no such host';

is $t->get('/status?taskId=' . new_task('SUCCESS'))->code, 200,
    'after all of this it still works';

ok $t->logged('error', qr/while fetching task "hangs" from "\Q@{[$sim->url]}/),
    'a failed fetch is logged with its task and upstream';

$t->done;
