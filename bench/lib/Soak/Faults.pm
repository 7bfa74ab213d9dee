package Soak::Faults;

# What is done to gateways and to Redis: reloads, processes that are killed, a
# Redis that is frozen, or killed, and back.  Each kill leaves one line at alert
# in the log, and nothing else may.

use Mojo::Base -base, -signatures;

use Time::HiRes qw(time);

has [qw(gauges storm world)];
has [qw(kills outages reloads)] => 0;
has due => sub { {reload => time + 5, kill => time + 8, redis => time + 12} };
has state => 'up';


# In the storm all of it; afterwards only Redis comes and goes, once a minute.

sub turn ($self) {
    my $now   = time;
    my $storm = $now < $self->storm;

    $self->reload($now) if $storm && $now > $self->due->{reload};
    $self->kill($now)   if $storm && $now > $self->due->{kill};
    $self->redis($now, $storm) if $now > $self->due->{redis};
}


sub reload ($self, $now) {
    my $gateway = $self->reloads % 2;
    my $world   = $self->world;

    $self->due->{reload} = $now + 8 + rand 4;
    $self->reloads($self->reloads + 1);
    $world->did('reload', $gateway);
    $world->fleet->gateway($gateway)->reload
        or $world->blame({gateway => $gateway, kind => 'reload'}, 'failed');

    # who came to an old worker until now
    $world->did('reload', $gateway);
}


# A worker, or the process that writes to the disk, which nobody waits for.

sub kill ($self, $now) {
    my $gateway = int rand 2;
    my $world   = $self->world;
    my $nginx   = $world->fleet->gateway($gateway);
    my @workers = $nginx->worker_pids;
    my @pids    = rand() < 0.8 ? @workers : $self->gauges->writers($nginx);

    $self->due->{kill} = $now + 6 + rand 6;
    my $pid = $pids[rand @pids] // return;

    $self->kills($self->kills + 1);
    $nginx->expect_log(qr/cache manager process $pid exited on signal 9/);
    $nginx->kill_worker($pid);
    $world->did('kill', $gateway) if grep { $_ == $pid } @workers;
}


sub redis ($self, $now, $storm) {
    my $redis = $self->world->fleet->redis;

    if ($self->state eq 'up') {
        $self->state(rand() < 0.6 ? 'frozen' : 'killed');
        $self->state eq 'frozen' ? $redis->freeze : $redis->kill;
        $self->outages($self->outages + 1);

        # until it is
        $self->world->redis_back($now + 3600);
        $self->due->{redis} = $now + 1 + rand 5;
        return;
    }

    $self->state eq 'frozen' ? $redis->thaw : $redis->start;
    $self->state('up');
    $self->world->redis_back(time);
    $self->due->{redis} = $now + ($storm ? 10 + rand 10 : 60);
}


# All is well again.

sub end ($self) {
    $self->redis(time, 0) if $self->state ne 'up';
}


1;
