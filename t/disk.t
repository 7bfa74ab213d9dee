# Finished answers on disk, which are there after a restart: who is answered
# from it, how it looks, and what is not to be found in its files.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Mojo::File qw(path);
use Test::More;

my $t    = ClearStatus::Test->new(reload => 0);
my $sim  = $t->simulator;
my $disk = $t->dir . '/disk';
my $file = "$disk/answers.db";

sub conf (%option) {
    my %is = (size => '1m', disk => '', workers => 2, %option);

    return $t->conf(<<"EOC");
%%GLOBALS%%

thread_pool default threads=2;
worker_processes $is{workers};

events {
    worker_connections 1024;
}

http {
    %%HTTP%%

    log_format cache '\$clear_status_cache \$clear_status_workflow '
        '\$clear_status_source';

    clear_status_zone zone=answers:$is{size};
    clear_status_disk zone=answers %%DIR%%/disk timeout=30s $is{disk};
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id \$arg_tenant;
    clear_status_retries 0;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
            access_log %%DIR%%/cache.log cache;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}
EOC
}


sub ask ($id, $tenant = 'tenant-a') {
    return $t->get("/status?tenant=$tenant&taskId=$id");
}

sub sql ($query) {
    my $said = `sqlite3 -readonly '$file' "$query" 2>&1`;

    chomp $said;
    return $said;
}

sub saved ($n) {
    return wait_for(sub { sql('SELECT count(*) FROM answer') eq $n }, 60);
}

sub restarted {
    $t->stop;
    $t->run;
    return $t->is_running;
}

sub metric ($name) {
    return $t->get('/metrics')->body =~ /^\Q$name\E (\S+)$/m ? $1 : undef;
}


# There after a restart.

conf()->run;

my @finished = (new_task('SUCCESS'), new_task('FAILED'));
my $young    = new_task('PROCESSING');

# it would end meanwhile, where all this is slow
$sim->behave($young, {state => 'PROCESSING'});

my %before   = map { $_ => ask($_) } @finished, $young;

like $before{$_}->header('Cache-Status'), qr/fwd=uri-miss/, 'from upstream'
    for @finished;
ok saved(2), 'the finished ones are written within a moment';

ok restarted(), 'a restart';

for my $id (@finished) {
    my $r = ask($id);

    is $r->code, 200, 'answered';
    is $r->header('Cache-Status'), 'clear_status; hit; detail=disk',
        'from the disk';
    is $r->body, $before{$id}->body, 'the same body';
    is $r->header($_), $before{$id}->header($_), "the same $_"
        for qw(ETag Cache-Control Content-Type);
    like $r->header('Age'), qr/^\d+$/, 'an age';
    is $sim->count($id), 1, 'no other fetch';
    is ask($id)->header('Cache-Status'), 'clear_status; hit; ttl=31536000',
        'then from the zone';
}

like ask($young)->header('Cache-Status'), qr/fwd=uri-miss/,
    'an unfinished one is not kept there';
like path($t->dir . '/cache.log')->slurp, qr/^HIT SUCCESS disk$/m,
    '$clear_status_cache is HIT';
is metric('clear_status_tier_lookups_total{zone="answers",tier="disk",'
        . 'outcome="hit"}'), 2, 'the hits are counted';
is metric('clear_status_disk_dropped_total{zone="answers"}'), 0,
    'nothing is lost';
cmp_ok metric('clear_status_disk_bytes{zone="answers"}'), '>', 16384,
    'and the file has a size';


# The age goes on over a restart.

wait_for(sub { ask($finished[0])->header('Age') >= 2 });
ok restarted(), 'a restart';
cmp_ok ask($finished[0])->header('Age'), '>=', 2, 'the age went on';


# A stream's first answer may come from there as well.

like $t->get("/status?tenant=tenant-a&taskId=$finished[1]",
    headers => {Accept => 'text/event-stream'})->body, qr/"FAILED"/,
    'a stream';
ok wait_for(sub {
    (split /\n/, path($t->dir . '/cache.log')->slurp)[-1] eq 'HIT FAILED disk';
}), 'is a hit of the disk for the log';


# 100 stored tasks, five callers for each: no fetch.

my @many = map { new_task('SUCCESS') } 1 .. 100;

is scalar(grep { ask($_)->code == 200 } @many), 100, 'a hundred more';
ok saved(102), 'are there'
    or diag sql('SELECT count(*) FROM answer'), "\n",
    $t->get('/metrics')->body =~ /^(clear_status_disk.*)/mg;
ok restarted(), 'a restart';

my @calls = map { my $id = $_; map { $t->start("/status?tenant=tenant-a"
            . "&taskId=$id") } 1 .. 5 } @many;

is scalar(grep { $_->code != 200 || $_->header('Cache-Status') !~ /; hit/ }
        $t->collect(@calls)), 0, '500 callers are answered as hits';
is scalar(grep { $sim->count($_) != 1 } @many), 0, 'by no fetch';


# Tenants, and what is in the files.

like ask($many[0], 'tenant-b')->header('Cache-Status'), qr/fwd=uri-miss/,
    'another tenant has another answer';
ok saved(103), 'which is stored too';

my $mode = sub ($f) { sprintf '%o', (stat $f)[2] & 07777 };
my @files = glob "$file*";

is $mode->($disk), 700, 'the folder is the owner\'s alone';
is $mode->($_), 600, 'and so is ' . path($_)->basename for @files;

my $bytes = join '', map { path($_)->slurp } @files;

unlike $bytes, qr/tenant-[ab]/, 'no integration id';
unlike $bytes, qr/sEcReT/, 'no token';
is sql('PRAGMA integrity_check'), 'ok', 'the database is whole';

SKIP: {
    skip 'the workers are who started nginx', 1 if $>;
    my $uid = (stat '/proc/' . ($t->worker_pids)[0])[4];
    is_deeply [map { (stat $_)[4] } $disk, @files], [($uid) x (1 + @files)],
        'all is the workers\'';
}


# A copy that docs/operations.md makes, while nginx runs.

is `sqlite3 '$file' '.backup $disk/../backup.db' 2>&1`, '', 'it is backed up';
is `sqlite3 '$disk/../backup.db' 'PRAGMA integrity_check' 2>&1`, "ok\n",
    'and the copy is whole';

$t->done;
