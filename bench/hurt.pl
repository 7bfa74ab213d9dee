#!/usr/bin/env perl

# What one upstream, or one caller, does to everybody else in a worker: how long
# a hit, and another upstream's miss, take while 300 fetches hang and while an
# upstream sends without end; and what is left of callers who ask for new tasks
# and leave at once.
#
#     TIMES=300 ABANDONED=250000 bench/hurt.pl

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib", "$Bin/../t/lib";

use Bench::Report qw(budget save table);
use ClearStatus::Http2;
use ClearStatus::Raw;
use ClearStatus::Test;
use List::Util qw(max);
use Time::HiRes qw(time);

my $times = $ENV{TIMES}     // 300;
my $left  = $ENV{ABANDONED} // 250_000;

my $t     = ClearStatus::Test->new(reload => 0);
my $sim   = $t->simulator;
my $other = $t->new_simulator;
my $raw   = $t->adopt(ClearStatus::Raw->new(dir => $t->dir))->start;
my $flood = $t->adopt(ClearStatus::Http2->new(dir => $t->dir, body => '',
    tls    => $t->certificate('localhost'),
    always => ['flood', [0, 0, 'this', '']]))->start;

$t->set(OTHER => $other->url, RAW => $raw->url, FLOOD => $flood->url,
    LEFT => $t->new_simulator->url);
$t->conf(<<'EOC');
%%GLOBALS%%

worker_processes 1;

events {
    worker_connections 4096;
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:8m;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_ssl_trusted_certificate %%CA%%;
    clear_status_max_fails 0;
    clear_status_retries 0;
    clear_status_timeout 10m;
    clear_status_max_body_size 65536m;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /hung {
            clear_status_pass %%OTHER%%;
        }

        location = /chunks {
            clear_status_pass %%RAW%%/chunks;
        }

        location = /nothing {
            clear_status_pass %%RAW%%/nothing;
        }

        location = /flood {
            clear_status_pass %%FLOOD%%;
        }

        location = /left {
            clear_status_pass %%LEFT%%;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}
EOC

# a log at debug would be what takes the time
$t->file('nginx.conf',
    $t->slurp('nginx.conf') =~ s/(error\.log) debug;/$1 error;/r);
$t->run;

my @finished = map { new_task('SUCCESS') } 1 .. 40;
my (@rows, %seen);

main();


sub main {
    $t->get("/status?taskId=$_") for @finished;

    measure('alone', 'nobody');
    hung();
    endless($_) for qw(chunks nothing);
    floods();
    my ($kept, $mb) = abandoned();

    report($kept, $mb);
    $t->stop_all;
}


# While 300 fetches hang at another upstream.

sub hung {
    $other->behave('*', {hang => 1});

    my @hung = calls('/hung', 300);
    until_true(sub { flights() == 300 }, '300 fetches in the air');
    measure('hung', '300 fetches that hang elsewhere');
    $_->abort for @hung;
    $other->restart;
    until_true(sub { flights() == 0 }, 'no fetch in the air');
}


# While one is sent chunks, or nothing that is packed, without end.

sub endless ($what) {
    my $before = $raw->noted('request');
    my @calls  = calls("/$what", 1);

    until_true(sub { $raw->noted('request') > $before }, "a request for $what");
    measure($what, "one fetch: $what without end");
    $_->abort for @calls;
    $raw->drop;
    until_true(sub { flights() == 0 }, 'no fetch in the air');
}


sub floods {
    my $pid = fork // die "cannot fork: $!\n";

    if (!$pid) {
        while (1) { $t->collect(calls('/flood', 1)) }
    }

    measure('flood', 'floods over HTTP/2, one by one');
    kill 'KILL', $pid;
    waitpid $pid, 0;
}


# New ids, and nobody who waits for them: how many of the finished answers are
# still there, and a worker's own memory, MB.

sub abandoned {
    for (my $n = 0; $n < $left; $n += 100) {
        $_->abort for calls('/left', 100);
    }

    until_true(sub { metric('queued') == 0 }, 'no fetch in the queue');

    my ($pid) = $t->worker_pids;
    my ($kb)  = $t->nginx->slurp("/proc/$pid/status") =~ /^RssAnon:\s+(\d+)/m;
    my $kept  = grep {
        $t->get("/status?taskId=$_")->header('Cache-Status') =~ /; hit/
    } @finished;

    return ($kept, $kb / 1024);
}


sub calls ($location, $n) {
    return map {
        $t->start("$location?taskId=" . new_task('SUCCESS'), timeout => 900)
    } 1 .. $n;
}


sub seconds ($id) {
    my $at = time;

    die "no answer\n" if ($t->get("/status?taskId=$id")->code // 0) != 200;
    return time - $at;
}


# Median, 99% and most, ms; one caller, a connection each.

sub measure ($name, $shown) {
    for my $what (qw(hit miss)) {
        my @ms = sort { $a <=> $b } map {
            1000 * seconds($what eq 'hit' ? $finished[0] : new_task('SUCCESS'))
        } 1 .. $times;

        $seen{$name}{$what} = {p50 => $ms[@ms / 2], max => $ms[-1]};
        push @rows, [$shown, "a $what", map { sprintf '%.2f', $_ }
            @ms[@ms / 2, @ms * 0.99, -1]];
    }
}


sub metric ($name) {
    return $t->get('/metrics')->body =~ /^clear_status_$name (\d+)$/m && $1;
}


sub flights { return metric('flights') }


sub until_true ($condition, $what) {
    wait_for($condition, 120) or die "there never was: $what\n";
}


sub report ($kept, $mb) {
    save('hurt', "One worker, $times hits and misses one by one:\n\n"
        . table(['beside', '', 'p50 ms', 'p99 ms', 'longest ms'], @rows)
        . sprintf "\nAfter %d callers who left: a worker has %.1f MB, and %d "
        . "of %d finished answers are where they were.\n", $left, $mb, $kept,
        scalar @finished);

    my $hit     = $seen{hung}{hit}{max};
    my $miss    = $seen{hung}{miss}{p50} / $seen{alone}{miss}{p50};
    my $endless = max(map { $seen{$_}{hit}{max} } qw(chunks nothing flood));

    budget('hurt',
        ['a hit while 300 fetches hang, longest ms', sprintf('%.1f', $hit),
            'under 50', $hit < 50],
        ["another upstream's miss meanwhile, p50, to one alone",
            sprintf('%.2f', $miss), 'its own time, at most 1.25',
            $miss <= 1.25],
        ['a hit while an upstream sends without end, longest ms',
            sprintf('%.1f', $endless), 'at most 100', $endless <= 100],
        ["a worker after $left callers who left, MB", sprintf('%.1f', $mb),
            'under 64', $mb < 64],
        ['finished answers that they drove out', @finished - $kept, 'none',
            $kept == @finished]);
}
