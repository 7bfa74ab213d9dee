#!/usr/bin/env perl

# Answers on disk: what one takes there, a start with many of them, a restart
# into a crowd, and what a look-up takes while new ones are written.  Beside
# it nginx's proxy_cache, whose files are on the same disk.
#
#     ANSWERS=1000000 FILES=100000 SECONDS=20 bench/disk.pl

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib", "$Bin/../t/lib";

use Bench::Load qw(exactly on_cpu paced task);
use Bench::Peers;
use Bench::Report qw(budget median save table);
use ClearStatus::Process qw(wait_for);
use IO::Socket::INET;
use List::Util qw(max sum);
use Mojo::File qw(path);
use Mojo::UserAgent;
use Time::HiRes qw(sleep time);

my $answers = $ENV{ANSWERS} // 1_000_000;
my $files   = $ENV{FILES}   // 100_000;
my $seconds = $ENV{SECONDS} // 20;
my $starts  = $ENV{STARTS}  // 9;
my $peers   = Bench::Peers->new;
my $dir     = $peers->dir;
my $file    = "$dir/disk/answers.db";

# how many a second are looked for on disk, and are new meanwhile
my $old = 500;
my $new = 1000;

main();


sub main {
    my $bytes  = fill();
    my @starts = starts();
    my ($fetches, $all) = restart();
    my $ours   = beside('ours', $answers);
    my $log    = delete $ours->{log};
    my $peer   = files();
    my $to     = $starts[1] / $starts[0];

    save('disk', table(['', 'ours', 'proxy_cache'],
        ['answers of 607 bytes', $answers, $files],
        ['bytes on disk for each', rounded($bytes), rounded($peer->{bytes})],
        ['a start, until the first answer, without any, ms',
            sprintf('%.0f', $starts[0]), '-'],
        ['the same with all of them', sprintf('%.0f', $starts[1]), '-'],
        ['walk after a start, s', 'none', sprintf('%.0f', $peer->{walk})],
        ["500 callers for 100 of them after a restart: fetches", $fetches,
            '-'],
        ['the same: all are answered after, ms', sprintf('%.0f', $all), '-'],
        ["from disk, $new/s are new: p50 ms", ms($ours->{p50}),
            ms($peer->{p50})],
        ['the same: p99 ms', ms($ours->{p99}), ms($peer->{p99})],
        ['the same: longest, ms', ms($ours->{max}), ms($peer->{max})],
        ['the log at its longest, MB', sprintf('%.0f', $log / 1e6), '-']),
        ['what', 'ms'], ['"ours"', $ours->{p99}],
        ['"proxy_cache"', $peer->{p99}]);

    budget('disk',
        ["bytes on disk for an answer of 607, of $answers", rounded($bytes),
            'at most 800', $bytes <= 800],
        ["from disk while $new/s are new, p99", ms($ours->{p99}) . ' ms',
            'at most 10 ms', $ours->{p99} <= 10],
        ["a start with $answers on disk, to one with none",
            sprintf('%.2f', $to), 'at most 1.10', $to <= 1.1,
            'a start varies by as much'],
        ['fetches after a restart, 500 callers for 100 tasks on disk',
            $fetches, 'none', $fetches == 0]);
}


sub rounded ($n) { return sprintf '%.0f', $n }

sub ms ($n) { return sprintf '%.2f', $n }


sub start_ours (%more) {
    $peers->start_all([on_cpu(0)], ['ours'],
        more => "clear_status_disk zone=answers $dir/disk max_size=100g"
            . ' timeout=1s;', %more);
}


sub metric ($name) {
    my $text = Mojo::UserAgent->new->get('http://127.0.0.1:'
            . $peers->port('ours') . '/metrics')->res->text;

    return sum($text =~ /^clear_status_\Q$name\E\{[^}]*\} (\d+)/mg) // 0;
}


sub stored {
    my $said = `sqlite3 -readonly '$file' 'SELECT count(*) FROM answer' 2>&1`;

    return $said =~ /^(\d+)$/ ? $1 : 0;
}


# All of them, through a zone that loses none; what the files have for each.

