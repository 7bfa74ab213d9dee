# Files that are not what they should be: callers are answered, the log says
# what it is, and a new file begins where the old one cannot be used.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Disk;
use ClearStatus::Test;
use Mojo::File qw(path);
use Test::More;

my $t    = ClearStatus::Test->new(reload => 0);
my $disk = ClearStatus::Disk->new(t => $t);
my $file = $disk->file;
my @ids  = map { new_task('SUCCESS') } 1 .. 60;

$t->conf($disk->conf)->run;
my %body = map { $_ => $disk->ask($_)->body } @ids;
ok $disk->saved(scalar @ids), 'stored';
$t->stop;
my $good = $disk->keep;

my %damage = (
    truncated => sub { truncate $file, 100_000 },
    cut_short => sub { truncate $file, 50 },
    zeroed    => sub { $disk->write_at(0, "\0" x -s $file) },
    flipped   => sub { $disk->write_at(18, chr(0xff) x 80) },
    empty     => sub { truncate $file, 0 },
    foreign   => sub {
        unlink $file;
        $disk->sql_write('CREATE TABLE t (x); INSERT INTO t VALUES (1)');
        chown +(stat $disk->dir)[4, 5], $file;
    },
    text => sub {
        path($file)->open('>')->print('this is no database ' x 1000);
    },
);

$t->expect_log(qr/"\Q$file\E" is damaged or foreign/);

for my $how (sort keys %damage) {
    subtest $how => sub {
        my $said = qr/is damaged or foreign.* it is now/;
        my $n    = $t->logged(alert => $said);

        $disk->restore;
        $damage{$how}->();
        $t->run;

        is scalar(grep { $_->code != 200 } $disk->ask_all(@ids)), 0,
            'all are answered';
        ok wait_for(sub { -e "$file.damaged" }, 60),
            'the file lies beside it';
        ok wait_for(sub { $t->logged(alert => $said) == $n + 1 }),
            'with an alert';
        $disk->ask(new_task('SUCCESS'));
        ok wait_for(sub { $disk->answers =~ /^[1-9]\d*$/ }, 60),
            'a new one is in its place';
        ok $disk->is_whole, 'which is whole';
        $t->stop;
    };
}


# Bits that flip anywhere: no answer is another one than before.

subtest 'bits flip' => sub {
    for my $round (1 .. 8) {
        my $bad = $good;
        for (1 .. 40) {
            my $at = 100 + int rand(length($bad) - 100);
            substr($bad, $at, 1) ^= chr(1 << int rand 8);
        }

        $disk->restore($bad);
        $t->run;
        my @answers = $disk->ask_all(@ids);
        my @wrong   = grep {
            $answers[$_]->code != 200
                || $answers[$_]->body ne $body{ $ids[$_] }
        } 0 .. $#ids;
        is scalar @wrong, 0, "round $round: each answer is right";
        $t->stop;
    }
};


# An answer whose bytes are another's, or were changed by hand.

subtest 'changed by hand' => sub {
    $disk->restore;
    is $disk->sql_write('UPDATE answer SET record = (SELECT record FROM'
            . ' answer WHERE id = 2) WHERE id = 1; UPDATE answer SET record ='
            . " CAST(replace(record, 'SUCCESS', 'FAILED!') AS BLOB)"
            . ' WHERE id = 3'),
        '', 'records are changed';
    chown +(stat $disk->dir)[4, 5], glob "$file*";
    $t->run;
    my @answers = $disk->ask_all(@ids);
    is scalar(grep { $answers[$_]->body ne $body{ $ids[$_] } } 0 .. $#ids),
        0, 'none is given out';
    is scalar(grep { $_->header('Cache-Status') =~ /detail=disk/ } @answers),
        @ids - 2, 'all others are';
    $t->stop;
};


# A log whose database is gone is not that of the next one.

subtest 'a log alone' => sub {
    my $log = "$file-wal";

    $disk->restore;
    $t->run;
    $disk->ask(new_task('SUCCESS'));
    ok $disk->saved(@ids + 1), 'stored, and in the log';
    my $old = path($log)->slurp;
    $t->stop;

    unlink glob "$file*";
    path($log)->open('>')->print($old);
    chown +(stat $disk->dir)[4, 5], $log;
    chmod 0600, $log;
    my $n = $t->logged(alert => qr/is damaged or foreign/);
    $t->run;
    $disk->ask(new_task('SUCCESS'));
    ok $disk->saved(1), 'a new one begins';
    ok $disk->is_whole, 'which is whole';
    is $t->logged(alert => qr/is damaged or foreign/), $n, 'at once';
    $t->stop;
};


subtest 'a database that goes' => sub {
    $disk->restore;
    $t->run;
    $disk->ask(new_task('SUCCESS'));
    ok $disk->saved(@ids + 1), 'it is written';
    unlink glob "$file*";
    ok wait_for(sub {
        $t->logged('warn', qr/"\Q$file\E" was gone, a new one begins/);
    }), 'the log says that it was gone';
    ok $disk->saved(1), 'a new one has what the zone has';
    $t->stop;
};


# A later version's is left alone.

subtest 'newer' => sub {
    $disk->restore;
    $disk->sql_write('PRAGMA user_version = 2');
    chown +(stat $disk->dir)[4, 5], glob "$file*";
    $t->run;
    is $disk->ask($ids[0])->code, 200, 'an answer';
    ok wait_for(sub {
        $t->logged(error => qr/\Q$file\E.*a later version/);
    }), 'an error says so';
    is $disk->answers, scalar @ids, 'it is as it was';
    ok !-e "$file.damaged", 'nor is it put aside';
    $t->stop;
};

$t->done;
