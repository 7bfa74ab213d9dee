# An upstream of HTTP/2 floods its connection with frames that carry nothing:
# what libcurl reads in one call has an end, the fetch fails as documented, and
# nobody else waits for it.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Http2;
use ClearStatus::Test;
use Test::More;

use constant {DATA => 0, HEADERS => 1, PRIORITY => 2, SETTINGS => 4,
    PING => 6, WINDOW_UPDATE => 8, CONTINUATION => 9, UNKNOWN => 0xbe};

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;
my $h2  = $t->adopt(ClearStatus::Http2->new(dir => $t->dir,
    body => $t->sample('success'), tls => $t->certificate('localhost')))->start;

$t->set(H2 => $h2->port);

$t->conf(<<'EOC')->run;
%%GLOBALS%%

worker_processes 1;

events {
}

http {
    %%HTTP%%

    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_ssl_trusted_certificate %%CA%%;
    clear_status_max_fails 0;
    clear_status_retries 0;
    clear_status_timeout 20s;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /h2 {
            clear_status_pass https://localhost:%%H2%%;
        }

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }
    }
}
EOC


sub start ($location) {
    return $t->start("$location?taskId=" . new_task('SUCCESS'));
}


sub ask ($location) { return ($t->collect(start($location)))[0] }


my @floods = (
    ['empty DATA',          [DATA,          0, 'this', '']],
    ['PRIORITY',            [PRIORITY,      0, 'this', '0000000010']],
    ['PING',                [PING,          0, 0,      '00' x 8]],
    ['answers to no PING',  [PING,          1, 0,      '00' x 8]],
    ['SETTINGS',            [SETTINGS,      0, 0,      '']],
    ['WINDOW_UPDATE',       [WINDOW_UPDATE, 0, 'this', '00000001'],
        [WINDOW_UPDATE, 0, 0, '00000001']],
    ['frames of no kind',   [UNKNOWN,       0, 'this', '']],
    ['DATA that is padding', [DATA,         8, 'this', '01' . '00']],
);

for my $flood (@floods) {
    my ($name, @frames) = @$flood;

    subtest $name => sub {
        $h2->script((['flood', @frames]) x 9);

        my $fetch = start('/h2');
        ok wait_for(sub { $h2->requests }), 'begins';

        is ask('/status')->code, 200, "another upstream's answer"
            for 1 .. 3;

        envelope_is +($t->collect($fetch))[0], 502, 'the fetch ends';
        $h2->script;
        is ask('/h2')->code, 200, 'and the next is answered';
    };
}

$t->done;
