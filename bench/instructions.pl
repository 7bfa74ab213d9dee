#!/usr/bin/env perl

# User instructions for a request, by valgrind's callgrind over one nginx
# process: what 4,000 requests take less what 2,000 take, divided by 2,000.
#
#     bench/instructions.pl           a hit beside "return 200", proxy_cache
#     MISS=1 bench/instructions.pl    a miss beside proxy_pass, over TLS
#     ENTRIES=10,100000 ...    with so many stored answers, in turn
#     CALLERS=64 ...           with so many requests at a time
#     ONLY=ours PROFILE=30 ... one of them, and its top 30 functions

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib", "$Bin/../t/lib";

use Bench::Load qw(exactly task);
use Bench::Peers;
use Bench::Report qw(budget save table);
use Mojo::File qw(path);

my $requests = $ENV{REQUESTS} // 2000;
my $callers  = $ENV{CALLERS}  // 1;
my $miss     = $ENV{MISS}     // 0;
my $profile  = $ENV{PROFILE}  // 0;
my @entries  = $miss ? 0 : split /,/, $ENV{ENTRIES} // 10;
my $peers    = Bench::Peers->new;

# what is shown, its configuration, its port, what else it has; waiting is on
# unless it is switched off
my @rows = $miss
    ? (['proxy_pass', 'nginx', 'proxy_pass'], ['ours', 'ours', 'miss'])
    : (
        ['return 200', 'nginx', 'return'],
        ['ours', 'ours', 'ours'],
        ['ours, nobody may wait', 'ours', 'ours', 'alone'],
        ['ours, with a disk', 'ours', 'ours', 'disk'],
        ['ours, with a Redis', 'ours', 'ours', 'redis'],
        ['ours, with both', 'ours', 'ours', 'disk', 'redis'],
        ['proxy_cache', 'nginx', 'proxy_cache'],
    );

# of a name, what nginx and its modules take, without libraries
my %own;

main();


sub main {
    my @wanted = grep { !$ENV{ONLY} || $ENV{ONLY} eq $_->[0] } @rows
        or die "ONLY is one of: ", join(', ', map { $_->[0] } @rows), "\n";
    my (@table, %of);

    $peers->nginx('upstream');
    $peers->wait_up('upstream', 'upstream');

    for my $entries (@entries) {
        for my $row (@wanted) {
            my ($name, @where) = @$row;
            my ($twice, $twice_own) = total(2 * $requests, $entries, @where);
            my ($once, $once_own) = total($requests, $entries, @where);
            my $each = ($twice - $once) / $requests;

            $of{$name}{$entries} = $each;
            $own{$name} = ($twice_own - $once_own) / $requests;
            push @table, [$name, $miss ? () : $entries,
                sprintf('%.0f', $each),
                sprintf('%+.0f', $each - (@table ? $table[0][-2] : $each))];
            show($entries, @where) if $profile;
        }
    }

    report(\%of, @table);
}


