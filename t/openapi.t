# docs/openapi.yaml is a good OpenAPI 3.1 document, and every kind of response
# is what it says: no status, field or key that it does not know, and none that
# it knows and nobody sees.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Contract;
use ClearStatus::Response;
use ClearStatus::Test;
use Mojo::File qw(path tempdir);
use Mojo::JSON qw(decode_json);
use Test::More;

my $contract = ClearStatus::Contract->new;
my $document = $contract->document;
my $official = decode_json(path("$Bin/schemas/openapi-3.1.json")->slurp);


# The document.  Two things in the official schema the validator does not know:
# keywords beside $ref that both sides have, and unevaluatedProperties.  The
# first becomes an allOf, the second the names that any branch knows.

sub untangle ($schema) {
    return map { untangle($_) } @$schema if ref $schema eq 'ARRAY';
    return if ref $schema ne 'HASH';

    untangle($_) for values %$schema;
    return if ref($schema->{'$ref'} // []) || keys %$schema == 1;
    push @{ $schema->{allOf} }, {'$ref' => delete $schema->{'$ref'}};
}


sub names_of ($schema, $seen = {}) {
    return () if ref $schema ne 'HASH' || $seen->{$schema}++;

    my ($name) = ($schema->{'$ref'} // '') =~ m{^#/\$defs/(.+)};

    return (
        (map {"^\Q$_\E\$"} keys %{ $schema->{properties} // {} }),
        keys %{ $schema->{patternProperties} // {} },
        map { names_of($_, $seen) } @$schema{qw(then else if)},
            $name ? $official->{'$defs'}{$name} : (),
            values %{ $schema->{dependentSchemas} // {} },
            map { @{ $schema->{$_} // [] } } qw(allOf anyOf oneOf)
    );
}


sub tighten {
    untangle($official);

    for my $schema ($official, values %{ $official->{'$defs'} }) {
        next if ref($schema->{unevaluatedProperties} // {}) eq 'HASH';
        $schema->{propertyNames} = {pattern => join '|', names_of($schema)};
    }
}


sub document_errors ($document) {
    # its protection against data that contains itself takes one temporary
    # schema for another that lay at the same address

    my $schema = JSON::Validator::Schema::Draft201909->new(
        recursive_data_protection => 0);

    return map {"$_"} $schema->resolve($official)->validate($document);
}


tighten();
is_deeply [document_errors($document)], [], 'an OpenAPI 3.1 document';
ok document_errors({%$document, openapi => '3.0.0'}), 'not an older one';
ok document_errors({%$document, path => {}}), 'a name that is none is found';

{
    my $get = {%{ $contract->operations->{GET} }, respones => {}};
    my ($path) = grep { $document->{paths}{$_}{get} }
        keys %{ $document->{paths} };
    my $item = $document->{paths}{$path};

    ok document_errors({%$document,
        paths => {$path => {%$item, get => $get}}}), 'also further down';
}


my ($version) = path("$Bin/../CHANGES")->slurp =~ /^Changes with \S+ (\S+)/m;
is $document->{info}{version}, $version, 'of the version in CHANGES';


# Keywords that the validator does not know would say nothing.

my %keyword = map { $_ => 1 } qw(type const pattern minimum maximum minLength
    maxLength required properties additionalProperties items description $ref
    anyOf enum);

sub keywords ($schema) {
    return (
        keys %$schema,
        map { keywords($_) } grep {ref} $schema->{items},
            @{ $schema->{anyOf} // [] },
            values %{ $schema->{properties} // {} }
    );
}

my %components = %{ $document->{components} };
my @schemas = (
    values %{ $components{schemas} },
    map { $_->{schema} } map { values %$_ } @components{qw(headers parameters)}
);

is_deeply [grep { !$keyword{$_} } map { keywords($_) } @schemas], [],
    'schemas use what the validator knows';


# Nothing lies about unused, and every reference leads somewhere.

my (%refs, @todo);
@todo = ($document);
while (defined(my $at = shift @todo)) {
    push @todo, grep {ref} ref $at eq 'HASH' ? values %$at
        : ref $at eq 'ARRAY' ? @$at : ();
    $refs{ $at->{'$ref'} }++ if ref $at eq 'HASH' && $at->{'$ref'};
}

my @parts = map {
    my $kind = $_;
    map {"#/components/$kind/$_"} keys %{ $components{$kind} };
} keys %components;

is_deeply [sort keys %refs], [sort @parts], 'every component is used';

for my $name (sort keys %{ $components{responses} }) {
    my $json = ($components{responses}{$name}{content} // next)
        ->{'application/json'};
    my $examples = $json->{examples} // next;

    is_deeply [$contract->validate($json->{schema}, $examples->{$_}{value})],
        [], "$name: the example \"$_\"" for sort keys %$examples;
}

for my $name (sort keys %{ $components{headers} }) {
    my $header = $components{headers}{$name};
    is_deeply [$contract->check_value($name, $header->{schema},
        $header->{example})], [], "$name: its example";
}


# Whatever docs/http.md says of Cache-Status.

my @told = path("$Bin/../docs/http.md")->slurp
    =~ /^\| `(clear_status; [^`]+)` \|/mg;
cmp_ok scalar @told, '>', 10, 'values of Cache-Status';

for my $name (qw(CacheStatus CacheStatusOfAnswer)) {
    my $schema = $components{headers}{$name}{schema};
    is_deeply [$contract->check_value($name, $schema, $_)], [], "$name: $_"
        for @told;
}


# A program that switches on the states is compiled with the types that a
# generator makes, where one is at hand: "npm install --prefix build/npm
# openapi-typescript typescript" puts it there.

my $PROGRAM = <<'EOP';
import type { components, paths } from './types';

type Get = paths['/one-integration/workflow/status']['get'];
type Success = Get['responses'][200]['content']['application/json'];
type State = components['schemas']['WorkflowStatus'];

const known: Record<State, boolean> = {
    CREATED: false, PROCESSING: false, SUCCESS: true, FAILED: true,
};

function isKnown(state: string): state is State {
    return state in known;
}

export function isFinished(answer: Success): boolean {
    const state = answer.result.workflowStatus;

    if (state == null || !isKnown(state)) {
        return false;
    }

    switch (state) {
        case 'CREATED':
        case 'PROCESSING':
            return false;
        case 'SUCCESS':
        case 'FAILED':
            return true;
        default: {
            const none: never = state;
            return none;
        }
    }
}
EOP

subtest 'types for TypeScript' => sub {
    my ($generator, $compiler) = map { in_path($_) } qw(openapi-typescript tsc);

    plan skip_all => 'there is no openapi-typescript on this machine'
        if !$generator;
    plan skip_all => 'there is no tsc on this machine' if !$compiler;

    my $dir = tempdir;
    my $out = `$generator '$Bin/../docs/openapi.yaml' -o $dir/types.ts 2>&1`;
    is $?, 0, 'they are generated' or diag $out;

    my $compile = "$compiler --strict --noEmit --target es2022"
        . " --moduleResolution bundler --module es2022 $dir/program.ts 2>&1";

    put("$dir/program.ts", $PROGRAM);
    $out = `$compile`;
    is $?, 0, 'a program that switches on them is compiled' or diag $out;

    for my $wrong ([q{case 'FAILED':}, ''], [qw(CREATED CREATE)]) {
        put("$dir/program.ts",
            $PROGRAM =~ s/(.*)\Q$$wrong[0]\E/$1$$wrong[1]/sr);
        $out = `$compile`;
        isnt $?, 0, "and not one without $$wrong[0]";
    }
};


sub put ($file, $text) {
    open my $fh, '>', $file or die "cannot write $file: $!\n";
    print $fh $text;
    close $fh or die "cannot write $file: $!\n";
}


sub in_path ($name) {
    my ($found) = grep {-x} map {"$_/$name"}
        "$Bin/../build/npm/node_modules/.bin", split /:/, $ENV{PATH};
    return $found;
}


# The gateway.

my $t   = ClearStatus::Test->new;
my $sim = $t->simulator;

$t->set(DEAD => $t->dead_url);
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
    clear_status_integration_id $arg_tenant;
    clear_status_retries 0;
    clear_status_max_fails 0;
    clear_status_valid any 100ms;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /one-integration/workflow/status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /off {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache off;
        }

        location = /notify {
            clear_status_pass %%UPSTREAM%%;
            clear_status_notify;
        }

        location = /short {
            clear_status_pass %%UPSTREAM%%;
            clear_status_events 300ms heartbeat=100ms;
        }

        location = /revalidate {
            clear_status_pass %%UPSTREAM%%;
            clear_status_stale_while_revalidate 1h;
        }

        location = /impatient {
            clear_status_pass %%UPSTREAM%%;
            clear_status_timeout 300ms;
        }

        location = /pauses {
            clear_status_pass %%DEAD%%;
            clear_status_max_fails 1;
            clear_status_fail_timeout 1m;
        }

        location = /dead {
            clear_status_pass %%DEAD%%;
        }

        location = /denied {
            deny all;
            clear_status_pass %%UPSTREAM%%;
        }

        location = /basic {
            auth_basic "tasks";
            auth_basic_user_file %%DIR%%/users;
            clear_status_pass %%UPSTREAM%%;
        }

        location = /moved {
            return 302 /elsewhere;
            clear_status_pass %%UPSTREAM%%;
        }

        location = /teapot {
            return 418;
            clear_status_pass %%UPSTREAM%%;
        }
    }
}
EOC

my $path = '/one-integration/workflow/status';
my $n    = 0;


# By GET and by HEAD.  The tenant is new each time: what upstream says to one
# does not hold up the next.

sub kind ($name, $code, $target, %options) {
    my $rule  = delete $options{rule};
    my $cache = delete $options{cache};

    for my $method (qw(GET HEAD)) {
        my $id     = delete $options{id} // 'task-' . ++$n;
        my $tenant = delete $options{tenant} // "tenant-$n";

        $sim->behave($id, $rule) if $rule;
        my $r = $t->request($method,
            $target =~ s/TASK/taskId=$id&tenant=$tenant/r, %options);
        matches($r, $code, "$method: $name");
        like $r->header('Cache-Status'), $cache, "$method: $name: the cache"
            if $cache;
        @options{qw(id tenant)} = ($id, $tenant) if $cache;
    }
}


sub matches ($r, $code, $name) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    is $r->code, $code, "$name: $code";
    is_deeply [map {"$_"} $contract->check($r)], [], "$name: as documented"
        or diag $r->raw;
}


# Successes, by all ways through the cache.

for my $state (qw(CREATED PROCESSING SUCCESS FAILED)) {
    kind "$state, $_->[0]", 200, "$path?TASK", rule => {state => $state},
        cache => $_->[1], id => "way-$state", tenant => 'ways'
        for ['once', qr/fwd=uri-miss|hit|fwd=stale/],
            ['again', qr/hit|fwd=stale/];
}

kind 'a state that is new', 200, "$path?TASK", rule => {state => 'PAUSED'};
kind 'presigned URLs', 200, "$path?TASK",
    rule => {state => 'SUCCESS', presigned => {style => 'aws4'}};
kind 'without a zone', 200, '/off?TASK', cache => qr/fwd=bypass/,
    rule => {state => 'SUCCESS'};

{
    my $target = "$path?tenant=stale&taskId=stale";

    $sim->behave('stale', {state => 'PROCESSING'});
    matches $t->get($target), 200, 'before upstream fails';
    $sim->behave('stale', {html => 1, status => 503});
    my $r = wait_for(sub {
        my $r = $t->get($target);
        return $r->header('Cache-Status') =~ /fwd=stale.*stale-if-error/ && $r;
    });
    matches $r, 200, 'stale, as upstream fails';

    $target = '/revalidate?tenant=updating&taskId=updating';
    $sim->behave('updating', {state => 'PROCESSING'});
    matches $t->get($target), 200, 'before it is stale';
    $r = wait_for(sub {
        my $r = $t->get($target);
        return $r->header('Cache-Status') =~ /stale-while-revalidate/ && $r;
    });
    matches $r, 200, 'stale, while it is fetched anew';

    $sim->hold('slow');
    $sim->behave('slow', {state => 'SUCCESS'});
    my @calls = map { $t->start("$path?tenant=slow&taskId=slow") } 1, 2;
    ok $sim->wait_held('slow'), 'one fetch is in the air';
    ok wait_for(sub { 2 <= (() = $t->log =~ /taskId=slow HTTP/g) }), 'two wait';
    $sim->release('slow');
    matches $_, 200, 'collapsed' for $t->collect(@calls);
}

{
    my $target = "$path?tenant=etag&taskId=" . new_task('SUCCESS');
    my $etag   = $t->get($target)->header('ETag');

    matches $t->request($_, $target, headers => {'If-None-Match' => $etag}),
        304, "$_: not modified" for qw(GET HEAD);
}


# Held, streamed and notified.

{
    my $id     = 'waits';
    my $target = "tenant=waits&taskId=$id";
    my %stream = (Accept => 'text/event-stream');

    $sim->behave($id, {state => 'PROCESSING'});
    matches $t->request($_, "$path?$target", headers => {Prefer => 'wait=1'}),
        200, "$_: held" for qw(GET HEAD);
    like $t->get("$path?$target", headers => {Prefer => 'wait=1'})
        ->header('Preference-Applied'), qr/^wait=1$/, 'and said so';

    matches $t->request($_, "/short?$target", headers => \%stream), 200,
        "$_: a stream that ends" for qw(GET HEAD);

    my $r = $t->request('POST', "/notify?$target");
    matches $r, 202, 'a notice';
    is $r->json->{notified}, Mojo::JSON->true, 'of what is known';
    matches $t->request('POST', '/notify?tenant=waits&taskId=none'), 202,
        'one of what is not';
    matches $t->request('POST', '/notify?tenant=waits', body => '{'), 400,
        'a broken one';
    matches $t->request('POST', '/notify?taskId=a&tenant='), 403,
        'without a credential';
    matches $t->get('/notify?tenant=waits&taskId=a'), 405, 'another method';

    $sim->behave($id, {state => 'SUCCESS'});
    $r = wait_for(sub {
        my $r = $t->get("$path?$target", headers => \%stream);
        return $r->body =~ /"SUCCESS"/ && $r;
    });
    matches $r, 200, 'a stream to the end';
    my ($last) = $r->body =~ /.*^id: (\w+)/ms;
    matches $t->request($_, "$path?$target",
        headers => {%stream, 'Last-Event-ID' => $last}), 204,
        "$_: who has it" for qw(GET HEAD);
}


# The gateway's own errors.

kind "a bad taskId \"$_\"", 400, "$path?$_"
    for '', 'taskId=', 'taskId=a&taskId=b', 'taskId=%00', 'taskId=%ff',
        'taskId=%zz', 'taskId=' . 'x' x 257;
kind 'no credential', 403, "$path?taskId=a&tenant=";
kind 'nobody listens', 502, '/dead?TASK';
kind 'too late', 504, '/impatient?TASK', rule => {hang => 1};
matches $t->get('/pauses?taskId=a&tenant=a'), 502, 'the last failure';
kind 'paused', 503, '/pauses?TASK', tenant => 'a',
    cache => qr/detail=upstream-paused/;

for my $method (qw(POST PUT DELETE OPTIONS PATCH)) {
    my $r = $t->request($method, "$path?taskId=a&tenant=a");

    matches $r, 405, "the method $method";
    is $r->header('Allow'), 'GET, HEAD', "the method $method: Allow";
}


# Upstream's.

kind 'no such task', 404, "$path?TASK";
kind 'no result', 404, "$path?TASK", rule => {result_null => 1};
kind "an envelope with $_", $_, "$path?TASK", rule => {status => $_}
    for 400, 403, 404, 405, 409, 422, 429, 500, 502, 503, 504, 599;
kind "an envelope with $_", 502, "$path?TASK", rule => {status => $_}
    for 302, 600;
kind 'an envelope with 401', 403, "$path?TASK", rule => {status => 401};
kind "HTML with $_", $_ == 401 ? 403 : $_, "$path?TASK",
    rule => {html => 1, status => $_}
    for 400, 401, 403, 404, 410, 429, 500, 502, 503, 504;
kind 'validation errors', 400, "$path?TASK", rule => {status => 400,
    envelope => {validation_errors => [{field => 'a', n => 1.5}, 'b']}};
kind "Retry-After with $_", $_, "$path?TASK",
    rule => {status => $_, retry_after => 30} for 429, 503;
for my $http (429, 503) {
    kind "Retry-After with $http around an envelope with $_", $_,
        "$path?TASK",
        rule => {status => $_, http_status => $http, retry_after => 30}
        for 400, 404, 405, 409, 500, 502, 504, 599;
}
kind 'a redirect', 502, "$path?TASK", rule => {redirect => '/elsewhere'};
kind 'another JSON', 502, "$path?TASK", rule => {wrong_json => 1};
kind 'cut short', 502, "$path?TASK", rule => {cut => 1};


# nginx's.

kind 'deny', 403, '/denied?TASK';
kind 'auth_basic', 401, '/basic?TASK';
kind 'return, 302', 302, '/moved?TASK';
kind 'return, 418', 418, '/teapot?TASK';

is_deeply [grep { !/^POST/ } sort keys %{ $contract->seen }],
    [sort $contract->documented(qw(GET HEAD))],
    'what is documented was seen, all of it';


# And the contract would have found it: one good answer, and what spoils it.

{
    my $good = $t->get("$path?tenant=a&taskId=none")->raw;

    sub spoilt ($raw) {
        my $r = ClearStatus::Response->new(method => 'GET');
        $r->message->parse($raw);
        return scalar(my @wrong = $contract->check($r));
    }

    is spoilt($good), 0, 'a good answer is good';
    ok spoilt($good =~ s/$$_[0]/$$_[1]/r), "spoilt: $$_[0]"
        for ['HTTP/1.1 404', 'HTTP/1.1 403'], ['HTTP/1.1 404', 'HTTP/1.1 204'],
            ['no-store', 'public'], ['Age: ', 'Age: -1'], ['Age: ', 'Age: x'],
            ['Cache-Status: clear_status', 'Cache-Status: other'],
            ['Cache-Control: no-store', 'X-None: a'],
            ['Age: ', "Allow: GET\r\nAge: "], ['application/json', 'text/html'],
            ['"code":"404"', '"code":  404'], ['"metadata"', '"metadatA"'],
            ['\{"status"', 'x"status"'], ['"success":false', '"success": true'];
}

$t->done;
