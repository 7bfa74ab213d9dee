# Wrong configuration: nginx -t fails, and names directive, file and line.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use POSIX qw(mkfifo);
use Test::More;

my $t = ClearStatus::Test->new;

my $secret = 'token-sEcReT-mArKeR-conf';

# What stands in http {}, server {} and location {}.  The location's own line
# is 21, the first line of its content 22.

sub conf ($http, $server, $location) {
    return <<"EOC";
%%GLOBALS%%

events {
}

http {
    %%HTTP%%


    clear_status_zone zone=answers:1m;
    $http



    server {
        listen 127.0.0.1:%%PORT%%;
        $server



        location = /status {
            $location
        }
    }
}
EOC
}

my $good = 'clear_status_auth_token t; clear_status_integration_id i;';
my $pass = 'clear_status_pass http://127.0.0.1:1;';

sub refused ($name, $parts, @patterns) {
    my ($status, $output) = $t->nginx_t(conf(@$parts));

    subtest $name => sub {
        isnt $status, 0, 'nginx -t fails';
        like $output, $_, "says $_" for qr/\[emerg\]/, @patterns;
        unlike $output, qr/sEcReT/, 'no secret';
    };
}

sub accepted ($name, @parts) {
    my ($status, $output) = $t->nginx_t(conf(@parts));

    is $status, 0, $name or diag $output;
}


accepted 'the least that is needed', '', '', "$pass $good";
accepted 'credentials from above', 'clear_status_auth_token t;',
    'clear_status_integration_id i;', $pass;
accepted 'nothing of ours', '', '', 'return 204;';

accepted "a URL $_", '', $good, "clear_status_pass $_;"
    for 'https://api.clear.in', 'http://[::1]:8080/', 'HTTP://a.test/x/y';

accepted "clear_status_valid $_", '', $good, "$pass clear_status_valid $_;"
    for '5s', 'forever', 'SUCCESS FAILED 1d', 'PROCESSING 500ms', '404 0',
    'any 1s', 'SOME_NEW_STATE 503 any 2m', '2s max=10s age=10%', '0 max=1s',
    'PROCESSING CREATED 500ms age=100% max=1m', 'any 2s max=2s age=1%';

accepted $_, '', $good, "$pass $_;" for
    'clear_status_cache off',
    'clear_status_cache answers',
    'clear_status_url_lifetime 30m',
    'clear_status_url_margin 0',
    'clear_status_stale_if_error off',
    'clear_status_stale_if_error forever',
    'clear_status_stale_while_revalidate off',
    'clear_status_stale_while_revalidate 5s',
    'clear_status_wait off', 'clear_status_wait 500ms',
    'clear_status_wait 1m max=20000', 'clear_status_events off',
    'clear_status_events 1h', 'clear_status_events 1m heartbeat=500ms',
    'clear_status_connect_timeout 1s',
    'clear_status_timeout 500ms',
    'clear_status_max_age 0',
    'clear_status_max_age 1d',
    'clear_status_max_age 1y',
    'clear_status_max_age 500ms',
    'clear_status_retries 0',
    'clear_status_max_flights 1',
    'clear_status_max_rate 20r/s',
    'clear_status_max_rate 30r/m',
    'clear_status_max_rate off',
    'clear_status_max_body_size 64k',
    'clear_status_http_version 1.1',
    'clear_status_http_version 2',
    'clear_status_ssl_verify off',
    'clear_status_connect_to off',
    'clear_status_connect_to a.test',
    'clear_status_connect_to a.test:8443',
    'clear_status_connect_to 127.0.0.1:1',
    'clear_status_connect_to [::1]',
    'clear_status_connect_to [::1]:65535',
    'clear_status_set_header X-Stage test',
    q(clear_status_set_header x-a "b c"; clear_status_set_header x-a d),
    'clear_status_proxy off',
    'clear_status_proxy http://u:p@127.0.0.1:3128',
    'clear_status_proxy socks5://127.0.0.1:1080',
    'clear_status_proxy http://u:p$@a.test',
    'clear_status_proxy https://[::1]:3128/',
    'clear_status_max_fails 0',
    'clear_status_fail_timeout 2s',
    'clear_status_max_retry_after 0',
    'clear_status_max_retry_after 1h';


