# A disk that does not answer: it holds no caller for longer than its time-out,
# and after three in a row nobody, until it is back.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Disk;
use ClearStatus::Shim qw(build_shim watched_stat);
use ClearStatus::Test;
use Test::More;

my $t    = ClearStatus::Test->new(reload => 0);
my $disk = ClearStatus::Disk->new(t => $t);
my @ids  = map { new_task('SUCCESS') } 1 .. 200;

# Who looks at the file hangs while there is a file of that name.

my $preload = !$ENV{TEST_NGINX_BINARY} && !$ENV{TEST_VALGRIND}
    && build_shim($t, watched_stat(<<'EOC'));
    char name[4096];

    snprintf(name, sizeof(name), "%s/hangs", getenv("SHIM"));
    while (strstr(path, "answers.db") && access(name, F_OK) == 0)
        usleep(10000);
EOC

plan skip_all => 'a program of our own cannot be put before the files'
    if !$preload;

$ENV{SHIM} = $t->dir;
$t->conf($disk->conf(timeout => '200ms', main => 'env LD_PRELOAD; env SHIM;'));


# How often it was left alone, as the log has it.

sub offs {
    return scalar(() = $t->logged(error =>
            qr/does not answer in 200ms, it is gone around for/));
}

# It looked for one in time, which may take some attempts on a slow machine.

sub asked_in_time {
    my $n = $disk->lookups('miss');

    return wait_for(sub {
        $disk->ask(new_task('SUCCESS'));
        $disk->lookups('miss') > $n;
    }, 90);
}

sub from_disk {
    return wait_for(sub {
        asked_in_time() && $disk->from(shift @ids) =~ /detail=disk/;
    });
}


$t->run;
$disk->ask_all(@ids);
ok $disk->saved(scalar @ids), 'stored';
$t->stop;

{
    local $ENV{LD_PRELOAD} = $preload;
    $t->run;
}

ok from_disk(), 'from the disk';

my ($timeouts, $offs) = ($disk->lookups('timeout'), offs());

$t->file('hangs', '');

my $r = $disk->ask(shift @ids);
like $r->header('Cache-Status'), qr/fwd=uri-miss/, 'a miss goes around it';
cmp_ok $r->seconds, '>', 0.15, 'after its time-out';
$disk->ask(shift @ids) for 1, 2;
ok wait_for(sub { offs() == $offs + 1 }),
    'after three it is off, which is said';

is scalar(grep { $_->code != 200 } $disk->ask_all(splice @ids, 0, 20)), 0,
    'others are answered';
cmp_ok $disk->lookups('off'), '>', 0, 'they are told that it is off';

ok wait_for(sub {
    $disk->ask(new_task('SUCCESS'));
    $disk->state eq 'off';
}), 'the status page says it too';

# three for the first time, one probe for each time after it
is $disk->lookups('timeout') - $timeouts, 2 + offs() - $offs,
    'and do not wait for it, but for a probe now and then';

unlink $t->dir . '/hangs';

ok asked_in_time(), 'when it is back it is asked again';
ok from_disk(), 'and answers';

$t->done;
