# The login to Redis, and servers that are not what the zone needs: what is
# wrong stands in the log once, without the password.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Process qw(wait_for);
use ClearStatus::Redis;
use ClearStatus::Test;
use Mojo::File qw(path);
use Test::More;

plan skip_all => 'redis-server is not installed'
    if !ClearStatus::Redis->installed;

my $t = ClearStatus::Test->new;


sub configure ($redis) {
    return <<"EOC";
%%GLOBALS%%
worker_processes 2;
events { }
http {
    %%HTTP%%
    clear_status_zone zone=answers:1m;
    clear_status_redis zone=answers $redis;
    server {
        listen 127.0.0.1:%%PORT%%;
        location = /metrics { clear_status_metrics; }
        location = /purge {
            clear_status_purge;
            clear_status_cache answers;
        }
        location = /status {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            clear_status_auth_token %%TOKEN%%;
            clear_status_integration_id tenant-a;
        }
    }
}
EOC
}


sub server (%options) {
    return $t->adopt(ClearStatus::Redis->new(dir => $t->dir, %options))->start;
}


# Which wants another port too, 10,000 higher, that somebody may have.

sub cluster () {
    for (1 .. 20) {
        my $server = eval { server(conf => "cluster-enabled yes\n") };
        return $server if $server;
    }

    die "no cluster starts: $@";
}


sub keys_of ($redis) { return $redis->command('KEYS', 'clear:1:*') }


sub becomes ($up, $name) {
    ok wait_for(sub { $t->redis_up == $up }, 60), $name;
}


# Each has a log of its own.

sub uses ($redis) {
    $t->quit;
    rename $t->dir . '/error.log', $t->dir . '/error.log.' . ++$t->{logs};
    $t->conf(configure($redis))->run;
}


sub off ($redis, $why, $name) {
    uses($redis);

    ok wait_for(sub { $t->logged('error', qr/ Redis ".* is off: $why/) }, 60),
        "$name: the log says it" or diag $t->logged(undef, qr/ Redis "/);
    is $t->redis_up, 0, "$name: it is off";
    is $t->get('/status?taskId=' . new_task('SUCCESS'))->code, 200,
        "$name: callers are answered";
}


# A password, wrong, and right without a reload.

my $redis = server(password => 'hunter2');
my $url   = $redis->url;

$t->file('password', "incorrect-horse\n");
$t->conf(configure("$url password_file=%%DIR%%/password"))->run;

ok wait_for(sub {
    $t->logged('error', qr/is off: it refuses user or password/);
}), 'a wrong password: the log says it';
is $t->redis_up, 0, 'and it is off';
$t->file('password', "hunter2\n");
becomes(1, 'the right one is used when the file has it');
ok wait_for(sub { $t->logged(undef, qr/ Redis "/) == 2 }),
    'with a line for each';
unlike $t->log, qr/incorrect-horse|hunter2/, 'and no password in them';

$redis->command('CONFIG', 'SET', 'requirepass', 'hunter3');
$t->file('password', "hunter3\n");
$redis->command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
$redis->password('hunter3');
ok wait_for(sub {
    2 <= grep {/ name=clear_status /}
        split /\n/, $redis->command('CLIENT', 'LIST');
}, 60), 'and so is the next one';
becomes(1, 'it is on');

off($url, qr/it asks for a login/, 'no password');


# A user, with the rights that the page on operations names.

my ($rights) = path("$Bin/../docs/operations.md")->slurp
    =~ /^user gateway on >PASSWORD (.*)$/m;

ok $rights, 'the page names the rights';
$redis->command('ACL', 'SETUSER', 'gateway', 'on', '>staple',
    split ' ', $rights);
$redis->command('ACL', 'LOG', 'RESET');
$t->file('rights', 'staple');
my $user = "$url user=gateway password_file=%%DIR%%/rights";

uses($user);
becomes(1, 'a user with these rights');
like $redis->command('CLIENT', 'LIST'), qr/ user=gateway /, 'logs in';

# another each time, as on a slow machine Redis may not answer in time

my $task;
ok wait_for(sub {
    $task = new_task('PROCESSING');
    return $t->get("/status?taskId=$task")->code == 200
        && grep {/:[0-9a-f]{16,}$/} @{ keys_of($redis) };
}), 'a task is fetched and shared';
ok wait_for(sub {
    $t->get("/status?taskId=$task", headers => {Prefer => 'wait=1'})->code;
}), 'waited for';
is $t->request('DELETE', "/purge?taskId=$task")->code, 200, 'and purged';
ok wait_for(sub { grep {/:purges$/} @{ keys_of($redis) } }), 'everywhere';
is_deeply $redis->command('ACL', 'LOG'), [], 'and no right is missing';
is scalar $t->logged(undef, qr/ Redis "/), 0, 'nor is anything logged';

# A new password, as that page has it changed.

my ($new, $old) = path("$Bin/../docs/operations.md")->slurp
    =~ /^redis-cli ACL SETUSER gateway '(\W)(?:NEW|OLD)'/mg;

$redis->command('ACL', 'SETUSER', 'gateway', "${new}clip");
$t->file('rights', 'clip');
$redis->command('ACL', 'SETUSER', 'gateway', "${old}staple");
is $t->redis_up, 1, 'a new password ends no connection';
$redis->command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
ok wait_for(sub {
    grep {/ user=gateway /} split /\n/, $redis->command('CLIENT', 'LIST');
}), 'and the next one has it';
becomes(1, 'it is on');

$redis->command('ACL', 'SETUSER', 'gateway', '-ping');
off($user, qr/it refuses the user a command, a key or a channel/,
    'a user with too few');
off("$url user=nobody password_file=%%DIR%%/rights",
    qr/it refuses user or password/, 'a user that is not');
$t->file('plain', 'hunter3');
off($redis->url('/16') . ' password_file=%%DIR%%/plain',
    qr/it has no database of that number/, 'a database that is not');


# Not what is needed.

my $master = server();
my $busy   = server(conf => "lua-time-limit 1\n");

off(server(of => $master)->url, qr/it is a replica/, 'a replica');
off(server(sentinel => {main => $master})->url,
    qr/it is a Sentinel, which needs "redis\+sentinel:/, 'a Sentinel');
off(cluster()->url,
    qr/it belongs to a Redis Cluster, which is not supported/, 'a cluster');

# A script that runs until it is ended.

my $pid = fork // die "cannot fork: $!";

if (!$pid) {
    eval { $busy->command('EVAL', 'while true do end', 0) };
    POSIX::_exit(0);
}

$busy->{client} = undef;
wait_for(sub { !eval { $busy->command('GET', 'a'); 1 } });
off($busy->url, qr/it is busy with a script/, 'one that is busy');
$busy->command('SCRIPT', 'KILL');
waitpid $pid, 0;
becomes(1, 'one that is busy no more is on');

# A replica that becomes a master.

my $heir = server(of => $master);

off($heir->url, qr/it is a replica/, 'another replica');
$heir->command('REPLICAOF', 'NO', 'ONE');
becomes(1, 'which becomes the master is on');

# And one that becomes a replica.

$heir->command('REPLICAOF', '127.0.0.1', $master->port);
becomes(0, 'a master that becomes a replica is off');

unlike $t->slurp("error.log.$_"), qr/hunter|staple|horse/, "no password in $_"
    for 1 .. $t->{logs};

$t->done;
