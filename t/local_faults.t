# What can go wrong in this gateway itself: no descriptors, no connections of
# nginx's, a zone too small for anything, a clock that jumps.  Callers get an
# answer or the documented error, and it works again afterwards.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;

sub conf ($globals, $events, $http) {
    return <<"EOC";
%%GLOBALS%%

$globals

events {
    $events
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:64k;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_ssl_trusted_certificate %%CA%%;
    clear_status_max_fails 0;
    clear_status_retries 0;
    clear_status_timeout 60s;
    $http

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /tls {
            clear_status_pass %%UPSTREAM_TLS%%;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}
EOC
}


sub gateway ($globals = '', $events = '', $http = '') {
    my $t = ClearStatus::Test->new(reload => 0);

    $t->simulator(tls => 1);
    $t->conf(conf($globals, $events, $http));
    return $t;
}


sub ask ($t, $location = '/status') {
    return $t->get("$location?taskId=" . new_task('SUCCESS'));
}


sub fds ($t) {
    my ($pid) = $t->worker_pids;
    return scalar(() = glob "/proc/$pid/fd/*");
}


# 60 callers whose fetches upstream holds until the log says of what there was
# not enough, or no more of them come, as some wait for their turn: far more
# than there is room for.

sub crowd ($t, $location, $complaint) {
    my $sim  = $t->simulator;
    my $said = sub { scalar(() = $t->log =~ /$complaint/g) };
    my $then = $said->();

    $sim->hold('*');
    my @calls = map {
        $t->start("$location?taskId=" . new_task('SUCCESS'))
    } 1 .. 60;

    my ($in_air, $same) = (0, 0);

    ok wait_for(sub {
        my $now = $sim->in_air;
        ($in_air, $same) = ($now, $now == $in_air ? $same + 1 : 0);
        return $now >= 3 && ($said->() > $then || $same > 50);
    }, 30), 'some are in the air';
    cmp_ok $in_air, '<', 60, 'and there is no room for the others';
    $sim->release('*');

    my %codes;
    $codes{ $_->code // 'none' }++ for $t->collect(@calls);
    return \%codes;
}


# Whom nginx accepts is answered, if only that this gateway cannot; how many
# connections to upstream are kept after that is chance.

sub survives ($t, $limit, $complaint) {
    my $sim = $t->simulator;

    $t->expect_log($complaint);
    $t->run;

    is ask($t, $_)->code, 200, "$_: before" for qw(/status /tls);

    my $own = sub { fds($t) - $sim->open_connections };
    my $before;
    wait_for(sub { ($before // 0) == ($before = $own->()) });

    for my $location (qw(/status /tls)) {
        my $codes = crowd($t, $location, $complaint);

        is_deeply [grep { !/^(?:200|503|none)$/ } keys %$codes], [],
            "$location: $limit: each is answered, told, or turned away"
            or diag explain $codes;
        cmp_ok +($codes->{200} // 0), '>=', 3, 'some are answered';

        ok wait_for(sub { (ask($t, $location)->code // 0) == 200 }),
            "$location: and the next";

        # libcurl closes those that are dead when it looks for another
        ok wait_for(sub {
            ask($t, $_) for qw(/status /tls);
            return $own->() <= $before;
        }), 'none is lost'
            or diag $own->() . " after $before";
    }

    ok wait_for(sub {
        $t->get('/metrics')->body =~ /^clear_status_flights 0$/m
    }), 'no fetch is left';
}


subtest 'descriptors' => sub {
    my $t = gateway('worker_rlimit_nofile 40;', 'worker_connections 512;');

    survives($t, 'no descriptors',
        qr/Too many open files|exceed open file resource limit/);
    ended($t);
};

subtest 'connections of nginx' => sub {
    my $t = gateway('', 'worker_connections 40;');

    survives($t, 'no connections', qr/worker_connections are not enough/);
    ended($t);
};

# What is larger than the zone is passed on to all that wait for it, and the
# zone goes on; what fits displaces what was there.

subtest 'a zone of the least size' => sub {
    my $t   = gateway('worker_processes 2;')->run;
    my $sim = $t->simulator;

    for my $pad (0, 1000, 30_000, 300_000) {
        my @ids = map { new_task('SUCCESS') } 1 .. 40;

        $sim->behave($_, {pad => $pad}) for @ids;

        my @calls = map {
            my $id = $_;
            map { $t->start("/status?taskId=$id") } 1 .. 2;
        } @ids;

        my @wrong = grep {
            ($_->code // 0) != 200 || length $_->body < $pad
        } $t->collect(@calls);
        is scalar @wrong, 0, "answers with $pad bytes more are all told";
    }

    my $id = new_task('SUCCESS');

    $t->get("/status?taskId=$id");
    like $t->get("/status?taskId=$id")->header('Cache-Status'), qr/; hit/,
        'it stores on';
    ended($t);
};

subtest 'a clock that jumps' => sub {
    my ($preload) = glob '/usr/lib/*/faketime/libfaketime.so.1';

    plan skip_all => 'needs libfaketime' if !$preload;
    plan skip_all => 'libfaketime and a sanitizer both want to be first'
        if $ENV{SANITIZE};

    my $t     = gateway('', '', 'clear_status_valid any 30s;');
    my $sim   = $t->simulator;
    my $clock = $t->file('clock', "+0\n");

    {
        # nginx's own clock of milliseconds does not jump: CLOCK_MONOTONIC
        local $ENV{LD_PRELOAD}                  = $preload;
        local $ENV{FAKETIME_TIMESTAMP_FILE}     = $clock;
        local $ENV{FAKETIME_NO_CACHE}           = 1;
        local $ENV{FAKETIME_DONT_FAKE_MONOTONIC} = 1;
        $t->run;
    }

    my $date = sub { $t->get('/metrics')->header('Date') };

    my $set = sub ($offset) {
        my $before = $date->();

        $t->file('clock', "$offset\n");
        return wait_for(sub { $date->() ne $before });
    };

    # +: the clock goes ahead; what was fetched before is then long stale or,
    # after the way back, was fetched in the future
    for my $offset ('+2h', '+0', '-2h', '+0', '+400d', '-400d', '+0') {
        my $id = new_task('PROCESSING');

        $sim->behave($id, {state => 'PROCESSING'});
        is $t->get("/status?taskId=$id")->code, 200, "before $offset";
        ok $set->($offset), 'the clock jumps';

        my $r = $t->get("/status?taskId=$id");
        is $r->code, 200, "$offset: an answer";
        like $r->header('Age'), qr/^\d+$/, 'Age is no less than 0';
        like $r->header('Retry-After'), qr/^[1-9]\d*$/, 'Retry-After neither';
        cmp_ok $r->header('Retry-After'), '<=', 31, 'nor more than said';

        is ask($t)->code, 200, 'a new fetch';
        my $hung = new_task('SUCCESS');
        $sim->behave($hung, {delay => 0.2});
        is $t->get("/status?taskId=$hung")->code, 200, 'no timeout too soon';
    }

    ended($t);
};


sub ended ($t) {
    ok !$t->stop_all, 'every process ended';
    is_deeply [$t->alarms], [], 'no alert, crit or emerg';
    is_deeply [$t->leaks],  [], 'no secret';
}


done_testing;
