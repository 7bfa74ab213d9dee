# Connections to upstream that nobody uses now: what arrives there is nobody's
# answer, whoever asks next, and they end when upstream ends them or when they
# are too old.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Raw;
use ClearStatus::Test;
use Test::More;

my $t    = ClearStatus::Test->new(reload => 0);
my %raws = (
    http  => $t->adopt(ClearStatus::Raw->new(dir => $t->dir))->start,
    https => $t->adopt(ClearStatus::Raw->new(
        dir => $t->dir, tls => $t->certificate('localhost')))->start,
);

$t->set(RAW_HTTP => $raws{http}->url, RAW_HTTPS => $raws{https}->url);


# One location for what upstream does, for each scheme, with any tenant.

sub locations () {
    return join '', map {
        my $do = $_;
        map {
            my $scheme = $_;
            <<"EOC" } qw(http https);
            location = /$scheme/$do {
                clear_status_pass %%RAW_\U$scheme\E%%/$do;
                clear_status_retries @{[$do eq '408' ? 1 : 0]};
            }
EOC
    } qw(plain late-408 late-200 twice record records 408 close);
}


$t->conf(<<'EOC' =~ s/LOCATIONS/locations()/er)->run;
%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-$arg_tenant;
    clear_status_ssl_trusted_certificate %%CA%%;
    clear_status_max_fails 0;
    clear_status_timeout 5s;

    server {
        listen 127.0.0.1:%%PORT%%;

        LOCATIONS

        location = /brief {
            clear_status_pass %%RAW_HTTP%%/plain;
            clear_status_keepalive_time 2s;
        }

        location = /never {
            clear_status_pass %%RAW_HTTP%%/plain;
            clear_status_keepalive_time 0;
        }
    }
}
EOC


sub ask ($location, $tenant = 'a', $id = new_task('SUCCESS')) {
    my $r = $t->get("$location?tenant=$tenant&taskId=$id");

    return $r->code if $r->code != 200;
    return $r->json->{result}{taskId} eq $id ? 200 : 'stolen';
}


sub fds {
    my ($pid) = $t->worker_pids;
    return scalar(() = glob "/proc/$pid/fd/*");
}


for my $scheme (qw(http https)) {
    my $raw = $raws{$scheme};

    subtest "$scheme: a 408 on the idle connection" => sub {
        for (1 .. 3) {
            my $late = $raw->noted('late');

            is ask("/$scheme/late-408"), 200, 'an answer';
            ok wait_for(sub { $raw->noted('late') > $late }), 'then a 408';
        }

        is ask("/$scheme/late-408"), 200, 'which is no answer';
    };

    subtest "$scheme: an answer that nobody asked for" => sub {
        for (1 .. 10) {
            my $late = $raw->noted('late');

            is ask("/$scheme/late-200", 'a'), 200, "tenant a's own";
            ok wait_for(sub { $raw->noted('late') > $late }), 'then another';
            is ask("/$scheme/plain", 'b'), 200, "which is not tenant b's";
            is ask("/$scheme/plain", 'a'), 200, "nor tenant a's next";
        }
    };

    # HTTP/1 cannot tell what comes right after a request from its answer: that
    # stays inside the tenant, and is not stored
    subtest "$scheme: in the same moment as other requests" => sub {
        my (%tenant, @others, @kept);

        for my $n (1 .. 40) {
            my $id = new_task('SUCCESS');
            my $of = sub { $t->get("/$scheme/late-200?tenant=@{[$n % 2]}"
                        . "&taskId=$id")->json->{result}{taskId} };
            $tenant{$id} = $n % 2;
            my $got = $of->();

            next if $got eq $id;
            push @others, $got if $tenant{ $got =~ s/^stolen-//r } != $n % 2;
            push @kept, $got if $of->() eq $got;
        }

        is_deeply \@others, [], "nobody gets another tenant's";
        is_deeply \@kept, [], 'and nobody keeps it';
    };

    for my $do (qw(twice record records)) {
        subtest "$scheme: $do" => sub {
            for (1 .. 3) {
                is ask("/$scheme/$do"), 200, 'the answer alone';
                is ask("/$scheme/plain"), 200, 'and the next one';
            }
        };
    }

    subtest "$scheme: a 408 to a request on a kept connection" => sub {
        is ask("/$scheme/408"), 200, 'the first' for 1;
        is ask("/$scheme/408"), 200, 'the next goes over a fresh one';
    };

    subtest "$scheme: a connection serves one tenant" => sub {
        my $before = $raw->noted('connection');

        is ask("/$scheme/plain", "one-$_"), 200, "tenant $_" for 1 .. 3;
        is $raw->noted('connection') - $before, 3, 'a connection each';
        is ask("/$scheme/plain", "one-$_"), 200, "tenant $_ again" for 1 .. 3;
        is $raw->noted('connection') - $before, 3, 'which is kept';
    };

    subtest "$scheme: upstream closes" => sub {
        my $before = fds();

        is ask("/$scheme/close", "closes-$_"), 200, 'an answer' for 1 .. 10;
        ok wait_for(sub { fds() <= $before }), 'no descriptor stays'
            or diag fds() . " after $before";
    };
}

subtest 'how old a connection may be' => sub {
    my $raw    = $raws{http};
    my $closed = $raw->noted('closed');
    my $before = $raw->noted('connection');

    is ask('/brief'), 200, 'one' for 1 .. 2;
    is $raw->noted('connection') - $before, 1, 'is used again';
    ok wait_for(sub { $raw->noted('closed') > $closed }), 'and closed in time';
    is ask('/brief'), 200, 'the next';
    is $raw->noted('connection') - $before, 2, 'is a new one';

    $before = $raw->noted('connection');
    is ask('/never'), 200, 'without any time' for 1 .. 3;
    is $raw->noted('connection') - $before, 3, 'none is used again';
};

subtest 'idle connections of many tenants' => sub {
    my $before = fds();
    my $raw    = $raws{http};

    is_deeply [grep { $_ ne '200' } map { ask('/http/plain', "many-$_") }
            1 .. 150], [], 'each is answered';

    my $open = $raw->noted('connection') - $raw->noted('closed');
    ok wait_for(sub {
        $raw->noted('connection') - $raw->noted('closed') <= 64
    }), 'no more than 64 are kept';
    cmp_ok fds() - $before, '<=', 64 * 3 + 10, 'nor their descriptors';
};

ok $t->quit, 'they do not hold up the end';

$t->done;
