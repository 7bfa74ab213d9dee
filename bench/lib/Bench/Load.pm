package Bench::Load;

# Callers.  Exactly so many requests over so many kept connections, for counts
# that must be exact; wrk, for speed.

use Mojo::Base -strict, -signatures;

use Exporter qw(import);
use IO::Select;
use IO::Socket::INET;
use List::Util qw(sum0);
use Mojo::File qw(path);
use Time::HiRes qw(time);

our @EXPORT_OK = qw(ask crowd crowd_over exactly on_cpu paced task together
    wrk);

my $SECONDS = 600;


# The nth task id of a series: 24 hex digits, as Clear's are.

sub task ($series, $n) { return sprintf '%08x%016x', $series, $n }


# $count requests from $callers kept connections, each of which has one request
# out at a time.  $task gives the nth task id.  Every reply must be 200 and have
# 607 bytes.

sub exactly ($port, $count, $callers, $task) {
    my $select = IO::Select->new;
    my ($sent, $done) = (0, 0);
    my %buffer;

    my $send = sub ($socket) {
        return if $sent >= $count;
        $buffer{$socket} = '';
        ask($socket, $port, $task->($sent++));
    };

    $send->(connected($port, $select)) for 1 .. $callers;

    while ($done < $count) {
        my @ready = $select->can_read($SECONDS)
            or die "no reply within $SECONDS s\n";

        for my $socket (@ready) {
            sysread $socket, $buffer{$socket}, 65536, length $buffer{$socket}
                or die "a connection was closed after $done replies\n";
            next if !whole($buffer{$socket});
            $done++;
            $send->($socket);
        }
    }

    return $done;
}


sub whole ($reply) {
    my $end = index $reply, "\r\n\r\n";
    return 0 if $end < 0;

    my ($length) = $reply =~ /\r\nContent-Length: (\d+)/i
        or die "a reply without a length:\n$reply\n";
    return 0 if length $reply < $end + 4 + $length;

    die "an unexpected reply:\n$reply\n"
        if $reply !~ m{\AHTTP/1.1 200 } || $length != 607;
    return 1;
}


# Requests at a steady rate, whatever becomes of those before.  Options: port,
# seconds, callers, and streams: for each a rate and what gives its nth task
# id.  For each stream the times from when a request was due, ms, sorted, and
# how many replies had which Cache-Status, without its numbers.

