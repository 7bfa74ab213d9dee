# Whoever dies, and at whatever moment, the writer, a worker or the machine: no
# answer is wrong or torn, and at most the last seconds are lost.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Disk;
use ClearStatus::Test;
use File::Copy qw(copy);
use Mojo::File qw(path);
use Test::More;
use Time::HiRes qw(sleep);

my $t    = ClearStatus::Test->new(reload => 0);
my $disk = ClearStatus::Disk->new(t => $t);
my (%body, @ids);

$t->conf($disk->conf(workers => 2, zone => '4m'))->run;


# Some more answers, while something happens to those who store them.

sub meanwhile ($happens) {
    my @more = map { new_task('SUCCESS') } 1 .. 20;
    my @calls = map { $t->start("/status?taskId=$_") } @more;

    push @ids, @more;
    $happens->();
    return $t->collect(@calls);
}

sub writer { return wait_for(sub { ($disk->writers)[0] }, 60) }

sub records ($file) {
    my $said = `sqlite3 '$file' 'SELECT hex(key), hex(record) FROM answer'`;

    return map { split /\|/ } split /\n/, $said;
}


# The writer, ten times.

for my $round (1 .. 10) {
    my $pid = writer();
    $t->expect_log($_) for
        qr/cache manager process $pid exited on signal 9/,
        qr/shared memory zone "[^"]+" was locked by $pid/,
        qr/a process died while it changed zone/;

    meanwhile(sub {
        sleep rand 0.3;
        kill KILL => $pid;
        wait_for(sub { !kill 0, $pid }, 60);
    });
}

ok writer(), 'nginx starts another writer each time';


# Workers.  Who was connected to one that died asks again.

for my $round (1 .. 6) {
    meanwhile(sub { sleep rand 0.2; $t->kill_worker });
    wait_for(sub { $t->worker_pids == 2 }, 60);
}

%body = map { $_ => $disk->ask($_)->body } @ids;
ok $disk->saved(scalar @ids), 'at the end all are stored';
ok $disk->is_whole, 'the database is whole';


# The machine: what is in the files while the writer stands still is what a
# power cut may leave of them, and so is a log of which the last part is not
# what was written.

my $cut = path($t->dir, 'cut')->make_path;
my @cuts;

for my $n (1 .. 8) {
    meanwhile(sub {
        sleep rand 1.2;
        my $pid = writer();
        kill STOP => $pid;
        wait_for(sub { path("/proc/$pid/stat")->slurp =~ /\) T / }, 60);

        for my $kind (qw(whole short zeroed)) {
            my $copy = $cut->child("$kind-$n.db");
            copy($disk->file, $copy);
            copy($disk->file . '-wal', "$copy-wal");
            push @cuts, "$copy";

            my $size = -s "$copy-wal" // 0;
            my $at   = $size - int rand 1 + $size / 2;
            truncate "$copy-wal", $at if $kind ne 'whole' && $size;
            truncate "$copy-wal", $size if $kind eq 'zeroed' && $size;
        }

        kill CONT => $pid;
    });
}

$body{$_} //= $disk->ask($_)->body for @ids;
ok $disk->saved(scalar @ids), 'all are stored';

my %record = records($disk->file);
my ($broken, $others, $seen) = (0, 0, 0);

for my $copy (@cuts) {
    $broken++ if `sqlite3 '$copy' 'PRAGMA integrity_check' 2>&1` ne "ok\n";
    my %there = records($copy);
    $others += grep { ($record{$_} // '') ne $there{$_} } keys %there;
    $seen   += keys %there;
}

is $broken, 0, 'no copy is broken';
is $others, 0, 'nor has one another answer than was stored';
cmp_ok $seen, '>', 0, 'and they have some';


# Somebody reads for long, as a backup does, and so the log grows.

open my $reader, '|-', "sqlite3 -readonly '@{[$disk->file]}' > '$cut/said'"
    or die "sqlite3: $!\n";
$reader->autoflush(1);
print $reader "BEGIN; SELECT count(*) FROM answer;\n";
ok wait_for(sub { -s "$cut/said" }, 60), 'somebody reads';

for my $round (1 .. 12) {
    my @more = map { new_task('SUCCESS') } 1 .. 20;
    $t->simulator->behave($_, {pad => 100_000}) for @more;
    $disk->ask_all(@more);
    $disk->saved(@ids + 20 * $round);
}

cmp_ok -s $disk->file . '-wal', '>', 16_000_000, 'the log grows';
close $reader;
ok wait_for(sub {
    $disk->ask(new_task('SUCCESS'));
    -s $disk->file . '-wal' < 5_000_000;
}, 60), 'and shrinks when that is over';


# Whoever finds a log without its index, as after a power cut, makes that anew.
# Others wait for it, and do not take it for an answer that is not there.

$t->stop;
$disk->restore($disk->keep);
$disk->hold_log;
$t->run;

my $waits = sub { scalar(() = $t->logged(debug => qr/: a waiter, state/)) };
my $n     = $waits->();
my @crowd = map { $t->start("/status?taskId=$ids[0]") } 1 .. 20;

wait_for(sub { $waits->() >= $n + 20 });
is scalar(() = $t->logged(error => qr/cannot be read/)), 0,
    'nobody gives up while the log is made ready';
$disk->release_log;
is scalar(grep {
    $_->header('Cache-Status') ne 'clear_status; hit; detail=disk'
} $t->collect(@crowd)), 0, 'all who waited have it from the disk';


# After all of it.

$t->stop;
$t->run;
my @answers = $disk->ask_all(@ids);

is scalar(grep { $answers[$_]->body ne $body{ $ids[$_] } } 0 .. $#ids), 0,
    'each answer is what it was';
is scalar(grep { $_->header('Cache-Status') !~ /detail=disk/ } @answers), 0,
    'from the disk';

$t->done;
