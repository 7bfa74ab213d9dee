# Whatever happens to the disk: callers are answered, the log says what it is,
# and when it is over all goes on.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Disk;
use ClearStatus::Shim qw(build_shim);
use ClearStatus::Test;
use Mojo::File qw(path);
use Test::More;

my $t    = ClearStatus::Test->new(reload => 0);
my $disk = ClearStatus::Disk->new(t => $t);
my $dir  = $disk->dir;
my $file = $disk->file;
my @ids  = map { new_task('SUCCESS') } 1 .. 12;
my $said = qr/\Q$file\E.*cannot be written/;

# What is written to the files goes through this: while there is a file of that
# name, the disk is full, or was made read-only; or another process locks the
# database just when it was opened; or the disk does not tell of its files; or
# somebody sets the clock, an hour each time that it is read.

my $shim = <<'EOC';
#include <sys/time.h>

static int there(const char *name)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s", getenv("SHIM"), name);
    return access(path, F_OK) == 0;
}

static int ours(int fd)
{
    char link[64], name[4096];
    ssize_t n;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, name, sizeof(name) - 1);
    name[n < 0 ? 0 : n] = 0;
    return strstr(name, "answers.db") != NULL;
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
    static ssize_t (*real)(int, const void *, size_t, off64_t);

    if (!real) *(void **) &real = dlsym(RTLD_NEXT, "pwrite64");
    if (ours(fd) && there("full")) { errno = ENOSPC; return -1; }
    if (ours(fd) && there("readonly")) { errno = EROFS; return -1; }
    return real(fd, p, n, at);
}

int stat64(const char *name, struct stat64 *st)
{
    static int (*real)(const char *, struct stat64 *);

    if (!real) *(void **) &real = dlsym(RTLD_NEXT, "stat64");
    if (!strstr(name, "answers.db") || !there("unseen")) return real(name, st);
    errno = EIO;
    return -1;
}

int stat(const char *name, struct stat *st)
{
    return stat64(name, (struct stat64 *) st);
}

int gettimeofday(struct timeval *tv, void *tz)
{
    static int hours;
    static int (*real)(struct timeval *, void *);

    if (!real) *(void **) &real = dlsym(RTLD_NEXT, "gettimeofday");
    if (there("set")) hours++;
    if (real(tv, tz) != 0) return -1;
    tv->tv_sec += 3600 * hours;
    return 0;
}

/* SQLITE_BUSY */

int sqlite3_prepare_v3(void *db, const char *sql, int n, unsigned flags,
    void **stmt, const char **tail)
{
    static int (*real)(void *, const char *, int, unsigned, void **,
        const char **);

    if (!real) *(void **) &real = dlsym(RTLD_NEXT, "sqlite3_prepare_v3");
    if (there("locked")) { *stmt = NULL; return 5; }
    return real(db, sql, n, flags, stmt, tail);
}
EOC

my $preload = !$ENV{TEST_NGINX_BINARY} && !$ENV{TEST_VALGRIND}
    && build_shim($t, $shim);

$ENV{SHIM} = $t->dir;
$t->conf($disk->conf(main => 'env LD_PRELOAD; env SHIM;'));


# Reader and writer have the file open, and all is as it should be.

sub run {
    local $ENV{LD_PRELOAD} = $preload || '';

    $disk->restore;
    $t->run;
    like $disk->from($ids[-1]), qr/detail=disk/, 'from the disk';
    $disk->ask(new_task('SUCCESS'));
    ok $disk->saved(@ids + 1), 'and to it';
}

sub said_more ($n) { return wait_for(sub { $t->logged(error => $said) > $n }) }


$t->run;
$disk->ask_all(@ids);
ok $disk->saved(scalar @ids), 'stored';
$t->stop;
$disk->keep;


subtest 'the folder is gone' => sub {
    run();
    path($dir)->remove_tree;
    like $disk->from($ids[0]), qr/fwd=uri-miss/, 'answered by upstream';
    ok wait_for(sub { $t->logged(error => $said) }), 'an error says so'
        if $> == 0;
    ok $t->reload, 'a reload';
    $disk->ask(new_task('SUCCESS'));
    ok wait_for(sub { $disk->answers =~ /^[1-9]/ }, 60), 'it is made anew';
    $t->stop;
};


