#!/usr/bin/env perl

# What a task of 12 minutes costs that 20 services wait for: how often upstream
# is asked, how often the gateway, and how late the services know.  Times are a
# tenth of what they stand for.
#
#     TASKS=10 SERVICES=20 LENGTH=720 bench/economy.pl

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib", "$Bin/../t/lib";

use Bench::Peers;
use Bench::Report qw(budget save table);
use List::Util qw(sum0);
use Mojo::File qw(path);
use Mojo::IOLoop;
use Time::HiRes qw(time);

my $scale    = 10;
my $length   = ($ENV{LENGTH}   // 720) / $scale;
my $services = $ENV{SERVICES} // 20;
my $tasks    = $ENV{TASKS}    // 10;
my $peers    = Bench::Peers->new;

# Each way: its name; its port and path; the pause between two requests of a
# service, s, or 0 where it waits; whether the gateway is told of the end.  One
# that asks again and again shows all there is to see with two tasks.
my @ways = (
    {name => 'direct, every 2 s', way => 'direct', port => 'tasks',
        pause => 2, tasks => 2},
    {name => 'proxy_cache for 10 s, asked every 2 s', way => 'proxy_cache',
        pause => 2, tasks => 2},
    {name => 'ours, fixed 2 s, asked every 2 s', way => 'fixed', pause => 2,
        tasks => 2},
    {name => 'ours, by default, services wait 25 s', way => 'growing',
        pause => 0, tasks => $tasks},
    {name => 'ours, told by a callback, they wait 25 s', way => 'told',
        pause => 0, tasks => $tasks, notify => 1},
);

main();


sub main {
    $peers->nginx('tasks', workers => 1,
        unfinished => $peers->top->child('t/samples/processing.json')->slurp
            =~ s/\s+\z//r =~ s/[0-9a-f]{24}/\$arg_taskId/gr);
    $peers->wait_up('tasks', 'tasks');
    $peers->nginx('economy', workers => 2);
    $peers->wait_up('economy', 'economy');

    begin($_) for @ways;

    # those who ask on when their task is long finished have lost it
    Mojo::IOLoop->timer($length + 60 => sub { die "it does not end\n" });
    Mojo::IOLoop->start;

    report();
}


# The tasks of a way, which end at moments that are spread over the longest
# time between two fetches, and the services that wait for them.

sub begin ($way) {
    my $count = $way->{tasks};

    for my $n (1 .. $count) {
        state $number = 0;
        my $id   = sprintf '%08x%016x', time, ++$number;
        my $task = {id => $id, way => $way, left => $services};

        push @{ $way->{list} }, $task;
        Mojo::IOLoop->timer($length + $n / $count => sub { finish($task) });
        Mojo::IOLoop->timer(rand($way->{pause} || 2) / $scale
            => sub { service($task) }) for 1 .. $services;
    }
}


sub finish ($task) {
    path($peers->dir, "finished-$task->{id}")->open('>')->print('');
    $task->{finished} = time;

    request($peers->port('economy'), "POST /notify?taskId=$task->{id} "
        . "HTTP/1.1\r\nHost: bench\r\nContent-Length: 0\r\n\r\n",
        sub ($stream, $reply) {
            die "notify: $reply\n" if $reply !~ /\AHTTP\/1.1 202 /;
            $stream->close;
        }) if $task->{way}{notify};
}


# One service: asks until the task is finished.

sub service ($task) {
    my $way  = $task->{way};
    my $text = "GET /$way->{way}?taskId=$task->{id} HTTP/1.1\r\n"
        . "Host: bench\r\nx-integration-id: direct\r\n"
        . ($way->{pause} ? '' : "Prefer: wait=25\r\n") . "\r\n";
    my $asked = time;

    $task->{calls}++;
    request($peers->port($way->{port} // 'economy'), $text,
        sub ($stream, $reply) {
            die "a service gets: $reply\n" if $reply !~ /\AHTTP\/1.1 200 /;

            if ($reply =~ /"workflowStatus": "SUCCESS"/) {
                push @{ $task->{late} }, time - $task->{finished};
                $stream->close;
                left($task);
                return;
            }

            my $pause = $asked + $way->{pause} / $scale - time;
            Mojo::IOLoop->timer($pause > 0 ? $pause : 0 => sub {
                $task->{calls}++;
                $asked = time;
                $stream->write($text);
            });
        });
}


sub left ($task) {
    state $left = sum0(map { $_->{tasks} } @ways) * $services;
    Mojo::IOLoop->stop if --$left == 0;
}


# Sends on a new connection; $replied gets each whole reply that comes on it.

sub request ($port, $text, $replied) {
    Mojo::IOLoop->client({port => $port, address => '127.0.0.1'},
        sub ($loop, $error, $stream) {
            die "cannot connect: $error\n" if $error;

            my $got = '';
            $stream->timeout(0);
            $stream->on(read => sub ($stream, $bytes) {
                $got .= $bytes;
                my ($length) = $got =~ /\r\nContent-Length: (\d+)/i or return;
                my $end = index $got, "\r\n\r\n";
                return if $end < 0 || length $got < $end + 4 + $length;
                my $reply = $got;
                $got = '';
                $replied->($stream, $reply);
            });
            $stream->write($text);
        });
}


sub report {
    my $log = path($peers->dir, 'tasks.log')->slurp;
    my (@rows, %of);

    for my $way (@ways) {
        my @list  = @{ $way->{list} };
        my @late  = map { @{ $_->{late} } } @list;
        my $fetches = () = $log =~ /^$way->{way} /mg;
        my %seen  = (
            fetches => $fetches / @list,
            calls   => sum0(map { $_->{calls} } @list) / @list,
            late    => $scale * sum0(@late) / @late,
        );

        $of{ $way->{way} } = \%seen;
        push @rows, [$way->{name}, sprintf('%.0f', $seen{fetches}),
            sprintf('%.0f', $seen{calls}), sprintf('%.1f', $seen{late})];
    }

    save('economy', sprintf("A task of %g minutes, %d services, means of 2 "
        . "tasks, and of %d where services wait:\n\n", $length * $scale / 60,
        $services, $tasks)
        . table(['', 'calls upstream', 'calls of the services',
            'they know after, s'], @rows),
        ['name', 'fetches', 'late'], map { ["\"$_->[0]\"", @$_[1, 3]] } @rows);

    my ($growing, $told) = @of{qw(growing told)};

    budget('economy',
        ['calls upstream for a task of 12 minutes',
            sprintf('%.0f', $growing->{fetches}), 'at most 100',
            $growing->{fetches} <= 100],
        ['services know of its end after, s',
            sprintf('%.1f', $growing->{late}), 'at most 6',
            $growing->{late} <= 6],
        ['calls of 20 services that wait 25 s',
            sprintf('%.0f', $growing->{calls}), 'at most 620',
            $growing->{calls} <= 620],
        ['calls upstream, with a callback',
            sprintf('%.0f', $told->{fetches}), 'at most 40',
            $told->{fetches} <= 40],
        ['services know after, with a callback, s',
            sprintf('%.1f', $told->{late}), 'at most 2', $told->{late} <= 2]);
}
