# Over a reload two processes write a database for a while: a purge that comes
# then is none that either of them has made already.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Disk;
use ClearStatus::Shim qw(build_shim);
use ClearStatus::Test;
use Mojo::File qw(path);
use Test::More;

plan skip_all => 'a program of our own cannot be put before SQLite'
    if $ENV{TEST_NGINX_BINARY} || $ENV{TEST_VALGRIND};

my $t    = ClearStatus::Test->new(reload => 0);
my $disk = ClearStatus::Disk->new(t => $t);
my $dir  = path($t->dir . '/notes')->make_path->chmod(0777);

# Who has made its purges, and is about to say so, waits while there is a file
# "held" and none of its own.

my $shim = <<'EOC';
static char *path(const char *name, int pid)
{
    static char buf[4096];

    snprintf(buf, sizeof(buf), pid ? "%s/%s-%d" : "%s/%s", getenv("SHIM"),
             name, pid);
    return buf;
}

int sqlite3_wal_checkpoint_v2(void *db, const char *name, int mode, int *log,
    int *moved)
{
    int i, rc;
    static int (*real)(void *, const char *, int, int *, int *);

    if (!real) *(void **) &real = dlsym(RTLD_NEXT, "sqlite3_wal_checkpoint_v2");
    rc = real(db, name, mode, log, moved);

    close(open(path("made", getpid()), O_CREAT|O_WRONLY, 0600));

    for (i = 0; i < 6000 && access(path("held", 0), F_OK) == 0
                && access(path("go", getpid()), F_OK) != 0; i++)
    {
        usleep(10000);
    }

    return rc;
}
EOC

my $preload = build_shim($t, $shim)
    or plan skip_all => 'there is no compiler';

$ENV{SHIM} = $dir;
$t->conf($disk->conf(main => 'env LD_PRELOAD; env SHIM;'));

{
    local $ENV{LD_PRELOAD} = $preload;
    $t->run;
}


sub purge ($id) {
    is $t->request('DELETE', "/purge?taskId=$id")->code, 200, 'purged';
}

sub made ($pid) {
    return wait_for(sub { -e "$dir/made-$pid" });
}


my @ids = map { new_task('SUCCESS') } 1, 2;

$disk->ask_all(@ids);
ok $disk->saved(2), 'stored';

my ($old) = $disk->writers;
$dir->child('held')->touch;
purge($ids[0]);
ok made($old), 'the old one has made it';

ok $t->reload, 'a reload';
my $new;
ok wait_for(sub { ($new) = grep { $_ != $old } $disk->writers }), 'begins';
ok made($new), 'and so has the new one';

$dir->child("go-$old")->touch;
ok wait_for(sub { !kill 0, $old }), 'the old one says so, and leaves';
purge($ids[1]);

$dir->child("go-$new")->touch;
ok $disk->saved(0), 'what the new one says is of the first purge alone';

$t->done;
