# Which TLS is spoken to upstream, by which name, who has been revoked; and
# files that change while nginx runs.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Certificates;
use ClearStatus::Nginx;
use ClearStatus::Test;
use File::Copy qw(copy);
use POSIX qw(mkfifo);
use Test::More;

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;
my $ca  = $t->certificates;

my $server  = $t->certificate('upstream.example');
my $revoked = $t->certificate('revoked', names => ['localhost']);
my %client  = map {
    $_ => $t->certificate($_, client => 1)
} qw(first second);
my $rsa = $t->certificate('third', client => 1, rsa => 1);

mkdir $t->dir . '/foreign';
my $foreign = ClearStatus::Certificates->new(dir => $t->dir . '/foreign')->ca;

# a new one takes its place, as whoever renews it would do it

sub put ($from, $name) {
    copy($from, $t->dir . "/$name.new") or die "$from: $!";
    chmod 0644, $t->dir . "/$name.new";
    rename $t->dir . "/$name.new", $t->dir . "/$name" or die "$name: $!";
}

$ca->crl($t->dir . '/none.crl');
$ca->crl($t->dir . '/some.crl', revoke => [$revoked->{cert}]);
$ca->crl($t->dir . '/old.crl', expired => 1);
put($ca->ca, 'trusted.pem');
put($client{first}{cert}, 'client.pem');
put($client{first}{key}, 'client.key');

$t->set(CERT => $server->{cert}, KEY => $server->{key},
    REVOKED => $revoked->{cert}, REVOKED_KEY => $revoked->{key});

# Upstreams, an nginx of their own, whose log is not looked at for secrets.

$t->file('front.conf', $t->fill_in(<<'EOC'));
pid %%DIR%%/front.pid;
error_log %%DIR%%/front.log;

events {
}

http {
    client_body_temp_path %%DIR%%/front-body;
    proxy_temp_path %%DIR%%/front-proxy;
    fastcgi_temp_path %%DIR%%/front-fastcgi;
    uwsgi_temp_path %%DIR%%/front-uwsgi;
    scgi_temp_path %%DIR%%/front-scgi;

    log_format tls '$arg_taskId $ssl_protocol $ssl_cipher '
                   '$ssl_server_name $http_host "$ssl_client_s_dn" '
                   '$server_protocol';

    ssl_certificate %%CERT%%;
    ssl_certificate_key %%KEY%%;
    access_log %%DIR%%/tls.log tls;

    server {
        listen 127.0.0.1:%%PORT2%% ssl http2;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_ciphers ALL;
        ssl_client_certificate %%CA%%;
        ssl_verify_client optional;
        location / { proxy_pass %%UPSTREAM%%; }
    }

    server {
        listen 127.0.0.1:%%PORT3%% ssl;
        ssl_protocols TLSv1.1;
        ssl_ciphers ALL:@SECLEVEL=0;
        location / { proxy_pass %%UPSTREAM%%; }
    }

    server {
        listen 127.0.0.1:%%PORT4%% ssl;
        ssl_certificate %%REVOKED%%;
        ssl_certificate_key %%REVOKED_KEY%%;
        location / { proxy_pass %%UPSTREAM%%; }
    }

    server {
        listen 127.0.0.1:%%PORT5%% ssl;
        ssl_protocols TLSv1.2;
        location / { proxy_pass %%UPSTREAM%%; }
    }
}
EOC

$t->adopt(ClearStatus::Nginx->new(dir => $t->dir, name => 'front',
    binary => ClearStatus::Nginx::installed_nginx()))->start($t->port(2));

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
    clear_status_ssl_name upstream.example;
    clear_status_retries 0;
    clear_status_max_fails 0;
    clear_status_keepalive_time 0;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /default {
            clear_status_pass https://127.0.0.1:%%PORT2%%;
        }

        location = /http1 {
            clear_status_pass https://127.0.0.1:%%PORT2%%;
            clear_status_http_version 1.1;
        }

        location = /other-name {
            clear_status_pass https://127.0.0.1:%%PORT2%%;
            clear_status_ssl_name Else.Example;
        }

        location = /same-name {
            clear_status_pass https://localhost:%%PORT4%%;
            clear_status_ssl_name localhost;
        }

        location = /tls12 {
            clear_status_pass https://127.0.0.1:%%PORT2%%;
            clear_status_ssl_protocols TLSv1.2;
        }

        location = /cipher12 {
            clear_status_pass https://127.0.0.1:%%PORT2%%;
            clear_status_ssl_protocols TLSv1.2;
            clear_status_ssl_ciphers
                TLS_AES_256_GCM_SHA384:ECDHE-ECDSA-AES128-GCM-SHA256;
        }

        location = /cipher13 {
            clear_status_pass https://127.0.0.1:%%PORT2%%;
            clear_status_ssl_ciphers TLS_AES_128_GCM_SHA256;
        }

        location = /old {
            clear_status_pass https://127.0.0.1:%%PORT3%%;
        }

        location = /old-allowed {
            clear_status_pass https://127.0.0.1:%%PORT3%%;
            clear_status_ssl_protocols TLSv1.1 TLSv1.3;
            clear_status_ssl_ciphers ALL:@SECLEVEL=0;
        }

        location = /gap {
            clear_status_pass https://127.0.0.1:%%PORT5%%;
            clear_status_ssl_protocols TLSv1.1 TLSv1.3;
        }

        location = /not-revoked {
            clear_status_pass https://127.0.0.1:%%PORT2%%;
            clear_status_ssl_crl %%DIR%%/some.crl;
        }

        location = /revoked {
            clear_status_pass https://localhost:%%PORT4%%;
            clear_status_ssl_name localhost;
            clear_status_ssl_crl %%DIR%%/some.crl;
        }

        location = /old-list {
            clear_status_pass https://127.0.0.1:%%PORT2%%;
            clear_status_ssl_crl %%DIR%%/old.crl;
        }

        location = /trusted {
            clear_status_pass https://127.0.0.1:%%PORT2%%;
            clear_status_ssl_trusted_certificate %%DIR%%/trusted.pem;
        }

        location = /client {
            clear_status_pass https://127.0.0.1:%%PORT2%%;
            clear_status_ssl_certificate %%DIR%%/client.pem;
            clear_status_ssl_certificate_key %%DIR%%/client.key;
        }
    }
}
EOC