sub report ($of, @table) {
    my $name = 'instructions' . ($miss ? '-miss' : @entries > 1 ? '-entries'
        : '');

    save($name, "User instructions for a " . ($miss ? 'miss over TLS' : 'hit')
        . ", $callers at a time:\n\n"
        . table(['', $miss ? () : 'tasks', 'instructions', 'beyond the first'],
            @table),
        ['name', 'instructions'], map { ["\"$_->[0]\"", $_->[-2]] } @table);

    budget($name, @entries > 1 ? of_entries($of->{ours} // return)
        : of_features($of)) if !$miss;
}


sub of_entries ($ours) {
    my ($few, $many) = map { $ours->{$_} } @entries[0, -1];

    return ["user instructions for a hit with $entries[-1] tasks, to "
        . $entries[0], sprintf('%.3f', $many / $few), 'at most 1.10',
        $many / $few <= 1.1];
}


# What a zone's disk or Redis take are nginx's and the module's own, see own().

sub of_features ($of) {
    my %n = map { $_ => $of->{$_}{ $entries[0] } } keys %$of;
    my @budget;

    my $more = sub ($what, $took, $most, $why = undef) {
        push @budget, [$what, sprintf('%+.0f', $took), "at most +$most",
            $took <= $most, $why];
    };
    my $ours = $n{ours} // return;

    push @budget, ['user instructions for a hit', sprintf('%.0f', $ours),
        'at most 11,000', $ours <= 11_000];

    my ($all, $floor) = @n{'ours, with both', 'return 200'};

    if ($all && $floor) {
        my $to = $all / $floor;

        push @budget, ['the same with waiting, a disk and a Redis, to those of '
            . '`return 200`', sprintf('%.3f', $to), 'at most 1.20', $to <= 1.2,
            "the C library's malloc, once there are threads"];
    }

    $more->('what waiting added to the 10,763 that it took before',
        $ours - 10_763, 150);
    $more->('what a disk adds, but for malloc',
        $own{'ours, with a disk'} - $own{ours}, 50)
        if $own{'ours, with a disk'};
    $more->('what a Redis adds, but for malloc',
        $own{'ours, with a Redis'} - $own{ours}, 10,
        "nginx's tree of timers, with one more for the link")
        if $own{'ours, with a Redis'};
    return @budget;
}


# What so many take.  What fills the zone is not counted, nor is the end, in
# which threads are waited for.

sub total ($count, $entries, $conf, $port, @with) {
    my $dir = $peers->dir;
    my %with = map { $_ => 1 } @with;
    my $more = join ' ',
        $with{alone} ? 'clear_status_wait off; clear_status_events off;' : (),
        $with{disk}  ? "clear_status_disk zone=answers $dir/disk;" : (),
        $with{redis} ? 'clear_status_redis zone=answers ' . $peers->redis . ';'
        : ();
    my $out = "$dir/callgrind.out";

    my $nginx = $peers->nginx($conf, single => 1, wrapper => ['valgrind',
        '--tool=callgrind', "--callgrind-out-file=$out", '--instr-atstart=no'],
        zone => '128m', keys => '64m', reuseport => '', log => 'error',
        more => $more);
    $peers->wait_up($conf, $port);
    $peers->wait_redis($port) if $with{redis};

    my $number = $peers->port($port);
    my $task   = $miss ? sub ($n) { task(1, $n) }
        : sub ($n) { task(1, $n % $entries) };

    exactly($number, $miss ? 100 : $entries, 1, sub ($n) {
        $miss ? task(0, $n) : $task->($n);
    });

    counting($nginx->pid, 'on');
    exactly($number, $count, $callers, $task);
    counting($nginx->pid, 'off');

    $peers->stop($conf, 'QUIT');
    $peers->stop('redis') if $with{redis};

    my ($total) = path($out)->slurp =~ /^totals: (\d+)/m
        or die "callgrind says nothing\n";
    return ($total, own($out));
}


# How a malloc goes depends on what is free already, and on whether there are
# threads.  So it is looked at without.  Of what the compiler took out of a
# function callgrind does not name the object.

sub own ($out) {
    my $own = 0;

    for (`callgrind_annotate --threshold=100 '$out' 2> /dev/null`) {
        $own += $1 =~ tr/,//dr
            if /^\s*([\d,]+)\s\(.*(?:\[.*(?:nginx|ngx_\w+\.so)\]
                |:(?:ngx|clear)_\w+)\s*$/x;
    }

    return $own;
}


sub counting ($pid, $switch) {
    my $said = `callgrind_control -i $switch $pid 2>&1`;

    die $said if $said !~ /OK/;
}


# Where they go.

sub show ($entries, @where) {
    total($requests, $entries, @where);

    my $out   = $peers->dir . '/callgrind.out';
    my @lines = grep {/^\s*[\d,]+ \(.*:/} split /\n/,
        `callgrind_annotate --threshold=99 '$out' 2> /dev/null`;
    for my $line (@lines[0 .. $profile - 1]) {
        my ($count, $function) = $line =~ /([\d,]+) \(.*?\)\s+(.*)/ or next;
        my ($object) = $function =~ m{\[.*?([^/]*)\]};
        $function =~ s/^.*?:(?=\S)|\s*\[.*//g;
        printf "    %8d %-40s %s\n", $count =~ tr/,//dr / $requests, $function,
            $object // '';
    }
}
