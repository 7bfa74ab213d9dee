# The way out through a forward proxy: always a tunnel, so that it never gets
# a credential; the name is the proxy's to resolve.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Process;
use ClearStatus::Test;
use ClearStatus::Tunnel;
use MIME::Base64 qw(decode_base64);
use Test::More;

my $t   = ClearStatus::Test->new;
my $sim = $t->simulator(tls => 1);

# a name that only a proxy can resolve
my $pair = $t->certificate('upstream.invalid');
my $far  = $t->new_simulator(tls => $pair);

my %proxy = (
    HTTP_PROXY => {},
    SOCKS  => {kind => 'socks5'},
    SOCKSH => {kind => 'socks5'},
    HTTPS  => {tls  => $t->certificate('localhost')},
    EVIL   => {tls  => $t->certificate('localhost', self_signed => 1)},
    ENV    => {},
);

for my $name (sort keys %proxy) {
    $proxy{$name} = $t->adopt(
        ClearStatus::Tunnel->new(dir => $t->dir, %{ $proxy{$name} }))->start;
    $t->set($name => $proxy{$name}->port);
}


sub tinyproxy ($port, $more) {
    my $file = $t->file("tiny-$port.conf", <<"END");
Port $port
Listen 127.0.0.1
Timeout 60
Allow 127.0.0.1
$more
END

    my ($binary) = grep {-x}
        map {"$_/tinyproxy"} split(/:/, $ENV{PATH}), '/usr/bin', '/usr/sbin';
    return undef if !$binary;

    my $process = $t->adopt(ClearStatus::Process->new(dir => $t->dir,
        name => 'tinyproxy'));
    $process->spawn($t->dir . "/tiny-$port.out", $binary, '-d', '-c', $file);
    wait_for(sub {
        IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port");
    });
    return $process;
}


my $tiny = tinyproxy($t->port('tiny'), '');
tinyproxy($t->port('auth'), 'BasicAuth gateway s3cr3t');

$t->set(TINY => $t->port('tiny'), AUTH => $t->port('auth'),
    DEAD => $t->port('dead'), FAR => 'upstream.invalid:' . $far->tls_port,
    FAR_PLAIN => 'upstream.invalid:' . $far->port);

$t->file('password', "s3cr3t-1:\xc3\xa9\n", 0644);

$t->conf(<<'EOC');
%%GLOBALS%% env http_proxy; env https_proxy; env HTTPS_PROXY; env all_proxy;
env ALL_PROXY; env no_proxy; env NO_PROXY;

events {
}

http {
    %%HTTP%%

    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_ssl_trusted_certificate %%CA%%;
    clear_status_retries 0;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /direct {
            clear_status_pass %%UPSTREAM_TLS%%;
        }

        location = /http {
            clear_status_pass https://%%FAR%%;
            clear_status_proxy http://127.0.0.1:%%HTTP_PROXY%%;
        }

        location = /plain {
            clear_status_pass http://%%FAR_PLAIN%%;
            clear_status_proxy http://127.0.0.1:%%HTTP_PROXY%%;
        }

        location = /socks5 {
            clear_status_pass https://%%FAR%%;
            clear_status_proxy socks5://127.0.0.1:%%SOCKS%%;
        }

        location = /socks5h {
            clear_status_pass https://%%FAR%%;
            clear_status_proxy socks5h://127.0.0.1:%%SOCKSH%%;
        }

        location = /https {
            clear_status_pass https://%%FAR%%;
            clear_status_proxy https://localhost:%%HTTPS%%;
        }

        location = /capitals {
            clear_status_pass http://%%FAR_PLAIN%%;
            clear_status_proxy HTTPS://localhost:%%HTTPS%%;
        }

        location = /evil {
            clear_status_pass https://%%FAR%%;
            clear_status_proxy https://localhost:%%EVIL%%;
        }

        location = /tiny {
            clear_status_pass %%UPSTREAM_TLS%%;
            clear_status_proxy http://127.0.0.1:%%TINY%%;
        }

        location = /tiny-auth {
            clear_status_pass %%UPSTREAM_TLS%%;
            clear_status_proxy http://gateway:s3cr%33t@127.0.0.1:%%AUTH%%;
        }

        location = /tiny-wrong {
            clear_status_pass %%UPSTREAM_TLS%%;
            clear_status_proxy http://gateway:wr0ng@127.0.0.1:%%AUTH%%;
        }

        location = /file {
            clear_status_pass https://%%FAR%%;
            clear_status_proxy http://gate%40way@127.0.0.1:%%HTTP_PROXY%%;
            clear_status_proxy_password_file %%DIR%%/password;
            clear_status_keepalive_time 0;
        }

        location = /dead {
            clear_status_pass %%UPSTREAM_TLS%%;
            clear_status_proxy http://127.0.0.1:%%DEAD%%;
        }

        location /inherited {
            clear_status_proxy http://127.0.0.1:%%DEAD%%;

            location = /inherited/off {
                clear_status_pass %%UPSTREAM_TLS%%;
                clear_status_proxy off;
            }
        }
    }
}
EOC

