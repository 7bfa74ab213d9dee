# A name that cannot be looked up fails no fetch for which there is a
# connection, or an address that worked before.  A name that moves is followed.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Dns;
use ClearStatus::Relay;
use ClearStatus::Shim qw(build_shim);
use ClearStatus::Test;
use Mojo::File qw(path);
use Test::More;
use Time::HiRes qw(time);

my $t     = ClearStatus::Test->new(reload => 0);
my $sim   = $t->simulator;
my $other = $t->new_simulator;
my $dns   = $t->adopt(ClearStatus::Dns->new(dir => $t->dir))->start;

# where a name moves to: the same port of another address
my $there = $t->adopt(ClearStatus::Relay->new(dir => $t->dir,
    address => '127.0.0.2', port => $sim->port, to => $other->port))->start;

# What libcurl looks up is in a file "name-NAME"; "hangs" there does so.

my $shim = <<'EOC';
#include <netdb.h>

int getaddrinfo(const char *node, const char *service,
    const struct addrinfo *hints, struct addrinfo **res)
{
    static int (*real)(const char *, const char *, const struct addrinfo *,
        struct addrinfo **);
    char  path[4096], address[64] = "";
    FILE *f;

    if (!real) *(void **) &real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (node == NULL || strstr(node, ".shim") == NULL)
        return real(node, service, hints, res);

    snprintf(path, sizeof(path), "%s/name-%s", getenv("SHIM"), node);
    f = fopen(path, "r");
    if (f == NULL) return EAI_AGAIN;
    if (fscanf(f, "%63s", address) != 1) address[0] = 0;
    fclose(f);
    if (strcmp(address, "hangs") == 0) sleep(60);
    return real(address, service, hints, res);
}
EOC

my $preload = !$ENV{TEST_NGINX_BINARY} && !$ENV{TEST_VALGRIND}
    && build_shim($t, $shim);

$ENV{SHIM} = $t->dir;

$dns->say("$_.example" => {A => ['127.0.0.1'], ttl => 1})
    for qw(mute broken missing moving);

$t->set(DNS => $dns->port, SIM => $sim->port);

$t->conf(<<'EOC');
%%GLOBALS%% env LD_PRELOAD; env SHIM;

worker_processes 1;

events {
}

http {
    %%HTTP%%

    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_max_fails 0;
    clear_status_retries 0;
    clear_status_timeout 60s;

    server {
        listen 127.0.0.1:%%PORT%%;
        resolver 127.0.0.1:%%DNS%% ipv6=off;

        location = /mute {
            clear_status_pass http://mute.example:%%SIM%%;
        }

        location = /broken {
            clear_status_pass http://broken.example:%%SIM%%;
        }

        location = /missing {
            clear_status_pass http://missing.example:%%SIM%%;
        }

        location = /moving {
            clear_status_pass http://moving.example:%%SIM%%;
            clear_status_keepalive_time 2s;
        }
    }

    # without a resolver
    server {
        listen 127.0.0.1:%%PORT2%%;

        location = /fails {
            clear_status_pass http://fails.shim:%%SIM%%;
        }

        location = /moves {
            clear_status_pass http://moves.shim:%%SIM%%;
            clear_status_keepalive_time 2s;
        }

        location = /unknown {
            clear_status_pass http://unknown.shim:%%SIM%%;
        }

        location = /hangs {
            clear_status_pass http://hangs.shim:%%SIM%%;
            clear_status_timeout 300ms;
        }
    }
}
EOC

{
    local $ENV{LD_PRELOAD} = $preload || '';
    $t->run;
}


sub ask ($location, $port = $t->port) {
    return $t->get("$location?taskId=" . new_task('SUCCESS'), port => $port);
}


