# An unfinished answer is fresh for longer the older its task is, by the time
# in the task id or else since it was seen first; callers are told the same
# time.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
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
    clear_status_max_fails 0;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /default {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /slow {
            clear_status_pass %%UPSTREAM%%;
            clear_status_valid any 1s max=1m age=50%;
            clear_status_valid CREATED 7s max=1m age=1%;
            clear_status_valid 404 1h;
        }

        location = /fixed {
            clear_status_pass %%UPSTREAM%%;
            clear_status_valid any 3s;
        }

        location = /seen {
            clear_status_pass %%UPSTREAM%%;
            clear_status_valid any 100ms max=1h age=100%;
        }

        location = /purge {
            clear_status_purge;
        }
    }
}
EOC


# A task id as Clear makes them, of so many seconds ago.

sub aged ($age, $state = 'PROCESSING') {
    state $number = $$ << 16;
    my $id = sprintf '%08x%016x', time - $age, $number++;
    $sim->behave($id, {state => $state});
    return $id;
}


sub lifetime ($r) {
    my ($seconds) = $r->header('Cache-Control') =~ /^private, max-age=(\d+)$/;
    return $seconds;
}


# The test may take a while between the id and the fetch.

sub lives ($target, $least, $most, $name) {
    my $begun = time;
    my $r     = $t->get($target);
    my $late  = time - $begun + 1;
    my $has   = lifetime($r);

    ok $has >= $least && $has <= $most + $late, "$name: $least"
        or diag "$has, ", $r->raw;
    ok abs($r->header('Retry-After') - $has) <= 1, 'when to come back';
}


subtest 'by default' => sub {
    lives '/default?taskId=' . aged(0), 2, 2, 'a new task';
    lives '/default?taskId=' . aged(60), 6, 6, 'one of a minute';
    is lifetime($t->get('/default?taskId=' . aged(3600))), 10,
        'one of an hour: not longer than its most';
    is lifetime($t->get('/default?taskId=' . aged(29 * 86400))), 10,
        'nor after weeks';
};


subtest 'as it is written' => sub {
    lives '/slow?taskId=' . aged(20), 10, 10, 'half of the age';
    is lifetime($t->get('/slow?taskId=' . aged(3600))), 60, 'at the most';
    lives '/slow?taskId=' . aged(20, 'CREATED'), 7, 7, 'of one state its own';
    is lifetime($t->get('/fixed?taskId=' . aged(3600))), 3, 'or always alike';

    my $id = aged(3600);
    $sim->behave($id, {envelope => {status => 404}});
    envelope_is $t->get("/slow?taskId=$id"), 404, 'an error';
    like $t->get("/slow?taskId=$id")->header('Cache-Status'),
        qr/^clear_status; hit; ttl=3[56]\d\d$/, 'has its own time';
    is lifetime($t->get('/slow?taskId=' . aged(3600, 'SUCCESS'))), undef,
        'and what is finished none';
};


subtest 'an id that says no time' => sub {
    for ([aged(31 * 86400), 'of more than 30 days'], [aged(time), 'of 1970'],
        [aged(-3600), 'of the future'], [aged(3600) . 'ff', 'too long'],
        ['task-' . aged(3600), 'of another kind'],
        [aged(3600) =~ s/^./g/r, 'of other letters'])
    {
        my ($id, $name) = @$_;
        $sim->behave($id, {state => 'PROCESSING'});
        lives "/slow?taskId=$id", 1, 1, $name;
    }
};


# Its answer lives as long as the task was known: not at all at first, and for
# a second when that is past.

subtest 'since it was seen first' => sub {
    my $id = 'task-' . aged(0);
    $sim->behave($id, {state => 'PROCESSING'});

    is lifetime($t->get("/seen?taskId=$id")), 0, 'just now';
    ok wait_for(sub { lifetime($t->get("/seen?taskId=$id")) >= 1 }),
        'it is known, and counts';
    $t->request('DELETE', "/purge?taskId=$id");
    is lifetime($t->get("/seen?taskId=$id")), 0, 'what is lost begins anew';
};


$t->done;
