package Bench::Report;

# What was measured: medians, tables, the budget, the machine.  Each script
# leaves its table and numbers in build/bench, from where bench/run makes the
# page docs/performance.md.

use Mojo::Base -strict, -signatures;

use Exporter qw(import);
use List::Util qw(max);
use Mojo::File qw(path);

our @EXPORT_OK = qw(@BUDGET budget in_turn machine median medians paired save
    table);

our @BUDGET = ('figure', 'measured', 'budget', 'kept', 'why not');

my $OUT = path(__FILE__)->realpath->dirname->sibling('..', '..', 'build',
    'bench');


sub median (@values) {
    my @sorted = sort { $a <=> $b } @values;

    return $sorted[@sorted / 2] if @sorted % 2;
    return ($sorted[@sorted / 2 - 1] + $sorted[@sorted / 2]) / 2;
}


# Of rounds, {name => [{what => number}]}, to {name => {what => median}}.

sub medians ($seen) {
    my %of;

    for my $name (keys %$seen) {
        my @rounds = @{ $seen->{$name} };

        for my $what (keys %{ $rounds[0] }) {
            $of{$name}{$what} = median(map { $_->{$what} } @rounds);
        }
    }

    return \%of;
}


# Of such rounds, how many times another's number one's is: the median of what
# it was in each round, since what disturbs a round disturbs all in it.

sub paired ($seen, $what, $name, $other) {
    my ($one, $two) = @$seen{$name, $other};

    return median(map { $one->[$_]{$what} / $two->[$_]{$what} } 0 .. $#$one);
}


# Who goes first in a round goes last in the next one.

sub in_turn ($round, @names) {
    return $round % 2 ? @names : reverse @names;
}


# Markdown, aligned: columns of numbers to the right.

sub table ($head, @rows) {
    my @columns = 0 .. $#$head;
    my @width   = map {
        my $column = $_;
        max(3, map { length $_->[$column] } $head, @rows);
    } @columns;
    my @right = map {
        my $column = $_;
        !grep { $_->[$column] !~ /\A(?:[-+\d.]+(?: KiB|%| ms)?)?\z/ } @rows;
    } @columns;

    my $line = sub ($row) {
        return '| ' . join(' | ', map {
            sprintf $right[$_] ? "%$width[$_]s" : "%-$width[$_]s", $row->[$_];
        } @columns) . " |\n";
    };
    my $rule = join '|', '', map {
        '-' x ($width[$_] + 1) . ($right[$_] ? ':' : '-')
    } @columns;

    return join '', $line->($head), "$rule|\n", map { $line->($_) } @rows;
}


# Shows a text and keeps it as build/bench/NAME.md; numbers as NAME.tsv, with
# a comment that names the columns.

sub save ($name, $text, @numbers) {
    $OUT->make_path;
    $OUT->child("$name.md")->open('>')->print($text);
    $OUT->child("$name.tsv")->open('>')->print(
        map { join("\t", @$_) . "\n" } ["#$numbers[0][0]",
            @{ $numbers[0] }[1 .. $#{ $numbers[0] }]], @numbers[1 .. $#numbers])
        if @numbers;
    print "$text\n";
}


# Lines of the budget: what, measured, the bound in words, whether it is kept,
# and why not, where that is known.

sub budget ($name, @lines) {
    my @rows = map {
        my ($what, $measured, $bound, $kept, $why) = @$_;
        [$what, $measured, $bound, $kept ? ('yes', '')
            : ('**no**', $why // 'not known')];
    } @lines;

    $OUT->make_path;
    $OUT->child("$name.budget")->open('>')
        ->print(map { join("\t", @$_) . "\n" } @rows);
    print table(\@BUDGET, @rows), "\n";
}


sub machine {
    my ($cpu) = path('/proc/cpuinfo')->slurp =~ /^model name\s*: (.*)/m;
    my ($kb)  = path('/proc/meminfo')->slurp =~ /^MemTotal:\s*(\d+)/m;
    my ($os)  = path('/etc/os-release')->slurp =~ /^PRETTY_NAME="(.*)"/m;
    chomp(my $cores  = `nproc`);
    my ($kernel) = `uname -r` =~ /^(\d+\.\d+)/;
    my %said = (
        nginx   => first_of('nginx -v 2>&1'),
        curl    => first_of('curl-config --version'),
        Varnish => first_of('varnishd -V 2>&1'),
        HAProxy => first_of('haproxy -v'),
    );
    my $versions = join ', ', map {"$_ $said{$_}"}
        grep { $said{$_} } qw(nginx curl Varnish HAProxy);

    return ($cpu // 'an unnamed CPU') . ", $cores cores, "
        . sprintf('%.0f', $kb / 1024 / 1024) . " GiB, $os, Linux $kernel; "
        . "$versions\n";
}


sub first_of ($command) {
    my ($version) = `$command` =~ /(\d+\.[\d.]*\d)/;
    return $version;
}


1;
