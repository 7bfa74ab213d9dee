#!/usr/bin/env perl

# Four gateways that share a Redis, beside the same four without it: a crowd at
# all of them for one task, tasks that are asked for at all of them at once,
# what a hit in the fleet takes, and a miss while Redis is frozen.
#
#     ROUNDS=5 CROWD=500 TASKS=10000 bench/fleet.pl

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib", "$Bin/../t/lib";

use Bench::Load qw(ask crowd crowd_over exactly task together);
use Bench::Peers;
use Bench::Report qw(budget median save table);
use ClearStatus::Process qw(wait_for);
use HTTP::Tiny;
use IO::Socket::INET;
use List::Util qw(max min sum);
use Mojo::File qw(path);
use Time::HiRes qw(time);

my $rounds   = $ENV{ROUNDS} // 5;
my $callers  = $ENV{CROWD}  // 500;
my $tasks    = $ENV{TASKS}  // 10_000;
my $peers    = Bench::Peers->new(instead => {upstream => 'slow'});
my @gateways = map {"gateway$_"} 1 .. 4;
my @ports    = map { $peers->port($_) } @gateways;
my $series   = 0;

# what gateways are told of it
my $redis;

# of one caller after the other
my $alone = 200;

main();


sub main {
    $peers->nginx('upstream');
    $peers->wait_up('upstream', qw(upstream slow));
    my $upstream = median(map { upstream() } 1 .. 9);

    my $without = {measure(0)};
    my $with    = {measure(1)};

    my @rows = (
        ["$callers cold callers for a task, upstream takes 100 ms: fetches",
            'crowd_fetches', '%.0f'],
        ['the same: mean ms', 'crowd_mean', '%.1f'],
        ['the same: p99 ms',  'crowd_p99',  '%.1f'],
        ["$tasks tasks, each at all four at once: fetches", 'fetches', '%.0f'],
        ['a hit in the zone: p50 ms',       'zone_p50',   '%.2f'],
        ['a hit in the fleet: p50 ms',      'fleet_p50',  '%.2f'],
        ['a hit in the fleet: p99 ms',      'fleet_p99',  '%.2f'],
        ['a miss: p50 ms',                  'miss_p50',   '%.1f'],
        ['a miss, Redis is frozen: p50 ms', 'frozen_p50', '%.1f'],
        ['a gateway is killed in flight: another has the answer after, s',
            'takeover', '%.2f'],
    );

    save('fleet', table(['', 'with Redis', 'without'], map {
        my ($what, $name, $form) = @$_;
        [$what, map { defined $_->{$name} ? sprintf $form, $_->{$name} : '-' }
            $with, $without];
    } @rows),
        ['what', 'mean'], ['"with Redis"', $with->{crowd_mean}],
        ['"without"', $without->{crowd_mean}]);

    my $mean   = $with->{crowd_mean} / $upstream;
    my $beyond = $with->{fleet_p50} - $with->{zone_p50};
    my $frozen = $with->{frozen_p50} / $without->{miss_p50};
    my $doubles = $with->{fetches} - $tasks;

    budget('fleet',
        ["fetches for $callers callers at four gateways",
            $with->{crowd_fetches}, '1', $with->{crowd_fetches} == 1],
        ["their mean wait, to upstream's own, at four gateways",
            sprintf('%.2f', $mean), 'at most 1.25', $mean <= 1.25],
        ["fetches twice, of $tasks tasks at four gateways at once", $doubles,
            'none', $doubles == 0],
        ["a hit in the fleet, beyond the zone's, p50",
            sprintf('%.2f ms', $beyond), 'at most 1 ms', $beyond <= 1],
        ['a miss while Redis is frozen, p50, to one without',
            sprintf('%.2f', $frozen), 'at most 1.10', $frozen <= 1.1],
        ['a gateway killed in flight is taken over after, longest s',
            sprintf('%.2f', $with->{takeover}), 'at most 2.5',
            $with->{takeover} <= 2.5]);
}


sub measure ($shared) {
    start($shared);

    my %seen = (crowds(), fetches => everywhere());
    $seen{miss_p50} = median(map { one($ports[0], ++$series, 0) } 1 .. 31);

    if ($shared) {
        %seen = (%seen, hits());
        $seen{frozen_p50} = frozen();
        $seen{takeover}   = max(map { takeover() } 1 .. $rounds);
    }

    $peers->stop($_) for @gateways, $shared ? 'redis' : ();
    return %seen;
}


