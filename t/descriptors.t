# No socket can be opened: that is this gateway's 503, whatever the reason is
# and whoever wanted it, never upstream's failure; nobody pauses for it.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Dns;
use ClearStatus::Shim qw(build_shim);
use ClearStatus::Test;
use Mojo::File qw(path);
use POSIX qw(EMFILE ENFILE ENOBUFS ENOMEM);
use Test::More;

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator(tls => 1);
my $dns = $t->adopt(ClearStatus::Dns->new(dir => $t->dir))->start;

$dns->say('api.example' => {A => ['127.0.0.1']});

# While there is a file "errno", no socket of these families can be opened, or
# where "at" says so connected, by this reason.

my $shim = <<'EOC';
#include <sys/socket.h>

static int lacks(const char *at)
{
    int   n = 0;
    char  path[4096], is[16] = "";
    FILE *f;

    snprintf(path, sizeof(path), "%s/errno", getenv("SHIM"));
    f = fopen(path, "r");
    if (f == NULL) return 0;
    if (fscanf(f, "%15s %d", is, &n) != 2 || strcmp(is, at) != 0) n = 0;
    fclose(f);
    return n;
}

int socket(int domain, int type, int protocol)
{
    static int (*real)(int, int, int);
    int        err;

    if (!real) *(void **) &real = dlsym(RTLD_NEXT, "socket");
    err = domain == AF_INET || domain == AF_INET6 ? lacks("socket") : 0;
    if (err) { errno = err; return -1; }
    return real(domain, type, protocol);
}

int connect(int fd, const struct sockaddr *to, socklen_t len)
{
    static int (*real)(int, const struct sockaddr *, socklen_t);
    int        err;

    if (!real) *(void **) &real = dlsym(RTLD_NEXT, "connect");
    err = lacks("connect");
    if (err) { errno = err; return -1; }
    return real(fd, to, len);
}
EOC

my $preload = !$ENV{TEST_NGINX_BINARY} && !$ENV{TEST_VALGRIND}
    && build_shim($t, $shim);

$ENV{SHIM} = $t->dir;
$t->set(DNS => $dns->port, SIM => $sim->port);

sub conf ($globals) {
    return <<"EOC";
%%GLOBALS%% env LD_PRELOAD; env SHIM; $globals

worker_processes 1;

events {
}

http {
    %%HTTP%%

    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_ssl_trusted_certificate %%CA%%;
    clear_status_max_fails 1;
    clear_status_retries 0;
    clear_status_timeout 60s;
    keepalive_timeout 1h;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /address {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /tls {
            clear_status_pass %%UPSTREAM_TLS%%;
        }

        location = /name {
            resolver 127.0.0.1:%%DNS%% ipv6=off;
            clear_status_pass http://api.example:%%SIM%%;
        }

        # its name is looked up by libcurl, in a thread
        location = /libcurl {
            clear_status_pass http://api.invalid:%%SIM%%;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}
EOC
}


# Over a connection that is there already.

sub ask ($location, $on) {
    return $t->get("$location?taskId=" . new_task('SUCCESS'), on => $on);
}


sub refused ($location, $on) {
    my $r     = ask($location, $on);
    my $error = envelope_is $r, 503, "$location: this gateway cannot";

    # from 8.20 on libcurl cannot even begin without a descriptor
    like $error->{message},
        qr/^(?:This gateway cannot fetch|The service is not available)/,
        'as it says';
}


sub nobody_pauses ($on) {
    like $t->get('/metrics', on => $on)->body,
        qr/^clear_status_tenants_paused 0$/m, 'nobody pauses for it';
}


# nginx has not one descriptor left: callers that only are there have them.

subtest 'descriptors' => sub {
    $t->conf(conf('worker_rlimit_nofile 40;'));
    $t->expect_log(qr/Too many open files/);
    $t->run;

    my $on = $t->socket;
    is $t->get('/metrics', on => $on)->code, 200, 'a caller is there';

    my @others;
    ok wait_for(sub {
        push @others, $t->socket;
        $t->logged(crit => qr/accept4?\(\) failed/);
    }), 'and more than there is room for';

    refused($_, $on) for qw(/address /tls /name /libcurl);
    nobody_pauses($on);
    is $sim->connections, 0, 'upstream heard of nothing';

    @others = ();
    ok wait_for(sub { (ask($_, $on)->code // 0) == 200 }), "$_: and the next"
        for qw(/address /tls /name);
    $t->stop;
};


SKIP: {
    skip 'a program of our own cannot be put before sockets', 1 if !$preload;

    subtest 'other reasons' => sub {
        my $errno = $t->dir . '/errno';
        my %errno = (EMFILE => EMFILE, ENFILE => ENFILE, ENOBUFS => ENOBUFS,
            ENOMEM => ENOMEM);

        $t->conf(conf(''));
        $t->expect_log(qr/socket\(\) failed|connect\(\) .*failed/);

        {
            local $ENV{LD_PRELOAD} = $preload;
            $t->run;
        }

        my $on = $t->socket;

        for my $why (sort keys %errno) {
            for my $at (qw(socket connect)) {

                # a name server's own connection is none of upstream's
                next if $at eq 'connect' && $why !~ /ENO/;

                path($errno)->open('>')->print("$at $errno{$why}\n");
                chmod 0644, $errno;
                note "$at: $why";
                refused('/address', $on);
                refused('/tls',     $on);
                refused('/name',    $on) if $at eq 'socket';
            }
        }

        nobody_pauses($on);
        unlink $errno;
        is ask($_, $on)->code, 200, "$_: and the next"
            for qw(/address /tls /name);
        $t->stop;
    };
}

$t->done;
