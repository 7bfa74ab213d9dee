# What a caller may send: one task id, by GET or HEAD.

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

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%/;
            clear_status_cache answers;
            clear_status_auth_token %%TOKEN%%;
            clear_status_integration_id tenant-a;
        }
    }
}
EOC

my %bad = (
    'no query string'      => '',
    'no taskId'            => '?task=1',
    'another case'         => '?taskid=1',
    'an empty taskId'      => '?taskId=',
    'a taskId without ='   => '?taskId',
    'two task ids'         => '?taskId=a&taskId=b',
    'the same one twice'   => '?taskId=a&taskId=a',
    'two, one in disguise' => '?taskId=a&task%49d=b',
    '257 bytes'            => '?taskId=' . 'a' x 257,
    'a NUL'                => '?taskId=a%00b',
    'a line feed'          => '?taskId=a%0d%0aX-Y:%20z',
    'a DEL'                => '?taskId=a%7f',
    'broken UTF-8'         => '?taskId=%c3%28',
    'an overlong form'     => '?taskId=%c0%af',
    'a surrogate'          => '?taskId=%ed%a0%80',
    'a broken escape'      => '?taskId=%zz',
    'half an escape'       => '?taskId=a%4',
);

for my $name (sort keys %bad) {
    subtest $name => sub {
        my $r = $t->get("/status$bad{$name}");
        my $e = envelope_is $r, 400, 'refused';

        my $errors = $e->{error}{validationErrors};
        is ref $errors, 'ARRAY', 'validationErrors';
        is $errors->[0]{field}, 'taskId', 'names the field';
        ok length $errors->[0]{message}, 'and says what is wrong';
        is $r->header('Cache-Control'), 'no-store', 'is not to be stored';
        is $r->header('Cache-Status'), undef, 'the cache had no part in it';
    };
}

is_deeply [$sim->count, $sim->other], [0, 0], 'nothing of that went upstream';

# the query, what it means, how it goes upstream

my %good = (
    'other parameters'   => ['?a=b&taskId=x1&c=d', 'x1', 'x1'],
    '256 bytes'          => ['?taskId=' . 'a' x 256, ('a' x 256) x 2],
    'reserved bytes'     => ['?taskId=%2f%26%3d%3f%23', '/&=?#',
                             '%2F%26%3D%3F%23'],
    'needless escapes'   => ['?taskId=%61%2Db', 'a-b', 'a-b'],
    'a name in disguise' => ['?task%49d=c', 'c', 'c'],
    # the simulator tells a space as a plus, however it came
    'a space as +'       => ['?taskId=a+b', 'a b', 'a+b'],
    'a space'            => ['?taskId=a%20b', 'a b', 'a+b'],
    'UTF-8'              => ['?taskId=%c3%a9', "\xe9", '%C3%A9'],
    'an escaped percent' => ['?taskId=a%2500b', 'a%00b', 'a%2500b'],
);

for my $name (sort keys %good) {
    my ($query, $id, $sent) = @{ $good{$name} };

    is $t->get("/status$query")->code, 404, "$name: asked for";
    is $sim->seen($id)->{target},
        "/one-integration/workflow/status?taskId=$sent", "$name: as sent";
}

for my $method (qw(POST PUT DELETE OPTIONS PATCH)) {
    my $r = $t->request($method, '/status?taskId=a', body => 'x');

    envelope_is $r, 405, $method;
    is $r->header('Allow'), 'GET, HEAD', "$method: what is allowed";
}

subtest 'HEAD is GET without the body' => sub {
    my $get  = $t->get('/status?taskId=head');
    my $head = $t->request('HEAD', '/status?taskId=head');

    is $head->code, $get->code, 'status';
    is $head->body, '', 'no body';
    is $head->header('Content-Length'), length $get->body, 'Content-Length';
    is $head->type, $get->type, 'type';
};

subtest 'a GET with a body' => sub {
    my $socket = $t->socket;
    my $r      = $t->request('GET', '/status?taskId=a',
        body => 'x' x 1000, on => $socket);
    my $again  = $t->get('/status?taskId=a', on => $socket);

    is $r->code, 404, 'answered';
    is $again->code, 404, 'the connection is still good';
};

$t->done;
