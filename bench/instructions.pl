#!/usr/bin/env perl

# User instructions for a request, by valgrind's callgrind over one nginx
# process: what 4,000 requests take less what 2,000 take, divided by 2,000.
#
#     bench/instructions.pl           a hit beside "return 200", proxy_cache
#     MISS=1 bench/instructions.pl    a miss beside proxy_pass, over TLS
#     ENTRIES=100000 bench/instructions.pl    with so many stored answers
#     CALLERS=64 ...                    with so many requests at a time
#     ONLY=ours PROFILE=30 ...          one of them, and its top 30 functions

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib", "$Bin/../t/lib";

use Bench::Load qw(exactly task);
use Bench::Peers;
use Mojo::File qw(path);

my $requests = $ENV{REQUESTS} // 2000;
my $callers  = $ENV{CALLERS}  // 1;
my $entries  = $ENV{ENTRIES}  // 10;
my $miss     = $ENV{MISS}     // 0;
my $profile  = $ENV{PROFILE}  // 0;
my $peers    = Bench::Peers->new;

# what is shown, its configuration, its port
my @rows = $miss
    ? (['proxy_pass', 'nginx', 'proxy_pass'], ['ours', 'ours', 'miss'])
    : (
        ['return 200',  'nginx', 'return'],
        ['ours',        'ours',  'ours'],
        ['proxy_cache', 'nginx', 'proxy_cache'],
    );

main();


sub main {
    my @wanted = grep { !$ENV{ONLY} || $ENV{ONLY} eq $_->[0] } @rows
        or die "ONLY is one of: ", join(', ', map { $_->[0] } @rows), "\n";
    my $floor;

    $peers->nginx('upstream');
    $peers->wait_up('upstream');

    printf "user instructions for a %s, %d at a time%s\n\n",
        $miss ? 'miss over TLS' : 'hit', $callers,
        $miss ? '' : ", $entries entries";

    for my $row (@wanted) {
        my ($name, @where) = @$row;
        my $each = (total(@where, 2 * $requests) - total(@where, $requests))
            / $requests;

        $floor //= $each;
        printf "%-12s %8d %6.2f\n", $name, $each, $each / $floor;
        show(@where) if $profile;
    }
}


# What a whole run takes, the end included; what fills the zone is not counted.

sub total ($conf, $port, $count) {
    my $out = $peers->dir . '/callgrind.out';

    my $nginx = $peers->nginx($conf, single => 1, wrapper => ['valgrind',
        '--tool=callgrind', "--callgrind-out-file=$out", '--instr-atstart=no'],
        zone => '128m', reuseport => '', log => 'error');
    $peers->wait_up($conf, $port);

    my $number = $peers->port($port);
    my $task   = $miss ? sub ($n) { task(1, $n) }
        : sub ($n) { task(1, $n % $entries) };

    exactly($number, $miss ? 100 : $entries, 1, sub ($n) {
        $miss ? task(0, $n) : $task->($n);
    });

    my $pid  = $nginx->pid;
    my $said = `callgrind_control -i on $pid 2>&1`;
    die $said if $said !~ /OK/;

    exactly($number, $count, $callers, $task);

    $peers->stop($conf, 'QUIT');

    my ($total) = path($out)->slurp =~ /^totals: (\d+)/m
        or die "callgrind says nothing\n";
    return $total;
}


# Where they go.

sub show ($conf, $port) {
    total($conf, $port, $requests);

    my $out   = $peers->dir . '/callgrind.out';
    my @lines = grep {/^\s*[\d,]+ \(.*:/} split /\n/,
        `callgrind_annotate --threshold=99 '$out' 2> /dev/null`;
    for my $line (@lines[0 .. $profile - 1]) {
        my ($count, $function) = $line =~ /([\d,]+) \(.*?\)\s+(.*)/ or next;
        my ($object) = $function =~ m{\[.*?([^/]*)\]};
        $function =~ s/^.*?:(?=\S)|\s*\[.*//g;
        printf "    %8d %-40s %s\n", $count =~ tr/,//dr / $requests, $function,
            $object // '';
    }
}
