# Each way in which upstream can fail, over plain HTTP and over TLS: the
# documented status, the next request is answered, no descriptor is lost.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use IO::Compress::Gzip qw(gzip);
use Mojo::Util qw(b64_encode);
use Test::More;

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator(tls => 1);

# backlog of one that nobody takes from: a handshake that never begins
my $mute = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1');

$t->set(MUTE => $mute->sockport, DEAD => $t->dead_url,
    PLAIN => $sim->port);

$t->conf(<<'EOC')->run;
%%GLOBALS%%

events {
    worker_connections 64;
}

http {
    %%HTTP%%

    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_ssl_trusted_certificate %%CA%%;
    clear_status_max_fails 0;
    clear_status_retries 0;
    clear_status_max_body_size 20k;
    clear_status_timeout 10s;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /plain {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /plain/brief {
            clear_status_pass %%UPSTREAM%%;
            clear_status_timeout 400ms;
        }

        location = /plain/hangs {
            clear_status_pass %%UPSTREAM%%;
            clear_status_timeout 3s;
        }

        location = /tls {
            clear_status_pass %%UPSTREAM_TLS%%;
        }

        location = /tls/brief {
            clear_status_pass %%UPSTREAM_TLS%%;
            clear_status_timeout 400ms;
        }

        location = /retried {
            clear_status_pass %%UPSTREAM%%;
            clear_status_retries 1;
            clear_status_timeout 5s;
        }

        location = /patient {
            clear_status_pass %%UPSTREAM%%;
            clear_status_timeout 10s;
        }

        location = /refused {
            clear_status_pass %%DEAD%%;
        }

        location = /unreachable {
            clear_status_timeout 400ms;
            clear_status_pass http://127.0.0.1:1;
            clear_status_proxy socks5://127.0.0.1:%%MUTE%%;
        }

        location = /unresolved {
            clear_status_pass http://nowhere.invalid;
            clear_status_timeout 10s;
        }

        location = /no-handshake {
            clear_status_timeout 400ms;
            clear_status_pass https://127.0.0.1:%%MUTE%%;
        }

        location = /not-tls {
            clear_status_pass https://127.0.0.1:%%PLAIN%%;
        }
    }
}
EOC

sub bomb ($size) {
    my $text = ' ' x $size;

    gzip(\$text, \my $zipped);
    return {body_base64 => b64_encode($zipped, ''),
        headers => {'Content-Encoding' => 'gzip'}};
}


sub head (@lines) { return join '', map {"$_\r\n"} 'HTTP/1.1 200 OK', @lines }


sub fds {
    my ($pid) = $t->worker_pids;
    return scalar(() = glob "/proc/$pid/fd/*");
}


my $good = $t->sample('success');
my $json = 'Content-Type: application/json';
my $long = 'Content-Length: ' . length $good;

my @faults = (
    ['reset before a byte',       502, {reset => 'before'}],
    ['reset after the header',    502, {reset => 'headers'}],
    ['reset within the body',     502, {reset => 'body'}],
    ['closed before a byte',      502, {close => 'before'}],
    ['closed after the header',   502, {close => 'headers'}],
    ['closed within the body',    502, {close => 'body'}],
    ['too short for its length',  502, {cut => 1}],
    ['a chunk without a size',    502, {chunked => 'bad'}],
    ['chunks without an end',     502, {chunked => 'cut'}],
    ['not HTTP',                  502, {garbage => 1}],
    ['never an answer',           504, {hang => 1}],
    ['a byte now and then',       504, {drip => 0.1}],
    ['an answer that is late',    504, {delay => 1}],
    ['a body over the limit',     502, {pad => 30_000}],
    ['over the limit in chunks',  502, {pad => 30_000, chunked => 'good'}],
    ['a small body that grows',   502, bomb(5_000_000)],
    ['a redirect',                502, {redirect => 'http://127.0.0.1/'}],
    ['not JSON',                  502, {html => 1}],
    ['a header that never ends',  504,
        {headers => {}, raw => "HTTP/1.1 200 OK\r\nA: b\r\n", hang => 1}],
    ['a header over 12 KB',       502,
        {headers => {map { +"X-$_" => 'x' x 1000 } 1 .. 13}}],
    ['a length over the limit',   502,
        {raw => head('Content-Length: 99999999999') . "\r\n$good"}],
    ['a length that is none',     502,
        {raw => head('Content-Length: -5') . "\r\n$good"}],
    ['two lengths',               502,
        {raw => head('Content-Length: 5', $long) . "\r\n$good"}],
    ['HTTP/0.9',                  502, {raw => $good}],
    ['only an interim answer',    502,
        {raw => "HTTP/1.1 103 Early Hints\r\n\r\n"}],
);

# what looks odd and is not a fault

