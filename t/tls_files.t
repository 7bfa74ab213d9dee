# No worker reads a certificate's file for a connection: what is trusted is in
# memory, and libcurl's own certificates, those of the system, are not asked.
# A new one that could not be opened at first is read when it can.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Shim qw(build_shim no_descriptor);
use ClearStatus::Test;
use Mojo::File qw(path);
use Test::More;

plan skip_all => 'another library goes first'
    if $ENV{TEST_VALGRIND} || ($ENV{TEST_MODULE} // '') eq 'static';

my $t = ClearStatus::Test->new(reload => 0);
$t->simulator(tls => 1);

# What is opened as OpenSSL opens files is in the file "opened", a name a line;
# and while there is a file "opened.full", there is no descriptor for ours.

my $preload = build_shim($t,
    no_descriptor('/trusted.pem', $t->dir . '/opened.full'), <<'EOC')
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
    or plan skip_all => 'there is no compiler';

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

        location = /renewed {
            clear_status_pass %%UPSTREAM_TLS%%;
            clear_status_ssl_trusted_certificate %%DIR%%/trusted.pem;
            clear_status_keepalive_time 0;
        }
    }
}
EOC

my $ca = $t->certificates->ca;
$t->file('trusted.pem', path($ca)->slurp, 0644);

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


# No descriptor, just when there is a new file.

sub until_renewed ($condition, $name) {
    ok wait_for(sub {
        $t->get('/renewed?taskId=' . new_task('SUCCESS'));
        $condition->();
    }, 60), $name;
}

my $no = qr/trusted\.pem" cannot be read, the last good.*\(24: /;

$t->file('opened.full', '', 0644);
$t->file('new.pem', path($ca)->slurp x 2, 0644);
rename $t->dir . '/new.pem', $t->dir . '/trusted.pem' or die;
until_renewed(sub { $t->logged('error', $no) },
    'one that cannot be opened: an error says so');
until_renewed(sub {
    my @looks = $t->logged('debug', qr/trusted\.pem": changed:0/);
    return @looks >= 3;
}, 'it goes on looking');
is scalar(my @said = $t->logged('error', $no)), 1, 'and said it once';
unlink $t->dir . '/opened.full';
until_renewed(sub {
    $t->logged('notice', qr/trusted certificates of \S+ were read again/);
}, 'it is read when it can be opened');

$t->done;
