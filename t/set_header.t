# Fields of the configuration for upstream: they reach it, over both versions
# and with each attempt, no proxy and no other location's answers.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use ClearStatus::Tunnel;
use Test::More;

my $t     = ClearStatus::Test->new;
my $sim   = $t->simulator(tls => 1);
my $proxy = $t->adopt(ClearStatus::Tunnel->new(dir => $t->dir))->start;

$t->set(FORWARD => $proxy->port);

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
    clear_status_ssl_trusted_certificate %%CA%%;
    clear_status_max_fails 0;

    clear_status_set_header X-Stage "a b";
    clear_status_set_header X-List one;
    clear_status_set_header X-List two;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /inherited {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /tls {
            clear_status_pass %%UPSTREAM_TLS%%;
        }

        location = /proxy {
            clear_status_pass %%UPSTREAM%%;
            clear_status_proxy http://127.0.0.1:%%FORWARD%%;
        }

        location = /own {
            clear_status_pass %%UPSTREAM%%;
            clear_status_set_header X-Other own;
        }
    }

    server {
        listen 127.0.0.1:%%PORT%%;
        server_name same;

        location = /inherited {
            clear_status_pass %%UPSTREAM%%;
        }
    }
}
EOC

sub ask ($location, $id, @more) {
    is $t->get("$location?taskId=$id", @more)->code, 200, $location;
}


for my $location (qw(/inherited /tls /proxy)) {
    my $id = new_task('SUCCESS');

    ask($location, $id);
    is_deeply [$sim->sent($id, 'x-stage')], ['a b'], 'a field';
    is join(',', $sim->sent($id, 'x-list')) =~ tr/ //dr, 'one,two',
        'a field twice';
    ok $sim->sent($id, 'x-clear-auth-token'), 'the credentials are there';
}

unlike +($proxy->told)[0][0], qr/x-stage/i, 'a proxy is told nothing of them';

subtest 'a level with its own' => sub {
    my $id = new_task('SUCCESS');

    ask('/own', $id);
    is $sim->sent($id, 'x-other'), 'own', 'sends them';
    is_deeply [$sim->sent($id, 'x-stage')], [], 'and none of the level above';
};

subtest 'with each attempt' => sub {
    my $id = new_task('SUCCESS');

    $sim->behave($id, {reset => 'before', times => 1});
    ask('/inherited', $id);
    is $sim->sent($id, 'x-stage'), 'a b', 'also the second';
};

subtest 'they are part of the key' => sub {
    my $id = new_task('SUCCESS');

    ask('/inherited', $id);
    ask('/own', $id);
    is $sim->count($id), 2, 'others: another answer';
    ask('/inherited', $id, headers => {Host => 'same'});
    is $sim->count($id), 2, 'the same: the same answer';
};

$t->done;
