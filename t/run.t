# "make run", without the installing and building before it: what it says,
# what its gateway answers, and that nothing of it is left.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Process qw(free_port);
use ClearStatus::Redis;
use ClearStatus::Test;
use Mojo::File qw(path);
use Test::More;

plan skip_all => 'runs the build of this checkout, not another one'
    if $ENV{TEST_MODULE} || $ENV{TEST_NGINX_BINARY};

my $t    = ClearStatus::Test->new(reload => 0);
my $port = $t->port;
my $home = $t->dir . '/home';
my $url  = '/one-integration/workflow/status';

delete @ENV{grep {/^CLEAR_/} keys %ENV};
mkdir $home;
chmod 01777, $home;
@ENV{qw(TMPDIR PORT)} = ($home, $port);


# One "make run" at a time, its output in a file.

sub begin (%environment) {
    local %ENV = (%ENV, %environment);
    unlink $t->dir . '/out';

    my $run = ClearStatus::Process->new(dir => $t->dir, name => 'demo/run');
    $run->spawn($t->dir . '/out', "$Bin/../demo/run");
    return $t->adopt($run);
}


# So many that follow each other, and that this test holds.

sub row_of_ports ($n) {
    for (1 .. 100) {
        my $first = free_port();
        my @locks = map {
            IO::Socket::INET->new(Proto => 'udp', LocalAddr => "127.0.0.1:$_")
        } $first + 1 .. $first + $n - 1;
        my @free = grep {
            IO::Socket::INET->new(LocalAddr => "127.0.0.1:$_", Listen => 1,
                ReuseAddr => 1)
        } $first .. $first + $n - 1;

        push @{ $t->{locks} }, @locks;
        return $first .. $first + $n - 1 if @locks == $n - 1 && @free == $n;
    }

    die "no free ports\n";
}


sub said { return $t->slurp('out') }


sub refused_with ($re, $name, %environment) {
    my $run = begin(%environment);

    ok wait_for(sub { !$run->is_running }), "$name: ends";
    isnt $?, 0, "$name: as an error";
    like said(), qr/\A[^\n]*$re[^\n]*\n\z/, "$name: in one line";
}


sub ended_well ($run, $signal) {
    my @all = ($run->pid, descendants($run->pid));

    cmp_ok scalar @all, '>', 2, "$signal: there is something to end";
    ok $run->end($signal), "$signal ends it";
    ok wait_for(sub { !grep { is_alive($_) } @all }), "$signal: all of it";
    is_deeply [glob "$home/*"], [], "$signal: and its folder is gone";
}


sub descendants ($pid) {
    my @children = split ' ',
        eval { path("/proc/$pid/task/$pid/children")->slurp } // '';
    return map { ($_, descendants($_)) } @children;
}


sub is_alive ($pid) {
    my $stat = eval { path("/proc/$pid/stat")->slurp } // '';
    return $stat =~ /\) [^ZX] /;
}


# What it refuses.

refused_with(qr/CLEAR_AUTH_TOKEN CLEAR_INTEGRATION_ID/, 'one setting of three',
    CLEAR_BASE_URL => 'http://127.0.0.1:1');
refused_with(qr/CLEAR_BASE_URL/, 'two of three', CLEAR_AUTH_TOKEN => 'a',
    CLEAR_INTEGRATION_ID => 'b');
refused_with(qr/PORT=x/, 'no port', PORT => 'x');

my $other = IO::Socket::INET->new(LocalAddr => "127.0.0.1:$port",
    Listen => 1, ReuseAddr => 1);
refused_with(qr/$port.*taken/, 'a port that is taken');
close $other;


# With the simulator, as a new user tries it: no headers.

my $run = begin();

ok wait_for(sub { said() =~ /Ctrl-C/ }, 20), 'it comes up' or diag said();
like said(), qr{http://127\.0\.0\.1:$port$url\n}, 'and says where it listens';

my %id = (
    success => '6988a3bc2e0e5e3c6c9aa6da',
    failed  => '6988c9f8b359874b346bbe9c',
);

is $t->get("$url?taskId=$id{$_}")->body, $t->sample($_),
    "the page's sample: $_" for sort keys %id;

my $young = new_task('PROCESSING');
is $t->get("$url?taskId=$young")->body,
    $t->sample('processing') =~ s/6988a3bc\w+/$young/gr,
    "the page's sample of a young task";
is envelope_is($t->get("$url?taskId=6988a3bc2e0e5e3c6c9aa6d"), 404,
    'no such task')->{message},
    'No task found with taskId: 6988a3bc2e0e5e3c6c9aa6d',
    "the page's 404";

# What else it has, and the way there.

my $index = $t->get('/');
like $index->type, qr{^text/html}, 'the index is a page';

my @links = $index->body =~ /<a href="([^"]+)"/g;
is_deeply [sort @links], [sort "$url?taskId=$id{success}", '/dashboard',
    '/metrics'], 'that leads to the others';
is $t->get($_)->code, 200, "$_ is there" for @links;

is $t->get($_)->code, 200, "$_ too" for qw(/index.css /index.js);
like $t->get('/index.js')->type, qr{^text/javascript}, 'as what it is';

# What it says to try, as it stands there.

