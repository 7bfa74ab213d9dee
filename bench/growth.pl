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
use ClearStatus::Process qw(wait_for);
use List::Util qw(max sum);
use Mojo::File qw(path);

my $rounds   = $ENV{ROUNDS}   // 5;
my $duration = $ENV{DURATION} // 3;
my @workers  = split /,/, $ENV{WORKERS} // '1,2,4';
my @keys     = split /,/, $ENV{KEYS}    // '10,1000,100000';
my @crowds   = split /,/, $ENV{CROWDS}  // '1,100,5000';
my $peers    = Bench::Peers->new(module => build());
my $series   = 1;

my @HEAD = ('hits/s', 'CPU us', 'p50 ms', 'p99 ms', 'lock: held ns',
    'waited ns', 'longest hold us', 'longest wait us', 'held, of the time');

main();


sub main {
    my (@by_keys, @by_callers, @by_crowd);

    for my $workers (@workers) {
        push @by_keys, map { hits($workers, $_, 64) } @keys;
        push @by_callers, map { hits($workers, 10, $_) } @crowds;
        push @by_crowd, crowds($workers);
    }

    save('growth', "Hits, 64 callers:\n\n"
        . table(['workers', 'tasks', @HEAD],
            map { [$_->{workers}, $_->{keys}, @{ $_->{row} }] } @by_keys)
        . "\nHits, 10 tasks:\n\n"
        . table(['workers', 'callers', @HEAD],
            map { [$_->{workers}, $_->{callers}, @{ $_->{row} }] } @by_callers)
        . "\nA crowd that wants one answer that nobody has, upstream takes "
        . "100 ms:\n\n"
        . table(['workers', 'callers', 'fetches', 'failed', 'mean ms',
            'last ms', 'us for each'], @by_crowd),
        ['workers', 'tasks', 'hits', 'held'],
        map { [@$_{qw(workers keys rate held)}] } @by_keys);

    my ($few, $many) = map { $_->{cpu} } @by_keys[0, $#keys];
    budget('growth', ["CPU time of a hit with $keys[-1] tasks, to $keys[0]",
        sprintf('%.2f', $many / $few), 'at most 1.10', $many / $few <= 1.1,
        "the processor's caches: [what grows](#what-grows-and-how)"]);
}


sub build {
    local $ENV{BUILD}     = 'build/locks';
    local $ENV{CFLAGS}    = '-DNGX_CS_LOCK_STATS=1';
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


# Who stores leaves before anything is measured: the lock's numbers are those
# of new workers, of hits alone.

sub hits ($workers, $keys, $callers) {
    my @rounds;

    start($workers);
    exactly($peers->port('ours'), $keys, 16, sub ($n) { task($series, $n) });
    renew($workers);
    wait_for(sub { $peers->workers('ours') == $workers }, 30);

    my $before = $peers->cpu_seconds('ours');
    push @rounds, wrk(port => $peers->port('ours'), callers => $callers,
        seconds => $duration, series => $series, keys => $keys, anywhere => 1)
        for 1 .. $rounds;

    my $cpu = ($peers->cpu_seconds('ours') - $before)
        / sum(map { $_->{requests} } @rounds) * 1_000_000;

    my $lock = leave($workers);
    my ($rate, $p50, $p99) = map {
        my $what = $_;
        median(map { $_->{$what} } @rounds);
    } qw(rate p50 p99);
    my ($held, $waited) = map { $lock->{$_} / $lock->{taken} }
        qw(held waited);

    return {
        workers => $workers,
        keys    => $keys,
        callers => $callers,
        rate    => $rate,
        cpu     => $cpu,
        held    => $held,
        row     => [sprintf('%.0f', $rate), sprintf('%.1f', $cpu),
            (map { sprintf '%.2f', $_ / 1000 } $p50, $p99),
            (map { sprintf '%.0f', $_ } $held, $waited),
            (map { sprintf '%.0f', $lock->{$_} / 1000 } qw(hold wait)),
            sprintf('%.1f%%', $lock->{held} / ($rounds * $duration * 1e7))],
    };
}


sub renew ($workers) {
    kill 'HUP', $peers->child('ours')->pid;
    wait_for(sub { said() >= $workers }, 30) or die "no reload\n";
}


# What workers said of the lock when they left: [how often, waited, ...].

sub said {
    my $log = path($peers->dir, 'ours.log')->slurp;

    return map { [/(\d+) (?:times|ns)/g] } $log =~ /: lock taken (.*)/g;
}


# Ends the servers; the lock's time in those workers that were the last.

sub leave ($workers) {
    $peers->stop_all;

    my %sum = map { $_ => 0 } qw(taken waited held wait hold);

    for my $worker ((said())[-$workers .. -1]) {
        my %of;
        @of{qw(taken waited held wait hold)} = @$worker;
        $sum{$_} += $of{$_} for qw(taken waited held);
        $sum{$_} = max($sum{$_}, $of{$_}) for qw(wait hold);
    }

    unlink $peers->dir . '/ours.log';
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

    leave($workers);
    $peers->instead({});
    return @rows;
}