# what upstream saw of a fetch that begins now; the code where it saw none

sub seen ($location) {
    my $id = new_task('SUCCESS');
    my $r  = $t->get("$location?taskId=$id");

    return $r->code if $r->code != 200;

    my %seen;
    wait_for(sub {
        @seen{qw(protocol cipher sni host dn http)} = $t->slurp('tls.log')
            =~ /^$id (\S+) (\S+) (\S+) (\S+) "(.*?)" (\S+)$/m;
    });
    return \%seen;
}


sub refused ($location, $why, $name) {
    my $id = new_task('SUCCESS');

    envelope_is $t->get("$location?taskId=$id"), 502, $name;
    is $sim->count($id), 0, "$name: nothing was asked";
    ok wait_for(sub { $t->logged('error', qr/TLS.*$why/) }),
        "$name: the log says why" or diag $t->logged('error', qr/./);
}


subtest 'by another name' => sub {
    my $port = $t->port(2);

    for my $location (qw(/default /http1)) {
        my $seen = seen($location);

        is $seen->{sni}, 'upstream.example', "$location: it is asked for";
        is $seen->{host}, "127.0.0.1:$port", 'the Host is the URL\'s';
        is $seen->{http}, $location eq '/http1' ? 'HTTP/1.1' : 'HTTP/2.0',
            'whatever the version';
    }

    refused('/other-name', qr/else\.example/, 'and verified');
    is seen('/same-name')->{sni}, 'localhost', 'the same as the URL\'s';
};

subtest 'protocols and ciphers' => sub {
    is seen('/default')->{protocol}, 'TLSv1.3', 'the newest';
    is seen('/tls12')->{protocol},   'TLSv1.2', 'one';
    # with FIPS there is none
    my $md5 = !system('openssl md5 /dev/null > /dev/null 2>&1');

    is seen('/cipher12')->{cipher}, 'ECDHE-ECDSA-AES128-GCM-SHA256',
        'a cipher of TLS 1.2, one of 1.3 among them';
    is seen('/cipher13')->{cipher}, 'TLS_AES_128_GCM_SHA256', 'of TLS 1.3';

    refused('/old', qr/version|protocol|alert/, 'TLS 1.1');
    refused('/gap', qr/version|protocol|alert/, 'one between two');

    SKIP: {
        skip 'TLS 1.1 takes MD5, which this OpenSSL does not have', 1
            if !$md5;
        is seen('/old-allowed')->{protocol}, 'TLSv1.1', 'where it is allowed';
    }
};

# as with FIPS; a list is one cipher that it has not, or one of each version