sub start ($shared) {
    $redis = $shared
        ? 'clear_status_redis zone=answers ' . $peers->redis . ';' : '';

    start_gateway($_) for @gateways;
    $peers->wait_redis(@gateways) if $shared;
}


sub start_gateway ($name) {
    $peers->start_one($name, [], from => 'ours', more => $redis);
    $peers->wait_up($name);
}


sub fetched ($re) {
    return scalar(() = path($peers->dir, 'fetches.log')->slurp =~ /^$re/mg);
}


sub crowds {
    my (@fetches, @mean, @p99);

    for my $round (1 .. $rounds) {
        my $task = task(++$series, 0);
        my @ms   = crowd_over(\@ports, $callers, $task);

        push @fetches, fetched($task);
        push @mean,    sum(@ms) / @ms;
        push @p99,     $ms[0.99 * @ms];
    }

    return (crowd_fetches => median(@fetches), crowd_mean => median(@mean),
        crowd_p99 => median(@p99));
}


# Each task at all four gateways at once, in lots; how many were fetched.

sub everywhere {
    my $of = ++$series;

    for (my $n = 0; $n < $tasks; $n += 16) {
        my $lot = min(16, $tasks - $n);

        together(map { my $task = task($of, $_); map { [$_, $task] } @ports }
            $n .. $n + $lot - 1);
    }

    return fetched(sprintf '%08x', $of);
}


# Milliseconds of a caller that is alone: at upstream itself, and at a gateway.

sub upstream {
    return crowd(dir => $peers->dir, port => $peers->port('slow'),
        task => task(++$series, 0), callers => 1)->{mean};
}


sub one ($port, $of, $n) {
    my ($ms) = crowd_over([$port], 1, task($of, $n));
    return $ms;
}


# What the first gateway fetched, at the second: from the fleet, and again, from
# its zone.

sub hits {
    my $of = ++$series;

    exactly($ports[0], $alone, 50, sub ($n) { task($of, $n) });

    my @fleet = sort { $a <=> $b }
        map { one($ports[1], $of, $_) } 0 .. $alone - 1;
    my @zone = map { one($ports[1], $of, $_) } 0 .. $alone - 1;

    die "not all were hits\n" if fetched(sprintf '%08x', $of) != $alone;
    return (fleet_p50 => median(@fleet), fleet_p99 => $fleet[0.99 * $alone],
        zone_p50 => median(@zone));
}


sub frozen {
    my $pid = $peers->child('redis')->pid;

    kill 'STOP', $pid;
    my @ms = map { one($ports[0], ++$series, 0) } 1 .. 31;
    kill 'CONT', $pid;
    $peers->wait_redis(@gateways);
    return median(@ms);
}


# The first gateway fetches, as upstream stands still, and the second waits for
# that; the first is killed, and upstream goes on.

sub takeover {
    my $task  = task(++$series, 0);
    my $alone = lone();
    my @upstream = $peers->workers('upstream');

    kill 'STOP', @upstream;
    my ($lost, $waits) = map { waits_at($_, $task) } 0, 1;
    my ($gateway, $at) = ($peers->child($gateways[0])->pid, time);

    kill 'KILL', $gateway, $peers->workers($gateways[0]);
    kill 'CONT', @upstream;
    sysread $waits, my $reply, 65536;
    my $took = time - $at;

    die "no answer: $reply\n" if $reply !~ m{\AHTTP/1.1 200 };
    die "the second asked for itself\n" if lone() > $alone;
    close $lost;
    $peers->stop($gateways[0]);
    start_gateway($gateways[0]);
    $peers->wait_redis($gateways[0]);
    return $took;
}


# A caller there, when Redis has told that gateway what to do: it flies, or one
# does already.

sub waits_at ($i, $task) {
    my $misses = 'tier_lookups_total{zone="answers",tier="fleet",'
        . 'outcome="miss"}';
    my $before = metric($i, $misses);
    my $socket = IO::Socket::INET->new("127.0.0.1:$ports[$i]")
        or die "cannot connect: $!\n";

    ask($socket, $ports[$i], $task);
    wait_for(sub { metric($i, $misses) > $before }, 30)
        or die "Redis says nothing\n";
    return $socket;
}


# How often the second gateway asked upstream without a word of Redis.

sub lone { return metric(1, 'lone_flights_total{zone="answers"}') }


sub metric ($i, $name) {
    return HTTP::Tiny->new->get("http://127.0.0.1:$ports[$i]/metrics")
        ->{content} =~ /^clear_status_\Q$name\E (\d+)$/m && $1;
}
