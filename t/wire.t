# Upstream breaks off after so many bytes, wherever in the conversation that
# is: the handshake, the header, the body; by a close, by a reset, or by
# silence.  Over HTTP/1.1, HTTP/1.1 in TLS and HTTP/2 in TLS.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Dns;
use ClearStatus::Relay;
use ClearStatus::Test;
use IO::Socket::IP;
use Test::More;

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator(tls => 1);

my ($front) = $t->h2_front($sim) =~ /:(\d+)$/;
my %relays  = (
    plain => relay(to => $sim->port),
    tls   => relay(to => $sim->tls_port),
    h2    => relay(to => $front),
);


sub relay (%options) {
    return $t->adopt(ClearStatus::Relay->new(dir => $t->dir, %options))->start;
}


my $has_ipv6 = IO::Socket::IP->new(Listen => 1, LocalHost => '::1');
my $ipv6     = $has_ipv6
    ? relay(address => '::1', to => $sim->port) : $relays{plain};

# its queue is full: nobody takes from it
my $full = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1');
my @fill = map {
    IO::Socket::INET->new(PeerAddr => '127.0.0.1:' . $full->sockport,
        Blocking => 0)
} 1 .. 4;

# of two addresses the one does not answer, the other does
my $other = relay(address => '127.0.0.2', port => $full->sockport,
    to => $sim->port);
my $dns = $t->adopt(ClearStatus::Dns->new(dir => $t->dir))->start;

$dns->say('two.example' => {A => ['127.0.0.1', '127.0.0.2']});
$dns->say('six.example' => {AAAA => ['::1']});

$t->set(DNS => $dns->port, FULL => $full->sockport, IPV6 => $ipv6->port,
    map { +uc $_ => $relays{$_}->port } keys %relays);

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
    clear_status_retries 0;
    clear_status_timeout 60s;
    resolver 127.0.0.1:%%DNS%%;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /plain {
            clear_status_pass http://127.0.0.1:%%PLAIN%%;
        }

        location = /tls {
            clear_status_pass https://localhost:%%TLS%%;
            clear_status_http_version 1.1;
        }

        location = /h2 {
            clear_status_pass https://localhost:%%H2%%;
        }

        location = /plain/brief {
            clear_status_pass http://127.0.0.1:%%PLAIN%%;
            clear_status_timeout 250ms;
        }

        location = /tls/brief {
            clear_status_pass https://localhost:%%TLS%%;
            clear_status_http_version 1.1;
            clear_status_timeout 250ms;
        }

        location = /h2/brief {
            clear_status_pass https://localhost:%%H2%%;
            clear_status_timeout 250ms;
        }

        location = /full {
            clear_status_pass http://127.0.0.1:%%FULL%%;
            clear_status_connect_timeout 250ms;
        }

        location = /full/tls {
            clear_status_pass https://127.0.0.1:%%FULL%%;
            clear_status_connect_timeout 250ms;
        }

        location = /unreachable {
            clear_status_pass http://127.255.255.255:%%PLAIN%%;
        }

        location = /unreachable/tls {
            clear_status_pass https://127.255.255.255:%%PLAIN%%;
        }

        location = /ipv6 {
            clear_status_pass http://[::1]:%%IPV6%%;
        }

        location = /ipv6/name {
            clear_status_pass http://six.example:%%IPV6%%;
        }

        location = /two {
            clear_status_pass http://two.example:%%FULL%%;
            clear_status_connect_timeout 1s;
        }
    }
}
EOC


sub ask ($location) {
    return $t->get("$location?taskId=" . new_task('SUCCESS'));
}


sub fds {
    my ($pid) = $t->worker_pids;
    return scalar(() = glob "/proc/$pid/fd/*");
}


# How many bytes from upstream a fetch on a connection of its own takes.

sub whole ($relay, $location) {
    $relay->pass->drop;
    is ask($location)->code, 200, "$location: a whole conversation";
    $relay->drop;
    return ($relay->passed)[-1];
}


sub sweep ($name) {
    my $relay  = $relays{$name};
    my $whole  = whole($relay, "/$name");
    my $before = fds();

    # what TLS adds varies by a few bytes; the body is longer than that
    for my $after (map { int(($whole - 150) * $_ / 9) } 0 .. 9) {
        for my $how (qw(close reset hang)) {
            $relay->is_running or die "the relay is gone\n";
            $relay->cut($after, $how);

            my $r = ask($how eq 'hang' ? "/$name/brief" : "/$name");

            envelope_is $r, $how eq 'hang' ? 504 : 502,
                "$name: $how after $after of $whole";
            $relay->drop;
        }
    }

    $relay->pass;
    is ask("/$name")->code, 200, "$name: and the next";
    $relay->drop;
    ok wait_for(sub { fds() <= $before }), "$name: no descriptor lost"
        or diag fds() . " after $before";
}


sweep($_) for qw(plain tls h2);

for my $scheme ('', '/tls') {
    envelope_is ask("/full$scheme"), 504, "a full queue$scheme";
    envelope_is ask("/unreachable$scheme"), 502, "no way there$scheme";
}

SKIP: {
    skip 'no ::1 here', 2 if !$has_ipv6;

    is ask('/ipv6')->code,      200, 'an address of IPv6';
    is ask('/ipv6/name')->code, 200, 'a name that has no other';
}

# The first to be tried is chance; what libcurl opens after it gave up a
# socket has the same number.  libcurl 8.x tries the other after 200 ms, before
# it waits for half of clear_status_connect_timeout.

subtest 'one address of two does not answer' => sub {
    my $slow = 0;

    for (1 .. 30) {
        my $r = ask('/two');

        is $r->code, 200, 'the other does';
        $slow++ if $r->seconds > 0.15;
        $other->drop;
        last if $slow == 3;
    }

    is $slow, 3, 'also where it was tried second';
};

$t->done;