refused 'no token', ['', '', "$pass clear_status_integration_id i;"],
    qr/"clear_status_auth_token"/, qr/clear_status_pass/,
    qr/check\.conf:22/;

refused 'no integration id', ['', '', "$pass clear_status_auth_token t;"],
    qr/"clear_status_integration_id"/, qr/check\.conf:22/;

my $file = $t->file('token', "$secret\n");

$t->file('empty', '');
mkfifo $t->dir . '/fifo', 0644 or die $!;
open my $large, '>', $t->dir . '/large' or die $!;
truncate $large, 1 << 30;
close $large;

refused 'both kinds of token',
    ['', '', "$pass $good clear_status_auth_token_file $file;"],
    qr/"clear_status_auth_token_file" directive conflicts/,
    qr/"clear_status_auth_token"/, qr/check\.conf:22/;

refused 'both kinds, the other way round',
    ['', "clear_status_auth_token_file $file; clear_status_auth_token t;", ''],
    qr/"clear_status_auth_token" directive conflicts/, qr/check\.conf:17/;

refused 'an unknown zone', ['', '', "$pass $good clear_status_cache none;"],
    qr/unknown zone "none" in "clear_status_cache"/, qr/check\.conf:22/;

refused 'an unknown zone, from above',
    ['clear_status_cache none;', '', "$pass $good"],
    qr/unknown zone "none"/, qr/check\.conf:11/;

refused "zone $_->[0]", ["clear_status_zone $_->[0];", '', ''], $_->[1],
    qr/clear_status_zone/, qr/check\.conf:11/
    for ['zone=small:63k', qr/too small/], ['zone=x', qr/zone=x/],
    ['zone=:1m', qr/invalid/], ['zone=x:', qr/invalid/],
    ['zone=x:1y', qr/invalid/], ['x:1m', qr/invalid parameter "x:1m"/],
    ['zone=answers:1m', qr/duplicate/];

refused "URL $_", ['', $good, "clear_status_pass $_;"],
    qr/"clear_status_pass"/, qr/check\.conf:22/
    for 'ftp://a.test', 'a.test', 'https://', 'http://a.test:99999',
    'http://a.test/x?y', 'http://a.test/#f', 'http://u:p@a.test',
    '"http://a.test/a b"', 'http://unix:/tmp/s', '""', 'http://$host';

refused $_->[0], ['', $good, "$pass $_->[0];"], $_->[1],
    qr/\S+check\.conf:22/
    for ['clear_status_wait 0', qr/invalid value "0" in "clear_status_wait"/],
    ['clear_status_wait 5x', qr/invalid value "5x" in "clear_status_wait"/],
    ['clear_status_wait forever', qr/invalid value "forever"/],
    ['clear_status_wait off max=5', qr/invalid value "off"/],
    ['clear_status_wait 5s max=0', qr/invalid value "max=0"/],
    ['clear_status_wait 5s max=x', qr/invalid value "max=x"/],
    ['clear_status_wait 5s min=5', qr/invalid value "min=5"/],
    ['clear_status_wait 5s; clear_status_wait 6s', qr/is duplicate/],
    ['clear_status_events 0s', qr/invalid value "0s" in "clear_status_events"/],
    ['clear_status_events x', qr/invalid value "x"/],
    ['clear_status_events off heartbeat=5s', qr/invalid value "off"/],
    ['clear_status_events 5m heartbeat=0', qr/invalid value "heartbeat=0"/],
    ['clear_status_events 5m heartbeat=', qr/invalid value "heartbeat="/],
    ['clear_status_events 5m beat=5s', qr/invalid value "beat=5s"/],
    ['clear_status_events 5m; clear_status_events off', qr/is duplicate/];

refused "clear_status_connect_to $_->[0]",
    ['', $good, "$pass clear_status_connect_to $_->[0];"],
    qr/"clear_status_connect_to": .*$_->[1]/,
    qr/invalid host "\Q@{[$_->[0] =~ tr{"}{}dr]}\E"/, qr/check\.conf:22/
    for ['""', qr/no host/], ['a.test:0', qr/invalid port/],
    ['a.test:65536', qr/invalid port/], ['a.test:', qr/invalid port/],
    ['a.test:https', qr/invalid port/], [':443', qr/no host/],
    ['[::1', qr/invalid host/], ['https://a.test', qr/without a scheme/],
    ['a.test/x', qr/has characters/], ['"a.test b.test"', qr/has characters/],
    ['a.test,b.test', qr/has characters/], ['u@a.test', qr/has characters/],
    ['$host', qr/no variables/], ['unix:/tmp/s', qr/has characters/],
    ['x' x 255, qr/too long/];

