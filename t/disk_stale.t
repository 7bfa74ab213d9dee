# What the disk has and is no longer fresh, as links in it died: upstream is
# asked again, and where that fails the answer of the disk is there.  And what
# becomes of a disk without a master process.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Disk;
use ClearStatus::Process;
use ClearStatus::Test;
use IO::Socket::INET;
use Test::More;

my $t    = ClearStatus::Test->new(reload => 0);
my $sim  = $t->simulator;
my $disk = ClearStatus::Disk->new(t => $t);

$t->conf($disk->conf(http => 'clear_status_max_fails 0;'
    . ' clear_status_url_margin 0s; clear_status_url_lifetime 1h;'))->run;


# A finished task whose answer has a link that lives for so many seconds.

sub with_link ($lifetime) {
    my $id = new_task('SUCCESS');

    $sim->behave($id, {presigned => {style => 'aws4', lifetime => $lifetime}});
    return $id;
}

sub fresh_for ($r) {
    return $r->header('Cache-Control') =~ /^private, max-age=(\d+)$/
        ? $1 : undef;
}

my $plain = new_task('SUCCESS');
my ($long, $short, $refreshed, $queued) = (with_link(3600),
    map { with_link(3) } 1 .. 3);
my %body = map { $_ => $disk->ask($_)->body } $plain, $long, $short,
    $refreshed, $queued;
my $first = fresh_for($disk->ask($long));

ok $disk->saved(5), 'stored';
$t->stop;

my $stored = time;

$t->run;


# Its links live: so does it, and no longer than before.

my $r = $disk->ask($long);

is $r->header('Cache-Status'), 'clear_status; hit; detail=disk',
    'one whose links live comes from the disk';
is $r->body, $body{$long}, 'as it was';
is fresh_for($r), $first, 'fresh for as long, from its fetch';
like +($disk->from($long) =~ /hit; ttl=(\d+)/)[0], qr/^\d+$/,
    'then from the zone';
cmp_ok +($disk->from($long) =~ /ttl=(\d+)/)[0], '<=', $first,
    'with what is left of it';


# Its links are dead.

wait_for(sub { time > $stored + 4 }, 60);
$sim->behave($_, {status => 500}) for $short, $queued;
$sim->behave($refreshed, {presigned => {style => 'aws4', lifetime => 3600}});
$t->stop;
$t->run;

my $stale = $disk->ask($short);

is $stale->code, 200, 'upstream fails: a success is answered';
is $stale->header('Cache-Status') =~ s/ttl=-\d+/ttl=-N/r,
    'clear_status; fwd=stale; fwd-status=500; ttl=-N; detail=stale-if-error',
    'as stale';
is $stale->body, $body{$short}, 'the disk\'s';
cmp_ok $stale->header('Age'), '>=', 3, 'and of its age';
is $disk->lookups('stale'), 1, 'which is counted';

my @crowd = $disk->ask_all(($queued) x 20);
is scalar(grep { $_->code == 200 && $_->body eq $body{$queued} } @crowd), 20,
    'whoever waits gets it';

my $again = $disk->ask($refreshed);
is $again->header('Cache-Status'),
    'clear_status; fwd=stale; fwd-status=200; stored',
    'upstream answers: it is upstream\'s';
isnt $again->body, $body{$refreshed}, 'with other links';
is $sim->count($refreshed), 2, 'by one fetch';

$t->stop;
$t->run;
is $disk->from($refreshed), 'clear_status; hit; detail=disk',
    'which is on disk then';
is $disk->ask($refreshed)->body, $again->body, 'in the place of the old one';
is $disk->sql('SELECT max(id) FROM answer'), 5, 'which it did not renumber';
$t->stop;


# A clock that was set meanwhile: what is on disk was fetched so much later, or
# earlier.

sub moved ($seconds) {
    $disk->restore;
    $disk->move($seconds);
    $t->run;
}

$disk->keep;
$sim->behave($_, {status => 500}) for $long, $plain;

moved(3600);
is $disk->from($_) =~ s/ttl=-?\d+/ttl=N/r,
    'clear_status; fwd=stale; fwd-status=500; ttl=N; detail=stale-if-error',
    'from the future: not fresh, and yet better than nothing'
    for $long, $plain;
cmp_ok $disk->ask($plain)->header('Age'), '<', 60, 'nor older than now';

# A purge is of that too, at once, and when the writer comes to it.

my $writer = wait_for(sub { ($disk->writers)[0] });
kill STOP => $writer;
is $t->request('DELETE', "/purge?taskId=$plain")->code, 200, 'a purge';
is $disk->ask($plain)->code, 500, 'has it no more';
kill CONT => $writer;
ok $disk->saved(4), 'nor has the disk';

is $t->request('DELETE', "/purge?$_")->code, 200, "a purge of $_"
    for 'integrationId=a', 'all=1';
ok $disk->saved(0), 'nothing is left';
$t->stop;

moved(-1000);
$r = $disk->ask($long);
is $r->header('Cache-Status'), 'clear_status; hit; detail=disk',
    'from a while ago: fresh';
cmp_ok $r->header('Age'), '>=', 1000, 'of that age';
cmp_ok +($disk->from($long) =~ /ttl=(\d+)/)[0], '<=', $first - 1000,
    'and for what is left';
$t->stop;

moved(-7200);
is $disk->from($long) =~ s/ttl=-?\d+/ttl=N/r,
    'clear_status; fwd=stale; fwd-status=500; ttl=N; detail=stale-if-error',
    'from before the links died: not fresh';
is $disk->from($plain), 'clear_status; hit; detail=disk',
    'one without links is for good';
$t->stop;


# One process that is all of nginx: it reads, and nobody writes.

my $single = ClearStatus::Process->new(dir => $t->dir, name => 'single');

$t->adopt($single->spawn($t->dir . '/single.out', $t->nginx->command('-c',
    $t->nginx->conf_file, '-g', 'daemon off; master_process off;')) && $single);

ok wait_for(sub {
    IO::Socket::INET->new('127.0.0.1:' . $t->port);
}, 60), 'without a master process';
is $disk->ask(new_task('SUCCESS'))->code, 200, 'all is answered';
is $t->logged(warn => qr/"clear_status_disk" is read and not written/), 1,
    'a warning says what becomes of the disk';
is $disk->from($plain), 'clear_status; hit; detail=disk', 'it is read';
is $disk->answers, 5, 'and that is all';

$t->done;