sub paced (%o) {
    my (@idle, %busy, @seen);
    my $select = IO::Select->new;
    my ($begun, $left) = (time, 0);

    for my $stream (@{ $o{streams} }) {
        push @seen, {ms => [], status => {}, sent => 0, rate => $stream->[0],
            count => $stream->[0] * $o{seconds}, task => $stream->[1]};
        $left += $seen[-1]{count};
    }

    while ($left) {
        my $now = time;

        for my $of (@seen) {
            while ($of->{sent} < $of->{count}) {
                my $due = $begun + $of->{sent} / $of->{rate};
                last if $due > $now || (!@idle && keys %busy >= $o{callers});
                my $socket = pop @idle // connected($o{port}, $select);

                $busy{$socket} = {due => $due, of => $of, got => ''};
                ask($socket, $o{port}, $of->{task}->($of->{sent}++));
            }
        }

        for my $socket ($select->can_read(0.0005)) {
            my $call = $busy{$socket} or die "a connection was closed\n";
            sysread $socket, $call->{got}, 65536, length $call->{got}
                or die "a connection was closed\n";
            next if !whole($call->{got});

            my ($status) = $call->{got} =~ /\r\nCache-Status: (.*?)\r\n/i;
            push @{ $call->{of}{ms} }, 1000 * (time - $call->{due});
            $call->{of}{status}{ ($status // '') =~ s/=\d+//gr }++;
            push @idle, $socket;
            delete $busy{$socket};
            $left--;
        }
    }

    $_->{ms} = [sort { $a <=> $b } @{ $_->{ms} }] for @seen;
    return @seen;
}


sub connected ($port, $select) {
    my $socket = IO::Socket::INET->new("127.0.0.1:$port")
        or die "cannot connect to port $port: $!\n";

    $select->add($socket);
    return $socket;
}


sub ask ($socket, $port, $id) {
    syswrite $socket,
        "GET /one-integration/workflow/status?taskId=$id HTTP/1.1\r\n"
        . "Host: 127.0.0.1:$port\r\n"
        . "Accept: application/json\r\n\r\n"
        or die "cannot send: $!\n";
}


# wrk from one thread.  Options: port, callers, seconds; series and keys:
# task ids of that series, of so many keys, or each once where keys is 0;
# anywhere: on any core.
# Requests a second, latencies in microseconds.

sub wrk (%o) {
    my $script  = path(__FILE__)->realpath->dirname->sibling('..', 'wrk.lua');
    my @command = ($o{anywhere} ? () : on_cpu(1), 'wrk', '-t1', "-c$o{callers}",
        "-d$o{seconds}s", '--timeout', '30s', '-s', "$script",
        "http://127.0.0.1:$o{port}", '--', $o{keys} ? 'random' : 'once',
        $o{series}, $o{keys} || 1);

    open my $pipe, '-|', @command or die "cannot run wrk: $!\n";
    my $said = do { local $/; <$pipe> };
    close $pipe or die "@command failed:\n$said\n";

    my ($requests, $us, $p50, $p99, $errors)
        = $said =~ /^numbers: (\d+) (\d+) (\d+) (\d+) (\d+)/m
        or die "wrk says:\n$said\n";
    die "wrk had $errors errors of $requests:\n$said\n" if $errors;

    return {
        requests => $requests,
        rate     => $requests / $us * 1_000_000,
        p50      => $p50,
        p99      => $p99,
    };
}


# h2load: all callers at once, each with one request for the same task on a
# connection of its own.  Milliseconds; "failed" is who got no 200.

sub crowd (%o) {
    my $log = "$o{dir}/h2load.log";

    unlink $log;
    my @command = ('h2load', '--h1', '-t1', "-n$o{callers}",
        "-c$o{callers}", "--log-file=$log", "http://127.0.0.1:$o{port}"
        . "/one-integration/workflow/status?taskId=$o{task}");

    open my $pipe, '-|', @command or die "cannot run h2load: $!\n";
    my $said = do { local $/; <$pipe> };
    close $pipe or die "h2load failed:\n$said\n";

    my @lines = map { [split /\t/] } split /\n/, path($log)->slurp;
    my @ms    = sort { $a <=> $b } map { $_->[2] / 1000 } @lines;
    my $good  = grep { $_->[1] == 200 } @lines;

    return {
        failed => $o{callers} - $good,
        mean   => sum0(@ms) / (@ms || 1),
        p99    => $ms[0.99 * @ms] // 0,
        last   => $ms[-1] // 0,
    };
}


# All callers at once, spread over these ports, for the same task.

sub crowd_over ($ports, $callers, $task) {
    return together(map { [$ports->[$_ % @$ports], $task] } 0 .. $callers - 1);
}


# Calls at once, each a port and a task: connected first, then sent.
# Milliseconds of each, sorted.

sub together (@calls) {
    my $select = IO::Select->new;
    my (%sent, %buffer, @ms);
    my @sockets = map { connected($_->[0], $select) } @calls;

    for my $i (0 .. $#calls) {
        $sent{ $sockets[$i] } = time;
        ask($sockets[$i], @{ $calls[$i] });
    }

    while (@ms < @calls) {
        my @ready = $select->can_read($SECONDS)
            or die "no reply within $SECONDS s\n";

        for my $socket (@ready) {
            $buffer{$socket} //= '';
            sysread $socket, $buffer{$socket}, 65536, length $buffer{$socket}
                or die "a connection was closed\n";
            push @ms, 1000 * (time - $sent{$socket}) if whole($buffer{$socket});
        }
    }

    return sort { $a <=> $b } @ms;
}


# What is measured has the first core to itself; load and upstream share the
# second.  A machine of one core shares it.

sub on_cpu ($n) {
    state $cpus = `nproc`;
    return $cpus > 1 && !$ENV{BENCH_UNPINNED} ? ('taskset', '-c', $n) : ();
}


1;
