#!/usr/bin/env perl

# Callers with "Prefer: wait", all for one task: what a worker keeps of each,
# how long it takes to answer them all when the task ends, beside as many that
# wait for one fetch, what others wait meanwhile; and a reload.
#
#     ROUNDS=5 HELD=5000 bench/waiting.pl

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib", "$Bin/../t/lib";

use Bench::Load qw(exactly on_cpu task);
use Bench::Peers;
use Bench::Report qw(budget median save table);
use ClearStatus::Process qw(wait_for);
use IO::Socket::INET;
use Mojo::File qw(path);
use Mojo::UserAgent;
use POSIX ();
use Time::HiRes qw(sleep time);

my $rounds = $ENV{ROUNDS} // 5;
my $held   = $ENV{HELD}   // 5000;
my $peers  = Bench::Peers->new;
my $path   = '/one-integration/workflow/status?taskId=';
my $series = 0;

main();


sub main {
    my %kept = map { $_ => memory($_) } qw(held flight);
    my %took = map { $_ => instructions($_) } qw(held flight);
    my (@held, @flight, @reloads);

    for my $round (1 .. $rounds) {
        push @held,    released('held');
        push @flight,  released('flight');
        push @reloads, reloaded();
    }

    my ($all, $others) = map { my $what = $_; median(map { $_->{$what} }
        @held) } qw(last others);
    my $ratio = $took{held} / $took{flight};
    my ($told, $gone) = map { my $what = $_; median(map { $_->{$what} }
        @reloads) } qw(told gone);
    my $more = ($kept{held} - $kept{flight}) / 1024;

    save('waiting', "$held callers, one task, one worker, medians of $rounds "
        . "rounds:\n\n" . table(['', 'held', 'waiting for a fetch'],
            ['a worker keeps of each',
                map { sprintf '%.1f KiB', $kept{$_} / 1024 } qw(held flight)],
            ['from the end of the fetch to the last answer, ms',
                map { my $of = $_;
                    sprintf '%.0f', median(map { $_->{last} } @$of)
                } \@held, \@flight],
            ["the worker's CPU time for that, ms",
                map { my $of = $_;
                    sprintf '%.0f', median(map { $_->{cpu} } @$of)
                } \@held, \@flight],
            ['user instructions to answer one',
                map { sprintf '%.0f', $took{$_} } qw(held flight)],
            ['others meanwhile, p99 ms',
                map { my $of = $_;
                    sprintf '%.1f', median(map { $_->{others} } @$of)
                } \@held, \@flight],
            ['from a reload to the last answer, ms', sprintf('%.0f', $told),
                ''],
            ['until the old worker is gone, ms', sprintf('%.0f', $gone), '']),
        ['ms', 'answered'], curve($held[-1]));

    budget('waiting',
        ['a held caller, beyond one that waits for a fetch',
            sprintf('%.1f KiB', $more), 'at most 0.5 KiB', $more <= 0.5],
        ["the last of $held held has the answer after, ms",
            sprintf('%.0f', $all), 'at most 400', $all <= 400],
        ['user instructions for it, to those for one who waits for a fetch',
            sprintf('%.2f', $ratio), 'at most 1.10', $ratio <= 1.1],
        ['others meanwhile, p99 ms', sprintf('%.1f', $others), 'at most 20',
            $others <= 20],
        ["a reload with $held held, until the old worker is gone, ms",
            sprintf('%.0f', $gone), 'at most 2000', $gone <= 2000]);
}


# The worker has a core to itself.  A held caller's answer is fresh for longer
# than a round, so that there is one fetch, which we ask for.

