# Who had an answer, since when, and who dropped it; how long callers keep it.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Mojo::Util qw(b64_encode);
use Test::More;

my $t   = ClearStatus::Test->new;
my $sim = $t->simulator;

$t->conf(<<'EOC')->run;
%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_retries 0;

    log_format audit '[$request_uri] $clear_status_source '
                     '"$clear_status_fetched"';

    server {
        listen 127.0.0.1:%%PORT%%;
        access_log %%DIR%%/audit.log audit;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
            add_header X-Cache-Control $sent_http_cache_control;
        }

        location = /day {
            clear_status_pass %%UPSTREAM%%;
            clear_status_max_age 1d;
        }

        location = /expires {
            clear_status_pass %%UPSTREAM%%;
            expires 5m;
        }

        location = /denied {
            deny all;
            clear_status_pass %%UPSTREAM%%;
        }

        location = /purge {
            clear_status_purge;
        }

        location = /purge/by {
            auth_basic "purges";
            auth_basic_user_file %%DIR%%/users;
            clear_status_purge;
        }
    }
}
EOC

sub logged ($query) {
    my @found;

    wait_for(sub {
        @found = $t->slurp('audit.log') =~ /^\[\Q$query\E\] (.*)/gm;
    });

    return $found[-1] // 'nothing';
}

my $utc = qr/"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"/;

subtest 'who had the answer' => sub {
    my $id    = new_task('SUCCESS');
    my $first = "/status?taskId=$id&first";

    $t->get($first);
    like logged($first), qr/^upstream $utc$/, 'upstream';

    $t->get("/status?taskId=$id");
    like logged("/status?taskId=$id"), qr/^zone $utc$/, 'the zone';
    is((logged($first) =~ /"(.*)"/)[0],
        (logged("/status?taskId=$id") =~ /"(.*)"/)[0], 'fetched then');

    for my $query ('/status?taskId=', '/denied?taskId=a') {
        $t->get($query);
        like logged($query), qr/^gateway "-?"$/, "$query: this gateway";
    }
};

subtest 'how long callers keep it' => sub {
    my $id = new_task('SUCCESS');

    my $r = $t->get("/status?taskId=$id");
    is $r->header('Cache-Control'), 'private, max-age=31536000, immutable',
        'a year';
    is $r->header('X-Cache-Control'), $r->header('Cache-Control'),
        'nginx knows it too';
    is $t->get("/day?taskId=$id")->header('Cache-Control'),
        'private, max-age=86400', 'a day at the most, and not for ever';
    is $t->get("/expires?taskId=$id")->header('Cache-Control'),
        'max-age=300', 'nginx\'s own directive has the last word';
};

subtest 'a purge' => sub {
    my $id = new_task('SUCCESS');

    $t->get("/status?taskId=$id");
    $t->request('DELETE', "/purge?taskId=$id");

    ok scalar $t->logged('error', qr/purge of "taskId=$id": 1 answers dropped/),
        'what and how many';
    ok scalar $t->logged('error', qr/dropped, no failure, client: "?127/),
        'and who asked';
};

# nginx cuts a line of the log at 2,048 bytes

subtest 'a purge that would hide what it is' => sub {
    my $id  = new_task('SUCCESS');
    my $pad = sub ($n) { 'pad=' . 'x' x ($n - 10) . '&all=1' };

    $t->get("/status?taskId=$id");

    envelope_is $t->request('DELETE', '/purge?' . $pad->(1537)), 400,
        'one byte too many';
    like $t->get("/status?taskId=$id")->header('Cache-Status'), qr/; hit/,
        'drops nothing';

    my $user = 'u' x 400;
    $t->file('users', "$user:{PLAIN}p\n", 0644);
    is $t->request('DELETE', '/purge/by?' . $pad->(1536), headers => {
        Authorization => 'Basic ' . b64_encode("$user:p", ''),
    })->code, 200, 'as long as may be';

    my ($line) = $t->logged('error', qr/purge of "pad=x+&all=1"/);
    like $line, qr/" by u{256}: \d+ answers dropped, .*, client: "?127/,
        'what, who, how many and from where';
};

$t->done;
