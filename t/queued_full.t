# A zone that is full of finished answers, while fetches wait for a turn that
# does not come: what was never sent drives out nothing.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

$t->conf(<<'EOC')->run;
%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:256k;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
            clear_status_integration_id tenant-a;
        }

        location = /rare {
            clear_status_pass %%UPSTREAM%%;
            clear_status_integration_id tenant-b;
            clear_status_max_rate 1r/m;
            clear_status_timeout 500ms;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}
EOC


sub evicted {
    my ($n) = $t->get('/metrics')->body
        =~ /^clear_status_zone_evictions_total\{.*state="success"\} (\d+)/m;

    return $n;
}


is $t->get('/rare?taskId=' . new_task('SUCCESS'))->code, 200,
    "the minute's one fetch";

$t->collect(map { $t->start('/status?taskId=' . new_task('SUCCESS')) } 1 .. 20)
    until evicted();

my $before = evicted();
my $asked  = $sim->count;

for (1 .. 2) {
    my @calls = map { $t->start('/rare?taskId=' . new_task('SUCCESS')) }
        1 .. 40;

    $t->collect(@calls);
    is scalar(grep { $_->code == 503 } @calls), 40, 'no turn comes';
}

is $sim->count, $asked, 'and nothing is fetched';
is evicted(), $before, 'so all that is finished stays';

$t->done;
