# What an orderly stop leaves on disk: nothing of what is purged meanwhile, and
# all answers, also where the last attempt to write them failed.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Disk;
use ClearStatus::Shim qw(build_shim);
use ClearStatus::Test;
use Mojo::File qw(path);
use Test::More;

plan skip_all => 'a program of our own cannot be put before nginx'
    if $ENV{TEST_NGINX_BINARY} || $ENV{TEST_VALGRIND};

my $t    = ClearStatus::Test->new(reload => 0);
my $disk = ClearStatus::Disk->new(t => $t);

# A worker that took a DELETE does not come to its next turn while there is a
# file "held"; and while there is one "full", the disk is.

my $shim = <<'EOC';
#include <sys/epoll.h>
#include <sys/socket.h>

static int purges;

static char *path(const char *name)
{
    static char buf[4096];

    snprintf(buf, sizeof(buf), "%s/%s", getenv("SHIM"), name);
    return buf;
}

ssize_t recv(int fd, void *p, size_t n, int flags)
{
    ssize_t got;
    static ssize_t (*real)(int, void *, size_t, int);

    if (!real) *(void **) &real = dlsym(RTLD_NEXT, "recv");
    got = real(fd, p, n, flags);
    if (got > 6 && memcmp(p, "DELETE", 6) == 0) purges = 1;
    return got;
}

int epoll_wait(int fd, struct epoll_event *events, int n, int timeout)
{
    int i;
    static int (*real)(int, struct epoll_event *, int, int);

    if (!real) *(void **) &real = dlsym(RTLD_NEXT, "epoll_wait");

    for (i = 0; purges && i < 6000 && access(path("held"), F_OK) == 0; i++) {
        close(open(path("purges"), O_CREAT|O_WRONLY, 0600));
        usleep(10000);
    }

    return real(fd, events, n, timeout);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
    ssize_t len;
    char link[64], name[4096];
    static ssize_t (*real)(int, const void *, size_t, off64_t);

    if (!real) *(void **) &real = dlsym(RTLD_NEXT, "pwrite64");
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    len = readlink(link, name, sizeof(name) - 1);
    name[len < 0 ? 0 : len] = 0;

    if (strstr(name, "answers.db") && access(path("full"), F_OK) == 0) {
        errno = ENOSPC;
        return -1;
    }

    return real(fd, p, n, at);
}
EOC

my $preload = build_shim($t, $shim)
    or plan skip_all => 'there is no compiler';

my $dir = path($t->dir . '/notes')->make_path->chmod(0777);

$ENV{SHIM} = $dir;
$t->conf($disk->conf(main => 'env LD_PRELOAD; env SHIM;', zone => '2m'));

sub run {
    local $ENV{LD_PRELOAD} = $preload;
    $t->run;
}


# A purge that a worker is still at in the zone.

run();
$disk->ask_all(map { new_task('SUCCESS') } 1 .. 60) for 1 .. 10;
ok $disk->saved(600), 'stored';

my ($writer) = $disk->writers;
my $master = $t->master_pid;

$dir->child('held')->touch;
my $purge = $t->start('/purge?all=1', method => 'DELETE');
ok wait_for(sub { -e $dir->child('purges') }), 'a purge begins';

kill QUIT => $master;
ok wait_for(sub { !kill 0, $writer }), 'nginx stops, and its writer leaves';
unlink $dir->child('held');
is $t->collect($purge)->code, 200, 'the purge is answered';
ok wait_for(sub { !$t->is_running }), 'then all is over';
is $disk->answers, 0, 'and nothing is left on disk';


# A disk that was full a moment ago.

run();
$disk->ask(new_task('SUCCESS'));
ok $disk->saved(1), 'stored';
$dir->child('full')->touch;
$disk->ask(new_task('SUCCESS'));
ok wait_for(sub { $t->logged(error => qr/cannot be written.* is full/) }),
    'an error says so';
unlink $dir->child('full');
$t->stop;
is $disk->answers, 2, 'and yet what waited is written';

$t->done;