refused "clear_status_set_header $_->[0]",
    ['', $good, qq($pass clear_status_set_header $_->[0] "$secret";)],
    qr/invalid field "\Q$_->[0]\E" in "clear_status_set_header": it .*$_->[1]/,
    qr/check\.conf:22/
    for (map { [$_ => qr/is a credential/] } qw(x-clear-auth-token
        X-Integration-Id AUTHORIZATION proxy-authorization Cookie)),
    (map { [$_ => qr/belongs to a connection/] } qw(Connection Keep-Alive TE
        Trailer Transfer-Encoding Upgrade Proxy-Connection)),
    (map { [$_ => qr/is sent by the gateway/] } qw(Accept Accept-Encoding
        User-Agent X-Request-Id traceparent tracestate)),
    (map { [$_ => qr/tells of content/] } qw(Content-Length Expect)),
    (map { [$_ => qr/is not a field name/] } 'x:', 'x/y', 'x(y)', "x\xc3\xa4"),
    ['Host', qr/is the host of "clear_status_pass"/];

refused "clear_status_set_header X-A $_->[0]",
    ['', $good, qq($pass clear_status_set_header X-A $_->[0];)],
    qr/invalid value of "X-A" in "clear_status_set_header": it .*$_->[1]/,
    qr/check\.conf:\d+/
    for ['""', qr/is empty/], ['" a"', qr/is empty, or has characters/],
    [qq("$secret\r\nx: y"), qr/has characters/],
    [qq("$secret\x7f"), qr/has characters/], ['$host', qr/no variables/],
    ['a$', qr/no variables/];

refused 'clear_status_connect_to twice',
    ['', $good, "$pass clear_status_connect_to a; clear_status_connect_to b;"],
    qr/"clear_status_connect_to" directive is duplicate/, qr/check\.conf:22/;

# what cannot work, in the words of who has to mend it

refused "$_->[0] $_->[1]", ['', $good, "$pass $_->[0] $_->[1];"],
    qr/invalid \w+ "\Q$_->[1]\E" in "$_->[0]", $_->[2] in \S+check\.conf:22/
    for ['clear_status_timeout', '0', 'it must be at least 1ms'],
    ['clear_status_connect_timeout', '0s', 'it must be at least 1ms'],
    ['clear_status_fail_timeout', '0', 'it must be at least 1ms'],
    ['clear_status_max_body_size', '0', 'it must be at least 1'],
    ['clear_status_retries', '11', 'it must be at most 10'],
    ['clear_status_max_fails', '1000001', 'it must be at most 1000000'],
    ['clear_status_max_body_size', '1g',
     'a size is in bytes, or with "k" or "m" behind it'];

my @values = qw(clear_status_url_lifetime clear_status_url_margin
    clear_status_stale_if_error clear_status_stale_while_revalidate
    clear_status_connect_timeout clear_status_timeout clear_status_retries
    clear_status_max_age
    clear_status_max_body_size clear_status_http_version
    clear_status_max_fails clear_status_fail_timeout clear_status_ssl_verify);

for my $name (@values) {
    refused "$name $_", ['', $good, "$pass $name $_;"],
        qr/invalid .*"\Q@{[$_ eq '""' ? '' : $_]}\E" in "$name"/,
        qr/check\.conf:22/
        for '-1', '""', 'word', '99999999999999999999';

    my $value = $name =~ /verify/ ? 'on' : 2;
    refused "$name twice", ['', $good, "$pass $name $value; $name $value;"],
        qr/"$name" directive is duplicate/, qr/check\.conf:22/;
}

