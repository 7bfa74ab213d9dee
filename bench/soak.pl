#!/usr/bin/env perl

# Mixed load with faults on two gateways that share a Redis, each with a disk,
# for as long as one likes.  Every answer is compared with what upstream was
# told to say of that task and with what that gateway said before; the logs may
# have no line at alert, crit or emerg but one for each process that was killed.
#
# In the first third gateways are reloaded and processes killed; Redis is frozen
# or killed, and back, all the time.  Then the same workers stay, and what they,
# the disks and Redis take may not grow.
#
# bench/lib/Soak has who takes part: Ordinary, tasks of every kind and callers
# who ask for them; Stories, callers who wait, streams, notices, purges; Scenes,
# upstreams, callers and tasks that would hurt the others; Faults; Gauges.
#
#     bench/soak.pl [--minutes 10] [--callers 40] [--rate 60]

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib", "$Bin/../t/lib";

use ClearStatus::Fleet;
use ClearStatus::Redis;
use ClearStatus::Test;
use Getopt::Long qw(GetOptions);
use Soak::Faults;
use Soak::Gauges;
use Soak::Ordinary;
use Soak::Scenes;
use Soak::Stories;
use Soak::World;
use Test::More;
use Time::HiRes qw(time);

use constant {DISK => 4 * 1024 * 1024, REDIS => 8 * 1024 * 1024};

my %opt = (minutes => 10, callers => 40, rate => 60);
GetOptions(\%opt, 'minutes=f', 'callers=i', 'rate=f') or exit 2;

my $missing = ClearStatus::Fleet->missing('disk');
die "soak: $missing\n" if $missing;

my $CONF = <<'EOC';
%%GLOBALS%%

worker_processes 2;
thread_pool default threads=2;