{
    local @ENV{qw(http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY)}
        = ('http://127.0.0.1:' . $proxy{ENV}->port) x 5;
    local @ENV{qw(no_proxy NO_PROXY)} = ('*') x 2;

    $t->run;
}


sub answered ($location, $name, $of = $far) {
    my $id = new_task('SUCCESS');

    is $t->get("$location?taskId=$id")->code, 200, $name;
    is $of->count($id), 1, "$name: one fetch";
    return $id;
}


sub told ($name) { return map { $_->[0] } $proxy{$name}->told }


subtest 'an http proxy' => sub {
    my $id = answered('/http', 'to https');
    my ($head) = told('HTTP_PROXY');

    like $head, qr/^CONNECT upstream\.invalid:/, 'by its name';
    unlike $head, qr/x-clear|x-integration|tenant-a|taskId|$id/i,
        'no credential, no task id';
    ok $far->sent($id, 'x-clear-auth-token'), 'which upstream gets';

    answered('/plain', 'to http');
    unlike +(told('HTTP_PROXY'))[1], qr/x-clear|x-integration|taskId/i,
        'in a tunnel too';
};

subtest 'the header of a tunnel is not the answer' => sub {
    my $id = new_task('SUCCESS');
    $far->behave($id, {status => 500});

    is $t->get("/http?taskId=$id")->header('Retry-After'), undef,
        'its Retry-After is not passed on';
};

for my $kind (qw(SOCKS SOCKSH)) {
    my $location = $kind eq 'SOCKS' ? '/socks5' : '/socks5h';

    answered($location, $location);
    is_deeply [told($kind)], ['upstream.invalid'], 'the proxy gets the name';
}

answered('/https', 'an https proxy');
like +(told('HTTPS'))[0], qr/^CONNECT upstream\.invalid:/, 'in a tunnel';
answered('/capitals', 'one in capitals is trusted by the same CA');

envelope_is $t->get('/evil?taskId=' . new_task('SUCCESS')), 502,
    'an https proxy that nobody trusts';
is_deeply [told('EVIL')], [], 'is told nothing';
ok wait_for(sub { $t->logged('error', qr/TLS.*self.signed/) }),
    'the log says why';

SKIP: {
    skip 'tinyproxy is not installed; run: make deps', 1 if !$tiny;

    subtest 'tinyproxy' => sub {
        answered('/tiny', 'without a password', $sim);
        answered('/tiny-auth', 'with a password', $sim);

        envelope_is $t->get('/tiny-wrong?taskId=' . new_task('SUCCESS')), 502,
            'with a wrong one';
        ok wait_for(sub {
            $t->logged('error', qr/could not connect.*response 40[17]/)
        }), 'the log says why';
    };
}

subtest 'a password from a file' => sub {
    my $last = sub {
        answered('/file', 'through the proxy');
        (told('HTTP_PROXY'))[-1]
            =~ /^Proxy-Authorization: Basic (\S+)\r$/m or return 'none';
        return decode_base64($1);
    };

    is $last->(), "gate\@way:s3cr3t-1:\xc3\xa9", 'with its user';

    $t->file('password', 's3cr3t-2', 0644);
    ok wait_for(sub { $last->() eq 'gate@way:s3cr3t-2' }, 5 * stretch()),
        'a new one takes effect without a reload';

    $t->file('password', "\n", 0644);
    ok wait_for(sub {
        $last->();
        $t->logged('error', qr/"clear_status_proxy_password_file".*is empty/);
    }), 'an empty file: an error says so';
    is $last->(), 'gate@way:s3cr3t-2', 'the last good one stays in use';
};

envelope_is $t->get('/dead?taskId=' . new_task('SUCCESS')), 502,
    'a proxy that is not there';

answered('/direct', 'without a proxy', $sim);
answered('/inherited/off', 'off', $sim);
is_deeply [told('ENV')], [], 'the environment does not choose one';

unlike $t->log, qr/s3cr3t|wr0ng/, 'no password in the log';

$t->done;
