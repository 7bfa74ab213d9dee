# Names by nginx's own resolver: nothing blocks, an answer is used as long as
# it says, and every way to fail ends in time.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Dns;
use ClearStatus::Test;
use Test::More;

my $t   = ClearStatus::Test->new;
my $sim = $t->simulator;
my $dns = $t->adopt(ClearStatus::Dns->new(dir => $t->dir))->start;

$dns->say('api.example'    => {A => ['127.0.0.1'], ttl => 1});
$dns->say('both.example'   => {A => ['127.0.0.1'], AAAA => ['::1']});
$dns->say('dead.example'   => {A => ['127.0.0.2', '127.0.0.1']});
$dns->say('moving.example' => {A => ['127.0.0.3'], ttl => 1});
$dns->say('broken.example' => {code => 2});
$dns->say('mute.example'   => {mute => 1});
$dns->say('slow.example'   => {mute => 1});

$t->set(SIM => $sim->port, DNS => $dns->port);

$t->conf(<<'EOC')->run;
%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_retries 0;

    resolver 127.0.0.1:%%DNS%%;
    resolver_timeout 10s;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /api {
            clear_status_pass http://api.example:%%SIM%%;
        }

        location = /both {
            clear_status_pass http://both.example:%%SIM%%;
        }

        location = /dead {
            clear_status_pass http://dead.example:%%SIM%%;
        }

        location = /moving {
            clear_status_pass http://moving.example:%%SIM%%;
        }

        location = /missing {
            clear_status_pass http://missing.example:%%SIM%%;
        }

        location = /broken {
            clear_status_pass http://broken.example:%%SIM%%;
        }

        location = /mute {
            resolver_timeout 500ms;
            clear_status_pass http://mute.example:%%SIM%%;
        }

        location = /slow {
            resolver_timeout 60s;
            clear_status_timeout 300ms;
            clear_status_pass http://slow.example:%%SIM%%;
        }

        location = /left {
            resolver_timeout 10m;
            clear_status_timeout 10m;
            clear_status_pass http://slow.example:%%SIM%%;
        }

        location = /address {
            clear_status_pass http://127.0.0.1:%%SIM%%;
        }

        location = /localhost {
            clear_status_pass http://localhost:%%SIM%%;
        }
    }
}
EOC

sub ask ($location, $id = new_task('SUCCESS')) {
    return $t->get("$location?taskId=$id");
}


is ask('/api')->code, 200, 'a name';
ok $dns->count('api.example', 'A'), 'by the name server';
is ask('/both')->code, 200, 'with both kinds of address';
is ask('/dead')->code, 200, 'the first of two addresses is dead';

is ask('/address')->code,   200, 'an address';
is ask('/localhost')->code, 200, 'localhost';
is $dns->count('localhost'), 0, 'asks nobody';

envelope_is ask('/missing'), 502, 'a name that does not exist';
ok wait_for(sub {
    $t->logged('error', qr/resolved.*missing\.example: Host not found/)
}), 'is logged as such';

envelope_is ask('/broken'), 502, 'a name server that fails';
envelope_is ask('/mute'),   502, 'one that does not answer in time';
envelope_is ask('/slow'),   504, 'nor before the end of the fetch';

subtest 'nobody waits for the name of another' => sub {
    my ($mute, $left) = map {
        my $location = $_;
        [map { $t->start("/$location?taskId=" . new_task('SUCCESS')) } 1 .. 20];
    } qw(mute left);

    is ask('/address')->code, 200, 'a fetch meanwhile';
    ok !(grep { $_->is_over } @$left), 'while they wait for long';
    is_deeply [map { $_->code } $t->collect(@$mute)], [(502) x 20],
        'those of a short time end';
    $_->abort for @$left;
};

subtest 'a name that moves' => sub {
    envelope_is ask('/moving'), 502, 'nothing listens there';
    $dns->say('moving.example' => {A => ['127.0.0.1'], ttl => 1});

    ok wait_for(sub { ask('/moving')->code == 200 }),
        'is found at its new address';
};

subtest 'many at once ask once' => sub {
    $dns->say('missing.example' => {A => ['127.0.0.1'], ttl => 60});
    my $before = $dns->count('missing.example', 'A');

    my @calls
        = map { $t->start('/missing?taskId=' . new_task('SUCCESS')) } 1 .. 50;

    is_deeply [map { $_->code } $t->collect(@calls)], [(200) x 50],
        'all answered';
    cmp_ok $dns->count('missing.example', 'A') - $before, '<=', 1,
        'one question';
};

subtest 'a reload while a name is looked up' => sub {
    my $call = $t->start('/mute?taskId=' . new_task('SUCCESS'));

    ok $t->reload, 'reloads';
    envelope_is +($t->collect($call))[0], 502, 'it ends as it would';
    is ask('/api')->code, 200, 'the next is answered';
    ok wait_for(sub { !$t->leaving_pids }), 'the old worker goes';
};

subtest 'a reload while a name is looked up that nobody waits for' => sub {
    my $before = $dns->count('slow.example');
    my $call   = $t->start('/left?taskId=' . new_task('SUCCESS'));

    ok wait_for(sub { $dns->count('slow.example') > $before }), 'asked for';
    $call->abort;

    ok $t->reload, 'reloads';
    ok wait_for(sub { !$t->leaving_pids }), 'the old worker goes';
};

ok $t->quit, 'nothing holds up the end';

$t->done;
