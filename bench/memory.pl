#!/usr/bin/env perl

# Memory: how many finished answers of 607 bytes a zone of 64 MB holds; what a
# worker needs for a caller that waits on a flight, beyond what nginx needs for
# one that waits; and a worker's own memory over many misses.
#
#     WAITERS=5000 MISSES=1000000 bench/memory.pl
#
# A worker's memory is RssAnon of /proc: what is its own, without the zone.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib", "$Bin/../t/lib";

use Bench::Load qw(exactly on_cpu task wrk);
use Bench::Peers;
use Bench::Report qw(budget save table);
use ClearStatus::Process qw(wait_for);
use IO::Socket::INET;
use List::Util qw(max min);
use Mojo::File qw(path);
use Mojo::UserAgent;

my $answers = $ENV{ANSWERS} // 90_000;
my $waiters = $ENV{WAITERS} // 5000;
my $misses  = $ENV{MISSES}  // 1_000_000;
my $peers   = Bench::Peers->new;

main();


sub main {
    my ($stored, $dropped) = stored();
    my $ours  = waiting('ours', 'ours');
    my $floor = waiting('idle', 'idle');
    my $extra = $ours - $floor;
    my ($first, $last, @samples) = over_misses();

    save('memory', table(['memory', 'measured'],
        ['answers of 607 bytes in 64 MB', $stored],
        ["dropped, of $answers", $dropped],
        ["a caller that waits on a flight, $waiters of them",
            kib($ours)],
        ['a caller that nginx delays (`limit_req`)', kib($floor)],
        ['the difference', kib($extra)],
        ["a worker after a tenth of $misses misses", kib($first)],
        ['a worker after all of them', kib($last)]),
        ['misses', 'KiB'], @samples);

    budget('memory',
        ['answers of 607 bytes in a zone of 64 MB', $stored,
            'at least 60,000', $stored >= 60_000],
        ["memory for one of $waiters waiting callers, beyond nginx's own",
            kib($extra), 'at most 6 KiB', $extra <= 6 * 1024],
        ["growth of a worker over $misses misses", kib($last - $first),
            'none, at most 512 KiB', $last - $first <= 512 * 1024]);
}


sub kib ($bytes) {
    return sprintf('%.1f KiB', $bytes / 1024) =~ s/^-(?=0\.0 )//r;
}


sub start_ours {
    $peers->start_all([on_cpu(0)], ['ours', 'miss']);
}


sub stored {
    start_ours();
    exactly($peers->port('ours'), $answers, 16, sub ($n) { task(1, $n) });

    my $text = Mojo::UserAgent->new->get(
        'http://127.0.0.1:' . $peers->port('ours') . '/metrics')->res->text;
    $peers->stop_all;

    return map { $text =~ /^clear_status_zone_$_ (\d+)/m
        or die "no $_ in the metrics:\n$text\n"; $1 }
        'entries\{zone="answers",state="success"\}',
        'evictions_total\{zone="answers",state="success"\}';
}


# Bytes of the worker for each of many callers that wait at once.  Ours wait
# on one flight, whose upstream is stopped meanwhile.

sub waiting ($server, $port) {
    $server eq 'ours' ? start_ours()
        : $peers->start_one('idle', [])
        && $peers->wait_up('idle');

    my ($worker)   = $peers->workers($server);
    my @upstream = $server eq 'ours' ? $peers->workers('upstream') : ();

    # what a first caller takes stays
    my @first  = callers($port, 10, 1);
    my $before = settled($worker);

    kill 'STOP', @upstream;
    my @callers = callers($port, $waiters, 2);
    wait_for(sub { descriptors($worker) >= $waiters }, 60)
        or die "not all callers are there\n";

    my $after = settled($worker);
    kill 'CONT', @upstream;
    check_waited(@callers) if @upstream;

    $peers->stop_all;
    return ($after - $before) / $waiters;
}


sub callers ($port, $count, $series) {
    my $number = $peers->port($port);

    return map {
        my $socket = IO::Socket::INET->new("127.0.0.1:$number")
            or die "cannot connect to $port: $!\n";
        syswrite $socket, 'GET /one-integration/workflow/status?taskId='
            . task($series, 0) . " HTTP/1.1\r\nHost: bench\r\n\r\n";
        $socket;
    } 1 .. $count;
}


# All had waited: the first one's answer comes to all, as to those who share.

sub check_waited (@callers) {
    my $shared = 0;

    for my $socket (@callers) {
        sysread $socket, my $reply, 65536;
        $shared++ if $reply =~ m{^HTTP/1.1 200 .*; collapsed}s;
    }

    die "only $shared callers waited\n" if $shared < @callers - 1;
}


sub descriptors ($pid) { return scalar(() = glob "/proc/$pid/fd/*") }


sub anonymous ($pid) {
    my ($kb) = path("/proc/$pid/status")->slurp =~ /^RssAnon:\s+(\d+)/m;
    return 1024 * $kb;
}


# When it has not changed for a second.

sub settled ($pid) {
    my ($last, $same) = (0, 0);

    wait_for(sub {
        my $now = anonymous($pid);
        $same = $now == $last ? $same + 1 : 0;
        $last = $now;
        return $same > 100;
    }, 60);

    return $last;
}


# The memory after a tenth and after all of the misses, and samples between.

sub over_misses {
    my ($done, $tenth, @samples) = (0);

    start_ours();
    my ($worker) = $peers->workers('ours');

    for (my $series = 1; $done < $misses; $series++) {
        my $seen = wrk(port => $peers->port('miss'), callers => 64, keys => 0,
            seconds => min(5, max(1, int($misses / 20_000))),
            series => $series);

        $done += $seen->{requests};
        push @samples, [$done, anonymous($worker) / 1024];
        $tenth //= anonymous($worker) if $done >= $misses / 10;
    }

    my $last = anonymous($worker);
    $peers->stop_all;
    return ($tenth, $last, @samples);
}
