# No worker reads a certificate's file for a connection: what is trusted is in
# memory, and libcurl's own certificates, those of the system, are not asked.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Mojo::File qw(path);
use Test::More;

plan skip_all => 'another library goes first'
    if $ENV{TEST_VALGRIND} || ($ENV{TEST_MODULE} // '') eq 'static';

my $t = ClearStatus::Test->new;
$t->simulator(tls => 1);

# What is opened as OpenSSL opens files is in the file "opened", a name a line.

my $shim = $t->file('shim.c', <<'EOC');
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void note(const char *path)
{
    char line[4096];
    int  fd  = open(getenv("SHIM"), O_WRONLY|O_APPEND|O_CREAT, 0666);
    int  len = snprintf(line, sizeof(line), "%s\n", path);

    if (fd == -1) return;
    if (write(fd, line, len) != len) abort();
    close(fd);
}

#define SHIM(name)                                                            \
    FILE *name(const char *path, const char *mode)                            \
    {                                                                         \
        static FILE *(*real)(const char *, const char *);                     \
                                                                              \
        if (!real) *(void **) &real = dlsym(RTLD_NEXT, #name);                \
        note(path);                                                           \
        return real(path, mode);                                              \
    }

SHIM(fopen)
SHIM(fopen64)
EOC

my $preload = $t->dir . '/shim.so';

plan skip_all => 'there is no compiler'
    if system("cc -shared -fPIC -o $preload $shim -ldl 2> /dev/null") != 0;

my $opened = path($t->file('opened', '', 0666));
$ENV{SHIM} = "$opened";

$t->conf(<<'EOC');
%%GLOBALS%% env LD_PRELOAD; env SHIM;

events {
}

http {
    %%HTTP%%

    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_ssl_trusted_certificate %%CA%%;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM_TLS%%;
        }
    }
}
EOC

my $ca = $t->certificates->ca;

{
    local $ENV{LD_PRELOAD} = $preload;

    $t->run;
    system("openssl verify -CAfile $ca $ca > /dev/null 2>&1");
}

like $opened->slurp, qr/^\Q$ca\E$/m, 'that is seen of OpenSSL';
$t->file('opened', '', 0666);

is $t->get('/status?taskId=' . new_task('SUCCESS'))->code, 200,
    'over a new connection';
is_deeply [grep {/cert|ssl|\.pem$|\.crt$/} split /\n/, $opened->slurp], [],
    'no certificates are read for it';

$t->done;
