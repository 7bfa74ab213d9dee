# The disk over reloads and upgrades: what a zone has is on whatever disk it
# has, and what is on disk is there for whatever zone; sizes and ages.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Disk;
use ClearStatus::Test;
use Mojo::File qw(path);
use Test::More;

my $t     = ClearStatus::Test->new(reload => 0);
my $sim   = $t->simulator;
my $disk  = ClearStatus::Disk->new(t => $t);
my $other = ClearStatus::Disk->new(t => $t, name => 'other');
my @ids   = map { new_task('SUCCESS') } 1 .. 40;

sub without ($conf) { return $conf =~ s/^\s*clear_status_disk [^\n]*\n//mr }

sub tasks ($disk) { return $disk->sql('SELECT count(*) FROM answer') }

sub all_from ($from, @ids) {
    return !grep { $_->header('Cache-Status') !~ $from }
        $disk->ask_all(@ids);
}


# A disk for a zone that has answers already, another size of the zone, another
# folder, and back.

$t->conf(without($disk->conf(workers => 2)))->run(daemon => 1);
$disk->ask_all(@ids[0 .. 9]);
$disk->ask(new_task('PROCESSING'));

$t->conf($disk->conf(workers => 2));
ok $t->reload, 'a reload with a disk';
ok $disk->saved(10), 'gets what the zone has, and is finished';

$t->conf($disk->conf(workers => 2, zone => '2m'));
ok $t->reload, 'another size of the zone';
ok all_from(qr/detail=disk/, @ids[0 .. 4]), 'it is empty, the disk is not';
$disk->ask($ids[10]);
ok $disk->saved(11), 'a new one is written';

$t->conf($other->conf(workers => 2, zone => '2m'));
ok $t->reload, 'another folder';
ok $other->saved(6), 'gets what the zone has from the disk and upstream';
is $disk->answers, 11, 'the old one stays as it is';
$disk->ask($ids[11]);
ok $other->saved(7), 'a new one is written there';
is $disk->answers, 11, 'and not in the old one';
ok all_from(qr/fwd=uri-miss/, @ids[5 .. 9]), 'where the others are not';

$t->conf($disk->conf(workers => 2, zone => '2m'));
ok $t->reload, 'back';
ok $disk->saved(12), 'there is all that was there, and what came since';


# A database that is put aside or taken away while nginx runs.

$t->conf($disk->conf(workers => 2));
ok $t->reload, 'a zone that is empty again';
ok all_from(qr/detail=disk/, @ids[0 .. 11]), 'gets its answers from the disk';

$t->expect_log(qr/is damaged or foreign/);
rename $t->file('text', 'this is no database ' x 1000), $disk->file
    or die "$!\n";
$disk->ask($ids[12]);
ok wait_for(sub { -e $disk->file . '.damaged' }, 60), 'a file of somebody';
ok $disk->saved(13), 'the new one gets what the zone has';

unlink glob $disk->file . '*';
$disk->ask($ids[13]);
ok $disk->saved(14), 'so does one where there was none';

is $t->request(DELETE => "/purge?taskId=$ids[0]")->code, 200, 'a purge';
ok $disk->saved(13), 'it is deleted';
ok $t->reload, 'a reload that changes nothing';
$disk->ask($ids[14]);
ok $disk->saved(14), 'brings nothing back';


# An upgrade: two masters, whose writers share the file.

my ($old) = ($t->master_pid);
kill USR2 => $old;
my $new = wait_for(sub {
    my $pid = eval { path($t->dir, 'nginx.pid')->slurp } // '';
    $pid =~ s/\s//g;
    $pid && $pid != $old && $disk->writers($pid) && $pid;
}, 60);
ok $new, 'there are two masters';
ok $disk->writers($old), 'and two writers';
is scalar(grep { $_->code != 200 } $disk->ask_all(@ids[15 .. 39])), 0,
    'all are answered, whoever is asked';
ok wait_for(sub { $disk->answers >= 39 }, 60), 'and all are stored';
kill QUIT => $old;
ok wait_for(sub { !$t->is_running }, 60), 'the old one leaves';
$t->nginx->pid($new);
ok $disk->saved(39), 'it took nothing with it';
ok $disk->is_whole, 'the database is whole';
my @before = map { $sim->count($_) } @ids[15 .. 39];
is scalar(grep { $_->header('Cache-Status') !~ /hit/ }
        $disk->ask_all(@ids[15 .. 39])), 0, 'the new one has all of them';
is_deeply [map { $sim->count($_) } @ids[15 .. 39]], \@before,
    'without a fetch';


# Old ones go, and so do those that are too many.

my $damaged = $disk->file . '.damaged';

path($damaged)->open('>')->print('x' x 1000);
wait_for(sub { time > (stat $damaged)[10] + 2 });
$t->conf($disk->conf(disk => 'keep=1s'));
ok $t->reload, 'kept for a second';
ok wait_for(sub { tasks($disk) eq 0 }, 60), 'they go';
ok wait_for(sub { !-e $damaged }, 60), 'and so does a damaged file';

my $small = ClearStatus::Disk->new(t => $t, name => 'small');

$t->conf($small->conf(zone => '5m', disk => 'max_size=1m'));
ok $t->reload, 'another folder, of a megabyte';

for my $round (1 .. 8) {
    my @more = map { new_task('SUCCESS') } 1 .. 15;
    $sim->behave($_, {pad => 20_000}) for @more;
    $small->ask_all(@more);
}

my $last = new_task('SUCCESS');
$small->ask($last);

ok wait_for(sub {
    $small->sql('SELECT max(id) FROM answer') =~ /^(\d+)$/ && $1 >= 121
        && -s $small->file <= 1_100_000;
}, 60), 'no more than a megabyte is kept';
cmp_ok $small->sql('SELECT min(id) FROM answer'), '>', 1, 'the oldest went';
ok $small->is_whole, 'and the database is whole';

$t->conf($small->conf(zone => '6m', disk => 'max_size=1m'));
ok $t->reload, 'an empty zone';
like $small->from($last), qr/detail=disk/, 'the newest is there';


# What is old has any id, as what came from other gateways, and there are fewer
# answers than ids.

sub filled ($age) {
    $t->stop;
    $small->sql_write(<<"EOS");
DELETE FROM answer;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2100)
INSERT INTO answer (id, key, owner, fetched, record)
    SELECT i, randomblob(16), 1, 1000 * (strftime('%s') - i * $age / 2100),
        randomblob(650) FROM n;
UPDATE answer SET id = 100000000 WHERE id = 2;
EOS
    chown +(stat $small->dir)[4, 5], glob $small->file . '*';
}

filled(3600);
$t->conf($small->conf(disk => 'max_size=1m'))->run(daemon => 1);
ok wait_for(sub { $small->sql('PRAGMA page_count') <= 64 }, 60), 'too many';
cmp_ok $small->answers, '>', 700, 'about as many go';
is $small->sql('SELECT count(*) FROM answer WHERE id IN (1, 2099, 2100)'), 1,
    'of all the oldest';

filled(3690);
$t->conf($small->conf(disk => 'keep=1h'))->run(daemon => 1);
ok wait_for(sub {
    $small->sql('SELECT id FROM answer WHERE id BETWEEN 2060 AND 2100') eq '';
}, 60), 'too old';
cmp_ok $small->answers, '>', 1900, 'so they go, and no other';

$t->done;
