# The harness itself: what the other files rely on, and that its standing
# checks find what they are there for.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;

my $t   = ClearStatus::Test->new;
my $sim = $t->simulator(tls => 1);

my $envelope = '{"status":400,"success":false,"message":"a","result":null,'
    . '"error":{"code":"400","message":"b","validationErrors":null},'
    . '"metadata":null}';

$t->set(ENVELOPE => $envelope)->conf(<<'EOC')->run(daemon => 1);

%%GLOBALS%%
worker_processes 2;

events {
}

http {
    %%HTTP%%

    proxy_set_header x-clear-auth-token %%TOKEN%%;
    proxy_set_header x-integration-id tenant-a;
    proxy_ssl_trusted_certificate %%CA%%;
    proxy_ssl_verify on;
    proxy_ssl_name localhost;

    server {
        listen 127.0.0.1:%%PORT%%;
        default_type application/json;

        location / {
            proxy_pass %%UPSTREAM%%;
        }

        location /tls/ {
            proxy_pass %%UPSTREAM_TLS%%/;
        }

        location /h2/ {
            proxy_pass %%UPSTREAM_H2%%/;
        }

        location = /envelope {
            return 400 '%%ENVELOPE%%';
        }

        location = /wrong {
            return 400 '{"success":false}';
        }
    }
}

EOC

my $path = '/one-integration/workflow/status?taskId=';


# Asking.

for my $way ('', '/tls', '/h2') {
    my $id = new_task('SUCCESS');

    is $t->get("$way$path$id")->json->{result}{taskId}, $id,
        "an answer by way of '$way'";
    is $sim->count($id), 1, 'which is counted';
}

my $id = new_task('SUCCESS');
$sim->hold($id);
my @calls = map { $t->start("$path$id") } 1 .. 200;
ok $sim->wait_held($id, 200), 'many callers at once';
$sim->release($id);
is scalar(grep { ($_->code // 0) == 200 } $t->collect(@calls)), 200,
    'who all get it';

is $t->request('HEAD', '/envelope')->code, 400, 'HEAD';
is $t->get('/envelope', raw => "GET /envelope HTTP/1.0\r\n\r\n")->code, 400,
    'bytes as they are';

my $socket = $t->socket;
is $t->get('/envelope', on => $socket)->code, 400, 'a kept connection'
    for 1 .. 2;


# A wrong envelope is found: asked of a builder of its own.

sub fails ($response, $status) {
    my $failed;

    no warnings 'redefine';
    local *Test::Builder::diag = sub { };
    local *Test::Builder::ok   = sub ($self, $ok, $name = '') {
        $failed = !$ok;
        return $ok;
    };

    envelope_is $response, $status, 'x';
    return $failed;
}

my $right = $t->get('/envelope');
envelope_is $right, 400, 'an envelope';
ok fails($right, 404), 'another status is found';
ok fails($t->get('/wrong'), 400), 'no envelope is found';


# Life.

my @workers = $t->worker_pids;
is scalar @workers, 2, 'two workers';
ok $t->reload, 'a reload';
my %now = map { $_ => 1 } $t->worker_pids;
is scalar(grep { $now{$_} } @workers), 0, 'after which all are new';

my $killed = $t->kill_worker;
ok wait_for(sub { $t->worker_pids == 2 }), 'a killed worker comes back';
ok !grep({ $_ == $killed } $t->worker_pids), 'as another one';

my $master = $t->master_pid;
ok $t->upgrade, 'an upgrade';
isnt $t->master_pid, $master, 'to a new master';
is $t->get('/envelope')->code, 400, 'which answers';

my ($exit, $said) = $t->nginx_t("%%GLOBALS%%\nevents {\n}\nnone;\n");
isnt $exit, 0, 'nginx -t';
like $said, qr/unknown directive "none" in \S+:4\n/, 'names the line';


# The standing checks.

my $log = $t->dir . '/error.log';

sub add ($text) {
    open my $fh, '>>', $log;
    print $fh "$text\n";
    close $fh;
}

# nginx before 1.21.2 with OpenSSL 3, of what it proxies
$t->expect_log(qr/SSL_read\(\) failed .*unexpected eof/);

is_deeply [$t->alarms], [], 'a killed worker was expected';
add('2026/01/01 00:00:00 [alert] 1#1: strange');
is scalar(my @alarms = $t->alarms), 1, 'an alert is found';
$t->expect_log(qr/strange/);
is_deeply [$t->alarms], [], 'unless expected';

$t->file('reports/one.1', "overflow\n");
is scalar(my @reports = $t->reports), 1, 'a report is found';
unlink $t->dir . '/reports/one.1';

my $token = $t->value_of('TOKEN');
my $clean = $t->log;
add("it is $token");
is_deeply [$t->leaks], ['error.log'], 'a secret in a log is found';
$t->file('error.log', $clean);

$t->get("/nowhere?$token");
$sim->behave('told', {body => $token});
$t->get("${path}told");
is scalar(grep {/\r\n\r\n.*\Q$token/s} $t->leaks), 1,
    'and one in an answer';

@{ $t->client->leaks } = ();
$t->file($_, '') for qw(access.log error.log);
$t->done;