sub start ($valid, %more) {
    $peers->nginx('tasks', wrapper => [on_cpu(1)], workers => 1,
        unfinished => $peers->top->child('t/samples/processing.json')->slurp
            =~ s/\s+\z//r =~ s/[0-9a-f]{24}/\$arg_taskId/gr);
    $peers->wait_up('tasks', 'tasks');
    $peers->nginx('waiting', wrapper => [on_cpu(0)], workers => 1,
        valid => $valid, %more);
    $peers->wait_up('waiting', 'waiting');
}


# Bytes of the worker for each caller: one that is held, or one whose fetch is
# on its way to an upstream that is stopped.

sub memory ($kind) {
    start('1h');
    my ($worker) = $peers->workers('waiting');

    # what a first caller takes stays
    my @crowds = (crowd($kind, 10));
    my $before = settled($worker);
    push @crowds, crowd($kind, $held);
    my $bytes = (settled($worker) - $before) / $held;

    $_->end('KILL') for @crowds;
    kill 'CONT', $peers->workers('tasks');
    $peers->stop_all;
    return $bytes;
}


# So many callers for a new task, when they all wait.

sub crowd ($kind, $count) {
    my $id  = task(++$series, 0);
    my $log = $peers->dir . "/h2load-$id.log";
    my $was = waiting();

    kill 'STOP', $peers->workers('tasks') if $kind eq 'flight';

    my $crowd = ClearStatus::Process->new(dir => $peers->dir)->spawn(
        "$log.out", on_cpu(1), 'h2load', '--h1', '-t1', "-n$count",
        "-c$count", "--log-file=$log", $kind eq 'held'
            ? ('-H', 'Prefer: wait=600') : (),
        'http://127.0.0.1:' . $peers->port('waiting') . $path . $id);

    @$crowd{qw(id log)} = ($id, $log);

    # one of those before may still have been about to close
    wait_for(sub { waiting() >= $was + $count - 3 }, 120)
        or die waiting() - $was, " of $count callers wait, h2load says:\n",
        path("$log.out")->slurp;
    idle();
    return $crowd;
}


# Until the worker has read what came: it has had nothing to do for a while.

sub idle {
    my ($last, $same) = (0, 0);

    wait_for(sub {
        my $now = $peers->cpu_seconds('waiting');
        $same = $now == $last ? $same + 1 : 0;
        $last = $now;
        return $same > 50;
    }, 60) or die "the worker is not idle\n";
}


# Connections, each with a request: held, or waiting for a fetch.

sub waiting {
    my ($worker) = $peers->workers('waiting');

    return scalar(() = glob "/proc/$worker/fd/*");
}


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


# Until all have the answer of a fetch, ms from its end on, and what others
# waited meanwhile.

sub released ($kind) {
    start('1h');
    my $other = task(++$series, 0);
    finish($other);
    plain($other);

    my $crowd  = crowd($kind, $held);
    my $before = $peers->cpu_seconds('waiting');
    my $prober = prober($other);

    release($kind, $crowd->{id});

    my @ends = ends($crowd);
    my @seen = $prober->();
    my $used = $peers->cpu_seconds('waiting') - $before;
    my ($fetched) = path($peers->dir, 'tasks.log')->slurp
        =~ /.* $crowd->{id} ([\d.]+)\n/s;
    my @others = sort { $a <=> $b } map { $_->[1] }
        grep { $_->[0] + $_->[1] / 1000 >= $fetched && $_->[0] <= $ends[-1] }
        @seen;

    $peers->stop_all;
    return {
        last   => 1000 * ($ends[-1] - $fetched),
        cpu    => 1000 * $used,
        others => $others[0.99 * @others] // 0,
        curve  => [map { 1000 * ($_ - $fetched) } @ends],
    };
}


# The task of those who wait is finished, and they are told.

sub release ($kind, $id) {
    finish($id);

    if ($kind eq 'flight') {
        kill 'CONT', $peers->workers('tasks');
        return;
    }

    my $said = Mojo::UserAgent->new->post('http://127.0.0.1:'
        . $peers->port('waiting') . "/notify?taskId=$id")->res;
    die 'notify: ', $said->to_string, "\n" if $said->code != 202;
}


# For each: what 900 take less what 300 take, divided by 600.

sub instructions ($kind) {
    my ($few, $many) = map { total($kind, $_) } 300, 900;
    return ($many - $few) / 600;
}


sub total ($kind, $count) {
    my $out = $peers->dir . '/callgrind.out';

    start('1h', single => 1, wrapper => ['valgrind', '--tool=callgrind',
        "--callgrind-out-file=$out", '--instr-atstart=no']);

    my $crowd = crowd($kind, $count);
    my $pid   = $peers->child('waiting')->pid;
    my $said  = `callgrind_control -i on $pid 2>&1`;
    die $said if $said !~ /OK/;

    release($kind, $crowd->{id});
    wait_for(sub { !$crowd->is_running }, 300) or die "h2load does not end\n";

    $peers->stop('waiting', 'QUIT');
    $peers->stop_all;

    my ($total) = path($out)->slurp =~ /^totals: (\d+)/m
        or die "callgrind says nothing\n";
    return $total;
}


# When the callers of a crowd had their answers, in order; all of them have to.

sub ends ($crowd) {
    wait_for(sub { !$crowd->is_running }, 300) or die "h2load does not end\n";

    my @lines = map { [split /\t/] } split /\n/, path($crowd->{log})->slurp;
    my $good  = grep { $_->[1] == 200 } @lines;

    die "only $good of $held are answered\n" if $good < $held;
    return sort { $a <=> $b } map { ($_->[0] + $_->[2]) / 1e6 } @lines;
}


sub finish ($id) { path($peers->dir, "finished-$id")->open('>')->print('') }


sub plain ($id) {
    my $code = Mojo::UserAgent->new->get('http://127.0.0.1:'
        . $peers->port('waiting') . $path . $id)->res->code;
    die "a caller gets $code\n" if $code != 200;
}


# A caller of another task, each 2 ms: what it gives ends it, and has seen when
# each request was sent, and how long it took, ms.

sub prober ($id) {
    my $log = $peers->dir . '/prober.log';
    my $pid = fork // die "fork: $!\n";

    if (!$pid) {
        my $end = 0;
        local $SIG{TERM} = sub { $end = 1 };
        open my $out, '>', $log or POSIX::_exit(1);

        while (!$end) {
            my $begun = time;
            exactly($peers->port('waiting'), 1, 1, sub ($n) {$id});
            printf $out "%.6f %.3f\n", $begun, 1000 * (time - $begun);
            sleep 0.002;
        }

        close $out;
        POSIX::_exit(0);
    }

    return sub {
        kill 'TERM', $pid;
        waitpid $pid, 0;
        return map { [split] } split /\n/, path($log)->slurp;
    };
}


# From the signal on: until all have an answer, and the old worker is gone, ms.

sub reloaded {
    start('1h');
    my ($worker) = $peers->workers('waiting');
    my $crowd = crowd('held', $held);

    my $begun = time;
    kill 'HUP', $peers->child('waiting')->pid;
    wait_for(sub { !kill 0, $worker }, 60) or die "the old worker stays\n";
    my $gone = time;
    my @ends = ends($crowd);

    $peers->stop_all;
    return {gone => 1000 * ($gone - $begun),
        told => 1000 * ($ends[-1] - $begun)};
}


# How many have their answer, over the time.

sub curve ($round) {
    my @ms = @{ $round->{curve} };
    return map { [sprintf('%.1f', $ms[$_]), $_ + 1] }
        grep { $_ % 50 == 0 || $_ == $#ms } 0 .. $#ms;
}
