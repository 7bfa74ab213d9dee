# Connections to upstream through a proxy that opens TLS: what came behind an
# answer may lie where nobody can look, in the proxy's own TLS.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Raw;
use ClearStatus::Test;
use ClearStatus::Tunnel;
use Test::More;

my $t    = ClearStatus::Test->new(reload => 0);
my $cert = $t->certificate('localhost');
my %raw  = (
    http  => $t->adopt(ClearStatus::Raw->new(dir => $t->dir))->start,
    https => $t->adopt(ClearStatus::Raw->new(dir => $t->dir,
        tls => $cert))->start,
);
my $proxy = $t->adopt(ClearStatus::Tunnel->new(dir => $t->dir, tls => $cert,
    name => 'tls-proxy'))->start;

$t->set(PROXY => $proxy->port, map { ("RAW_" . uc, $raw{$_}->url) } keys %raw);

$t->conf(<<'EOC')->run;
%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_ssl_trusted_certificate %%CA%%;
    clear_status_proxy https://localhost:%%PROXY%%;
    clear_status_retries 0;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /http/plain {
            clear_status_pass %%RAW_HTTP%%/plain;
        }

        location = /http/records {
            clear_status_pass %%RAW_HTTP%%/records;
        }

        location = /https/plain {
            clear_status_pass %%RAW_HTTPS%%/plain;
        }

        location = /https/records {
            clear_status_pass %%RAW_HTTPS%%/records;
        }
    }
}
EOC

sub ask ($location) {
    my $id = new_task('SUCCESS');
    my $r  = $t->get("$location?taskId=$id");

    return $r->code if $r->code != 200;
    return $r->json->{result}{taskId} eq $id ? 200 : 'stolen';
}


for my $scheme (qw(http https)) {
    subtest "$scheme: an answer that nobody asked for" => sub {
        for (1 .. 5) {
            is ask("/$scheme/records"), 200, 'the answer alone';
            is ask("/$scheme/plain"),   200, 'and the next one';
        }
    };
}

$t->done;
