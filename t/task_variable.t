# $clear_status_task_id has its value before the answer is looked for, so that
# nginx's own modules can use it.

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

    limit_req_zone $clear_status_task_id zone=tasks:64k rate=1r/m;

    map $clear_status_task_id $kind {
        ""         none;
        "~^mapped" mapped;
        default    other;
    }

    server {
        listen 127.0.0.1:%%PORT%%;
        set $at_server "server:$clear_status_task_id";

        location = /limited {
            limit_req zone=tasks;
            limit_req_status 429;
            clear_status_pass %%UPSTREAM%%;
        }

        location = /early {
            set $early $clear_status_task_id;
            add_header X-Early "$early $kind $at_server" always;

            if ($clear_status_task_id = forbidden) {
                return 403;
            }

            clear_status_pass %%UPSTREAM%%;
        }
    }
}
EOC

subtest 'limit_req counts by task' => sub {
    my ($one, $two) = map { new_task('SUCCESS') } 1 .. 2;

    is $t->get("/limited?taskId=$one")->code, 200, 'the first request';
    envelope_is $t->get("/limited?taskId=$one"), 429, 'the second for a task';
    is $t->get("/limited?taskId=$two")->code, 200, 'another task';

    # an id that is none has no value, and limit_req lets it pass
    envelope_is $t->get('/limited?taskId='), 400, 'no id' for 1 .. 2;
};

my %early = (
    'taskId=mapped1'      => 'mapped1 mapped server:mapped1',
    'a=b&taskId=%61%2fb'  => 'a/b other server:a/b',
    'taskId=a&taskId=b'   => 'none server:',
    ''                    => 'none server:',
);

for my $query (sort keys %early) {
    is $t->get("/early?$query")->header('X-Early') =~ s/^ //r, $early{$query},
        "set, map: '$query'";
}

envelope_is $t->get('/early?taskId=forbidden'), 403, 'if';
is $sim->count('forbidden'), 0, 'and nothing goes upstream';

$t->done;
