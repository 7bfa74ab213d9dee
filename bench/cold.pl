#!/usr/bin/env perl

# 500 callers ask at once for an answer that nobody has, from an upstream that
# takes 100 ms: how many fetches, and how long callers wait.  Ours beside
# nginx's proxy_cache_lock, Varnish and HAProxy, each started here on loopback
# and ended again.
#
#     bench/cold.pl [--callers 500] [--rounds 5]

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/../t/lib";

use ClearStatus::Process qw(free_port wait_for);
use File::Temp qw(tempdir);
use Getopt::Long qw(GetOptions);
use IO::Socket::INET;
use List::Util qw(sum0);
use Mojo::File qw(path);

my %opt = (callers => 500, rounds => 5);
GetOptions(\%opt, 'callers=i', 'rounds=i') or exit 2;

my $dir = tempdir('clear-status-bench-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $dir;
$ENV{PATH} .= ':/usr/sbin:/usr/local/sbin';

my %port = map { $_ => free_port() } qw(upstream clear proxy varnish haproxy);
my @names = (
    [clear   => 'ngx_clear_status'],
    [proxy   => 'nginx proxy_cache_lock'],
    [varnish => 'Varnish'],
    [haproxy => 'HAProxy'],
);
my @children;

main();


sub main {
    local $SIG{INT} = local $SIG{TERM} = sub { exit 1 };

    start_all();

    # a caller alone, straight to the upstream: what cannot be bettered

    my %seen = (upstream => [map { measure('upstream', $_, 1) }
        1 .. $opt{rounds}]);

    for my $round (1 .. $opt{rounds}) {
        push @{ $seen{ $_->[0] } }, measure($_->[0], $round) for @names;
    }

    report(\%seen);
}


sub start_all {
    my %values = (%port, dir => $dir, module =>
        path("$Bin/../build/ngx_clear_status_module.so")->realpath);

    for my $name (qw(upstream.conf gateway.conf varnish.vcl haproxy.cfg)) {
        my $text = path("$Bin/$name.in")->slurp;
        $text =~ s/@(\w+)@/$values{$1} \/\/ die "$name: $1\n"/ge;
        path("$dir/$name")->spurt($text);
    }

    start('nginx', '-p', $dir, '-e', 'stderr', '-c', "$dir/$_.conf", '-g',
        'daemon off;') for qw(upstream gateway);
    start('varnishd', '-F', '-n', "$dir/varnish", '-f', "$dir/varnish.vcl",
        '-a', "127.0.0.1:$port{varnish}", '-s', 'malloc,64m');
    start('haproxy', '-db', '-f', "$dir/haproxy.cfg");

    for my $name (sort keys %port) {
        wait_for(sub {
            IO::Socket::INET->new("127.0.0.1:$port{$name}");
        }, 30) or die "$name does not start, see $dir/log\n";
    }
}


sub start (@command) {
    push @children, ClearStatus::Process->new(dir => $dir)
        ->spawn("$dir/log", @command);
}


# Counts in what the upstream logged, times in what h2load did.

sub measure ($name, $round, $callers = $opt{callers}) {
    my $task = sprintf '%s%08d', unpack('H*', substr "$name....", 0, 8), $round;
    my $log  = "$dir/h2load.log";

    unlink $log;
    my $url = "http://127.0.0.1:$port{$name}"
        . "/one-integration/workflow/status?taskId=$task";

    open my $h2load, '-|', 'h2load', '--h1', '-t1', "-n$callers",
        "-c$callers", "--log-file=$log", $url
        or die "cannot run h2load: $!\n";
    my $said = join '', <$h2load>;
    close $h2load or die "h2load failed:\n$said";

    my (@ms, $failed);
    for my $line (split /\n/, path($log)->slurp) {
        my (undef, $status, $us) = split /\t/, $line;
        $failed++ if $status != 200;
        push @ms, $us / 1000;
    }

    my $fetches = () = path("$dir/fetches.log")->slurp =~ /taskId=$task /g;
    @ms = sort { $a <=> $b } @ms;

    return {
        fetches => $fetches,
        failed  => ($failed // 0) + $callers - @ms,
        mean    => sum0(@ms) / (@ms || 1),
        p99     => $ms[0.99 * @ms] // 0,
    };
}


sub median ($what, @rounds) {
    return (sort { $a <=> $b } map { $_->{$what} } @rounds)[@rounds / 2];
}


sub report ($seen) {
    printf "%d cold callers, upstream 100 ms, median of %d rounds\n\n",
        @opt{qw(callers rounds)};
    printf "%-24s %8s %8s %10s %8s %10s\n", '', 'fetches', 'failed',
        'mean ms', 'ratio', 'p99 ms';

    my $alone = median('mean', @{ $seen->{upstream} });

    for my $name ([upstream => 'upstream, 1 caller'], @names) {
        my @rounds = @{ $seen->{ $name->[0] } };
        my ($fetches, $failed, $mean, $p99) =
            map { median($_, @rounds) } qw(fetches failed mean p99);

        printf "%-24s %8d %8d %10.1f %8.2f %10.1f\n", $name->[1], $fetches,
            $failed, $mean, $mean / $alone, $p99;
    }
}


END {
    my $status = $?;
    $_->end('TERM') for reverse @children;
    $? = $status;
}