sub warned ($name) {
    return $t->logged(warn => qr/\Q$name\E could not be resolved \(.*127\.0/);
}


# Asks until the name server is asked again, as what it said is too old.

sub answered_until_asked ($location, $name) {
    my $before = $dns->count($name, 'A');
    my @wrong;

    my $asked = wait_for(sub {
        my $r = ask($location);
        push @wrong, $r->code // 'none' if ($r->code // 0) != 200;
        return $dns->count($name, 'A') > $before;
    }, 30);

    ok $asked, "$location: the name server is asked again";
    is_deeply \@wrong, [], 'and each fetch is answered';
}


subtest 'a name server that does not answer' => sub {
    is ask('/mute')->code, 200, 'it did';
    $dns->say('mute.example' => {mute => 1});

    answered_until_asked('/mute', 'mute.example');
    ok warned('mute.example'), 'with a warning';
    ok wait_for(sub { ask('/mute')->seconds < 0.9 }),
        'and the next do not wait for it again';
    is $sim->connections, 1, 'all over one connection';
};

subtest 'one that fails, and no connection is left' => sub {
    is ask('/broken')->code, 200, 'it did not fail before';
    $dns->say('broken.example' => {code => 2});
    $sim->close_idle;

    answered_until_asked('/broken', 'broken.example');
    ok warned('broken.example'), 'with a warning';
};

subtest 'a name that is no more' => sub {
    is ask('/missing')->code, 200, 'it was';
    $dns->say('missing.example' => {code => 3});

    my $r;
    ok wait_for(sub { ($r = ask('/missing'))->code != 200 }, 30),
        'is none, as its server says';
    envelope_is $r, 502, 'which is an answer';
    is warned('missing.example'), 0, 'nothing stands for it';
};

subtest 'a name that moves' => sub {
    is ask('/moving')->code, 200, 'it is here';
    is $other->count, 0, 'not there';
    $dns->say('moving.example' => {A => ['127.0.0.2'], ttl => 1});

    my $at = time;
    ok wait_for(sub { ask('/moving'); $other->count }, 50), 'it is followed';
    cmp_ok time - $at, '<', 40, 'also while its connection is in use';
};


SKIP: {
    skip 'a program of our own cannot be put before look-ups', 4 if !$preload;

    my $port = $t->port(2);
    my $name = sub ($name, $address) {
        my $file = $t->dir . "/name-$name.shim";
        return unlink $file if !$address;
        $t->file("name-$name.shim", "$address\n");
    };

    subtest 'libcurl cannot look it up' => sub {
        $name->(fails => '127.0.0.1');
        is ask('/fails', $port)->code, 200, 'it could';

        $name->(fails => undef);
        is ask('/fails', $port)->code, 200, 'there is a connection'
            for 1 .. 3;

        is warned('fails.shim'), 0, 'which asks nobody';
        $sim->close_idle;

        my @codes = map { ask('/fails', $port)->code } 1 .. 3;
        is_deeply \@codes, [(200) x 3], 'and an address that worked before';
        ok warned('fails.shim'), 'with a warning';
    };

    subtest 'that never could be' => sub {
        envelope_is ask('/unknown', $port), 502, 'is an error';
        ok $t->logged(error => qr/upstream could not be resolved/), 'as such';
    };

    subtest 'a name that moves, for libcurl' => sub {
        my $before = $other->count;

        $name->(moves => '127.0.0.1');
        is ask('/moves', $port)->code, 200, 'it is here';
        is $other->count, $before, 'not there';
        $name->(moves => '127.0.0.2');

        my $at = time;
        ok wait_for(sub { ask('/moves', $port); $other->count > $before }, 50),
            'it is followed';
        cmp_ok time - $at, '<', 40, 'also while its connection is in use';
    };

    # libcurl's thread goes on to hang, for a minute

    subtest 'a look-up that hangs' => sub {
        $name->(hangs => 'hangs');
        envelope_is ask('/hangs', $port), 504, 'ends in time';
        ok $t->reload, 'and holds up no worker';
        ok wait_for(sub { !$t->leaving_pids }, 20), 'that leaves';
    };
}

$t->done;
