# A purge reaches the disk: by task, by integration id and all, in the file,
# its log and a damaged one beside it; and what was fetched before it.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Mojo::File qw(path);
use Test::More;

my $t    = ClearStatus::Test->new(reload => 0);
my $sim  = $t->simulator;
my $file = $t->dir . '/disk/answers.db';

$t->conf(<<'EOC')->run;
%%GLOBALS%%

thread_pool default threads=2;
worker_processes 2;

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;
    clear_status_disk zone=answers %%DIR%%/disk timeout=30s;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id $arg_tenant;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /purge {
            clear_status_purge;
        }
    }
}
EOC


sub ask ($id, $tenant = 'a') {
    return $t->get("/status?tenant=$tenant&taskId=$id");
}

sub tasks ($n) { return map { new_task('SUCCESS') } 1 .. $n }

sub sql ($query) {
    my $said = `sqlite3 -readonly '$file' "$query" 2>&1`;

    chomp $said;
    return $said;
}

sub saved ($n) {
    return wait_for(sub { sql('SELECT count(*) FROM answer') eq $n }, 60);
}

sub purge ($what) {
    my $r = $t->request('DELETE', "/purge?$what");

    is $r->code, 200, "purged: $what";
    return $r->json->{purged};
}

sub bytes { return join '', map { path($_)->slurp } glob "$file*" }

sub restarted { $t->stop; $t->run; return $t->is_running }

sub from ($id, $tenant = 'a') {
    return ask($id, $tenant)->header('Cache-Status');
}


# A task, whoever's.

my ($id, $other) = tasks(2);

ask($id, $_) for qw(a b);
ask($other);
ok saved(3), 'stored';
like bytes(), qr/$id/, 'its answer is in the files';

is purge("taskId=$id"), 2, 'two of the zone';
like from($id), qr/fwd=uri-miss/, 'it is asked for at once, and upstream is';
ok wait_for(sub { sql('SELECT count(*) FROM answer') eq 2 }),
    'and only what came after it is stored';
is $sim->count($id), 3, 'by one fetch more';

is purge("taskId=$id"), 1, 'again';
ok saved(1), 'gone';
ok wait_for(sub { bytes() !~ /$id/ }), 'and nothing of it is in the files';

restarted();
like from($other), qr/detail=disk/, 'another task stayed';
like from($id), qr/fwd=uri-miss/, 'the purged one did not';


# Where the zone no longer has it.

ok saved(2), 'stored';
restarted();
is purge("taskId=$id"), 0, 'of the zone none';
ok saved(1), 'of the disk one';


# A tenant.

my @of_b = tasks(20);

ask($_, 'b') for @of_b;
ok saved(21), 'of another tenant';
restarted();
is purge('integrationId=b'), 0, 'purged before the zone has them';
like from($of_b[0], 'b'), qr/fwd=uri-miss/, 'gone at once';
ok saved(2), 'gone from the disk, but for what came after';
like from($other), qr/detail=disk/, 'the other tenant\'s stayed';


# All; and the damaged file.

path("$file.damaged")->open('>')->print('x' x 1000);
ask($_) for tasks(10);
ok saved(12), 'more';
purge('all=1');
ok saved(0), 'nothing is left';
ok wait_for(sub { !-e "$file.damaged" }), 'nor of a damaged file';
ok wait_for(sub { bytes() !~ /$other/ }), 'in no byte';


# A fetch that was sent before a purge is answered, and not stored.

my ($late) = tasks(1);
$sim->hold($late);
my $call = $t->start("/status?tenant=a&taskId=$late");
$sim->wait_held($late);
purge('all=1');
$sim->release($late);
is $t->collect($call)->code, 200, 'it is answered';

ask(tasks(1));
ok saved(1), 'what came later is stored, and it alone';
is sql('PRAGMA integrity_check'), 'ok', 'the database is whole';

$t->done;