my @tries = said() =~ /^ +(curl -.*)$/mg;
is scalar @tries, 2, 'it says how to wait';
my @tried = map {
    open my $out, '-|', "$_ -sD- --max-time 60 2>&1" or die "$_: $!";
    $out;
} @tries;
my ($held, $stream) = map { join '', <$_> } @tried;
like $held, qr/^Preference-Applied: wait=25.*"SUCCESS"/msi, 'a held request';
like $stream, qr/(?:event: status.*){2}"SUCCESS"/s, 'and a stream';

my @purges = $index->body =~ /^(?:<pre>)?(curl -X DELETE '[^']+')/mg;
is scalar @purges, 2, 'and it says how to purge';
is `$purges[0] -s`, '{"purged":1}', 'which is so: a task';
like `$purges[1] -s`, qr/^\{"purged":[1-9]/, 'and all';
is $t->get("$url?taskId=$id{success}")->code, 200, 'it is fetched again';

my ($simulator) = grep {
    (eval { path("/proc/$_/cmdline")->slurp } // '') =~ /simulator/
} descendants($run->pid);
kill 'STOP', $simulator;
is $t->get("$url?taskId=$id{success}", timeout => 5)->body,
    $t->sample('success'), 'a finished task again, when upstream does nothing';
kill 'CONT', $simulator;

kill 'TERM', $simulator;
ok wait_for(sub { said() =~ /simulator has ended/ }), 'the simulator ends';
is $t->get("$url?taskId=$id{success}", timeout => 5)->body,
    $t->sample('success'), 'a finished task still answers';

ended_well($run, 'TERM');


# On a terminal that another user has, as after su: it may write there, but not
# open it.

SKIP: {
    skip 'to be another user takes root', 3 if $> != 0;
    skip 'nobody may not read this checkout', 3
        if system("setpriv --reuid nobody --clear-groups test -r $Bin/run.t");

    local $ENV{TMPDIR} = '/tmp';
    unlink $t->dir . '/out';

    my $terminal = ClearStatus::Process->new(dir => $t->dir, name => 'script');
    $terminal->spawn($t->dir . '/out', 'script', '-qefc',
        "exec setpriv --reuid nobody --clear-groups $Bin/../demo/run",
        '/dev/null');
    $t->adopt($terminal);

    ok wait_for(sub { said() =~ /Ctrl-C/ }, 20), 'another\'s terminal'
        or diag said();
    $t->get("$url?taskId=$id{success}");
    ok wait_for(sub { said() =~ m{"GET \Q$url\E} }), 'shows the requests';
    ok $terminal->end('TERM'), 'and it ends';
}


# Three gateways that share a Redis.

SKIP: {
    skip 'redis-server is not installed', 12
        if !ClearStatus::Redis->installed;

    my @ports = row_of_ports(3);

    $run = begin(FLEET => 3, PORT => $ports[0]);
    ok wait_for(sub { said() =~ /Ctrl-C/ }, 60), 'a fleet' or diag said();
    like said(), qr{http://127\.0\.0\.1:$_$url\n}, "which says $_"
        for @ports;

    my $up = sub ($port) {
        $t->get('/metrics', port => $port)->body
            =~ /^clear_status_redis_up.* 1$/m;
    };
    ok wait_for(sub { 3 == grep { $up->($_) } @ports }), 'all have the Redis';

    my $task = "$url?taskId=$id{success}";
    is $t->get($task, port => $ports[0])->code, 200, 'one fetches';

    # another each time, as on a slow machine Redis may not answer in time
    my $shared
        = qr/^clear_status; (?:hit|fwd=uri-miss.*collapsed); detail=fleet$/;

    for my $port (@ports[1, 2]) {
        ok wait_for(sub {
            my $new = "$url?taskId=" . new_task('SUCCESS');

            $t->get($new, port => $ports[0]);
            $t->get($new, port => $port)->header('Cache-Status') =~ $shared;
        }), "$port has it from there";
    }

    my ($redis) = grep {
        (eval { path("/proc/$_/cmdline")->slurp } // '') =~ /redis-server/
    } descendants($run->pid);
    kill 'TERM', $redis;
    ok wait_for(sub { said() =~ /Redis has ended/ }), 'Redis ends';
    is $t->get("$url?taskId=$id{failed}", port => $ports[2])->code, 200,
        'callers are answered';

    ended_well($run, 'TERM');
    refused_with(qr/FLEET=/, "FLEET=$_", FLEET => $_) for qw(0 10 x);
}


# With the settings of a real one.

my $sim   = $t->simulator;
my $token = $t->value_of('TOKEN');

$run = begin(CLEAR_BASE_URL => $sim->url, CLEAR_AUTH_TOKEN => $token,
    CLEAR_INTEGRATION_ID => 'mine');
ok wait_for(sub { said() =~ /Ctrl-C/ }, 20), 'with settings' or diag said();

my $id = new_task('SUCCESS');
is $t->get("$url?taskId=$id")->code, 200, 'the other upstream is asked';
is $sim->sent($id, 'x-clear-auth-token'), $token, 'with the token';
is $sim->sent($id, 'x-integration-id'), 'mine', 'and the integration';

my @secret = grep { -f && path($_)->slurp =~ /\Q$token/ } glob "$home/*/*";
is scalar @secret, 1, 'the token is in one file';
is +(stat $secret[0])[2] & 077, 0, 'which others cannot read';
is +(stat path($secret[0])->dirname)[2] & 077, 0, 'nor its folder';
unlike said(), qr/\Q$token/, 'and is not printed';

ended_well($run, 'INT');
$t->done;
