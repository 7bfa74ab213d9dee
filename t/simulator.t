# The simulator of Clear's API, without nginx: the page's samples byte for
# byte, the clock of a task, and every misbehaviour that it can be told.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;

my $t    = ClearStatus::Test->new(reload => 0);
my $sim  = $t->simulator(tls => 1);
my $path = '/one-integration/workflow/status';
my %both = ('x-clear-auth-token' => 'a', 'x-integration-id' => 'b');


sub start ($id, %options) {
    return $t->start("$path?taskId=$id", port => $sim->port,
        headers => \%both, timeout => 10, %options);
}


sub ask ($id, %options) { return $t->collect(start($id, %options)) }


sub told ($rule, %options) {
    state $n = 0;
    my $id = 'told-' . ++$n;

    $sim->behave($id, $rule);
    return ask($id, %options);
}


sub state_of ($response) {
    return ($response->json // {})->{result}{workflowStatus};
}


# The samples of the page.

is ask('6988a3bc2e0e5e3c6c9aa6da')->body, $t->sample('success'),
    'the sample of a success';
is ask('6988c9f8b359874b346bbe9c')->body, $t->sample('failed'),
    'the sample of a failure';

my $missing = ask('6988a3bc2e0e5e3c6c9aa6d');
is $missing->body, $t->sample('missing'), 'the sample of an unknown task';
is $missing->code, 404, 'is a 404';

my $young = new_task('PROCESSING');
is ask($young)->body, $t->sample('processing') =~ s/6988a3bc\w+/$young/gr,
    'the sample of a task in process, but for its id';

is ask('invalid-task-id')->body, $t->sample('missing'),
    'the same for the id that the page asks for';

is ask('another')->json->{message}, 'No task found with taskId: another',
    'no ObjectId: no task';


# The life of a task.

my $begun = sprintf '%08x%016x', time, $$ << 8;

is state_of(ask($begun)), 'CREATED', 'a task that begins';
$sim->advance(7);
is state_of(ask($begun)), 'PROCESSING', 'after 7 s';
$sim->advance(15);
is state_of(ask($begun)), 'SUCCESS', 'after 22 s';
is state_of(ask($begun =~ s/0$/d/r)), 'FAILED', 'an odd last digit';
is state_of(ask(new_task($_))), $_, "new_task makes one that is $_"
    for qw(SUCCESS FAILED);

# its clock is 22 s ahead
my $long = sprintf '%08xc10c0900%08x', time + 22, $$ << 4;

is state_of(ask($long)), 'CREATED', 'a task of 900 s that begins';
$sim->advance(500);
is state_of(ask($long)), 'PROCESSING', 'after 500 s';
$sim->advance(500);
is state_of(ask($long)), 'SUCCESS', 'and after 1000 s';

is ref ask($begun)->json->{result}{activityStatusList}, 'ARRAY',
    'a finished task has activities';
$sim->reset;


# Headers are required.

for my $lacking (sort keys %both) {
    my $r = ask($begun, headers => {%both, $lacking => ''});
    envelope_is $r, 403, "without $lacking";
}

envelope_is ask($begun, headers => {}), 403, 'without both';
envelope_is ask(''), 400, 'without a task';
envelope_is ask($begun, method => 'POST', body => 'x'), 405, 'a POST';
is $t->collect($t->start('/other', port => $sim->port))->code, 404,
    'another path';
is $sim->other, 1, 'is counted apart';

$sim->accept(token => ['good']);
envelope_is ask($begun), 403, 'a token that is not accepted';
is ask($begun, headers => {%both, 'x-clear-auth-token' => 'good'})->code, 200,
    'one that is';
$sim->reset;


# Hold, release and count.

$sim->hold('held');
my @calls = map { start('held') } 1 .. 5;
ok $sim->wait_held('held', 5), 'fetches are held';
is $sim->release('held', 2), 2, 'two of them are let go';
is $sim->held('held'), 3, 'the others wait';
is $sim->release('held'), 3, 'until they are released';
is scalar(grep { ($_->code // 0) == 404 } $t->collect(@calls)), 5,
    'all are answered';
is $sim->count('held'), 5, 'and counted';
is $sim->in_air('held'), 0, 'none is in the air';
is $sim->max_in_air('held'), 5, 'five were at once';

$sim->hold('left');
my $leaver = start('left');
$sim->wait_held('left');
$leaver->abort;
ok wait_for(sub { $sim->aborted('left') }), 'who leaves is noticed';
is $sim->held('left'), 0, 'and waits no more';
$sim->release('*');

ask('seen', headers => {%both, 'X-Two' => [1, 2]});
is_deeply [$sim->sent('seen', 'x-two')], [1, 2], 'headers are kept';
is $sim->seen('seen')->{target}, "$path?taskId=seen", 'and the target';


# Misbehaviour.

like told({reset => 'before'})->error, qr/^closed/, 'a reset';
is told({reset => 'before'})->raw, '', 'without a byte';
like told({reset => 'headers'})->raw, qr/\r\n\r\n$/, 'after the headers';
like told({reset => 'body', state => 'SUCCESS'})->raw, qr/"success"/,
    'after half of the body';
is told({close => 'before'})->error, 'closed without an answer', 'a close';

my $cut = told({cut => 1, state => 'SUCCESS'});
is $cut->error, 'closed before the end of the body', 'cut short';
ok $cut->header('Content-Length') > length $cut->body, 'by its length';

is state_of(told({chunked => 'good', state => 'SUCCESS'})), 'SUCCESS',
    'in chunks';
like told({chunked => 'cut'})->error, qr/closed/, 'chunks without an end';
like told({chunked => 'bad'})->raw, qr/zz\r\n/, 'a bad chunk';
is told({drip => 0.002, body => 'xy'})->body, 'xy', 'a byte at a time';
unlike told({garbage => 1})->raw, qr/HTTP/, 'not HTTP';
is told({raw => "HTTP/1.0 200 OK\r\n\r\nyes"})->raw,
    "HTTP/1.0 200 OK\r\n\r\nyes", 'the very bytes';

my $html = told({html => 1, status => 503});
is $html->type, 'text/html', 'an HTML page';
is $html->code, 503, 'of any status';

is told({status => 200, body => '[]', content_type => 'x/y'})->type, 'x/y',
    'a body and its type';
is told({wrong_json => 1})->json->{path}, '/', 'another JSON';
is told({redirect => 'http://x/'})->header('Location'), 'http://x/',
    'a redirect';

my $wait = told({retry_after => 7});
envelope_is $wait, 429, 'too many requests';
is $wait->header('Retry-After'), 7, 'says when to come back';
envelope_is told({status => 503, retry_after => 1}), 503, 'or 503';
is told({http_status => 500, state => 'SUCCESS'})->code, 500,
    'a status that the envelope contradicts';
envelope_is told({envelope => {status => 422, message => "\x{20ac}"}}), 422,
    'an envelope as told';
is_deeply [told({headers => {'X-Two' => [1, 2]}})->all('X-Two')], [1, 2],
    'more headers';
is told({gzip => 1})->header('Content-Encoding'), 'gzip', 'compressed';
ok length(told({pad => 50_000})->body) > 50_000, 'long';
is told({result_null => 1, state => 'SUCCESS'})->json->{result}, undef,
    'no result';
is told({state => 'SUCCESS', result_task_id => 'x'})->json->{result}{taskId},
    'x', 'the wrong task';
is told({hang => 1}, timeout => 0.3)->error, 'timeout', 'no answer';

$sim->behave('twice', {status => 500, times => 2});
$sim->also('twice', {state => 'SUCCESS'});
is_deeply [map { ask('twice')->code } 1 .. 4], [500, 500, 200, 200],
    'so many times, then otherwise';

$sim->behave('*', {status => 502});
is ask('any')->code, 502, 'every task';
$sim->behave('*', {});
is ask('any')->code, 404, 'no more';

ok !eval { $sim->behave('x', {dely => 1}); 1 }, 'an unknown one is refused';


# Presigned URLs.

for my $style (qw(aws4 aws2 cloudfront google azure bare)) {
    my $r = told({state => 'SUCCESS',
        presigned => {style => $style, lifetime => 60}});
    my $url = $r->json->{result}{activityStatusList}[0]{errorReportPreSign};

    like $url, qr{^https://}, "a URL, $style";
}

my $signed = told({state => 'FAILED', presigned => [
    {in => 'preSignedUrls', escape => 1},
    {in => 'generatedURLs'}, {}
]});
like $signed->body, qr{https:\\/\\/\S+\\u0026}, 'with escapes';
is scalar @{ $signed->json->{result}{$_} }, 1, "one of $_"
    for qw(preSignedUrls generatedURLs);


# Connections.

my $socket = $t->socket($sim->port);
is ask('kept', on => $socket)->code, 404, 'a connection is kept';
is ask('kept', on => $socket)->code, 404, 'for another request';
$sim->behave('stale', {stale => 1});
is ask('stale')->code, 404, 'stale: not where it is new';
is ask('stale', on => $socket)->raw, '', 'but where it was used before';

$socket = $t->socket($sim->port);
ask('kept', on => $socket);
ok $sim->close_idle >= 1, 'idle connections are closed';
ok wait_for(sub { defined sysread($socket, my $byte, 1) }), 'which ends them';

is $sim->restart->count, 0, 'a restart forgets';
$t->done;
