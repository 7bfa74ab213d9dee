# Redis over TLS: who it is is verified, by name or address; and a certificate
# of ours.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Process qw(wait_for);
use ClearStatus::Redis;
use ClearStatus::Test;
use Test::More;

plan skip_all => 'redis-server is not installed'
    if !ClearStatus::Redis->installed;

my $t         = ClearStatus::Test->new;
my $own       = $t->certificate('localhost');
my $elsewhere = $t->certificate('elsewhere.example',
    names => ['elsewhere.example']);
my $foreign   = $t->certificate('localhost', self_signed => 1);
my $expired   = $t->certificate('localhost', expired => 1);


sub server (%options) {
    return $t->adopt(ClearStatus::Redis->new(dir => $t->dir, %options))->start;
}


sub uses ($redis) {
    $t->quit if $t->is_running;
    unlink $t->dir . '/error.log';
    $t->conf(ClearStatus::Redis->gateway($redis))->run;
}


sub on ($redis, $name) {
    uses($redis);

    ok wait_for(sub { $t->redis_up == 1 }, 60), "$name: it is on"
        or diag $t->logged(undef, qr/ Redis "/);
    is scalar $t->logged(undef, qr/ Redis "/), 0, "$name: quietly";
}


sub off ($redis, $why, $name) {
    uses($redis);

    ok wait_for(sub { $t->logged('error', qr/ Redis ".* is off: $why/) }, 60),
        "$name: the log says it" or diag $t->logged(undef, qr/ Redis "/);
    is $t->redis_up, 0, "$name: it is off";
    is $t->get('/status?taskId=' . new_task('SUCCESS'))->code, 200,
        "$name: callers are answered";
}


my $redis   = server(tls => $own);
my $port    = $redis->port;
my $trusted = "trusted_certificate=$own->{ca}";

on("rediss://localhost:$port $trusted", 'a name');
on("rediss://127.0.0.1:$port/2 $trusted", 'an address');
off("rediss://localhost:$port", qr/.*(?:self[- ]signed|local issuer) cert/,
    'an authority that the system does not know');
off("redis://localhost:$port",
    qr/the connection is lost|it sent what is no reply/, 'no TLS');

# Killed, and back.

on("rediss://localhost:$port $trusted", 'the first again');
$redis->kill;
ok wait_for(sub { $t->redis_up == 0 }, 60), 'killed, it is off';
$redis->start;
ok wait_for(sub { $t->redis_up == 1 }, 60), 'and on when it is back';
is scalar $t->logged(undef, qr/ Redis "/), 2, 'with a line for each';
ok $t->reload, 'a reload';
ok wait_for(sub { $t->redis_up == 1 }, 60), 'it is on';

# Certificates that are not good.

off('rediss://localhost:' . server(tls => $elsewhere)->port . " $trusted",
    qr/its certificate is of another host/, 'of another name');
off('rediss://127.0.0.1:' . server(tls => $elsewhere)->port . " $trusted",
    qr/its certificate is of another host/, 'of no such address');
off('rediss://localhost:' . server(tls => $foreign)->port . " $trusted",
    qr/self[- ]signed certificate/, 'of nobody');
off('rediss://localhost:' . server(tls => $expired)->port . " $trusted",
    qr/certificate has expired/, 'of yesterday');

# A certificate of ours.

my $strict = server(tls => $own, client_certificates => 1)->port;

on("rediss://localhost:$strict $trusted certificate=$own->{cert}"
    . " certificate_key=$own->{key}", 'a certificate');
off("rediss://localhost:$strict $trusted", qr/the connection is lost|no TLS/,
    'no certificate where one is asked for');

# One that does not speak TLS.

my $plain = server();

# an old one does not know what that is, and waits for more of it; and each
# OpenSSL has its own words for what comes back
off('rediss://localhost:' . $plain->port . " $trusted",
    qr/no TLS in time|no TLS, ./, 'TLS to what has none');

$t->done;
