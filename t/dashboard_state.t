# The gateway's own state, as the status page reads it: who it is, whose
# fetches pause and why, who waits, its token files, the disk below a zone, and
# its last two minutes.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Disk;
use ClearStatus::Redis;
use ClearStatus::Test;
use Sys::Hostname qw(hostname);
use Test::More;

my $t    = ClearStatus::Test->new(reload => 0);
my $sim  = $t->simulator;
my $disk = ClearStatus::Disk->new(t => $t);
my $redis = $t->adopt(ClearStatus::Redis->new(dir => $t->dir));
my $token = 'file-sEcReT-mArKeR-1';

$t->file('token', $token);
$t->file('private', $token, 0600);

my $conf = <<'EOC';
%%GLOBALS%%

worker_processes 1;

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;
    clear_status_zone zone=others:1m;
    clear_status_disk zone=answers %%DIR%%/disk timeout=30s max_size=8m;
    clear_status_redis zone=others %%REDIS%%;
    clear_status_cache answers;
    clear_status_auth_token_file %%DIR%%/token;
    clear_status_integration_id $http_x_tenant;
    clear_status_retries 0;
    clear_status_max_fails 2;
    clear_status_fail_timeout 30s;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /dead {
            clear_status_pass %%DEAD%%/a/path;
        }

        location = /private {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache others;
            clear_status_auth_token_file %%DIR%%/private;
        }

        location = /purge {
            clear_status_purge;
        }

        location = /dashboard {
            clear_status_dashboard;
        }
    }
}
EOC

$t->set(DEAD => $t->dead_url, REDIS => $redis->url)->conf($conf)->run;


sub seen ($more = '') {
    my $r = $t->get("/dashboard?format=json$more");

    fail('it tells the token') if $r->body =~ /sEcReT/;
    return $r->json;
}


sub ask ($location, $tenant, $id) {
    return $t->get("/$location?taskId=$id",
        headers => {'X-Tenant' => $tenant});
}


subtest 'who it is' => sub {
    my $gateway = seen()->{gateway};

    is $gateway->{host}, lc hostname(), 'host, as nginx knows it';
    like $gateway->{version}, qr/^\d+\.\d+\.\d+$/, 'version';
    like $gateway->{$_}, qr/^\d+\.\d+\.\d+/, $_ for qw(nginx libcurl);
    cmp_ok abs($gateway->{configured} / 1000 - time), '<', 60,
        'when its configuration was read';

    my $before = $gateway->{uptime};
    cmp_ok $before, '>=', 0, 'for how long it runs';
    ok wait_for(sub { seen()->{gateway}{uptime} > $before + 1000 }),
        'which grows';
    ok $t->reload, 'reloaded';

    my $after = seen()->{gateway};
    cmp_ok $after->{uptime}, '>', $before + 1000, 'a reload is no start';
    cmp_ok $after->{configured}, '>', $gateway->{configured},
        'but reads the configuration';
};


