# Upstream sends for ever, or too much, and never an answer: that fetch ends as
# documented, and until it does the worker goes on with everybody else's.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Raw;
use ClearStatus::Test;
use Test::More;

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;
my $raw = $t->adopt(ClearStatus::Raw->new(dir => $t->dir))->start;

$t->set(RAW => $raw->url);

$t->conf(<<'EOC')->run;
%%GLOBALS%%

worker_processes 1;

events {
}

http {
    %%HTTP%%

    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_max_fails 0;
    clear_status_retries 0;
    clear_status_timeout 60s;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /nothing {
            clear_status_pass %%RAW%%/nothing;
        }

        location = /interim {
            clear_status_pass %%RAW%%/interim;
        }

        location = /line {
            clear_status_pass %%RAW%%/line;
        }

        location = /first-line {
            clear_status_pass %%RAW%%/first-line;
        }

        location = /lines {
            clear_status_pass %%RAW%%/lines;
        }

        location = /chunks/any {
            clear_status_pass %%RAW%%/chunks;
            clear_status_max_body_size 65536m;
        }

        location = /nothing/any {
            clear_status_pass %%RAW%%/nothing;
            clear_status_max_body_size 65536m;
        }

        location = /chunks/brief {
            clear_status_pass %%RAW%%/chunks;
            clear_status_max_body_size 65536m;
            clear_status_timeout 500ms;
        }

        location = /nothing/brief {
            clear_status_pass %%RAW%%/nothing;
            clear_status_max_body_size 65536m;
            clear_status_timeout 500ms;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}
EOC


sub start ($location) {
    return $t->start("$location?taskId=" . new_task('SUCCESS'));
}


sub ask ($location) { return ($t->collect(start($location)))[0] }


# Whatever the others' time: theirs is a minute.

for my $what (qw(chunks nothing)) {
    subtest "$what, for as long as it may" => sub {
        my $before = $raw->noted('request');
        my @others = map { start("/$what/any") } 1 .. 3;

        ok wait_for(sub { $raw->noted('request') >= $before + 3 }),
            'three of them are sent';

        is ask('/status')->code, 200, "another upstream's answer" for 1 .. 5;
        is $t->get('/metrics')->code, 200, 'and what asks no upstream';
        is scalar(grep { defined $_->code || $_->error } @others), 0,
            'meanwhile';

        $_->abort for @others;
        $raw->drop;
        ok wait_for(sub {
            $t->get('/metrics')->body =~ /^clear_status_flights 0$/m
        }), 'and they end';
    };

    envelope_is ask("/$what/brief"), 504, "$what until the time is over";
}

# Where a body may be 1 MB, nothing of 8 MB can be one.  libcurl does not count
# what stands beside the length of a chunk.

for my $what (qw(nothing interim line first-line lines)) {
    my $error = envelope_is ask("/$what"), 502, "$what is too much";

    is $error->{message}, "Upstream's answer was too large", 'and says so';
}

is ask('/status')->code, 200, 'the worker is as before';
is $t->logged(error => qr/upstream sent too large a response/), 5,
    'the log says so each time';

$t->done;