refused "$_->[0] and $_->[1]",
    ['', "$good clear_status_cache answers;", "$_->[0]; $_->[1];"], $_->[2],
    qr/check\.conf:22/
    for ['clear_status_pass http://127.0.0.1:1', 'clear_status_purge',
     qr/"clear_status_purge" conflicts with "clear_status_pass"/],
    ['clear_status_metrics', 'clear_status_dashboard',
     qr/"clear_status_dashboard" conflicts with "clear_status_metrics"/],
    ['clear_status_metrics', 'clear_status_metrics', qr/is duplicate/],
    ['clear_status_purge', 'clear_status_purge', qr/is duplicate/],
    ['proxy_pass http://127.0.0.1:1', 'clear_status_metrics',
     qr/"clear_status_metrics" directive conflicts with another handler/],
    ['clear_status_metrics', 'proxy_pass http://127.0.0.1:1',
     qr/"clear_status_metrics" conflicts with another handler/];

for (['PROCESING', 'PROCESSING'], ['SUCESS', 'SUCCESS'], ['FAIL', 'FAILED'],
    ['CREATE', 'CREATED'])
{
    my ($wrong, $right) = @$_;
    my ($status, $said) = $t->nginx_t(
        conf('', $good, "$pass clear_status_valid $wrong 2s;"));

    is $status, 0, "$wrong is accepted";
    like $said, qr/\[warn\].*"clear_status_valid".*"$wrong".*"$right".*:22/,
        "with a warning that names $right";
}

unlike +($t->nginx_t(conf('', $good,
    "$pass clear_status_valid CREATED PROCESSING SUCCESS FAILED 2s;")))[1],
    qr/\[warn\]/, 'no warning for a state that is documented';

refused 'two passes', ['', $good, "$pass $pass"], qr/is duplicate/,
    qr/check\.conf:22/;

refused "clear_status_valid $_",
    ['', $good, "$pass clear_status_valid $_;"],
    qr/"clear_status_valid"/, qr/check\.conf:22/
    for 'never', '5x', 'processing 5s', '200 5s', '600 5s', 'SUCCESS', '""';

refused "clear_status_valid $_->[0]",
    ['', $good, "$pass clear_status_valid $_->[0];"], $_->[1],
    qr/in "clear_status_valid" in \S+check\.conf:22/
    for ['2s age=10%', qr/without "max" there can be no "age=10%"/],
    ['2s max=1s', qr/"max" is below the time it begins with: "max=1s"/],
    ['2s max=1s age=5%', qr/"max" is below/],
    ['2s max=10s age=0%', qr/not a share from 1% to 100%: "age=0%"/],
    ['2s max=10s age=101%', qr/not a share/],
    ['2s max=10s age=10', qr/not a share/],
    ['2s max=10s age=%', qr/not a share/],
    ['2s max=10s age=1.5%', qr/not a share/],
    ['2s max=10s age=-1%', qr/not a share/],
    ['2s max=10x', qr/invalid time value "max=10x"/],
    ['2s max=', qr/invalid time value/],
    ['2s max=forever', qr/invalid time value/],
    ['2s max=3s max=4s', qr/duplicate parameter/],
    ['2s max=3s age=4% age=5%', qr/duplicate parameter/],
    ['2s min=3s', qr/invalid parameter "min=3s"/],
    ['forever max=10s', qr/fresh forever can have no "max=10s"/],
    ['SUCCESS 2s max=10s', qr/"max" cannot be for a finished state, "SUCCESS"/],
    ['FAILED CREATED 2s max=10s', qr/finished state, "FAILED"/],
    ['404 2s max=10s', qr/"max" cannot be for an error, "404"/],
    ['CREATED 503 2s max=10s age=10%', qr/for an error, "503"/],
    ['max=10s', qr/invalid time value "max=10s"/],
    ['CREATED max=10s 2s', qr/invalid state or code "max=10s"/];

refused $_, ['', $good, "$pass $_;"], qr/"clear_status_\w+"/,
    qr/check\.conf:22/ for
    'clear_status_timeout soon',
    'clear_status_url_margin x',
    'clear_status_url_lifetime forever',
    'clear_status_stale_while_revalidate forever',
    'clear_status_stale_if_error never',
    'clear_status_http_version 3',
    'clear_status_ssl_verify maybe',
    'clear_status_retries -1',
    'clear_status_max_flights 0',
    'clear_status_max_flights many',
    'clear_status_max_rate 20',
    'clear_status_max_rate 0r/s',
    'clear_status_max_rate 5r/h',
    'clear_status_max_rate r/s',
    'clear_status_max_rate 99999999999r/s',
    'clear_status_max_body_size huge',
    'clear_status_proxy ftp://a.test',
    'clear_status_proxy http://$host',
    'clear_status_proxy http://u:p@',
    'clear_status_proxy http://a.test:0',
    'clear_status_proxy socks5://u:p@a.test:99999',
    'clear_status_max_fails x',
    'clear_status_max_retry_after x',
    'clear_status_ssl_trusted_certificate /nonexistent/ca.pem',
    'clear_status_ssl_certificate /nonexistent/cert.pem';

