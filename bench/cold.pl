#!/usr/bin/env perl

# Many callers ask at once for an answer that nobody has, from an upstream that
# takes 100 ms: how many fetches, and how long callers wait.  Ours beside
# nginx's proxy_cache_lock, Varnish and HAProxy, with two workers each.
#
#     ROUNDS=5 CROWD=500 bench/cold.pl

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib", "$Bin/../t/lib";

use Bench::Load qw(crowd task);
use Bench::Peers;
use Bench::Report qw(budget medians save table);
use Mojo::File qw(path);

my $rounds  = $ENV{ROUNDS} // 5;
my $callers = $ENV{CROWD}  // 500;
my $peers   = Bench::Peers->new(instead => {upstream => 'slow'});
my $series  = 0;

# a caller alone, straight to upstream, is what cannot be bettered
my @names = (
    [slow        => 'upstream, 1 caller'],
    [ours        => 'ours'],
    [proxy_cache => 'nginx, proxy_cache_lock'],
    [varnish     => 'Varnish'],
    [haproxy     => 'HAProxy'],
);

main();


sub main {
    my %seen;

    $peers->start_all([], [map { $_->[0] } @names[1 .. $#names]],
        workers => 2);

    for my $round (1 .. $rounds) {
        push @{ $seen{$_} }, measure($_) for map { $_->[0] } @names;
    }

    report(medians(\%seen));
}


sub measure ($name) {
    my $task = task(++$series, 0);
    my $seen = crowd(dir => $peers->dir, port => $peers->port($name),
        task => $task, callers => $name eq 'slow' ? 1 : $callers);

    $seen->{fetches} = () = path($peers->dir, 'fetches.log')->slurp
        =~ /^$task$/mg;
    return $seen;
}


sub report ($of) {
    my $alone = $of->{slow}{mean};

    save('cold', "$callers cold callers at once, upstream takes 100 ms, two "
        . "workers, medians of $rounds rounds:\n\n"
        . table(['', 'fetches', 'failed', 'mean ms', 'to 1 caller', 'p99 ms'],
            map {
                my $seen = $of->{ $_->[0] };
                [$_->[1], @$seen{qw(fetches failed)},
                    sprintf('%.1f', $seen->{mean}),
                    sprintf('%.2f', $seen->{mean} / $alone),
                    sprintf('%.1f', $seen->{p99})];
            } @names),
        ['name', 'mean'],
        map { ["\"$_->[1]\"", $of->{ $_->[0] }{mean}] } @names);

    my $ours = $of->{ours};
    my $to   = $ours->{mean} / $alone;

    budget('cold',
        ["fetches for $callers cold callers", $ours->{fetches}, '1',
            $ours->{fetches} == 1],
        ["their mean wait, to that of one at upstream", sprintf('%.2f', $to),
            'at most 1.15', $to <= 1.15,
            'what it takes to accept so many: see the others']);
}
