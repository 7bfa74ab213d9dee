# HTTP/2 to upstream: few connections, which may go away, or hang, at any
# moment.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Nginx;
use ClearStatus::Test;
use List::Util qw(uniq);
use Test::More;

my $t     = ClearStatus::Test->new(reload => 0);
my $sim   = $t->simulator(tls => 1);
my $front = $t->h2_front($sim);

# the process of the front, which h2_front() gave to the test
my ($process) = grep { $_->isa('ClearStatus::Nginx') } @{ $t->adopted };

$t->conf(<<'EOC')->run;
%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_ssl_trusted_certificate %%CA%%;
    clear_status_max_fails 0;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /h2 {
            clear_status_pass %%UPSTREAM_H2%%;
        }

        location = /brief {
            clear_status_pass %%UPSTREAM_H2%%;
            clear_status_timeout 300ms;
            clear_status_retries 0;
        }

        location = /hangs {
            clear_status_pass %%UPSTREAM_H2%%;
            clear_status_timeout 1s;
            clear_status_retries 0;
        }

        location = /falls-back {
            clear_status_pass %%UPSTREAM_TLS%%;
        }

        location = /h1 {
            clear_status_pass %%UPSTREAM_H2%%;
            clear_status_http_version 1.1;
        }
    }
}
EOC

my ($port) = $front =~ /:(\d+)$/;


# The other ends of the front's connections, of those that are established: once
# each, as the system may show one again that it showed before.

sub peers {
    my $hex = sprintf ':%04X', $port;

    open my $fh, '<', '/proc/net/tcp' or return;
    return uniq map { $_->[2] } grep { $_->[1] =~ /$hex$/ && $_->[3] eq '01' }
        map { [split] } <$fh>;
}


sub connections { return scalar(my @peers = peers()) }


sub ask ($location, $id = new_task('SUCCESS')) {
    return $t->get("$location?taskId=$id");
}


sub start ($location, $n) {
    return map { $t->start("$location?taskId=" . new_task('SUCCESS')) } 1 .. $n;
}


sub codes (@calls) { return [map { $_->code } $t->collect(@calls)] }


sub fds {
    my ($pid) = $t->worker_pids;
    return scalar(() = glob "/proc/$pid/fd/*");
}


is ask('/h2')->code, 200, 'an answer over HTTP/2';

subtest '64 at once' => sub {
    $sim->hold('*');
    my @calls = start('/h2', 64);

    ok wait_for(sub { $sim->held >= 64 || $sim->in_air >= 64 }),
        'are all in the air';
    cmp_ok connections(), '<=', 2, 'over two connections at most'
        or diag join "\n", 'with:', peers(), 'the gateway said:',
            $t->logged('notice', qr/./);

    $sim->release('*');
    is_deeply codes(@calls), [(200) x 64], 'and all answered';
};

subtest 'the front is reloaded mid-flight' => sub {
    $sim->hold('*');
    my @calls = start('/h2', 20);
    ok wait_for(sub { $sim->in_air >= 20 }), 'all in the air';

    ok $process->reload, 'it is reloaded: GOAWAY';
    my @later = start('/h2', 20);
    ok wait_for(sub { $sim->in_air >= 40 }), 'later ones get there too';

    $sim->release('*');
    is_deeply codes(@calls, @later), [(200) x 40], 'all are answered';
};

subtest 'the front dies mid-flight' => sub {
    my ($worker) = $process->workers;

    $sim->hold('*');
    my @calls = start('/h2', 10);
    ok wait_for(sub { $sim->in_air >= 10 }), 'all in the air';

    kill 'KILL', $worker;
    ok wait_for(sub { $sim->aborted >= 10 || $sim->in_air > 10 }), 'gone';
    $sim->release('*');
    is_deeply codes(@calls), [(200) x 10], 'all are tried again';
};

subtest 'a connection that does not answer any more' => sub {
    ok wait_for(sub { ask('/brief')->code == 200 }), 'it did';
    my %before = map { $_ => 1 } peers();
    my ($worker) = $process->workers;

    kill 'STOP', $worker;
    envelope_is ask('/brief'), 504, 'no answer';
    envelope_is ask('/brief'), 504, 'again';
    ok wait_for(sub { $t->logged('notice', qr/do not answer, using new/) }),
        'so new connections are used';
    kill 'CONT', $worker;

    ok wait_for(sub { ask('/brief')->code == 200 }), 'answered again';
    ok wait_for(sub { !grep { $before{$_} } peers() }),
        'the old connection is closed';
};

subtest 'one that hangs among others that do not' => sub {
    my $said = () = $t->logged('notice', qr/do not answer/);

    # another's answer between each two timeouts, however long each took

    for (1 .. 3) {
        my $id = new_task('SUCCESS');
        $sim->behave($id, {hang => 1});
        my $call = $t->start("/hangs?taskId=$id");
        $sim->wait_count($id);
        is ask('/h2')->code, 200, 'another is answered';
        is_deeply codes($call), [504], 'the one is not';
        is ask('/h2')->code, 200, 'and another is again';
    }

    cmp_ok scalar(() = $t->logged('notice', qr/do not answer/)), '==', $said,
        'the connection stays';
};

subtest 'an upstream that only speaks HTTP/1.1' => sub {
    is ask('/falls-back')->code, 200, 'is answered';

    $sim->hold('*');
    my @calls = start('/falls-back', 12);
    ok wait_for(sub { $sim->in_air >= 12 }), 'many at once';
    $sim->release('*');
    is_deeply codes(@calls), [(200) x 12], 'all answered';
};

subtest 'HTTP/1.1 where that is wanted' => sub {
    $sim->hold('*');
    my @calls = start('/h1', 10);
    ok wait_for(sub { $sim->in_air >= 10 }), 'all in the air';
    cmp_ok connections(), '>=', 10, 'over connections of their own';
    $sim->release('*');
    is_deeply codes(@calls), [(200) x 10], 'all answered';

    is ask('/h1')->code, 200, 'and one alone' for 1 .. 2;
    cmp_ok connections(), '>=', 10, 'the connections stay for the next crowd';
};

subtest 'descriptors' => sub {
    codes(start('/h2', 30));
    my $before = fds();

    for (1 .. 5) {
        codes(start('/h2', 30));
        $process->reload;
    }

    codes(start('/h2', 30));
    ok wait_for(sub { fds() <= $before + 2 }), 'do not grow'
        or diag fds() . " after $before";
};

ok $t->quit, 'open connections do not hold up the end';

$t->done;
