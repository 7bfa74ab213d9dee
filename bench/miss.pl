#!/usr/bin/env perl

# Misses on one worker, over TLS: ours, by HTTP/2, beside proxy_pass with kept
# connections, in turn, round after round; every request is for another task.
#
#     ROUNDS=15 DURATION=1 CALLERS=64 bench/miss.pl

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib", "$Bin/../t/lib";

use Bench::Load qw(exactly on_cpu task wrk);
use Bench::Peers;
use Bench::Report qw(budget in_turn medians paired save table);

my $rounds   = $ENV{ROUNDS}   // 15;
my $duration = $ENV{DURATION} // 1;
my $callers  = $ENV{CALLERS}  // 64;
my $peers    = Bench::Peers->new;
my @names    = ([miss => 'ours, HTTP/2'], [proxy_pass => 'nginx, proxy_pass']);
my %server   = (miss => 'ours', proxy_pass => 'nginx');
my $series   = 100;

main();


sub main {
    my (%many, %lone, %connections);

    $peers->start_all([on_cpu(0)], [map { $_->[0] } @names]);
    exactly($peers->port($_), 100, 4, sub ($n) { task($series, $n) })
        for map { $_->[0] } @names;

    for my $round (1 .. $rounds) {
        for my $name (in_turn($round, map { $_->[0] } @names)) {
            push @{ $many{$name} }, load($name, $callers);
            push @{ $connections{$name} }, {count => scalar
                $peers->connections($server{$name}, 'upstream_tls')};
            push @{ $lone{$name} }, load($name, 1);
        }
    }

    report(\%many, \%lone, medians(\%connections));
}


# Each time a series of its own: these are misses for all.

sub load ($name, $callers) {
    return $peers->cost($server{$name}, sub {
        return wrk(port => $peers->port($name), callers => $callers, keys => 0,
            seconds => $duration, series => ++$series);
    });
}


sub report ($of_many, $of_lone, $connections) {
    my @pair  = qw(miss proxy_pass);
    my $rate  = paired($of_many, 'rate', @pair);
    my $delay = paired($of_lone, 'p50', @pair);
    my ($many, $lone) = map { medians($_) } $of_many, $of_lone;

    save('miss', "Misses over TLS on one worker, medians of $rounds rounds of "
        . "$duration s:\n\n"
        . table(['', "misses/s, $callers callers", 'CPU us', 'p50 ms',
            'p99 ms', 'connections', 'lone, p50 ms', 'lone, p99 ms'],
            map {
                my ($name, $shown) = @$_;
                [$shown, sprintf('%.0f', $many->{$name}{rate}),
                    sprintf('%.1f', $many->{$name}{cpu}),
                    (map { sprintf '%.2f', $_ / 1000 }
                        @{ $many->{$name} }{qw(p50 p99)}),
                    $connections->{$name}{count},
                    (map { sprintf '%.3f', $_ / 1000 }
                        @{ $lone->{$name} }{qw(p50 p99)})];
            } @names),
        ['name', 'rate'],
        map { ["\"$_->[1]\"", $many->{ $_->[0] }{rate}] } @names);

    my $why = "libcurl's HTTP/2: [what limits it](#a-miss)";

    budget('miss',
        ['misses/s, to those of proxy_pass', sprintf('%.2f', $rate),
            'at least 0.85, aim 1.0', $rate >= 0.85, $why],
        ['upstream connections of a worker', $connections->{miss}{count},
            'at most 2', $connections->{miss}{count} <= 2],
        ['a lone miss, p50, to that of proxy_pass', sprintf('%.2f', $delay),
            'at most 1.10', $delay <= 1.1, $why]);
}