SKIP: {
    skip 'only root can take a folder away from its user', 3 if $> != 0;

    subtest 'the folder is on another user\'s name' => sub {
        run();
        my $n = $t->logged(error => $said);
        chown 0, 0, $dir;
        chmod 0700, $dir;
        is $disk->ask($_)->code, 200, 'an answer' for @ids[0 .. 2];
        cmp_ok $disk->lookups('error'), '>', 0, 'errors are counted';
        ok said_more($n), 'an error says so';
        ok $t->reload, 'a reload';
        is +(stat $dir)[4], (stat $file)[4], 'gives it back to its user';
        like $disk->from($ids[3]), qr/detail=disk/, 'it is read';
        $disk->ask(new_task('SUCCESS'));
        ok wait_for(sub { $disk->answers > @ids + 1 }, 60), 'and written';
        $t->stop;
    };

    subtest 'the files are another user\'s' => sub {
        $disk->restore;
        my $n = $t->logged(error => $said);
        my ($user, $group) = (stat $file)[4, 5];
        chown 0, 0, glob "$file*";
        $t->run;
        is $disk->ask($_)->code, 200, 'an answer' for @ids[0 .. 2];
        ok said_more($n), 'an error says so';
        like +($t->logged(error => $said))[-1], qr/permission denied/,
            'and why';
        cmp_ok $disk->lookups('error'), '>', 0, 'errors are counted';
        chown $user, $group, glob "$file*";
        ok $t->reload, 'a reload';
        like $disk->from($ids[3]), qr/detail=disk/, 'its own again: read';
        $disk->ask(new_task('SUCCESS'));
        ok wait_for(sub { $disk->answers > @ids }, 60), 'and written';
        $t->stop;
    };

    subtest 'the file may not be written' => sub {
        $disk->restore;
        my $n = $t->logged(error => $said);
        chmod 0400, $file;
        $t->run;
        is $disk->ask($_)->code, 200, 'an answer' for @ids[0 .. 2];
        ok said_more($n), 'an error says so';
        chmod 0600, glob "$file*";
        ok $t->reload, 'a reload';
        like $disk->from($ids[3]), qr/detail=disk/, 'when it may, it is read';
        $disk->ask(new_task('SUCCESS'));
        ok wait_for(sub { $disk->answers > @ids }, 60), 'and written';
        $t->stop;
    };
}


SKIP: {
    skip 'a program of our own cannot be put before the files', 5
        if !$preload;

    subtest 'the disk becomes read-only' => sub {
        run();
        my $n = $t->logged(error => $said);
        $t->file('readonly', '');
        $disk->ask(new_task('SUCCESS'));
        ok said_more($n), 'an error says so';
        like $disk->from($ids[0]), qr/detail=disk/, 'reading goes on';
        unlink $t->dir . '/readonly';
        ok $t->reload, 'when it is over, a reload';
        ok $disk->saved(@ids + 2), 'writes what waited';
        $t->stop;
    };

    subtest 'full' => sub {
        run();
        my $n = $t->logged(error => $said);
        $t->file('full', '');
        $disk->ask(new_task('SUCCESS'));
        ok said_more($n), 'an error says so';
        like +($t->logged(error => $said))[-1], qr/is full/, 'and that it is';
        like $disk->from($ids[0]), qr/detail=disk/, 'reading goes on';
        is $disk->metric('disk_dropped_total'), 0, 'nothing is lost';
        unlink $t->dir . '/full';
        ok $disk->saved(@ids + 2),
            'what waited is written when there is room';
        is $t->logged(error => $said), $n + 1, 'it was said once';
        ok wait_for(sub {
            $t->logged(notice => qr/\Q$file\E" is written again/);
        }), 'and that it is over';
        $t->stop;
    };

    subtest 'the disk does not tell of its files' => sub {
        run();
        my $n = $t->logged(error => $said);
        $t->file('unseen', '');
        $disk->ask(new_task('SUCCESS'));
        ok said_more($n), 'an error says so';
        unlink $t->dir . '/unseen';
        is $disk->answers, @ids + 1, 'no new one is put in its place';
        $t->stop;
        is $disk->answers, @ids + 2, 'which is written when it does';
    };

    subtest 'the clock is set during a look-up' => sub {
        run();
        $t->file('set', '');
        $disk->ask(new_task('SUCCESS'));
        unlink $t->dir . '/set';
        cmp_ok $disk->metric('tier_seconds_sum', ',tier="disk"'), '<', 600,
            'that takes no longer';
        $t->stop;
    };

    subtest 'locked by another process as it is opened' => sub {
        local $ENV{LD_PRELOAD} = $preload;

        $disk->restore;
        $t->file('locked', '');
        $t->run;
        like $disk->from($ids[0]), qr/fwd=uri-miss/, 'answered by upstream';
        is $disk->lookups('error'), 1, 'an error is counted';
        unlink $t->dir . '/locked';
        like $disk->from($ids[1]), qr/detail=disk/, 'then it is read';
        $t->stop;
    };
}

$t->done;
