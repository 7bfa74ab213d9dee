# The credentials come from the configuration; what a caller sends under their
# names never goes upstream and never chooses an answer.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;

my $t   = ClearStatus::Test->new;
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

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /other-tenant {
            clear_status_pass %%UPSTREAM%%;
            clear_status_integration_id tenant-b;
        }

        location = /variables {
            clear_status_pass %%UPSTREAM%%;
            clear_status_auth_token $http_x_clear_auth_token;
            clear_status_integration_id "org-$arg_org";
        }

        location = /rotated {
            clear_status_pass %%UPSTREAM%%;
            clear_status_auth_token rotated-%%TOKEN%%;
        }
    }
}
EOC

my $token  = 'token-sEcReT-mArKeR-1';
my $parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

subtest 'what goes upstream' => sub {
    my $id = new_task('PROCESSING');
    my $r  = $t->get("/status?taskId=$id&debug=1&x=y", headers => {
        'X-Clear-Auth-Token' => 'forged',
        'X-Integration-Id'   => 'tenant-b',
        'x-integration-id'   => 'tenant-c',
        'X-Request-Id'       => 'request-1',
        'Traceparent'        => $parent,
        'Tracestate'         => 'vendor=1',
        'Cookie'             => 'session=1',
        'Authorization'      => 'Basic Zm9yZ2Vk',
        'X-Forwarded-For'    => '10.0.0.1',
        'Accept-Encoding'    => 'br',
        'Accept-Language'    => 'de',
    });

    is $r->code, 200, 'answered';

    my $seen = $sim->seen($id);
    my $h    = $seen->{headers};

    is $seen->{method}, 'GET', 'a GET';
    is $seen->{target}, "/one-integration/workflow/status?taskId=$id",
        'the default path, taskId and no other parameter';
    is_deeply $h->{'x-clear-auth-token'}, [$token], 'the configured token';
    is_deeply $h->{'x-integration-id'}, ['tenant-a'], 'the configured id';
    is_deeply $h->{'x-request-id'}, ['request-1'], 'X-Request-Id goes on';
    ok $h->{traceparent} && $h->{tracestate}, 'so does the trace context';
    ok !$h->{$_}, "no $_"
        for qw(cookie authorization x-forwarded-for accept-language);
    unlike "@{ $h->{'accept-encoding'} || [] }", qr/br/,
        'encodings are our own affair';
};

subtest 'a trace context in several lines' => sub {
    my $id = new_task('PROCESSING');
    my $r  = $t->get("/status?taskId=$id", headers => {
        'tracestate'   => ['a=1,b=2', 'c=3'],
        'Tracestate'   => 'd=4',
        'traceparent'  => [$parent, 'second'],
        'X-Request-Id' => ['one', 'two'],
    });

    is $r->code, 200, 'answered';
    is_deeply [$sim->sent($id, 'tracestate')], ['d=4, a=1,b=2, c=3'],
        'a list goes on as a whole, in its order';
    is_deeply [$sim->sent($id, 'traceparent')], [$parent],
        'of what is no list the first';
    is_deeply [$sim->sent($id, 'x-request-id')], ['one'], 'likewise';
};

subtest 'what is not of its form does not go upstream' => sub {
    my %bad = (
        'X-Request-Id' => ['<script>', 'a' x 129, 'a b', "a\xff"],
        traceparent    => ['first', uc $parent, "$parent-x"],
        tracestate     => ['a=' . 'b' x 511, "a=\xff"],
    );

    for my $name (sort keys %bad) {
        for my $value (@{ $bad{$name} }) {
            my $id = new_task('PROCESSING');
            my $r  = $t->get("/status?taskId=$id",
                headers => {traceparent => $parent, $name => $value});

            is $r->code, 200, "$name: answered";
            is $sim->sent($id, lc $name), undef, 'and dropped';
        }

        ok scalar $t->logged('info', qr/client sent a bad "$name"/),
            "$name: an info line";
    }

    my $id = new_task('PROCESSING');

    $t->get("/status?taskId=$id",
        headers => {traceparent => 'x', tracestate => 'a=1'});
    is $sim->sent($id, 'tracestate'), undef, 'no state without its parent';

    $id = new_task('PROCESSING');
    $t->get("/status?taskId=$id", headers => {tracestate => 'a=1'});
    is $sim->sent($id, 'tracestate'), undef, 'nor where there is none';
};

