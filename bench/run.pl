#!/usr/bin/env perl

# Every benchmark in turn, then one table: what each peer does, medians and
# ratios to ours, the budget, the machine.  Rewrites what was measured in
# docs/performance.md, and its plots.
#
#     ROUNDS=15 DURATION=1 MISSES=1000000 bench/run.pl [NAME ...]
#
# With names only these are measured, and only their tables and plots rewritten.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib", "$Bin/../t/lib";

use Bench::Report qw(@BUDGET machine save table);
use Mojo::File qw(path);
use POSIX qw(strftime);

my $top  = path("$Bin/..")->realpath;
my $out  = $top->child('build/bench')->make_path;
my $page = $top->child('docs/performance.md');

# a name, its command, and what it gets in the environment
my @steps = (
    ['hit',                  'hit.pl'],
    ['miss',                 'miss.pl'],
    ['cold',                 'cold.pl'],
    ['instructions',         'instructions.pl'],
    ['instructions-miss',    'instructions.pl', MISS => 1],
    ['instructions-entries', 'instructions.pl', ONLY => 'ours',
        ENTRIES => '10,100000'],
    ['memory',               'memory.pl'],
    ['hurt',                 'hurt.pl'],
    ['disk',                 'disk.pl'],
    ['fleet',                'fleet.pl'],
    ['growth',               'growth.pl'],
    ['waiting',              'waiting.pl'],
    ['economy',              'economy.pl'],
);

my @SOURCES = (
    [hit  => 'a hit, one worker, per second',  'rate', 'ours'],
    [miss => 'a miss over TLS, per second',    'rate', 'ours, HTTP/2'],
    [cold => 'a cold crowd, mean wait, ms',    'mean', 'ours'],
    ['instructions'      => 'a hit, user instructions',  'n', 'ours'],
    ['instructions-miss' => 'a miss, user instructions', 'n', 'ours'],
);

main(@ARGV);


sub main (@names) {
    my %wanted = map { $_ => 1 } @names ? @names : map { $_->[0] } @steps;

    for my $step (@steps) {
        step(@$step) if delete $wanted{ $step->[0] };
    }
    die "no such benchmark: @{[sort keys %wanted]}\n" if %wanted;

    @names ? part(@names) : whole();
}


# All in one run, of one machine on one day.

sub whole {
    save('opening', opening());
    save('summary', summary());
    save('budget',  budget_table());
    save('machine', machine() . 'Measured on ' . strftime('%F', gmtime)
        . ".\n");

    plots();
    rewrite((map { $_->[0] } @steps), qw(opening summary budget machine));
}


# Its own tables, and no other: those of all that was measured, and the machine,
# are of a whole run.

sub part (@names) {
    plots(@names);
    rewrite(@names);
    print "docs/performance.md: rewritten is what was measured (@names); the "
        . "budget, the summary and the machine are those of the last whole "
        . "run.\n";
}


sub step ($name, $script, %environment) {
    local %ENV = (%ENV, %environment);
    local $SIG{INT} = local $SIG{TERM} = sub { };

    system("$Bin/$script") == 0 or die "bench: $name failed\n";
}


# What somebody who reads no further should know.

sub opening {
    my %hit  = map { @$_[0, 1] } read_tsv('hit.tsv');
    my %cold = map { @$_[0, 1] } read_tsv('cold.tsv');
    my %is   = map { @$_[0, 1] } map { read_tsv("$_->[0].budget") } @steps;

    my ($answers) = map { $is{$_} } grep {/^answers of 607 bytes/} keys %is;
    my $to_proxy_cache = $is{'hits/s, to those of proxy_cache'};
    my $misses         = $is{'misses/s, to those of proxy_pass'};
    my $locked         = $cold{'nginx, proxy_cache_lock'};

    return "Not measured.\n"
        if grep { !defined } $hit{ours}, $cold{ours}, $answers,
        $to_proxy_cache, $misses, $locked;

    return sprintf <<'END', $hit{ours}, $to_proxy_cache, $cold{ours}, $locked,
- **%.0f hits a second** on one worker, %.2f times those of nginx's own
  proxy_cache
- **%.0f ms** until 500 callers at once have an answer that upstream takes
  100 ms for, by one fetch; with proxy_cache_lock %.0f ms
- **%.0f answers** of 607 bytes in a zone of 64 MB

[A miss](#a-miss) over TLS is dearer than with proxy_pass: %.2f times as many a
second.
END
        $answers, $misses;
}


# One table of all: what, who, the median, the ratio to ours.

sub summary {
    my @rows;

    for my $source (@SOURCES) {
        my ($name, $what, undef, $ours) = @$source;
        my @seen = read_tsv("$name.tsv");
        my ($base) = map { $_->[1] } grep { $_->[0] eq $ours } @seen;

        push @rows, map {
            [$what, $_->[0], $_->[1] < 1000 ? sprintf('%.1f', $_->[1])
                : sprintf('%.0f', $_->[1]),
                $base ? sprintf('%.2f', $_->[1] / $base) : '']
        } @seen;
    }

    return table(['', 'of', 'median', 'to ours'], @rows);
}


sub read_tsv ($name) {
    my $file = path($out, $name);

    return if !-e $file;
    return map { [map {s/^"|"$//gr} split /\t/] }
        grep { !/^#/ } split /\n/, $file->slurp;
}


sub budget_table {
    my @rows = map { read_tsv("$_->[0].budget") } @steps;

    return table(\@BUDGET, @rows);
}


# Of what was measured, or of all.

sub plots (@names) {
    system('gnuplot', '-e', "from='$out'; to='" . $page->dirname
        . "'; only='@names'", "$Bin/plots.gp") == 0
        or die "bench: gnuplot failed\n";
}


# What stands between <!-- NAME --> and <!-- end -->; the rest stays.

sub rewrite (@names) {
    my $text = $page->slurp;

    for my $name (@names) {
        my $measured = path($out, "$name.md")->slurp;

        $text =~ s{(<!-- \Q$name\E -->\n).*?(<!-- end -->)}{$1$measured$2}s
            or die "bench: $page has no place for $name\n";
    }

    $page->open('>')->print($text);
}
