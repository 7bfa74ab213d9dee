#!/usr/bin/env perl

# What grows with workers, tasks and callers, and how: hits a second, the time
# that the zone's lock is waited for and held, and how long a crowd waits for
# one answer.  Of a build that counts the lock's time.
#
#     WORKERS=1,2,4 KEYS=10,1000,100000 CROWDS=1,100,5000 bench/growth.pl

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib", "$Bin/../t/lib";

use Bench::Load qw(crowd exactly task wrk);
use Bench::Peers;
use Bench::Report qw(budget median save table);
use List::Util qw(max sum0);
use Mojo::File qw(path);

my $rounds   = $ENV{ROUNDS}   // 5;
my $duration = $ENV{DURATION} // 3;
my @workers  = split /,/, $ENV{WORKERS} // '1,2,4';
my @keys     = split /,/, $ENV{KEYS}    // '10,1000,100000';
my @crowds   = split /,/, $ENV{CROWDS}  // '1,100,5000';
my $peers    = Bench::Peers->new(module => build());
my $series   = 1;

my @HEAD = ('hits/s', 'p50 ms', 'p99 ms', 'lock: held ns', 'waited ns',
    'longest hold us', 'longest wait us', 'held, of the time');

main();


sub main {
    my (@by_keys, @by_callers, @crowds);

    for my $workers (@workers) {
        push @by_keys, map { hits($workers, $_, 64) } @keys;
        push @by_callers, map { hits($workers, 10, $_) } @crowds;
        push @crowds, crowds($workers);
    }

    save('growth', "Hits, 64 callers:\n\n"
        . table(['workers', 'tasks', @HEAD], map { $_->{row} } @by_keys)
        . "\nHits, 10 tasks:\n\n"
        . table(['workers', 'callers', @HEAD],
            map { [@{ $_->{row} }[0], $_->{callers}, @{ $_->{row} }[2 .. 9]] }
            @by_callers)
        . "\nA crowd that wants one answer that nobody has, upstream takes "
        . "100 ms:\n\n"
        . table(['workers', 'callers', 'fetches', 'failed', 'mean ms',
            'last ms', 'us for each'], @crowds),
        ['workers', 'tasks', 'hits', 'held'],
        map { [@$_{qw(workers keys rate held)}] } @by_keys);

    my ($few, $many) = map { $_->{rate} } @by_keys[0, $#keys];
    budget('growth', ["hits/s with $keys[-1] tasks, to $keys[0]",
        sprintf('%.2f', $many / $few), 'at least 0.90', $many / $few >= 0.9]);
}


sub build {
    local $ENV{BUILD}     = 'build/locks';
    local $ENV{CFLAGS}    = '-DNGX_CLEAR_STATUS_LOCK_STATS=1';
    local $ENV{MAKEFLAGS} = '';
    my $log = `'$Bin/../tools/build' 2>&1`;

    die $log if $?;
    return path("$Bin/../build/locks/ngx_clear_status_module.so")->realpath
        ->to_string;
}


sub start ($workers) {
    $peers->start_all([], ['ours'], workers => $workers, zone => '128m',
        log => 'notice', reuseport => 'reuseport');
}


# The lock's numbers are of the last of the rounds' servers alone, from which
# those of a server that only stored are taken off.

sub hits ($workers, $keys, $callers) {
    my $idle = locks(sub { fill($keys) }, $workers);
    my @rounds;
    my $lock = locks(sub {
        fill($keys);
        push @rounds, wrk(port => $peers->port('ours'), callers => $callers,
            seconds => $duration, series => $series, keys => $keys,
            anywhere => 1) for 1 .. $rounds;
    }, $workers);

    my %lock = map { $_ => $lock->{$_} - $idle->{$_} } qw(taken waited held);
    my ($rate, $p50, $p99) = map {
        my $what = $_;
        median(map { $_->{$what} } @rounds);
    } qw(rate p50 p99);
    my $held = $lock{held} / $lock{taken};

    return {
        workers => $workers,
        keys    => $keys,
        callers => $callers,
        rate    => $rate,
        held    => $held,
        row     => [$workers, $keys, sprintf('%.0f', $rate),
            (map { sprintf '%.2f', $_ / 1000 } $p50, $p99),
            (map { sprintf '%.0f', $_ } $held, $lock{waited} / $lock{taken}),
            (map { sprintf '%.0f', $lock->{$_} / 1000 } qw(hold wait)),
            sprintf('%.1f%%', $lock{held} / ($rounds * $duration * 1e7))],
    };
}


sub fill ($keys) {
    exactly($peers->port('ours'), $keys, 16, sub ($n) { task($series, $n) });
}


# What the workers say of the lock when they leave, after work was done.

sub locks ($work, $workers) {
    my $log = $peers->dir . '/ours.log';
    my %sum = map { $_ => 0 } qw(taken waited held hold wait);

    unlink $log;
    start($workers);
    $work->();
    $peers->stop_all;

    my $said = path($log)->slurp;

    while ($said =~ /lock\ taken\ (\d+)\ times,\ waited\ (\d+)\ ns,
        \ held\ (\d+)\ ns,\ longest\ wait\ (\d+)\ ns,
        \ longest\ hold\ (\d+)/xg)
    {
        $sum{taken}  += $1;
        $sum{waited} += $2;
        $sum{held}   += $3;
        $sum{wait} = max($sum{wait}, $4);
        $sum{hold} = max($sum{hold}, $5);
    }

    die "the workers say nothing of their lock, see $log\n" if !$sum{taken};
    return \%sum;
}


# Crowds of each size, each for a task of its own.

sub crowds ($workers) {
    my @rows;

    $peers->instead({upstream => 'slow'});
    start($workers);
    crowd(dir => $peers->dir, port => $peers->port('ours'), callers => 10,
        task => task(++$series, 0));

    for my $callers (@crowds) {
        my $task = task(++$series, 0);
        my $seen = crowd(dir => $peers->dir, port => $peers->port('ours'),
            callers => $callers, task => $task);
        my $fetches = () = path($peers->dir, 'fetches.log')->slurp
            =~ /^$task$/mg;

        push @rows, [$workers, $callers, $fetches, $seen->{failed},
            (map { sprintf '%.1f', $_ } @$seen{qw(mean last)}),
            sprintf('%.1f', ($seen->{last} - 100) * 1000 / $callers)];
    }

    $peers->stop_all;
    $peers->instead({});
    return @rows;
}