subtest 'the last two minutes' => sub {
    my $moments = sub { seen('&history=1')->{history} };

    ok !exists seen()->{history}, 'are for who asks for them';
    ok wait_for(sub { @{ $moments->() } >= 3 }), 'a moment a second';

    my @before = @{ $moments->() };
    ask('status', 'a', new_task('SUCCESS'));
    ask('status', 'a', 'nobody');
    my $now = seen()->{now};
    is_deeply [@$now{qw(requests hits fetches failed)}], [2, 0, 2, 0],
        'what is counted now; a task that nobody knows is no failure';
    is $now->{counts}[$_] // 0, $now->{counts}[$_], 'a histogram'
        for $#{ $now->{counts} };

    ok wait_for(sub { $moments->()->[-1]{fetches} == 2 }), 'is in the next';
    ok $t->reload, 'reloaded';

    my @after = @{ $moments->() };
    is_deeply [@after[0 .. $#before]], \@before, 'they are kept over a reload';
    ok wait_for(sub { @{ $moments->() } > @after }), 'and go on';

    my @at = map { $_->{at} } @{ $moments->() };
    is scalar(grep { $at[$_] - $at[ $_ - 1 ] < 900 } 1 .. $#at), 0,
        'of two generations one writes';
    is_deeply [sort keys %{ $moments->()->[0] }], [sort keys %$now],
        'each with the same names';
};


subtest 'a task that upstream does not know' => sub {
    my $seen = seen();

    is $seen->{unknown}, 1, 'is counted apart';
    is $seen->{fetches}{error}, 1, 'of the errors';
    is_deeply $seen->{errors}, [], 'and none of the last';
};


subtest 'who pauses, why and until when' => sub {
    is_deeply seen()->{paused}, [], 'nobody';

    ask('dead', 'down', "dead-$_") for 1 .. 2;
    my ($down) = @{ seen()->{paused} };
    cmp_ok $down->{left}, '>', 0, 'some of the pause is left';
    cmp_ok delete $down->{left}, '<=', 30_000, 'and no more than all';
    is_deeply $down, {integrationId => 'down', why => 'down',
        upstream => $t->dead_url . '/a/path', asked => 0, probed => 0},
        'upstream is down';

    $sim->behave($_->[0], $_->[1]) for
        ['asked',   {status => 503, retry_after => 120}],
        ['limited', {status => 429}],
        ['refused', {status => 401}];
    ask('status', $_, $_) for qw(asked limited refused);

    my %of = map { $_->{integrationId} => $_ } @{ seen()->{paused} };
    is_deeply [sort keys %of], [qw(asked down limited refused)], 'each';
    is $of{limited}{why}, 'limited', 'the rate is limited';
    is $of{refused}{why}, 'credentials', 'the token is refused';
    ok $of{asked}{asked}, 'upstream asked for it';
    cmp_ok $of{asked}{left}, '>', 30_000, 'and for more';
    ok !$of{$_}{asked}, "not so for $_" for qw(limited refused);
    is seen()->{tenantsPaused}, 4, 'as many as there are';

    $t->request('DELETE', '/purge?integrationId=refused');
    is_deeply [sort map { $_->{integrationId} } @{ seen()->{paused} }],
        [qw(asked down limited)], 'a purge ends a pause';
};


subtest 'whatever its integration id is' => sub {
    my $long = "\x{e9}" x 100;
    my $odd  = qq{</script><b>"'\\};
    utf8::encode(my $bytes = "x$long");

    for my $tenant ($bytes, $odd, "broken \xff\xc3") {
        ask('dead', $tenant, "odd-$_") for 1 .. 2;
    }

    my @ids = map { $_->{integrationId} } @{ seen()->{paused} };
    is scalar(grep { $_ eq $odd } @ids), 1, 'it is escaped';
    is scalar(grep { $_ eq 'x' . "\x{e9}" x 63 } @ids), 1,
        'and cut between characters';
    is scalar(grep { $_ eq "broken \x{fffd}\x{fffd}" } @ids), 1,
        'and mended where it is no UTF-8';
};


subtest 'many' => sub {
    for my $n (1 .. 40) {
        $sim->behave("many-$n", {status => 429, retry_after => 300});
        ask('status', "many-$n", "many-$n");
    }

    is @{ seen()->{paused} }, 32, 'are not all shown';
    cmp_ok seen()->{tenantsPaused}, '>=', 40, 'but counted';
    $t->request('DELETE', '/purge?all=1');
    is_deeply seen()->{paused}, [], 'none';
};


subtest 'who waits' => sub {
    my $id = new_task('PROCESSING');

    $sim->behave($id, {state => 'PROCESSING'});
    is_deeply seen()->{waiting}, {held => 0, streams => 0}, 'nobody';

    my @same = ('X-Tenant' => 'a');
    my $held = $t->start("/status?taskId=$id",
        headers => {@same, Prefer => 'wait=20'});
    ok wait_for(sub { seen()->{waiting}{held} == 1 }), 'a request is held';
    my $stream = $t->start("/status?taskId=$id",
        headers => {@same, Accept => 'text/event-stream'});
    ok wait_for(sub { seen()->{waiting}{streams} == 1 }), 'and a stream open';

    my $oldest = seen()->{waiting}{oldest};
    ok wait_for(sub { seen()->{waiting}{oldest} > $oldest }),
        'the oldest grows older';
    is seen()->{now}{held} + seen()->{now}{streams}, 2, 'both for the chart';

    $sim->behave($id, {state => 'SUCCESS'});
    $t->collect($held, $stream);
    ok wait_for(sub { !exists seen()->{waiting}{oldest} }),
        'till all have gone';
};


# As a worker sees it, which looks each two seconds.

sub token_file ($name) {
    my $path = $t->dir . "/$name";

    my ($file) = grep { $_->{path} eq $path } @{ seen()->{secretFiles} };
    return $file;
}


subtest 'a token file' => sub {
    my $file = token_file('token');

    cmp_ok abs($file->{read} / 1000 - time), '<', 120, 'when it was read';
    is_deeply [sort keys %$file], [qw(directive path read reload)],
        'nothing is wrong';
    ok !$file->{reload}, 'nor needs it a reload';

    $t->file('token', '');
    ok wait_for(sub { token_file('token')->{failing} }), 'it became empty';
    my $empty = token_file('token');
    is $empty->{wrong}, 'is empty', 'what is wrong';
    is $empty->{read}, $file->{read}, 'the last good one was read before';
    cmp_ok $empty->{failing}, '>=', $file->{read}, 'and since when';

    unlink $t->dir . '/token' or die;
    ok wait_for(sub { (token_file('token')->{why} // '') =~ /No such file/ }),
        'it is gone';
    is token_file('token')->{failing}, $empty->{failing},
        'failing since the same time';

    $t->file('token', "another-$token");
    ok wait_for(sub { !token_file('token')->{failing} }), 'it is there again';
    cmp_ok token_file('token')->{read}, '>=', $empty->{failing}, 'read anew';

    SKIP: {
        skip 'workers are who reads it first', 1 if $>;
        ok token_file('private')->{reload}, 'one that workers may not read';
    }
};


subtest 'the disk below a zone' => sub {
    my $tiers = sub ($n) { seen()->{zones}[$n]{tiers} };
    my $tier  = sub { $tiers->(0)[0] };

    is_deeply [map { $_->{name} } @{ $tiers->(1) }], ['fleet'],
        'not all have one';

    my @ids = map { new_task('SUCCESS') } 1 .. 3;

    # and the one that was waited for
    ask('status', 'disk', $_) for @ids;
    ok wait_for(sub { $tier->()->{answers} == 4 }), 'answers';
    $t->request('DELETE', "/purge?taskId=$ids[1]");
    ok wait_for(sub { $tier->()->{answers} == 3 }),
        'less one in their midst that was purged';
    cmp_ok $tier->()->{bytes}, '>', 4096, 'bytes';
    is $tier->()->{size}, 8 * 1024 * 1024, 'of so many';
    is $tier->()->{name}, 'disk', 'its name';
    is $tier->()->{state}, 'on', 'its state';
    is $tier->()->{dropped}, 0, 'nothing is lost';
    ok !$tier->()->{damaged}, 'nor damaged';

    # while nobody has it open, who may not look at it again
    ok $t->stop, 'a file with another head';
    $disk->sql_write('PRAGMA wal_checkpoint(TRUNCATE)');
    $disk->write_at(0, 'no database');
    $t->run;
    ask('status', 'disk', new_task('SUCCESS'));
    ok wait_for(sub { $tier->()->{damaged} }), 'is a damaged one';
    cmp_ok abs($tier->()->{damaged} / 1000 - time), '<', 120, 'and when';
    is $tier->()->{state}, 'on', 'for which a new one is there';

    ok $t->stop, 'a database of a later version';
    $disk->sql_write('PRAGMA user_version = 2');
    chown +(stat $disk->dir)[4, 5], glob $disk->file . '*';
    $t->run;
    ok wait_for(sub { $tier->()->{state} eq 'failing' }, 30),
        'is one that cannot be written';
};


subtest 'the fleet' => sub {
    plan skip_all => 'redis-server is not installed'
        if !ClearStatus::Redis->installed;

    my $tier = sub { seen()->{zones}[1]{tiers}[0] };

    is $tier->()->{state}, 'off', 'its store is not there';
    ask('private', 'a', new_task('SUCCESS'));
    ok wait_for(sub { $tier->()->{lone} == 1 }), 'a fetch without a lease';
    $redis->start;
    ok wait_for(sub { $tier->()->{state} eq 'on' }, 40), 'now it is';
    is $tier->()->{hits}, 0, 'nothing is read from it';
};

$t->expect_log(qr/is damaged or foreign/);
$t->done;
