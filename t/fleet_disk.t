# A fleet's purges where a gateway's own disk does not do what it should: it
# hangs, or is read late.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Disk;
use ClearStatus::Fleet;
use ClearStatus::Relay;
use ClearStatus::Shim qw(build_shim watched_stat);
use ClearStatus::Test;
use Digest::SHA qw(sha256_hex);
use Fcntl qw(F_SETLK F_WRLCK SEEK_SET);
use Test::More;

plan skip_all => ClearStatus::Fleet->missing('disk')
    if ClearStatus::Fleet->missing('disk');

my $t     = ClearStatus::Test->new(reload => 0);
my $sim   = $t->simulator;
my $fleet = ClearStatus::Fleet->new(t => $t, conf => <<'EOC');
%%GLOBALS%% env LD_PRELOAD;

thread_pool default threads=2;

events {
    worker_connections 1024;
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:4m;
    clear_status_redis zone=answers %%REDIS%% timeout=2s;
    clear_status_disk zone=answers %%DIR%%/disk timeout=200ms;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_retries 0;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /purge {
            clear_status_purge;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}
EOC

# Who looks at the second gateway's file hangs while there is a file "hangs" in
# its folder, and makes one of its own number there.

my $preload = !$ENV{TEST_NGINX_BINARY} && !$ENV{TEST_VALGRIND}
    && build_shim($t, watched_stat(<<'EOC'));
    char  name[4096], mine[4096];
    char *end = strstr(path, "/disk/answers.db");

    if (end == NULL) return;
    snprintf(name, sizeof(name), "%.*s/hangs", (int) (end - path), path);
    snprintf(mine, sizeof(mine), "%s/%d", name, getpid());
    while (access(name, F_OK) == 0) {
        close(open(mine, O_CREAT|O_WRONLY, 0600));
        usleep(10000);
    }
EOC

my $redis = $fleet->redis;
my $relay = $t->adopt(
    ClearStatus::Relay->new(dir => $t->dir, to => $redis->port))->start;

$fleet->reach(1, 'redis://127.0.0.1:' . $relay->port);

{
    local $ENV{LD_PRELOAD} = $preload || '';
    $fleet->run;
}

my $second = $fleet->gateway(1);
my $disk   = ClearStatus::Disk->new(t => $second);

sub status ($i, $id) {
    return $fleet->get($i, "/status?taskId=$id")->header('Cache-Status');
}

sub purge ($i, $id) {
    return $fleet->get($i, "/purge?taskId=$id", method => 'DELETE')->code;
}

sub made {
    my @made = $second->logged('notice', qr/purged for another/);

    return scalar @made;
}

sub on_disk ($id) {
    my $digest = substr sha256_hex($id), 0, 16;

    return $disk->sql("SELECT count(*) FROM answer
        WHERE hex(key) LIKE upper('$digest%')");
}

# SQLite's place for who has the database for itself, of the file itself.

sub locked {
    my $lock = pack 's s x![8] q q i x![8]', F_WRLCK, SEEK_SET, 0x4000_0000,
        512, 0;

    open my $fh, '+<', $disk->file or die $disk->file . ": $!\n";
    fcntl $fh, F_SETLK, $lock or die $disk->file . ": $!\n";
    return $fh;
}

# A task that both gateways' zones have.

sub everywhere {
    my $id = new_task('SUCCESS');

    status(0, $id);
    wait_for(sub { status(1, $id) =~ /hit; ttl/ });
    return $id;
}


# It is read late: somebody locks it while nginx starts.

my $id = everywhere();

ok wait_for(sub { $disk->answers > 0 }), 'its disk has answers';
$relay->cut(0, 'reset');
$relay->drop;
ok $fleet->wait_down(1), 'a gateway is cut off';
is purge(1, $id), 200, 'and purges a task';
ok $second->stop, 'it ends';

my $held = locked();

$second->run;
ok wait_for(sub { $second->logged('error', qr/cannot be written/) }, 60),
    'it is there again, and its disk cannot be opened';

my $before = made();

$relay->pass;
ok $fleet->wait_up(1), 'Redis is back';
purge(0, new_task('SUCCESS'));
ok wait_for(sub { made() > $before }), 'and what others purge is made';
like status(0, $id), qr/hit; ttl/, 'others have what it purged';
close $held;
ok wait_for(sub {
    status(1, new_task('SUCCESS'));
    status(0, $id) !~ /hit; ttl/;
}, 90), 'until its disk is read';


# It hangs, with as many purges as it is to wait for, and more.

SKIP: {
    skip 'a program of our own cannot be put before the files', 1
        if !$preload;

    my @none = ('x' . '0' x 16, 't' . 'z' x 16);

    ok $second->stop, 'it ends';
    $disk->sql_write("INSERT INTO fleet VALUES ('$_', 0)") for @none;
    $disk->sql_write('INSERT INTO fleet
        VALUES (CAST(x\'2a00\' || zeroblob(400000) AS TEXT), 0)');
    chown +(stat $disk->dir)[4, 5], glob $disk->file . '*';
    {
        local $ENV{LD_PRELOAD} = $preload;
        $second->run;
    }
    ok $fleet->wait_up(1), 'and is there again';

    $id = everywhere();

    my $other = everywhere();

    ok wait_for(sub { on_disk($other) }), 'its disk has answers';

    my $hangs = $second->dir . '/hangs';
    mkdir $hangs;
    chmod 0777, $hangs;
    ok wait_for(sub { !grep { !-e "$hangs/$_" } $disk->writers }),
        'who writes it hangs';

    my $purges = 'clear:1:purges';
    my (undef, $us)
        = @{ $redis->command('ZREVRANGE', $purges, 0, 0, 'WITHSCORES') };

    $redis->command('ZADD', $purges,
        map { (sprintf('%.0f', $us + $_), sprintf 't%016x', $_) } 1 .. 600);
    is purge(0, $id), 200, 'others purge many tasks, and one that it has';
    ok wait_for(sub { status(1, $id) !~ /hit; ttl/ }, 60),
        'which its zone does not keep for that';

    rename $hangs, "$hangs-no-more";
    ok wait_for(sub { !on_disk($other) }), 'nor its disk, of any';

    my %told = @{ $redis->command('ZRANGE', $purges, 0, -1, 'WITHSCORES') };

    ok !(grep { $told{$_} } @none), 'what is no purge on disk is not told';
}

$fleet->done;