refused 'a token that ends its header field',
    ['', '', qq[$pass clear_status_integration_id i;
             clear_status_auth_token "$secret\r\nx: y";]],
    qr/"clear_status_auth_token"/, qr/check\.conf/;

refused "an empty $_", ['', '', qq[$pass $_ "";]], qr/"$_"/,
    qr/check\.conf:22/
    for 'clear_status_auth_token', 'clear_status_integration_id';

subtest 'token files' => sub {
    refused 'missing',
        ['', 'clear_status_auth_token_file /nonexistent/token;', ''],
        qr/clear_status_auth_token_file/, qr{/nonexistent/token},
        qr/check\.conf:17/;

    my %content = (empty => '', blank => "\n", control => "$secret\n\nx: y\n",
        long => 'x' x 9000);

    for my $name (sort keys %content) {
        my $path = $t->file("token-$name", $content{$name});
        refused $name, ['', "clear_status_auth_token_file $path;", ''],
            qr/clear_status_auth_token_file/, qr/\Q$path/, qr/check\.conf:17/;
    }

    refused 'a folder',
        ['', 'clear_status_auth_token_file ' . $t->dir . ';', ''],
        qr/clear_status_auth_token_file/, qr/check\.conf:17/;
};

subtest 'TLS to upstream' => sub {
    my $dir = $t->dir;
    my $tls = 'clear_status_pass https://127.0.0.1:1;';

    accepted $_, '', $good, "$tls $_;"
        for map({"clear_status_ssl_protocols $_"} 'TLSv1.2',
            'TLSv1 TLSv1.1 TLSv1.2 TLSv1.3', 'TLSv1.1 TLSv1.3'),
        map({"clear_status_ssl_ciphers $_"} 'HIGH:!aNULL', '"HIGH !aNULL"',
            'DEFAULT',
            'TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384:HIGH'),
        map({"clear_status_ssl_name $_"} 'a.test', 'A', 'a_b-c.test.',
            'x' x 253);

    refused "clear_status_ssl_$_->[0]",
        ['', $good, "$tls clear_status_ssl_$_->[0];"],
        qr/"clear_status_ssl_@{[$_->[0] =~ m{^(\w+)}]}"/, $_->[1],
        qr/check\.conf:22/
        for (map { ["protocols $_", qr/invalid value "\Q$_\E" in .*must be/] }
            qw(0 -1 word SSLv2 SSLv3 tlsv1.2 TLSv1.4 99999999999999999999)),
        ['protocols ""', qr/invalid value ""/],
        ['protocols TLSv1.2 TLSv1.2', qr/invalid value "TLSv1.2".*twice/],
        ['protocols TLSv1.2; clear_status_ssl_protocols TLSv1.3',
         qr/is duplicate/],
        (map { ["ciphers $_", qr/"\Q$_\E" cannot be used: error:.*no cipher/] }
            qw(0 -1 word 99999999999999999999)),
        ['ciphers TLS_NO', qr/"TLS_NO" cannot be used: error:/],
        ['ciphers ""', qr/invalid value "".*names none/],
        ['ciphers ":"', qr/invalid value ":".*names none/],
        ['ciphers ", "', qr/invalid value ", ".*names none/],
        ['ciphers "A\tB"', qr/invalid value "A\tB".*characters/],
        ['ciphers ' . 'HIGH:' x 500, qr/ciphers" has more than \d+ bytes/],
        ['ciphers HIGH; clear_status_ssl_ciphers HIGH', qr/is duplicate/],
        ['name ""', qr/invalid value "".*is empty/],
        (map { ["name $_", qr/invalid value "\Q$_\E".*a name alone/] }
            'a.test:443', '$host', 'https://a.test', 'a/b', '[::1]'),
        ['name ' . 'x' x 254, qr/invalid value ".*too long/],
        ['name a; clear_status_ssl_name b', qr/is duplicate/],
        ['crl ""', qr/is not a regular file/],
        (map { ["crl $_", qr{/\Q$_\E" failed}] } qw(0 -1 word)),
        ["crl $dir", qr/is not a regular file/],
        ["crl $dir/fifo", qr/is not a regular file/],
        ["crl $file", qr/cannot be used: error:.*no start line/i],
        ["crl $dir/empty", qr/is empty/],
        ["crl $dir/large", qr/is too large/],
        ["crl $file; clear_status_ssl_crl $file", qr/is duplicate/],
        ["trusted_certificate $dir/fifo", qr/is not a regular file/],
        ["trusted_certificate $dir/large", qr/is too large/],
        ["certificate $dir/large", qr/is too large/];
};

subtest 'a password file' => sub {
    my $dir   = $t->dir;
    my $name  = 'clear_status_proxy_password_file';
    my $proxy = 'clear_status_proxy http://u@127.0.0.1:3128';

    accepted 'with a user', '', $good, "$pass $proxy; $name $file;";
    accepted 'from above, no proxy here', "$proxy; $name $file;", $good,
        "$pass clear_status_proxy off;";
    accepted 'without a proxy', '', $good, "$pass $name $file;";

    my $needs = qr/"$name" needs a user and no password in .*_proxy"/;

    refused "$_->[0]", ['', $good, "$pass $_->[0];"], $_->[1],
        qr/"$name"/, qr/check\.conf:22/
        for ["$name 0", qr{/0".*No such file}], ["$name -1", qr{/-1".*No such}],
        ["$name word", qr{/word".*No such}], [qq($name ""), qr/an empty name/],
        ["$name " . 'x' x 300, qr/File name too long/],
        ["$name $dir", qr/is not a regular file/],
        ["$name $file; $name $file", qr/is duplicate/],
        ["clear_status_proxy http://127.0.0.1:1; $name $file", $needs],
        ["clear_status_proxy http://\@127.0.0.1:1; $name $file", $needs],
        ["clear_status_proxy http://u:sEcReT\@127.0.0.1:1; $name $file",
         $needs],
        ["clear_status_proxy http://127.0.0.1:1/u\@; $name $file", $needs];
};

subtest 'token files with variables' => sub {
    my $dir   = $t->dir;
    my $named = "clear_status_auth_token_file $dir/\$arg_x";

    accepted "a name $_", '', 'clear_status_integration_id i;',
        "$pass clear_status_auth_token_file $_;"
        for "$dir/\$arg_x", "$dir/a-\${arg_x}.b", "/\$arg_x";

    refused $_->[0],
        ['', "clear_status_auth_token_file $_->[0];", ''],
        qr/"clear_status_auth_token_file" "\Q@{[$_->[0] =~ tr{"}{}dr]}\E"/,
        $_->[1], qr/check\.conf:17/
        for ['$arg_x', qr/no folder before/],
        ["$dir/\$arg_x/token", qr{has a "/" behind a variable}],
        ["$dir/\$arg_x\$arg_y/", qr{has a "/" behind a variable}],
        ["$dir/none/\$arg_x", qr/the folder .*none.* cannot be read.*No such/],
        ["$dir/check.conf/\$arg_x", qr/cannot be read.*Not a dir/];

    refused 'an unknown variable',
        ['', "clear_status_auth_token_file $dir/\$none;", ''],
        qr/unknown "none" variable/;
    refused 'an empty name', ['', 'clear_status_auth_token_file "";', ''],
        qr/"clear_status_auth_token_file" has an empty name/,
        qr/check\.conf:17/;

    refused 'twice', ['', "$named; $named;", ''],
        qr/"clear_status_auth_token_file" directive is duplicate/;
    refused 'twice, of both kinds',
        ['', "$named; clear_status_auth_token_file $file;", ''],
        qr/"clear_status_auth_token_file" directive is duplicate/;
    refused 'both kinds of token',
        ['', "$named; clear_status_auth_token t;", ''],
        qr/conflicts with "clear_status_auth_token_file"/;
};

refused 'a directive in the wrong place', ['', $pass, ''],
    qr/"clear_status_pass" directive is not allowed here/;

$t->done;
