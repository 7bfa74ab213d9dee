# Upstream over TLS: who is trusted, for which name, and who the gateway is
# there; what fails says why.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Certificates;
use ClearStatus::Test;
use Test::More;

my $t   = ClearStatus::Test->new;
my $sim = $t->simulator(tls => 1);

mkdir $t->dir . '/foreign';
my $foreign
    = ClearStatus::Certificates->new(dir => $t->dir . '/foreign');
my $client = $t->certificate('gateway', client => 1);

my %server = (
    expired => $t->new_simulator(
        tls => $t->certificate('localhost', expired => 1)),
    other => $t->new_simulator(tls => $t->certificate('else.example',
        names => ['else.example'])),
    alone => $t->new_simulator(
        tls => $t->certificate('localhost', self_signed => 1)),
    mutual => $t->new_simulator(
        tls => {%{ $t->certificate('localhost') }, client_ca => $client->{ca}}),
);

open my $both, '>', $t->dir . '/both.pem' or die $!;
print $both map { path_of($client->{$_}) } qw(cert key);
close $both;

$t->set(FOREIGN => $foreign->ca, CERT => $client->{cert},
    KEY => $client->{key}, map { uc $_ => $server{$_}->tls_url } keys %server);

$t->conf(<<'EOC')->run;
%%GLOBALS%%

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

        location = /private {
            clear_status_pass %%UPSTREAM_TLS%%;
        }

        location = /foreign {
            clear_status_pass %%UPSTREAM_TLS%%;
            clear_status_ssl_trusted_certificate %%FOREIGN%%;
        }

        location = /system {
            clear_status_pass %%UPSTREAM_TLS%%;
            clear_status_ssl_trusted_certificate
                /etc/ssl/certs/ca-certificates.crt;
        }

        location = /expired {
            clear_status_pass %%EXPIRED%%;
        }

        location = /other {
            clear_status_pass %%OTHER%%;
        }

        location = /alone {
            clear_status_pass %%ALONE%%;
        }

        location = /unverified {
            clear_status_pass %%ALONE%%;
            clear_status_ssl_verify off;
        }

        location = /unverified-other {
            clear_status_pass %%OTHER%%;
            clear_status_ssl_verify off;
        }

        location = /mutual {
            clear_status_pass %%MUTUAL%%;
            clear_status_ssl_certificate %%CERT%%;
            clear_status_ssl_certificate_key %%KEY%%;
        }

        location = /mutual-one-file {
            clear_status_pass %%MUTUAL%%;
            clear_status_ssl_certificate %%DIR%%/both.pem;
        }

        location = /anonymous {
            clear_status_pass %%MUTUAL%%;
        }
    }
}
EOC

sub path_of ($file) {
    open my $fh, '<', $file or die "$file: $!";
    local $/;
    return <$fh>;
}


sub answered ($location, $name, $of = $sim) {
    my $id = new_task('SUCCESS');

    is $t->get("$location?taskId=$id")->code, 200, $name;
    is $of->count($id), 1, "$name: by one fetch";
}


# nothing but the handshake reached upstream, and the log says why

sub refused ($location, $why, $name, $of = $sim) {
    my $id = new_task('SUCCESS');

    envelope_is $t->get("$location?taskId=$id"), 502, $name;
    is $of->count($id), 0, "$name: no request, no credential";
    ok wait_for(sub { $t->logged('error', qr/TLS.*$why/) }),
        "$name: the log says why"
        or diag join "\n", $t->logged('error', qr/./);
}


answered('/private', 'a private CA');
refused('/foreign', qr/unable to get local issuer/, 'another CA');
refused('/system', qr/unable to get local issuer/, 'the CAs of the system');
refused('/expired', qr/certificate has expired/, 'an expired certificate',
    $server{expired});
refused('/other', qr/'localhost'/, 'the name of another host', $server{other});
refused('/alone', qr/self.signed/, 'a self-signed certificate',
    $server{alone});

answered('/unverified', 'not verified: self-signed', $server{alone});
answered('/unverified-other', 'not verified: another name', $server{other});

answered('/mutual', 'a client certificate', $server{mutual});
answered('/mutual-one-file', 'certificate and key in one file',
    $server{mutual});

subtest 'without the certificate that upstream wants' => sub {
    my $id = new_task('SUCCESS');

    envelope_is $t->get("/anonymous?taskId=$id"), 502, 'no answer';
    is $server{mutual}->count($id), 0, 'no request';
};

subtest 'no connection and no session is shared with another trust' => sub {
    for my $n (1 .. 3) {
        answered('/private', "$n: trusted");
        refused('/foreign', qr/local issuer/, "$n: not trusted there");
        refused('/alone', qr/self.signed/, "$n: verified", $server{alone});
        answered('/unverified', "$n: not verified", $server{alone});
    }
};

subtest 'what nginx -t says' => sub {
    my $start = <<'EOC';
%%GLOBALS%% events {} http { %%HTTP%% server { listen 127.0.0.1:%%PORT%%;
location = /x { clear_status_pass https://localhost:1;
clear_status_auth_token x; clear_status_integration_id x;
EOC

    my %wrong = (
        'clear_status_ssl_trusted_certificate %%DIR%%/nginx.conf' =>
            qr/"clear_status_ssl_trusted_certificate" ".*" cannot be used/,
        'clear_status_ssl_trusted_certificate %%DIR%%/none' =>
            qr/clear_status_ssl_trusted_certificate.*No such file/,
        'clear_status_ssl_certificate %%DIR%%/nginx.conf' =>
            qr/"clear_status_ssl_certificate" ".*" cannot be used/,
        'clear_status_ssl_certificate %%CERT%%' =>
            qr/"clear_status_ssl_certificate_key" ".*" cannot be used/,
        'clear_status_ssl_certificate_key %%KEY%%' =>
            qr/_key" ".*" needs "clear_status_ssl_certificate"/,
        'clear_status_ssl_certificate %%CERT%%;'
            . 'clear_status_ssl_certificate_key %%OTHER_KEY%%' =>
            qr/"clear_status_ssl_certificate_key" ".*" cannot be used/,
    );

    $t->set(OTHER_KEY => $t->certificate('localhost')->{key});

    for my $line (sort keys %wrong) {
        my ($exit, $output) = $t->nginx_t("$start$line; } } }");

        ok $exit, "refused: $line";
        like $output, $wrong{$line}, 'with the name of the directive';
        like $output, qr/ in \S+:\d+$/m, 'and where it is';
    }
};

SKIP: {
    skip 'needs root', 1 if $>;

    subtest 'a key that only root can read' => sub {
        chmod 0600, $client->{key};
        ok $t->reload, 'is read by the master';
        answered('/mutual', 'and used by a worker', $server{mutual});
        chmod 0644, $client->{key};
    };
}

$t->done;
