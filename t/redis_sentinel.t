# Sentinels tell where the master is, also after a failover; and names are
# resolved anew for each connection where there is a resolver.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Dns;
use ClearStatus::FakeRedis;
use ClearStatus::Process qw(free_port wait_for);
use ClearStatus::Redis;
use ClearStatus::Test;
use Test::More;

plan skip_all => 'redis-server is not installed'
    if !ClearStatus::Redis->installed;

my $t   = ClearStatus::Test->new;
my $dns = $t->adopt(ClearStatus::Dns->new(dir => $t->dir))->start;


sub server (%options) {
    return $t->adopt(ClearStatus::Redis->new(dir => $t->dir, %options))->start;
}


sub uses ($redis) {
    $t->quit if $t->is_running;
    unlink $t->dir . '/error.log';
    $t->conf(ClearStatus::Redis->gateway($redis))->run;
}


sub on ($name) {
    ok wait_for(sub { $t->redis_up == 1 }, 60), "$name: it is on"
        or diag $t->logged(undef, qr/ Redis "/);
}


sub off ($redis, $why, $name) {
    uses($redis);

    ok wait_for(sub { $t->logged('error', qr/ Redis ".* is off: $why/) }, 60),
        "$name: the log says it" or diag $t->logged(undef, qr/ Redis "/);
    is $t->redis_up, 0, "$name: it is off";
}


sub ours ($server) {
    return scalar grep {/ name=clear_status /}
        split /\n/, $server->command('CLIENT', 'LIST');
}


# A master, a replica, and two Sentinels that agree; a third is not there.

my $first  = server(password => 'hunter2');
my $second = server(password => 'hunter2', of => $first);
my @watch  = map { server(sentinel => {main => $first}, quorum => 2) } 1 .. 2;
my $nobody = free_port();
my $at     = join ',', "127.0.0.1:$nobody", map { '127.0.0.1:' . $_->port }
    @watch;

$t->file('password', 'hunter2');
my $login = 'password_file=%%DIR%%/password';

wait_for(sub {
    my $known = $watch[0]->command('SENTINEL', 'REPLICAS', 'main');
    my $peers = $watch[0]->command('SENTINEL', 'SENTINELS', 'main');
    return @$known && @$peers && $second->command('ROLE')->[3] eq 'connected';
}, 30) or die 'Sentinel does not know them';

uses("redis+sentinel://$at/main/2 $login");
on('a master by Sentinel, the first of which is not there');
ok ours($first), 'it is the master';
is ours($second), 0, 'and not the replica';
is scalar $t->logged(undef, qr/ Redis "/), 0, 'quietly';

$first->kill;
ok wait_for(sub { $t->redis_up == 0 }, 60), 'the master is killed: it is off';
ok wait_for(sub { $second->command('ROLE')->[0] eq 'master' }, 60),
    'Sentinel makes the replica the master';
on('the new one');
ok ours($second), 'it is the new master';

# The old one comes back, and becomes a replica.

$first->start;
ok wait_for(sub { $first->command('ROLE')->[0] eq 'slave' }, 60),
    'the old one is a replica now';
ok $t->reload, 'a reload';
on('still the new one');
ok wait_for(sub { ours($second) && !ours($first) }, 60), 'and it alone';

unlike $t->log, qr/hunter2/, 'no password is logged';


# What is wrong with it.

off("redis+sentinel://$at/other $login",
    qr/Sentinel knows no master of that name/, 'a master that is not');
off("redis+sentinel://127.0.0.1:$nobody/main", qr/no connection/,
    'no Sentinel');
off('redis+sentinel://127.0.0.1:' . $second->port . "/main $login",
    qr/it answered with an error/, 'no Sentinel, but a Redis');
off("redis+sentinel://$at/main", qr/it asks for a login/, 'no login');

my $strict = server(sentinel => {main => $second}, password => 'hunter2');

uses('redis+sentinel://127.0.0.1:' . $strict->port . "/main $login");
on('a Sentinel with a password');

my $fake = $t->adopt(ClearStatus::FakeRedis->new(dir => $t->dir))->start;
my $lies = 'redis+sentinel://127.0.0.1:' . $fake->port . '/main';

for my $reply ('+OK', ':1', '*1\r\n$1\r\na', '*2\r\n$0\r\n\r\n$1\r\n1',
    '*2\r\n:1\r\n:2', '*2\r\n$1\r\na\r\n$6\r\n123456',
    '*2\r\n$300\r\n' . 'a' x 300 . '\r\n$4\r\n6379')
{
    my $bytes = $reply =~ s/\\r\\n/\r\n/gr;

    $fake->says(SENTINEL => "$bytes\r\n");
    off($lies, qr/it does not answer as Sentinel does/, substr $reply, 0, 40);
}

$fake->says(SENTINEL => "*2\r\n\$13\r\nredis.example\r\n\$4\r\n6379\r\n");
off($lies, qr/Sentinel tells a name, which needs a "resolver" in http/,
    'a name where there is no resolver');


# A resolver: names are looked up for each connection.

my $plain = server();
my $port  = $plain->port;
my $resolver = '; resolver 127.0.0.1:' . $dns->port
    . ' valid=1s ipv6=off; resolver_timeout 2s';

$dns->say('redis.example', {A => ['127.0.0.1'], ttl => 1});

uses("redis://redis.example:$port$resolver");
on('a name');
$dns->say('redis.example', {A => ['127.0.0.2', '127.0.0.1'], ttl => 1});
$plain->kill;
ok wait_for(sub { $t->redis_up == 0 }, 60), 'a server that is killed is off';
$plain->start;
on('the second address of the name');

off("redis://none.example:$port$resolver", qr/its name cannot be resolved/,
    'a name that is not');
$dns->say('mute.example', {mute => 1});
off("redis://mute.example:$port$resolver",
    qr/its name (?:cannot be|was not) resolved/, 'a name server that is mute');

my $bytes = "*2\r\n\$13\r\nredis.example\r\n\$5\r\n$port\r\n";

$fake->says(SENTINEL => $bytes);
uses("$lies$resolver");
on('a name of a Sentinel');

$t->done;
