# Redis over TLS: certificates, keys and CAs that change while nginx runs, on
# both sides, without a reload; and files that are none.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Certificates;
use ClearStatus::Process qw(wait_for);
use ClearStatus::Redis;
use ClearStatus::Test;
use POSIX qw(mkfifo);
use Test::More;

plan skip_all => 'redis-server is not installed'
    if !ClearStatus::Redis->installed;

my $t = ClearStatus::Test->new(reload => 0);

# Two CAs, and of each a certificate for both sides.

mkdir $t->dir . '/other';
my @ca = ($t->certificates,
    ClearStatus::Certificates->new(dir => $t->dir . '/other'));
my @server = map { $_->certificate('localhost') } @ca;
my @client = map { $_->certificate('gateway', client => 1) } @ca;
my $rsa    = $ca[0]->certificate('gateway', client => 1, rsa => 1);


# Files take another's place, as whoever renews them would do it.

sub put ($name, @from) {
    my $new = $t->dir . "/$name.new";

    open my $fh, '>', $new or die "$new: $!";
    print $fh $t->slurp(substr $_, 1 + length $t->dir) for @from;
    close $fh;
    chmod 0644, $new;
    rename $new, $t->dir . "/$name" or die "$name: $!";
}

put('server.pem',  $server[0]{cert});
put('server.key',  $server[0]{key});
put('clients.pem', $ca[0]->ca);
put('trusted.pem', $ca[0]->ca);
put('gateway.pem', $client[0]{cert});
put('gateway.key', $client[0]{key});

my %tls = map { $_->[0] => $t->dir . "/$_->[1]" }
    [cert => 'server.pem'], [key => 'server.key'], [ca => 'clients.pem'];
my $redis = $t->adopt(ClearStatus::Redis->new(dir => $t->dir, tls => \%tls,
    client_certificates => 1))->start;
my $files = 'timeout=2s trusted_certificate=%%DIR%%/trusted.pem'
    . ' certificate=%%DIR%%/gateway.pem certificate_key=%%DIR%%/gateway.key';


sub conf ($url) {
    return ClearStatus::Redis->gateway("$url $files");
}


# What is logged from a moment on.

my $from = 0;

sub mark () { $from = length $t->log }


sub said ($level, $re) {
    return grep { /\[$level\]/ && /$re/ } split /\n/, substr $t->log, $from;
}


sub says ($level, $re, $name) {
    ok wait_for(sub { said($level, $re) }, 60), $name
        or diag join "\n", $t->logged(undef, qr/^(?!.*\[debug\])/);
}


sub again ($what, $name) {
    says('notice', qr/\Q$what\E (?:for Redis was|of Redis were) read again/,
        $name);
}


# It has looked at the files a few times more.

sub looks ($times = 3) {
    my $look = qr/clear status certificates "[^"]*trusted\.pem"/;
    my $had  = () = $t->log =~ /$look/g;

    return wait_for(sub {
        my $has = () = $t->log =~ /$look/g;
        return $has >= $had + $times;
    }, 60);
}


sub ours () {
    my $list = eval { $redis->command('CLIENT', 'LIST') } // '';
    return map {/^id=(\d+) .* name=clear_status / ? $1 : ()} split /\n/, $list;
}


# A connection made anew is on, or not.

sub lose () {
    $redis->command('CLIENT', 'KILL', 'TYPE', $_) for qw(normal pubsub);
}


