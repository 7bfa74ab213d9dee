#!/usr/bin/env perl

# Hits a second on one worker: ours beside "return 200", nginx's own cache, a
# Lua dictionary, Varnish and HAProxy, in turn, round after round.
#
#     ROUNDS=15 DURATION=1 CALLERS=64 bench/hit.pl [NAME ...]

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib", "$Bin/../t/lib";

use Bench::Load qw(exactly on_cpu wrk task);
use Bench::Peers;
use Bench::Report qw(budget in_turn medians paired save table);

my $rounds   = $ENV{ROUNDS}   // 15;
my $duration = $ENV{DURATION} // 1;
my $callers  = $ENV{CALLERS}  // 64;
my $keys     = 10;
my $peers    = Bench::Peers->new;

# a name, its port, what is shown
my @all = (
    [ours        => 'ours'],
    [return      => 'nginx, `return 200`'],
    [proxy_cache => 'nginx, proxy_cache'],
    [lua         => 'nginx, Lua dictionary'],
    [varnish     => 'Varnish'],
    [haproxy     => 'HAProxy cache'],
);

# those whose workers are nginx's; the CPU time of others is left out
my %server = (ours => 'ours', return => 'nginx', proxy_cache => 'nginx',
    lua => 'lua');

main(@ARGV ? @ARGV : map { $_->[0] } @all);


sub main (@names) {
    my %wanted = map { $_ => 1 } @names;
    my @peers  = grep { $wanted{ $_->[0] } } @all;
    my %seen;

    $peers->start_all([on_cpu(0)], \@names);

    # stored everywhere before anything is measured
    exactly($peers->port($_), 100, 1, sub ($n) { task(1, $n % $keys) })
        for @names;

    for my $round (1 .. $rounds) {
        push @{ $seen{$_} }, load($_)
            for in_turn($round, map { $_->[0] } @peers);
    }

    report(\%seen, @peers);
}


sub load ($name) {
    my $load = sub {
        return wrk(port => $peers->port($name), series => 1, keys => $keys,
            callers => $callers, seconds => $duration);
    };

    return $server{$name} ? $peers->cost($server{$name}, $load) : $load->();
}


sub report ($seen, @peers) {
    my $of   = medians($seen);
    my $ours = $of->{ours};
    my @rows = map {
        my ($name, $shown) = @$_;
        my $one = $of->{$name};
        [$shown, sprintf('%.0f', $one->{rate}),
            $ours ? sprintf('%.2f', paired($seen, 'rate', $name, 'ours')) : '',
            $one->{cpu} ? sprintf('%.1f', $one->{cpu}) : '',
            map { sprintf '%.2f', $_ / 1000 } @$one{qw(p50 p99)}];
    } sort { $of->{ $b->[0] }{rate} <=> $of->{ $a->[0] }{rate} } @peers;

    save('hit', "Hits on one worker, $callers callers, $keys tasks, medians "
        . "of $rounds rounds of $duration s:\n\n"
        . table(['', 'hits/s', 'to ours', 'CPU us', 'p50 ms', 'p99 ms'], @rows),
        ['name', 'rate'], map { ["\"$_->[0]\"" =~ tr/`//dr, $_->[1]] } @rows);

    budget('hit', map {
        my ($name, $shown, $floor) = @$_;
        my $ratio = paired($seen, 'rate', 'ours', $name);
        ["hits/s, to those of $shown", sprintf('%.2f', $ratio),
            "at least $floor", $ratio >= $floor];
    } grep { $ours && $of->{ $_->[0] } } [return => '`return 200`', 0.95],
        [proxy_cache => 'proxy_cache', 1.25]);
}
