# The disk over reloads, upgrades, deaths of its writer and of workers, sizes
# and ages.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use File::Copy qw(copy);
use Mojo::File qw(path);
use Test::More;

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

sub conf (%option) {
    my %is = (size => '2m', path => 'disk', disk => '', %option);

    return $t->conf(<<"EOC");
%%GLOBALS%%

worker_processes 2;

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:$is{size};
    clear_status_disk zone=answers %%DIR%%/$is{path} timeout=30s $is{disk};
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id a;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }
    }
}
EOC
}


sub ask ($id) { return $t->get("/status?taskId=$id") }

sub from ($id) { return ask($id)->header('Cache-Status') }

sub file ($path) { return $t->dir . "/$path/answers.db" }

sub sql ($path, $query) {
    my $file = file($path);
    my $said = `sqlite3 -readonly '$file' "$query" 2>&1`;

    chomp $said;
    return $said;
}

sub saved ($path, $n) {
    return wait_for(sub {
        sql($path, 'SELECT count(*) FROM answer') eq $n;
    }, 60);
}

sub managers {
    my $master = $t->master_pid;

    return map {/(\d+)/}
        grep { eval { path("$_/cmdline")->slurp } // '' }
        grep {
        my $is = eval { path("$_/cmdline")->slurp } // '';
        my $stat = eval { path("$_/stat")->slurp } // '';
        $is =~ /cache manager process/ && $stat =~ /\) \S (\d+)/
            && $1 == $master
        } glob '/proc/[0-9]*';
}


# Another size of the zone, then another path, then back.

conf()->run(daemon => 1);

my @ids = map { new_task('SUCCESS') } 1 .. 3;

ask($ids[0]);
ok saved('disk', 1), 'stored';

conf(size => '3m');
ok $t->reload, 'another size of the zone';
like from($ids[0]), qr/detail=disk/, 'the zone is empty, the disk is not';

conf(size => '4m', path => 'other');
ok $t->reload, 'another path';
like from($ids[0]), qr/fwd=uri-miss/, 'nothing is there';
ok saved('other', 1), 'it is stored there';

conf(size => '5m');
ok $t->reload, 'back';
like from($ids[0]), qr/detail=disk/, 'what was there is';


# The writer dies.

ask($ids[1]);
my ($manager) = managers();
ok $manager, 'there is a writer';
$t->expect_log(qr/cache manager process $manager exited on signal 9/);
kill KILL => $manager;
ok wait_for(sub { my ($pid) = managers(); $pid && $pid != $manager }),
    'nginx starts another';
ask($ids[2]);
ok saved('disk', 3), 'which writes what was not written';


# Workers die, and a reload waits for nobody.

$t->kill_worker for 1 .. 2;
ok wait_for(sub { $t->worker_pids == 2 }), 'workers die';
my $id = new_task('SUCCESS');
ask($id);
ok saved('disk', 4), 'answers are stored';


# A power cut: copies of the files at any moment are whole, and have nothing
# but whole answers.

my $cut = $t->dir . '/cut';
my (%at, $broken);

for my $n (1 .. 5) {
    my @calls = map { $t->start('/status?taskId=' . new_task('SUCCESS')) }
        1 .. 20;
    $t->collect(@calls);

    path($cut)->make_path;
    copy(file('disk') . $_, "$cut/answers.db$_") for '', '-wal';
    my $check = `sqlite3 '$cut/answers.db' 'PRAGMA integrity_check;
        SELECT count(*) FROM answer WHERE length(record) < 100;' 2>&1`;
    $broken //= $check if $check ne "ok\n0\n";
    path($cut)->remove_tree;
}

is $broken, undef, 'no copy is broken';


# An upgrade: two masters.

ok saved('disk', 104), 'all are stored';
ok $t->upgrade, 'an upgrade';
like from($id), qr/detail=disk/, 'the new one answers from the disk';
my $new = new_task('SUCCESS');
ask($new);
ok saved('disk', 105), 'and writes';


# Old ones go, and so do those that are too many.

conf(size => '5m', disk => 'keep=1s');
ok $t->reload, 'kept for a second';
ok wait_for(sub {
    sql('disk', 'SELECT count(*) FROM answer') < 105;
}, 20), 'they go';

conf(size => '5m', path => 'small', disk => 'max_size=1m');
ok $t->reload, 'another folder of a megabyte';

for my $round (1 .. 8) {
    my @more = map { new_task('SUCCESS') } 1 .. 15;
    $sim->behave($_, {pad => 20_000}) for @more;
    $t->collect(map { $t->start("/status?taskId=$_") } @more);
    ask($id = $more[-1]);
}

ok wait_for(sub {
    my $file = file('small');
    -e $file && sql('small', 'SELECT max(id) FROM answer') >= 120
        && -s $file <= 1_100_000;
}), 'no more than a megabyte is kept';
cmp_ok sql('small', 'SELECT min(id) FROM answer'), '>', 1, 'the oldest went';
is sql('small', 'PRAGMA integrity_check'), 'ok', 'and the database is whole';

$t->done;
