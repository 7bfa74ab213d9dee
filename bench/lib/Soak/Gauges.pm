package Soak::Gauges;

# What may not grow: the workers' memory and descriptors, the zone, the disk's
# files, Redis.  Looked at each two seconds while the same workers stay; and
# what is left when everything is purged.

use Mojo::Base -base, -signatures;

use ClearStatus::Process qw(wait_for);
use List::Util qw(max sum0);
use Test::More;
use Time::HiRes qw(time);

use constant MB => 1024 * 1024;

has [qw(calm disk faults redis world)];
has at_first => sub { [] };
has samples => sub { [] };


sub gateways ($self) {
    return map { $self->world->fleet->gateway($_) } 0, 1;
}


# A number of /metrics, of both gateways.

sub metric ($self, $name) {
    return map { $self->metric_of($_, $name) } 0, 1;
}


sub metric_of ($self, $gateway, $name) {
    return sum0($self->world->fleet->get($gateway, '/metrics')->body
        =~ /^clear_status_$name (\S+)$/mg);
}


sub free ($self) {
    return $self->metric('zone_bytes\{zone="answers",kind="free"\}');
}


# Those that have an answer; others are of a fetch, or of who waited once, and
# make room for any.

sub entries ($self) {
    return $self->metric('zone_entries\{zone="answers",state="(?!none).*\}');
}


sub begin ($self) { $self->at_first([$self->free]) }


sub turn ($self) {
    my $samples = $self->samples;

    return if time < $self->calm || @$samples && time - $samples->[-1]{at} < 2;

    my @all  = $self->gateways;
    my @pids = map { $_->worker_pids } @all;

    push @$samples, {
        at   => time,
        pids => "@pids",
        rss  => sum0(map { rss($_) } @pids),
        fds  => sum0(map { scalar(() = glob "/proc/$_/fd/*") } @pids),
        writers => sum0(map { rss($_) } map { $self->writers($_) } @all),
        entries => sum0($self->entries),
        disk    => max(map { $self->disk_size($_) } @all),
        redis   => scalar $self->redis_memory,
    };
}


sub rss ($pid) {
    return ClearStatus::Process->slurp("/proc/$pid/status")
        =~ /^VmRSS:\s+(\d+)/m ? $1 : 0;
}


# The cache manager, which writes to the disk.

sub writers ($self, $gateway) {
    my $nginx = $gateway->nginx;

    return grep { $nginx->slurp("/proc/$_/cmdline") =~ /cache manager/ }
        $nginx->children;
}


sub disk_size ($self, $gateway) {
    return sum0(map { -s // 0 } glob $gateway->dir . '/disk/answers.db*');
}


# Of a Redis that is there, and answers.

sub redis_memory ($self) {
    return if $self->faults->state ne 'up';

    my ($used) = $self->world->fleet->redis->command(qw(INFO memory))
        =~ /^used_memory:(\d+)/m;
    return $used;
}


# The mean of the last fifth against that of the second: the first warms up.

sub flat ($self) {
    my @samples = @{ $self->samples };
    my $fifth   = int(@samples / 5);

    if ($fifth < 3) {
        diag 'too short a time to measure memory';
        return;
    }

    is $samples[0]{pids}, $samples[-1]{pids}, 'the same workers';

    my %more = (rss => 2048, fds => 60, writers => 1024);
    for my $what (sort keys %more) {
        my ($first, $last) = $self->means($what, $fifth);
        my $most = $first + $more{$what} + ($what eq 'fds' ? 0 : 0.05 * $first);

        cmp_ok $last, '<=', $most, "$what is flat: $first, $last";
    }

    cmp_ok max(map { $_->{disk} } @samples), '<=', $self->disk + 8 * MB,
        'the disk is bounded';
    cmp_ok max(map { $_->{redis} // 0 } @samples), '<=', $self->redis + 4 * MB,
        'Redis is bounded';
}


sub means ($self, $what, $fifth) {
    my $samples = $self->samples;

    return map {
        my $from = $_;
        int(sum0(map { $samples->[$_]{$what} } $from .. $from + $fifth - 1)
                / $fifth);
    } $fifth, @$samples - $fifth;
}


# Nothing is in the air, nobody is held; and of a zone, a disk and a Redis that
# are purged there is nothing left.

sub ends ($self) {
    my $redis = $self->world->fleet->redis;

    for my $name (qw(flights queued), 'held\{.*\}') {
        ok wait_for(sub { sum0($self->metric($name)) == 0 }, 40),
            "$name: none is left";
    }

    ok $self->world->fleet->wait_up, 'both have Redis';

    # a walk through Redis that fails is the next purge's to make
    ok purged($self), 'what is purged is gone'
        or diag 'zones: ', join(' ', $self->entries), ', Redis: ',
            answers($redis);

    my @free = $self->free;
    cmp_ok $free[$_], '>=', $self->at_first->[$_] - 65_536,
        "the zone of gateway $_ is free: @{$self->at_first}, @free" for 0, 1;
}


sub purged ($self) {
    my $fleet = $self->world->fleet;

    for (1 .. 8) {
        return if grep { $_->code != 200 } map {
            $fleet->get($_, '/purge?all=1', method => 'DELETE') } 0, 1;
        return 1 if wait_for(sub {
            sum0($self->entries) == 0 && answers($fleet->redis) == 0;
        }, 8);
    }

    return;
}


sub answers ($redis) {
    return scalar grep { $redis->command('HEXISTS', $_, 'v')
            || $redis->command('HEXISTS', $_, 'e') }
        grep {/:1:\w{32}$/} @{ $redis->command('KEYS', '*') };
}


sub report ($self) {
    my $fifth = int(@{ $self->samples } / 5) || 1;

    for my $what (qw(rss fds writers entries disk redis)) {
        diag "$what in fifths: ", join ' ',
            map { $self->samples->[$_ * $fifth]{$what} // () } 0 .. 4;
    }
}


1;
