# A purge reaches the disk: by task, by integration id and all, in the file,
# its log and a damaged one beside it; and what was fetched before it.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Disk;
use ClearStatus::Test;
use Mojo::File qw(path);
use Test::More;

my $t    = ClearStatus::Test->new(reload => 0);
my $sim  = $t->simulator;
my $disk = ClearStatus::Disk->new(t => $t);
my $file = $disk->file;

$t->conf($disk->conf(workers => 2))->run;


sub tasks ($n) { return map { new_task('SUCCESS') } 1 .. $n }

sub purge ($what) {
    my $r = $t->request('DELETE', "/purge?$what");

    is $r->code, 200, "purged: $what";
    return $r->json->{purged};
}

sub bytes { return join '', map { path($_)->slurp } glob "$file*" }

sub restarted { $t->stop; $t->run; return $t->is_running }


# A task, whoever's.

my ($id, $other) = tasks(2);

$disk->ask($id, $_) for '', 'b';
$disk->ask($other);
ok $disk->saved(3), 'stored';
like bytes(), qr/$id/, 'its answer is in the files';

is purge("taskId=$id"), 2, 'two of the zone';
like $disk->from($id), qr/fwd=uri-miss/,
    'it is asked for at once, and upstream is';
ok wait_for(sub { $disk->answers eq 2 }),
    'and only what came after it is stored';
is $sim->count($id), 3, 'by one fetch more';

is purge("taskId=$id"), 1, 'again';
ok $disk->saved(1), 'gone';
ok wait_for(sub { bytes() !~ /$id/ }), 'and nothing of it is in the files';

restarted();
like $disk->from($other), qr/detail=disk/, 'another task stayed';
like $disk->from($id), qr/fwd=uri-miss/, 'the purged one did not';


# Where the zone no longer has it.

ok $disk->saved(2), 'stored';
restarted();
is purge("taskId=$id"), 0, 'of the zone none';
ok $disk->saved(1), 'of the disk one';


# A tenant.

my @of_b = tasks(20);

$disk->ask($_, 'b') for @of_b;
ok $disk->saved(21), 'of another tenant';
restarted();
is purge('integrationId=ab'), 0, 'purged before the zone has them';
like $disk->from($of_b[0], 'b'), qr/fwd=uri-miss/, 'gone at once';
ok $disk->saved(2), 'gone from the disk, but for what came after';
like $disk->from($other), qr/detail=disk/, 'the other tenant\'s stayed';


# All; and the damaged file.

path("$file.damaged")->open('>')->print('x' x 1000);
$disk->ask($_) for tasks(10);
ok $disk->saved(12), 'more';
purge('all=1');
ok $disk->saved(0), 'nothing is left';
ok wait_for(sub { !-e "$file.damaged" }), 'nor of a damaged file';
ok wait_for(sub { bytes() !~ /$other/ }), 'in no byte';


# A fetch that was sent before a purge is answered, and not stored.

my ($late) = tasks(1);
$sim->hold($late);
my $call = $t->start("/status?taskId=$late");
$sim->wait_held($late);
purge('all=1');
$sim->release($late);
is $t->collect($call)->code, 200, 'it is answered';

$disk->ask(tasks(1));
ok $disk->saved(1), 'what came later is stored, and it alone';
ok $disk->is_whole, 'the database is whole';

$t->done;