sub back ($name) {
    my %old = map { $_ => 1 } ours();

    lose();
    ok wait_for(sub { (grep { !$old{$_} } ours()) && $t->redis_up == 1 }, 90),
        "$name: connected anew" or diag $t->logged(undef, qr/ Redis "/);
}


# Redis reads all its files again where it is told one.

sub redis_rereads () {
    $redis->command('CONFIG', 'SET', 'tls-ca-cert-file', $tls{ca});
}


$t->conf(conf($redis->url))->run;
ok wait_for(sub { $t->redis_up == 1 }, 60), 'it is on';

subtest 'another CA and other certificates, at both ends' => sub {
    mark();
    put('trusted.pem', map { $_->ca } @ca);
    again('trusted certificates', 'both CAs are trusted');

    # for a moment they do not belong together
    mark();
    put('gateway.pem', $client[1]{cert});
    says('error', qr{"clear_status_redis\ certificate_key="\ ".*/gateway\.key"
        \ cannot\ be\ used:.*,\ the\ last\ good\ one\ stays\ in\ use}x,
        'a certificate without its key: an error says so');
    back('with the last good one');
    ok looks(), 'it goes on looking';
    is scalar said('error', qr/gateway\.key/), 1, 'and said it once';

    mark();
    put('gateway.key', $client[1]{key});
    again('the certificate', 'with its key it is read');
    is scalar said('error', qr/last good/), 0, 'quietly';

    put('clients.pem', $ca[1]->ca);
    put('server.pem',  $server[1]{cert});
    put('server.key',  $server[1]{key});
    redis_rereads();
    back('Redis has a certificate of the other CA, and wants one');

    mark();
    put('trusted.pem', $ca[1]->ca);
    again('trusted certificates', 'the old CA is trusted no more');
    back('the other is');

    my @off = $t->logged('error', qr/ Redis ".* is off: .*certificate/);
    is scalar @off, 0, 'no certificate was ever refused' or diag @off;
};

subtest 'whom Redis is no more' => sub {
    mark();
    put('trusted.pem', $ca[0]->ca);
    again('trusted certificates', 'a CA that is not that of Redis');
    is $t->redis_up, 1, 'a connection that stands is used';
    is scalar said('error', qr/./), 0, 'and nothing is said';

    lose();
    says('error', qr/ Redis ".* is off: .*(?:self[- ]signed|issuer) cert/,
        'a new one is not trusted, as the log says');
    is $t->get('/status?taskId=' . new_task('SUCCESS'))->code, 200,
        'callers are answered';

    put('trusted.pem', $ca[1]->ca);
    ok wait_for(sub { $t->redis_up == 1 }, 90), 'the right one: it is on';
};

subtest 'files that are none' => sub {
    mark();
    $t->file('trusted.pem', 'none', 0644);
    $t->file('gateway.pem', "-----BEGIN CERTIFICATE-----\nnone\n", 0644);
    says('error', qr/"clear_status_redis\ trusted_certificate="
        \ ".*trusted\.pem"\ cannot\ be\ used:.*stays/x,
        'CAs: an error says so');
    says('error', qr/"clear_status_redis\ certificate="\ ".*gateway\.pem"
        \ cannot\ be\ used:.*stays/x, 'a certificate: likewise');
    back('with the last good ones');

    unlink $t->dir . "/$_" for qw(trusted.pem gateway.pem);
    mkfifo $t->dir . '/trusted.pem', 0644 or die $!;
    put('gateway.key', $client[0]{key});
    says('error', qr/trusted\.pem" is not a regular file, the last good/,
        'a FIFO: an error says so');
    says('error', qr/gateway\.pem" cannot be read.*, the last good/,
        'none, and another key: likewise');
    back('still with the last good ones');

    ok looks(), 'it goes on looking';
    is scalar said('error', $_), 1, "$_: said once"
        for qr/trusted\.pem" cannot be used/, qr/trusted\.pem" is not a reg/,
        qr/gateway\.pem" cannot be used/, qr/gateway\.pem" cannot be read/;

    # OpenSSL would take such a key, beside the certificate
    mark();
    unlink $t->dir . '/trusted.pem';
    put('trusted.pem', $ca[1]->ca);
    put('gateway.pem', $rsa->{cert});
    says('error', qr/gateway\.key" cannot be used:.*last good/,
        'a certificate of another kind than its key: an error says so');

    mark();
    put('gateway.pem', $client[1]{cert}, $ca[1]->ca);
    put('gateway.key', $client[1]{key});
    again('the certificate', 'good ones, a chain');
    is scalar said('error', qr/trusted\.pem/), 0, 'CAs too';
    back('by them');
};

# Sentinel and Redis come back, each with what the other CA gave.

subtest 'by Sentinel' => sub {
    my $sentinel = $t->adopt(ClearStatus::Redis->new(dir => $t->dir,
        tls => \%tls, client_certificates => 1,
        sentinel => {main => $redis}))->start;

    $t->conf(conf('rediss+sentinel://127.0.0.1:' . $sentinel->port . '/main'));
    ok $t->reload, 'a reload';
    ok wait_for(sub { $t->redis_up == 1 && ours() }, 60), 'it is on';

    mark();
    put('trusted.pem', map { $_->ca } @ca);
    put('gateway.key', $client[0]{key});
    put('gateway.pem', $client[0]{cert});
    again($_, "$_: read again") for 'trusted certificates', 'the certificate';

    $_->kill for $sentinel, $redis;
    ok wait_for(sub { $t->redis_up == 0 }, 60), 'both are killed: it is off';
    put('clients.pem', $ca[0]->ca);
    put('server.pem',  $server[0]{cert});
    put('server.key',  $server[0]{key});
    $_->start for $redis, $sentinel;
    ok wait_for(sub { $t->redis_up == 1 }, 90),
        'with certificates of another CA: it is on'
        or diag $t->logged(undef, qr/ Redis "/);
};

SKIP: {
    skip 'workers are not somebody else', 1
        if $> || ($ENV{TEST_GLOBALS} // '') =~ /\buser root;/;

    subtest 'a key that workers may not read' => sub {
        mark();
        chmod 0600, $t->dir . '/gateway.key';
        ok $t->reload, 'a reload';
        says('notice', qr/"clear_status_redis\ certificate_key="
            \ ".*gateway\.key"\ cannot\ be\ read\ by\ the\ worker
            .*\ or\ a\ new\ "clear_status_redis\ certificate=",\ takes/x,
            'is told at the start, with what it holds up');
        ok wait_for(sub { $t->redis_up == 1 }, 60), 'and used all the same';
    };
}

$t->done;
