# Connecting elsewhere: Host, SNI and verification stay those of
# clear_status_pass; what is looked up, and asked for of a proxy, is the host
# of clear_status_connect_to.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Dns;
use ClearStatus::Test;
use ClearStatus::Tunnel;
use Test::More;

my $t = ClearStatus::Test->new;

# Names under .invalid never resolve (RFC 6761).
my $a    = $t->new_simulator(tls => $t->certificate('upstream.invalid'));
my $b    = $t->new_simulator(tls => $t->certificate('upstream.invalid'));
my $evil = $t->new_simulator(tls => $t->certificate('other.invalid'));
my $dns  = $t->adopt(ClearStatus::Dns->new(dir => $t->dir))->start;

$dns->say('endpoint.example' => {A => ['127.0.0.1'], ttl => 60});

my %proxy = map {
    $_ => $t->adopt(ClearStatus::Tunnel->new(dir => $t->dir,
        $_ eq 'SOCKS' ? (kind => 'socks5') : ()))->start
} qw(HTTP SOCKS);

$t->set(
    A     => $a->tls_port,
    PLAIN => $a->port,
    B     => $b->tls_port,
    EVIL  => $evil->tls_port,
    DNS   => $dns->port,
    HTTP_PROXY => $proxy{HTTP}->port,
    SOCKS_PROXY => $proxy{SOCKS}->port,
);

$t->conf(<<'EOC')->run;
%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_ssl_trusted_certificate %%CA%%;
    clear_status_retries 0;
    clear_status_max_fails 0;

    clear_status_connect_to 127.0.0.1:%%A%%;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /a {
            clear_status_pass https://upstream.invalid;
        }

        location = /b {
            clear_status_pass https://upstream.invalid;
            clear_status_connect_to 127.0.0.1:%%B%%;
        }

        location = /port {
            clear_status_pass https://upstream.invalid:%%A%%;
            clear_status_connect_to 127.0.0.1;
        }

        location = /plain {
            clear_status_pass http://upstream.invalid;
            clear_status_connect_to 127.0.0.1:%%PLAIN%%;
        }

        location = /http1 {
            clear_status_pass https://upstream.invalid;
            clear_status_http_version 1.1;
        }

        location = /evil {
            clear_status_pass https://upstream.invalid;
            clear_status_connect_to 127.0.0.1:%%EVIL%%;
        }

        location = /off {
            clear_status_pass https://upstream.invalid;
            clear_status_connect_to off;
        }

        location = /same {
            clear_status_pass http://127.0.0.1:%%PLAIN%%;
            clear_status_connect_to 127.0.0.1;
        }

        location = /same-off {
            clear_status_pass http://127.0.0.1:%%PLAIN%%;
            clear_status_connect_to off;
        }

        location = /http-proxy {
            clear_status_pass https://upstream.invalid;
            clear_status_connect_to endpoint.invalid:%%A%%;
            clear_status_proxy http://127.0.0.1:%%HTTP_PROXY%%;
        }

        location = /socks-proxy {
            clear_status_pass https://upstream.invalid;
            clear_status_connect_to endpoint.invalid:%%A%%;
            clear_status_proxy socks5://127.0.0.1:%%SOCKS_PROXY%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT%%;
        server_name resolver;

        resolver 127.0.0.1:%%DNS%%;
        resolver_timeout 5s;

        location = /a {
            clear_status_pass https://upstream.invalid;
            clear_status_connect_to ENDPOINT.example:%%A%%;
        }

        location = /missing {
            clear_status_pass https://upstream.invalid;
            clear_status_connect_to missing.example:%%A%%;
        }
    }
}
EOC

sub ask ($location, $id = new_task('SUCCESS'), @more) {
    return $t->get("$location?taskId=$id", @more);
}


sub answered ($location, $sim, $host, @more) {
    my $id = new_task('SUCCESS');

    subtest $location => sub {
        is ask($location, $id, @more)->code, 200, 'is answered';
        is $sim->count($id), 1, 'from there';
        is $sim->sent($id, 'host') // $sim->sent($id, ':authority'), $host,
            'by the name of clear_status_pass';
    };
}


answered('/a',     $a, 'upstream.invalid');
answered('/b',     $b, 'upstream.invalid');
answered('/http1', $a, 'upstream.invalid');
answered('/plain', $a, 'upstream.invalid');
answered('/port',  $a, 'upstream.invalid:' . $a->tls_port);

envelope_is ask('/evil'), 502, 'the certificate of another name';
ok wait_for(sub {
    $t->logged('error', qr/TLS with upstream failed.*upstream\.invalid/)
}), 'is refused for that of clear_status_pass';

envelope_is ask('/off'), 502, 'off: the name itself, which is none';

subtest 'the place is part of the key' => sub {
    my $id = new_task('SUCCESS');

    is ask('/a', $id)->code, 200, 'at one';
    is ask('/b', $id)->code, 200, 'at the other';
    is $b->count($id), 1, 'which is asked too';
    is ask('/b', $id)->code, 200, 'again';
    is $b->count($id), 1, 'from the cache';
};

subtest 'a place that is the same already' => sub {
    my $id = new_task('SUCCESS');

    is ask($_, $id)->code, 200, $_ for qw(/same /same-off);
    is $a->count($id), 1, 'is not part of it';
};

for my $kind (qw(HTTP SOCKS)) {
    my $location = '/' . lc($kind) . '-proxy';

    answered($location, $a, 'upstream.invalid');

    my @told = map { $_->[0] } $proxy{$kind}->told;
    like $told[0], qr/endpoint\.invalid/, 'the proxy is asked for the place';
    unlike "@told", qr/upstream\.invalid/, 'and for nothing else';
}

subtest 'nginx\'s resolver' => sub {
    my @resolver = (headers => {Host => 'resolver'});

    answered('/a', $a, 'upstream.invalid', @resolver);
    ok $dns->count('endpoint.example', 'A'), 'is asked for the place';
    is $dns->count('upstream.invalid'), 0, 'and not for the host of the URL';

    envelope_is ask('/missing', new_task('SUCCESS'), @resolver), 502,
        'a place that is not known';
    ok wait_for(sub {
        $t->logged('error', qr/missing\.example: Host not found/)
    }), 'is logged by its name';
};

$t->done;