subtest 'a front that takes offence at a caller\'s fields' => sub {
    my %mine = (headers => {'X-Request-Id' => 'mine'});
    my $block = {status => 403, html => 1, times => 1};

    my $id = new_task('PROCESSING');
    $sim->behave($id, {%$block});
    is $t->get("/status?taskId=$id")->code, 403, 'without fields: told';
    is $sim->count($id), 1, 'and not asked again';

    $id = new_task('SUCCESS');
    $sim->behave($id, {%$block});
    is $t->get("/status?taskId=$id", %mine)->code, 200,
        'with them: asked once more';
    is $sim->count($id), 2, 'once';
    is $sim->sent($id, 'x-request-id'), undef, 'without them';

    for my $status (401, 429) {
        $id = new_task('SUCCESS');
        $sim->behave($id, {%$block, status => $status});
        isnt $t->get("/variables?org=$status&taskId=$id", headers => {
            %{ $mine{headers} }, 'X-Clear-Auth-Token' => 'a',
        })->code, 200, "$status is told";
        is $sim->count($id), 1, 'and not asked again';
    }

    $id = new_task('SUCCESS');
    $sim->behave($id, {%$block, times => 2});
    is $t->get("/status?taskId=$id", %mine)->code, 403, 'refused both times';
    is $sim->count($id), 2, 'after two';

    $id = new_task('SUCCESS');
    is $t->get("/status?taskId=$id", %mine)->code, 200, 'the next task';
    is $sim->sent($id, 'x-request-id'), undef, 'goes without them at once';
};

subtest 'a caller cannot choose an answer' => sub {
    my $id = new_task('SUCCESS');

    $sim->behave($id, {message => 'for the first'});
    $t->get("/status?taskId=$id", headers => {'x-integration-id' => 'other'});
    $t->get("/status?taskId=$id");

    is $sim->count($id), 1, 'one answer, whatever the caller sends';
};

subtest 'two tenants with equal task ids' => sub {
    my $id = new_task('SUCCESS');

    $sim->behave($id, {message => 'of a'});
    is $t->get("/status?taskId=$id")->json->{message}, 'of a', 'a';

    $sim->behave($id, {message => 'of b'});
    is $t->get("/other-tenant?taskId=$id")->json->{message}, 'of b', 'b';

    is $t->get("/status?taskId=$id")->json->{message}, 'of a', 'a again';
    is $sim->count($id), 2, 'a fetch each';
};

subtest 'a fixed token is no part of the key' => sub {
    my $id = new_task('SUCCESS');

    $t->get("/status?taskId=$id");
    is $t->get("/rotated?taskId=$id")->code, 200, 'another token';
    is $sim->count($id), 1, 'the same answer';
};

subtest 'credentials from variables' => sub {
    my $id  = new_task('SUCCESS');
    my $get = sub ($token, $org) {
        return $t->get("/variables?taskId=$id&org=$org",
            headers => {'x-clear-auth-token' => $token});
    };

    is $get->('one', 'x')->code, 200, 'passed through';
    is $sim->sent($id, 'x-clear-auth-token'), 'one', 'the token';
    is $sim->sent($id, 'x-integration-id'), 'org-x', 'the id';

    $get->('one', 'x');
    is $sim->count($id), 1, 'the same again is a hit';

    $get->('two', 'x');
    is $sim->count($id), 2, 'another token is another tenant';

    $get->('one', 'y');
    is $sim->count($id), 3, 'so is another id';

    my $before = $sim->count($id);
    envelope_is $t->get("/variables?taskId=$id&org=x"), 403, 'an empty token';
    is $sim->count($id), $before, 'nothing goes upstream';
    is scalar $t->logged('error', qr/"clear_status_auth_token" evaluated/), 1,
        'and the operator is told';
};

$t->done;