sub fill {
    start_ours(zone => int($answers / 900 + 64) . 'm');
    exactly($peers->port('ours'), $answers, 64, sub ($n) { task(1, $n) });

    wait_for(sub { sleep 1; stored() == $answers }, 600)
        or die stored() . " of $answers are stored\n";
    $peers->stop_all;

    my $bytes = sum map { -s $_ } glob "$file*";
    system("cat '$file' > /dev/null");
    return $bytes / $answers;
}


# From an nginx's start until it answers: without answers on disk and with
# them, in turn.

sub starts {
    my @ms;

    for my $round (1 .. $starts) {
        for my $with ($round % 2 ? (0, 1) : (1, 0)) {
            push @{ $ms[$with] }, a_start($with ? 'disk' : "none-$round");
        }
    }

    return map { median(@$_) } @ms;
}


sub a_start ($folder) {
    $peers->nginx('upstream', wrapper => [on_cpu(1)]);
    $peers->wait_up('upstream', 'upstream');

    my $begun = time;
    $peers->start_one('ours', [on_cpu(0)],
        more => "clear_status_disk zone=answers $dir/$folder max_size=100g;");

    my $socket;
    wait_for(sub {
        $socket = IO::Socket::INET->new('127.0.0.1:' . $peers->port('ours'));
    }, 60) or die "nginx does not start\n";

    exactly($peers->port('ours'), 1, 1, sub ($n) { task(1, 0) });
    my $took = 1000 * (time - $begun);
    $peers->stop_all;
    return $took;
}


# 500 callers for 100 tasks, whose answers are on disk and not in the zone.

sub restart {
    start_ours();
    my $before = metric('upstream_fetches_total');
    my $begun  = time;
    exactly($peers->port('ours'), 500, 500, sub ($n) { task(1, $n % 100) });
    my $took = 1000 * (time - $begun);
    my $fetches = metric('upstream_fetches_total') - $before;
    $peers->stop_all;
    return ($fetches, $took);
}


# Each from disk once, in no order, and new ones meanwhile.

sub beside ($server, $of) {
    my $log  = 0;
    my $port = $server eq 'ours' ? 'ours' : 'proxy_cache';

    start_ours() if $server eq 'ours';

    my ($seen) = paced(port => $peers->port($port), callers => 500,
        seconds => $seconds, streams => [
            [$old, sub ($n) { task(1, $n * 611_953 % $of) }],
            [$new, sub ($n) {
                $log = max($log, -s "$file-wal" // 0) if $n % 100 == 0;
                task(2, $n);
            }]]);

    my $ms = $seen->{ms};

    if ($server eq 'ours') {
        my $hits = $seen->{status}{'clear_status; hit; detail=disk'} // 0;

        die "only $hits of " . @$ms . " came from disk\n"
            if $hits < 0.99 * @$ms;
        $peers->stop_all;
    }

    return {p50 => $ms->[@$ms / 2], p99 => $ms->[0.99 * @$ms],
        max => $ms->[-1], log => $log};
}


# nginx's own: a file for each, walked by its cache loader, which begins a
# minute after the start.

sub files {
    $peers->start_all([on_cpu(0)], ['proxy_cache'], keys => '128m');
    exactly($peers->port('proxy_cache'), $files, 64,
        sub ($n) { task(1, $n) });
    $peers->stop_all;

    my ($kb) = `du -sk '$dir/cache'` =~ /^(\d+)/;

    $peers->start_all([on_cpu(0)], ['proxy_cache'], keys => '128m');
    my $begun = time;
    my $seen  = beside('nginx', $files);
    my $child = $peers->child('nginx');

    wait_for(sub {
        sleep 0.1;
        !grep { $child->slurp("/proc/$_/cmdline") =~ /cache loader/ }
            split ' ', $child->slurp("/proc/@{[$child->pid]}/task/"
                . $child->pid . '/children');
    }, 3600) or die "the cache loader does not end\n";

    my $walk = time - $begun - 60;
    $peers->stop_all;
    return {%$seen, bytes => 1024 * $kb / $files, walk => $walk};
}
