# What nginx -t says of clear_status_redis.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;

no warnings 'qw';

my $t   = ClearStatus::Test->new;
my $own = $t->certificate('localhost');

$t->file('password', "correct-horse\n");
$t->file('empty',    '');


sub check ($lines) {
    return $t->nginx_t(<<"EOC");
%%GLOBALS%%
events { }
http {
    %%HTTP%%
    clear_status_zone zone=one:1m;
    clear_status_zone zone=two:1m;
$lines
    server {
        listen 127.0.0.1:%%PORT%%;
    }
}
EOC
}


my ($status, $output) = check('clear_status_redis zone=one redis://127.0.0.1;');

plan skip_all => 'built without hiredis'
    if $status && $output =~ /was built with libhiredis, and this was not/;


sub refused ($lines, $says, $name) {
    my ($status, $output) = check($lines);

    isnt $status, 0, "$name: refused";
    like $output, $says, "$name: and how";
    like $output, qr/check\.conf:\d+/, "$name: and where";
    unlike $output, qr/hunter2/, "$name: and shows no password";
}


sub taken ($lines, $name) {
    my ($status, $output) = check($lines);

    is $status, 0, "$name: taken" or diag $output;
    unlike $output, qr/\[(?:warn|error|crit|alert|emerg)\]/, "$name: quietly";
}


my $redis = 'clear_status_redis zone=one';
my $bad   = sub ($what) {
    qr/\[emerg\].* invalid parameter "\Q$what\E" in "clear_status_redis": it /;
};

# Nothing listens on these ports, and nobody asks them.

taken("$redis $_;", $_) for qw(
    redis://127.0.0.1 redis://127.0.0.1:6380 redis://127.0.0.1:6380/
    redis://127.0.0.1/7 redis://[::1]:6380/65535 redis://localhost
    rediss://localhost rediss://127.0.0.1:6390/1
    redis+sentinel://127.0.0.1/main
    redis+sentinel://127.0.0.1:26379,localhost,[::1]:7/main.one-2_3/4
    rediss+sentinel://localhost/main);
taken('clear_status_redis redis://127.0.0.1 zone=one;', 'another order');
taken("$redis redis://127.0.0.1 timeout=1ms prefix=clear.A-1_ keep=1h"
    . ' user=gateway password_file=%%DIR%%/password;', 'all parameters');
taken("$redis rediss://127.0.0.1 trusted_certificate=$own->{ca}"
    . " certificate=$own->{cert} certificate_key=$own->{key};", 'certificates');
taken("$redis redis://127.0.0.1; clear_status_redis zone=two "
    . 'redis://127.0.0.1;', 'two zones, one Redis');
taken('clear_status_redis zone=late redis://127.0.0.1;'
    . ' clear_status_zone zone=late:1m;', 'a zone that comes later');
taken("$redis redis://redis.invalid; resolver 127.0.0.1:9;",
    'a name that waits for the resolver');

refused("$redis redis://redis.invalid;",
    qr/not found.* "redis\.invalid:6379" in "clear_status_redis" in/,
    'a name that is not');
refused('clear_status_redis zone=three redis://127.0.0.1;',
    qr/unknown zone "three" in "clear_status_redis"/, 'a zone that is not');
refused("$redis redis://127.0.0.1; $redis redis://127.0.0.2;",
    qr/zone "one" has a "clear_status_redis" already/, 'a zone twice');
refused("$redis;", qr/"clear_status_redis" directive needs zone=NAME and a URL/,
    'no URL');
refused('clear_status_redis redis://127.0.0.1;',
    qr/"clear_status_redis" directive needs zone=NAME and a URL/, 'no zone');
refused("$redis redis://127.0.0.1 redis://127.0.0.1;",
    qr/it is one URL too many, or no parameter/, 'two URLs');
refused("$redis redis://127.0.0.1 $_;", $bad->($_), $_)
    for qw(zone= zone=two timeout=x timeout=0 timeout=61s prefix= prefix=a:b
    prefix=a* keep=x keep=0 keep=999ms keep=3651d user= password_file=
    trusted_certificate= certificate= certificate_key= size=1 off);
refused("$redis redis://127.0.0.1 $_ $_;", $bad->($_), "$_ twice")
    for qw(timeout=1s prefix=a keep=1h user=a password_file=a
    trusted_certificate=a certificate=a certificate_key=a);
refused("$redis redis://127.0.0.1 prefix=" . 'x' x 129 . ';',
    qr/it is too long/, 'a long prefix');
refused("$redis $_;", $bad->($_), $_) for qw(
    http://127.0.0.1 redis: redis:// redis:///1 redis://:6379
    redis://127.0.0.1:0 redis://127.0.0.1:65536 redis://127.0.0.1:x
    redis://127.0.0.1:
    redis://127.0.0.1/x redis://127.0.0.1/65536 redis://127.0.0.1/1/2
    redis://127.0.0.1/-1 redis://127.0.0.1/?db=1 redis://a,b redis://[::1
    redis://[]:1 redis://[::g] redis://[::1]x redis://a*b
    redis+sentinel://127.0.0.1 redis+sentinel://127.0.0.1/
    redis+sentinel://127.0.0.1//1 redis+sentinel://127.0.0.1/a*b
    redis+sentinel:///main redis+sentinel://a,,b/main
    redis+cluster://127.0.0.1 unix:/tmp/redis.sock);
refused("$redis redis+sentinel://" . join(',', ('127.0.0.1') x 17) . '/main;',
    qr/it has too many hosts/, 'seventeen Sentinels');
refused("$redis $_;",
    qr/invalid URL in "clear_status_redis": it may have no user: write user=/,
    'a password in the URL')
    for 'redis://app:hunter2@127.0.0.1', 'redis://:hunter2@127.0.0.1/1';
refused("$redis http://app:hunter2\@127.0.0.1;",
    qr/invalid URL in "clear_status_redis": it must begin with/,
    'and in what is no URL');

# Logins and certificates.

refused("$redis redis://127.0.0.1 user=gateway;",
    qr/has a user= that needs a password_file=/, 'a user alone');
refused("$redis redis://127.0.0.1 password_file=%%DIR%%/none;",
    qr{"clear_status_redis" ".*/none" cannot be read},
    'a password file that is not');
refused("$redis redis://127.0.0.1 password_file=%%DIR%%/empty;",
    qr{"clear_status_redis" ".*/empty" is empty}, 'an empty password file');
refused("$redis redis://127.0.0.1 trusted_certificate=$own->{ca};",
    qr{has certificates, which need "rediss://"}, 'certificates without TLS');
refused("$redis rediss://127.0.0.1 certificate=$own->{cert};",
    qr/needs certificate= and certificate_key= together/, 'half a certificate');
refused("$redis rediss://127.0.0.1 $_;",
    qr/certificates in "clear_status_redis" cannot be used/, 'no certificate')
    for 'trusted_certificate=%%DIR%%/none', 'trusted_certificate=%%DIR%%/empty',
    "certificate=$own->{cert} certificate_key=%%DIR%%/password",
    "certificate=%%DIR%%/none certificate_key=$own->{key}";

# Only at the top.

($status, $output) = $t->nginx_t(<<'EOC');
%%GLOBALS%%
events { }
http {
    %%HTTP%%
    server { clear_status_redis zone=one redis://127.0.0.1; }
}
EOC

isnt $status, 0, 'in a server: refused';
like $output, qr/"clear_status_redis" directive is not allowed here/,
    'in a server: and how';

$t->done;
