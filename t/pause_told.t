# In a pause there is no new answer before it ends: who polls is told so,
# whatever there is to be had meanwhile.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

$t->conf(<<'EOC')->run;
%%GLOBALS%%

thread_pool default threads=2;

events {
}

http {
    %%HTTP%%
    %%TENANTS%%

    clear_status_zone zone=disked:1m;
    clear_status_disk zone=disked %%DIR%%/disk timeout=30s;

    clear_status_retries 0;
    clear_status_max_retry_after 2h;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /fresh {
            clear_status_pass %%UPSTREAM%%;
            clear_status_valid any 1h;
        }

        location = /status {
            clear_status_pass %%UPSTREAM%%;
            clear_status_valid any 0;
        }

        location = /behind {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache disked;
            clear_status_valid any 0;
            clear_status_stale_while_revalidate 1h;
        }
    }
}
EOC

my $pause = qr/^(?:59\d\d|600[01])$/;

# longer than what is fresh
my %asked = (status => 429, retry_after => 6000);

sub ask ($location, $id, $tenant = 'busy') {
    return $t->get("/$location?tenant=$tenant&taskId=$id");
}


my $id   = new_task('PROCESSING');
my $done = new_task('SUCCESS');

$sim->behave($id, {state => 'PROCESSING'});

is ask($_, $id)->code, 200, "/$_ has an answer" for qw(fresh behind);
is ask('fresh', $done)->code, 200, 'and a finished one';
is ask('fresh', $id, 'other')->code, 200, 'as another tenant has';

like ask('fresh', $id)->header('Retry-After'), qr/^3(?:600|[0-5]\d\d)$/,
    'a new answer can be had when this one is no longer fresh';
is ask('behind', $id)->header('Retry-After'), 1, 'or now';
ok wait_for(sub { $sim->count($id) >= 4 }), 'by a fetch behind';

$sim->behave(my $busy = new_task('PROCESSING'), {%asked});
envelope_is ask('fresh', $busy), 429, 'then upstream asks to wait';

my $before = $sim->count;
my $r      = ask('fresh', $id);

is $r->code, 200, 'a fresh answer is fresh';
like $r->header('Cache-Status'), qr/^clear_status; hit; ttl=\d+$/, 'as before';
like $r->header('Retry-After'), $pause, 'but there is no new one before long';
like $r->header('Cache-Control'), qr/^private, max-age=3600$/,
    'which says nothing of this one';
is ask('fresh', $done)->header('Retry-After'), undef,
    'a finished one has no time';
like ask('fresh', $id, 'other')->header('Retry-After'),
    qr/^3(?:600|[0-5]\d\d)$/,
    'nor is another tenant concerned';

# the fetch from before is to have ended
ok wait_for(sub {
    ($r = ask('behind', $id))->header('Cache-Status')
        =~ /^clear_status; hit; ttl=-\d+; detail=upstream-paused$/;
}), 'what would be fetched behind is not, though the disk may be asked';
like $r->header('Retry-After'), $pause, 'as it says';
is $sim->count, $before, 'nothing went upstream';

$t->done;