my @fine = (
    ['a header under 12 KB',
        {headers => {map { +"X-$_" => 'x' x 1000 } 1 .. 11}}],
    ['chunks', {chunked => 'good'}],
    ['gzip',   {gzip => 1}],
    ['the last of its connection', {last => 1}],
    ['interim answers', {raw => "HTTP/1.1 103 Early\r\nRetry-After: 9\r\n"
                . 'X: ' . 'x' x 9000 . "\r\n\r\n" . head($json, $long)
                . 'X: ' . 'x' x 9000 . "\r\n\r\n$good"}],
    ['a trailer', {raw => head($json, 'Transfer-Encoding: chunked')
                . sprintf("\r\n%x\r\n%s\r\n0\r\n", length $good, $good)
                . "Retry-After: 9\r\nX-End: yes\r\n\r\n"}],
);


sub ask ($location, $rule = {}) {
    my $id = new_task('SUCCESS');

    $sim->behave($id, $rule) if %$rule;
    return $t->get("$location?taskId=$id");
}


sub each_fault ($location) {
    for my $fault (@faults) {
        my ($name, $status, $rule) = @$fault;

        my $where = $status == 504 ? "$location/brief" : $location;

        envelope_is ask($where, $rule), $status, "$location: $name";
        is ask($location)->code, 200, "$location: $name: and the next";
    }

    for my $fine (@fine) {
        my $r = ask($location, $fine->[1]);

        is $r->code, 200, "$location: $fine->[0]";
        is $r->header('Retry-After'), undef, "$location: no Retry-After";
    }
}


for my $location (qw(/plain /tls)) {
    is ask($location)->code, 200, "$location works";
    my $before = fds();

    each_fault($location);
    ok wait_for(sub { fds() <= $before + 1 }), "$location: no descriptor lost"
        or diag fds() . " after $before";
}

envelope_is ask('/refused'),      502, 'nobody listens';
envelope_is ask('/unresolved'),   502, 'a name without an address';
envelope_is ask('/no-handshake'), 504, 'a handshake that never begins';
envelope_is ask('/unreachable'),  504, 'a proxy that says nothing';
envelope_is ask('/not-tls'),      502, 'no TLS there';

subtest 'Retry-After of the answer alone' => sub {
    my $r = ask('/plain', {raw => "HTTP/1.1 103 Early\r\nRetry-After: 9\r\n\r\n"
            . "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"});

    envelope_is $r, 500, 'an error';
    is $r->header('Retry-After'), undef, 'without it';
};

subtest 'what is safe to try again' => sub {
    for my $rule (
        {reset => 'before'}, {close => 'before'}, {reset => 'body'},
        {status => 503}, {cut => 1}
    ) {
        my $id = new_task('SUCCESS');

        $sim->behave($id, {%$rule, times => 1});
        is $t->get("/retried?taskId=$id")->code, 200, join ' ', %$rule;
        is $sim->count($id), 2, 'was tried twice';
    }
};

subtest 'connections that upstream closes when it likes' => sub {
    for (1 .. 3) {
        is ask('/retried')->code, 200, 'an answer';
        $sim->close_idle;
        is ask('/plain', {stale => 1})->code, 200, 'closed since';
        is ask('/retried', {stale => 1})->code, 200, 'or at that moment';
    }
};

# Over plain HTTP there is nothing to share, so nothing to wait for.

subtest 'one that hangs on the only connection' => sub {
    my $id = new_task('SUCCESS');

    $sim->behave($id, {hang => 1});
    $sim->close_idle;
    ask('/plain', {last => 1});

    my $call = $t->start("/plain/hangs?taskId=$id");
    $sim->wait_count($id);
    my @others = map {
        $t->start('/plain?taskId=' . new_task('SUCCESS'))
    } 1 .. 5;

    is_deeply [map { $_->code } $t->collect(@others)], [(200) x 5],
        'others are answered meanwhile';
    is +($t->collect($call))[0]->code, 504, 'the one is not';
};

# nginx itself closes a caller's connection where none is left for it

subtest 'no connection of nginx is left' => sub {
    $sim->hold('*');
    my @calls
        = map { $t->start('/patient?taskId=' . new_task('SUCCESS')) } 1 .. 40;

    ok wait_for(sub { $sim->in_air >= 5 }), 'some are in the air';
    $sim->release('*');

    my %codes;
    $codes{ $_->code // 'none' }++ for $t->collect(@calls);
    is_deeply [grep { !/^(?:200|503|none)$/ } keys %codes], [],
        'each is answered or told'
        or diag explain \%codes;
    ok $codes{200}, 'some are answered';
    is ask('/plain')->code, 200, 'the next is';
};

$t->expect_log(qr/worker_connections are not enough/);
$t->done;
