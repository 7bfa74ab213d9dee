# Bodies that are large, or have long strings in them: parsed in turns, so that
# others are answered meanwhile, and passed on as they are.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Mojo::Util qw(b64_encode);
use Test::More;

my $t   = ClearStatus::Test->new;
my $sim = $t->simulator;

$t->conf(<<'EOC')->run;
%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:32m;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_retries 0;
    clear_status_max_fails 0;
    clear_status_max_body_size 16m;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }
    }
}
EOC

my $MB = 1024 * 1024;

sub success ($id, $value) {
    return '{"status":200,"success":true,"message":null,"result":{"taskId":"'
        . $id . qq[","workflowStatus":"SUCCESS","x":$value},"error":null}];
}

my %good = (
    'one string'            => '"' . 'abcdefgh' x ($MB / 2) . '"',
    'a string of escapes'   => '"' . '\\u0041\\"' x ($MB / 4) . '"',
    'a string of UTF-8'     => '"' . "a\xc3\xa9\xf0\x9f\x98\x80" x ($MB / 4)
        . '"',
    'strings, long and not' => '["' . join('","', ('b' x (3 * $MB / 2), 'c')
        x 2) . '"]',
    'many numbers'          => '[0' . ',0' x (2 * $MB) . ']',
    'many objects'          => '[{}' . ',{"a":"b"}' x ($MB / 4) . ']',
    'blanks'                => ' ' x (4 * $MB) . '1',
);

for my $name (sort keys %good) {
    my $id   = new_task('SUCCESS');
    my $body = success($id, $good{$name});

    $sim->behave($id, {body_base64 => b64_encode($body, '')});

    my $r = $t->get("/status?taskId=$id");
    is $r->code, 200, "$name: passed on";
    ok $r->body eq $body, 'byte for byte';
    $t->get("/status?taskId=$id");
    is $sim->count($id), 1, 'and stored';
}

my $long = 'a' x (3 * $MB / 2);
my %bad  = (
    'a long string that does not end' => qq["$long],
    'a bad escape in a long string'   => qq["$long\\x"],
    'a control byte in a long string' => qq["$long\n"],
    'a long string as two'            => qq["$long" "b"],
    'bad UTF-8 in a long string'      => qq["$long\xff"],
    'a long key'                      => qq[{"$long":1}],
    'a comma too many'                => '[0' . ',0' x $MB . ',]',
);

for my $name (sort keys %bad) {
    my $id = new_task('SUCCESS');

    $sim->behave($id, {
        body_base64 => b64_encode(success($id, $bad{$name}), ''),
    });
    envelope_is $t->get("/status?taskId=$id"), 502, $name;
}

subtest 'a task with a large body, and others meanwhile' => sub {
    my ($large, $small) = map { new_task('SUCCESS') } 1 .. 2;
    my $body = success($large, $good{'many numbers'});

    $sim->behave($large, {body_base64 => b64_encode($body, '')});
    $t->get("/status?taskId=$small");

    my $call = $t->start("/status?taskId=$large");
    is $t->get("/status?taskId=$small")->code, 200, 'a hit' for 1 .. 20;

    $t->collect($call);
    ok $call->body eq $body, 'and the large one as it is';
};

$t->done;
