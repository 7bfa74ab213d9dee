# Counters over all workers, kept over reloads, as Prometheus reads them.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Promtool;
use ClearStatus::Test;
use Test::More;

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

$t->conf(<<'EOC')->run;
%%GLOBALS%%

worker_processes 2;

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;
    clear_status_zone 'zone=an "odd\\" name:64k';
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_retries 0;

    server {
        listen 127.0.0.1:%%PORT%% reuseport;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /denied {
            deny all;
            clear_status_pass %%UPSTREAM%%;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}
EOC

# The samples, each line checked for its form.

sub metrics {
    my $r = $t->get('/metrics');
    my (%values, %types, @bad);

    for my $line (split /\n/, $r->body) {
        if ($line =~ /^# TYPE (\w+) (counter|gauge|histogram)$/) {
            $types{$1} = $2;
        }
        elsif ($line =~ /^((\w+?)(?:_bucket|_sum|_count)?(?:\{[^}]*\})?)
            \ (\d+(?:\.\d+)?)$/x)
        {
            push @bad, $line if exists $values{$1};
            push @bad, $line if !$types{$2} && !$types{ $1 =~ s/\{.*//r };
            $values{$1} = $3;
        }
        elsif ($line !~ /^# HELP \w+ \S/) {
            push @bad, $line;
        }
    }

    is_deeply \@bad, [], 'every line is well-formed';
    is $r->header('Content-Type'), 'text/plain; version=0.0.4; charset=utf-8',
        'its type';
    return sub ($name) { $values{"clear_status_$name"} // 'none' };
}


my $m = metrics();
is $m->('requests_total{cache="HIT"}'), 0, 'nothing yet';

my $id = new_task('SUCCESS');
$t->get("/status?taskId=$id") for 1 .. 5;
$t->get('/status?taskId=none');
$t->get("/denied?taskId=$id");
$t->get('/status');

my $slow = new_task('SUCCESS');
$sim->hold($slow);
my @calls = map { $t->start("/status?taskId=$slow") } 1 .. 3;
ok $sim->wait_held($slow), 'one is in the air';
ok wait_for(sub { 3 <= (() = $t->log =~ /taskId=$slow HTTP/g) }), 'all wait';
is metrics()->('flights'), 1, 'flights';
$sim->release($slow);
$t->collect(@calls);

# each worker counts when it has answered

ok wait_for(sub {
    my $body = $t->get('/metrics')->body;
    my $all  = 0;

    $all += $_ for $body =~ /^clear_status_responses_total\{.*\} (\d+)$/mg;
    return $all == 11;
}), 'all are counted';

$m = metrics();
is $m->('requests_total{cache="MISS"}'), 3, 'misses';
is $m->('requests_total{cache="HIT"}'), 4, 'hits';
is $m->('requests_total{cache="COLLAPSED"}'), 2, 'collapsed';
is $m->('collapsed_total'), 2, 'collapsed, by their own name';
is $m->('requests_total{cache="NONE"}'), 2, 'refused';
is $m->('responses_total{status="200"}'), 8, 'responses, 200';
is $m->('responses_total{status="404"}'), 1, 'responses, 404';
is $m->('responses_total{status="403"}'), 1, 'responses, 403, by nginx itself';
is $m->('credentials_refused_total'), 0, 'which refuses no credential';
is $m->('responses_total{status="400"}'), 1, 'responses, 400';
is $m->('upstream_fetches_total{outcome="success"}'), 2, 'fetches';
is $m->('upstream_fetches_total{outcome="error"}'), 1, 'with an error';
is $m->('upstream_seconds_count'), 3, 'the histogram counts them';
is $m->('upstream_seconds_bucket{le="+Inf"}'), 3, 'up to infinity';
is $m->('flights'), 0, 'none in the air';
is $m->('zone_entries{zone="answers",state="success"}'), 2, 'entries';
is $m->('zone_entries{zone="answers",state="error"}'), 1, 'an error';
cmp_ok $m->('zone_bytes{zone="answers",kind="used"}'), '>', 1000, 'bytes used';
cmp_ok $m->('upstream_connections_total'), '>=', 1, 'connections';

ok $t->reload, 'a reload';
is metrics()->('requests_total{cache="HIT"}'), 4, 'all is kept';

is $m->('zone_entries{zone="an \"odd\\\\\" name",state="success"}'), 0,
    "a zone's name is escaped";

$sim->behave('unauthorized', {status => 401});
is $t->get('/status?taskId=unauthorized')->code, 403, 'a token is refused';
is metrics()->('credentials_refused_total'), 1, 'and that is counted';

promtool_ok 'check metrics', $t->get('/metrics')->body, 'promtool agrees';
promtool_finds 'check metrics', "# TYPE requests counter\nrequests 1\n",
    'and it would say so';

$t->done;