events {
    worker_connections 1024;
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;
    clear_status_disk zone=answers %%DIR%%/disk max_size=%%DISK%% timeout=2s;
    clear_status_redis zone=answers %%REDIS%% keep=5m;
    clear_status_cache answers;
    clear_status_auth_token_file %%DIR%%/token;
    clear_status_integration_id $arg_tenant;
    clear_status_ssl_trusted_certificate %%CA%%;
    clear_status_max_fails 0;
    clear_status_max_body_size 150k;
    clear_status_timeout 10s;
    clear_status_valid SUCCESS FAILED forever;
    clear_status_valid CREATED PROCESSING 500ms max=2s;
    clear_status_valid any 200ms;
    clear_status_wait 20s;
    clear_status_events 10s heartbeat=2s;

    server {
        listen 127.0.0.1:%%PORT%% reuseport;

%%ASKED%%
%%RAWS%%
        location = /flood {
            clear_status_pass %%FLOOD%%;
            clear_status_retries 0;
        }

        location = /sick {
            clear_status_pass %%UPSTREAM%%;
            clear_status_integration_id tenant-sick;
            clear_status_max_fails 5;
            clear_status_retries 0;
        }

        location = /purge {
            clear_status_purge;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}
EOC

main();


sub main {
    my $t     = ClearStatus::Test->new(reload => 0);
    my $sim   = $t->simulator(tls => 1);
    my $start = time;
    my $calm  = $start + 20 * $opt{minutes};
    my $fleet = fleet($t);
    my $world = Soak::World->new(t => $t, sim => $sim, fleet => $fleet);
    my %part  = (
        stories  => Soak::Stories->new(world => $world),
        scenes   => Soak::Scenes->new(world => $world),
        faults   => Soak::Faults->new(world => $world, storm => $calm),
        ordinary => Soak::Ordinary->new(world => $world,
            callers => $opt{callers}, rate => $opt{rate}),
    );
    $part{gauges} = Soak::Gauges->new(world => $world, disk => DISK,
        redis => REDIS, faults => $part{faults}, calm => $calm + 10);
    $part{faults}->gauges($part{gauges});

    run_fleet($t, $fleet, $part{scenes});
    $part{$_}->begin for qw(scenes gauges);
    load($world, \%part, $start + 60 * $opt{minutes});
    verdict($world, \%part);
    $fleet->done;
}


# Redis has no room for all, and no wish to keep what it has.

sub fleet ($t) {
    my $redis = $t->adopt(ClearStatus::Redis->new(dir => $t->dir,
        conf => 'maxmemory ' . REDIS . "\nmaxmemory-policy volatile-lru\n"));

    return ClearStatus::Fleet->new(t => $t, n => 2, conf => $CONF,
        redis => $redis->start);
}


# One Redis, one CA, one upstream; a log at debug would fill the disk.

sub run_fleet ($t, $fleet, $scenes) {
    my %same = map { $_ => $t->value_of($_) } qw(UPSTREAM_TLS UPSTREAM_H2 CA);
    my $asked = join '', map { asked("\L$_", 'UPSTREAM' . ($_ eq 'PLAIN' ? ''
        : "_$_")) } qw(PLAIN TLS H2);

    for my $gateway (map { $fleet->gateway($_) } 0, 1) {
        $gateway->file('token', "token-from-a-file\n");
        $gateway->set(%same, DISK => DISK, RAWS => $scenes->locations,
            FLOOD => $scenes->flood->url, UPSTREAM => $t->value_of('UPSTREAM'),
            GLOBALS => $gateway->value_of('GLOBALS')
                =~ s/(error\.log) debug;/$1 notice;/r);
        $gateway->set(ASKED => $gateway->fill_in($asked));
    }

    $fleet->run;
}


# Where callers ask, and where it is told that a task changed.

sub asked ($where, $upstream) {
    return <<"EOC";
        location = /$where {
            clear_status_pass %%$upstream%%;
        }

        location = /notify-$where {
            clear_status_pass %%$upstream%%;
            clear_status_notify;
        }

EOC
}


# Until the end, or enough is wrong; then what is out comes in.

sub load ($world, $part, $end) {
    my ($second, $minute) = (0, 1);
    my $start = time;

    while (time < $end && !$world->enough) {
        $world->calls->pump(0.02);
        $part->{$_}->turn for qw(ordinary stories faults);
        next if int(time - $start) <= $second;

        $second = int(time - $start);
        $world->forget;
        $part->{$_}->turn for qw(scenes gauges);
        next if $second < 60 * $minute;

        $minute++;
        diag sprintf '%d s: %d asked, %d told of an end, %d wrong', $second,
            $world->asked, $part->{stories}->told, scalar @{ $world->wrong };
    }

    $part->{faults}->end;
    $part->{stories}->closing(1);

    my $late = time + 120;
    while (time < $late && ($world->calls->number
        || @{ $part->{stories}->stories }))
    {
        $world->calls->pump(0.02);
        $part->{stories}->turn;
    }
}


sub verdict ($world, $part) {
    my @wrong = @{ $world->wrong };
    my ($faults, $stories) = @$part{qw(faults stories)};

    ok !@wrong, 'every answer is what it has to be';
    is $world->calls->number, 0, 'every caller was answered';
    cmp_ok $world->asked, '>', 0, $world->asked . ' requests';
    cmp_ok $stories->told, '>', 0, $stories->told . ' were told of an end';
    cmp_ok $stories->$_, '>', 0, $stories->$_ . " $_" for qw(notices purges);
    cmp_ok $faults->$_, '>', 0, $faults->$_ . " $_"
        for qw(reloads kills outages);
    is alerts($world), $faults->kills, 'an alert for each kill';

    $part->{gauges}->flat;
    $part->{gauges}->ends;
    report($world, $part);
}


sub alerts ($world) {
    return scalar map { $world->fleet->gateway($_)->logged('alert',
        qr/process \d+ exited on signal 9/) } 0, 1;
}


sub report ($world, $part) {
    my $seen = $world->seen;

    diag $part->{ordinary}->left . ' callers left, upstream had '
        . $world->sim->count . ' fetches';
    diag "$_: " . join ', ', counts($seen->{$_}) for sort keys %$seen;
    $part->{gauges}->report;
}


sub counts ($of) { return map {"$_: $of->{$_}"} sort keys %$of }
