# A tenant whose many upstreams all hang does not take every connection that
# nginx has: others' misses are fetched, and hits are hits.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use IO::Socket::INET;
use Test::More;

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

# The kernel takes connections for them, and nobody ever answers.

my @hung = map {
    IO::Socket::INET->new(Listen => 512, LocalAddr => '127.0.0.1')
        or die "cannot listen: $!\n"
} 1 .. 4;

$t->set(HUNG => join '', map {<<"EOC"} 0 .. $#hung);
        location = /hung-$_ {
            clear_status_pass http://127.0.0.1:@{[$hung[$_]->sockport]};
            clear_status_integration_id tenant-a;
        }
EOC

$t->conf(<<'EOC')->run;
%%GLOBALS%%

worker_processes 1;

events {
    worker_connections 512;
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:2m;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_retries 0;
    clear_status_timeout 60s;
    clear_status_max_fails 1;

    server {
        listen 127.0.0.1:%%PORT%%;

%%HUNG%%
        location = /status {
            clear_status_pass %%UPSTREAM%%;
            clear_status_integration_id tenant-b;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}
EOC


sub metric ($name) {
    return $t->get('/metrics')->body =~ /^clear_status_$name (\d+)$/m && $1;
}


my $stored = new_task('SUCCESS');
is $t->get("/status?taskId=$stored")->code, 200, 'an answer is stored';

# more than there are connections for, with one for each caller
my @calls = map {
    $t->start('/hung-' . $_ % @hung . '?taskId=' . new_task('SUCCESS'))
} 1 .. 60 * @hung;

ok wait_for(sub { metric('flights') == @calls }), '240 fetches at 4 upstreams';
ok wait_for(sub { metric('queued') > 0 }), 'some of them wait';

is $t->get("/status?taskId=$stored")->code, 200, 'a hit is a hit';
is $t->get('/status?taskId=' . new_task('SUCCESS'))->code, 200,
    "another tenant's fetch is sent"
    for 1 .. 5;

$_->abort for @calls;
ok wait_for(sub { metric('queued') == 0 }), 'who leaves is not queued';
is metric('tenants_paused'), 0, 'nobody pauses';

$t->done;