subtest 'ciphers that OpenSSL does not have' => sub {
    my $chacha = 'ECDHE-ECDSA-CHACHA20-POLY1305';

    plan skip_all => 'this OpenSSL has ChaCha20'
        if !system("openssl ciphers $chacha > /dev/null 2>&1");

    for my $ciphers ($chacha, 'TLS_CHACHA20_POLY1305_SHA256',
        "HIGH:TLS_CHACHA20_POLY1305_SHA256")
    {
        my ($status, $said) = $t->nginx_t(<<"EOC");
%%GLOBALS%% events {} http { %%HTTP%% %%TENANTS%% server {
    listen 127.0.0.1:%%PORT%%;
    clear_status_ssl_ciphers $ciphers;
    location = /status { clear_status_pass https://127.0.0.1:1; }
} }
EOC
        isnt $status, 0, "$ciphers: nginx -t fails";
        like $said, qr/"clear_status_ssl_ciphers" "\Q$ciphers\E" cannot be/,
            'and says why';
    }
};

subtest 'what decides whom we trust is a part of the key' => sub {
    my $id = new_task('SUCCESS');
    my @locations = qw(/default /tls12 /cipher12 /cipher13 /not-revoked);

    $t->get("$_?taskId=$id") for (@locations) x 2;
    is $sim->count($id), scalar @locations, 'a fetch for each';
};

subtest 'revoked' => sub {
    is ref seen('/not-revoked'), 'HASH', 'one that is not';
    is ref seen('/same-name'), 'HASH', 'one that is, where nobody asks';
    refused('/revoked', qr/revoked/, 'one that is');
};

# the list that is read while nginx runs is the same file

subtest 'a list that has expired' => sub {
    my $told = qr/"clear_status_ssl_crl" ".*old\.crl" has expired, no new/;

    refused('/old-list', qr/CRL has expired/, 'is not believed') for 1 .. 2;

    utime time - 100, time - 100, $t->dir . '/old.crl';
    ok wait_for(sub {
        seen('/old-list');
        $t->logged('notice', qr/trusted certificates .* read again/);
    }), 'nor when it is read again';
    is scalar(() = $t->log =~ /$told/g), 1, 'which is told once';

    $ca->crl($t->dir . '/old.crl');
    ok wait_for(sub { ref seen('/old-list') }),
        'a new one is read without a reload';

    $ca->crl($t->dir . '/old.crl', revoke => [$server->{cert}]);
    ok wait_for(sub { seen('/old-list') eq '502' }),
        'and so is one that revokes';
    ok scalar $t->logged('error', qr/upstream failed .*certificate revoked/),
        'as the log says';
};

subtest 'trusted certificates that change' => sub {
    is ref seen('/trusted'), 'HASH', 'trusted';

    put($foreign, 'trusted.pem');
    ok wait_for(sub { seen('/trusted') eq '502' }),
        'another CA: refused, without a reload';

    put($ca->ca, 'trusted.pem');
    ok wait_for(sub { ref seen('/trusted') }), 'and back';

    $t->file('trusted.pem', 'none', 0644);
    ok wait_for(sub {
        seen('/trusted');
        $t->logged('error', qr/"clear_status_ssl_trusted_certificate" .*cannot
            \ be\ used.*last\ good\ one\ stays/x);
    }), 'one that is none: an error says so';
    is ref seen('/trusted'), 'HASH', 'the last good one stays in use';

    unlink $t->dir . '/trusted.pem';
    mkfifo $t->dir . '/trusted.pem', 0644 or die $!;
    ok wait_for(sub {
        seen('/trusted');
        $t->logged('error', qr/trusted\.pem" is not a regular file/);
    }), 'nor a FIFO';
    is ref seen('/trusted'), 'HASH', 'which holds nobody up';

    unlink $t->dir . '/trusted.pem';
    ok wait_for(sub {
        seen('/trusted');
        $t->logged('error', qr/trusted\.pem" cannot be read/);
    }), 'nor one that is gone';
};

subtest 'a client certificate that changes' => sub {
    like seen('/client')->{dn}, qr/CN=first/, 'the first';

    # for a moment they do not belong together
    put($client{second}{cert}, 'client.pem');
    ok wait_for(sub {
        seen('/client');
        $t->logged('error', qr/"clear_status_ssl_certificate_key" .*last good/);
    }), 'without its key: an error says so';
    like seen('/client')->{dn}, qr/CN=first/, 'the last good one stays in use';

    put($client{second}{key}, 'client.key');
    ok wait_for(sub { seen('/client')->{dn} =~ /CN=second/ }),
        'with it: the second, without a reload';

    # OpenSSL would take a key of another kind, beside the certificate
    my $told = sub { scalar $t->logged('error', qr/client\.key".*last good/) };
    my $had  = $told->();

    put($rsa->{cert}, 'client.pem');
    ok wait_for(sub { seen('/client'); $told->() > $had }),
        'one of another kind than the key: an error says so';
    like seen('/client')->{dn}, qr/CN=second/, 'and it is not used';

    unlink $t->dir . '/client.pem';
    put($client{first}{key}, 'client.key');
    my $gone = sub { scalar $t->logged('error', qr/client\.pem" cannot be/) };
    ok wait_for(sub { seen('/client'); $gone->() }),
        'no certificate, and another key: an error says so';

    put($rsa->{key}, 'client.key');
    ok wait_for(sub { seen('/client'); $gone->() == 2 }),
        'a further one: again';

    # looks that find nothing new
    my $looks = sub {
        scalar(() = $t->log =~ /certificates "[^"]*client\.pem": changed:0/g);
    };
    my $looked = $looks->();
    ok wait_for(sub { seen('/client'); $looks->() > $looked + 1 }), 'and looks';
    is $gone->(), 2, 'but no more';

    put($rsa->{cert}, 'client.pem');
    ok wait_for(sub { seen('/client')->{dn} =~ /CN=third/ }),
        'with its certificate: the third';
};

$t->done;
