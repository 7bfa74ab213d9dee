# DELETE drops stored answers: of a task, of an integration id, or all.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;

my $t   = ClearStatus::Test->new;
my $sim = $t->simulator;

my $conf = <<'EOC';
%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id $arg_tenant;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
        }

        location = /purge {
            clear_status_purge;
            clear_status_cache answers;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}
EOC

$t->conf($conf)->run;

sub ask ($tenant, $id) { $t->get("/status?tenant=$tenant&taskId=$id") }
sub is_hit ($tenant, $id) {
    return ask($tenant, $id)->header('Cache-Status') =~ /; hit/;
}

sub purged ($query) {
    my $r = $t->request('DELETE', "/purge?$query");

    is $r->type, 'application/json', "$query: its type";
    return $r->code == 200 ? $r->json->{purged} : $r->code;
}


my @ids = map { new_task('SUCCESS') } 1 .. 100;
ask('a', $_) for @ids;
ask('b', $_) for @ids[0 .. 9];
ask('3:a,', $ids[0]);

is purged("taskId=$ids[0]"), 3, 'a task, whose ever it is';
ok !is_hit('a', $ids[0]), 'is gone';
ok is_hit('a', $ids[1]), 'another is not';
ok is_hit('b', $ids[1]), 'nor another tenant';

is purged('integrationId=b'), 9, 'an integration id';
ok !is_hit('b', $ids[2]), 'is gone';
ok is_hit('a', $ids[2]), 'another is not';

is purged('integrationId=none'), 0, 'nobody';
is purged('all=1'), 101, 'all';
is purged('all=1'), 0, 'and nothing is left';

like $t->get('/metrics')->body, qr/^clear_status_purged_total 113$/m,
    'all of them are counted';

for my $query ('', 'all=2', 'all=1&taskId=a', 'taskId=', 'integrationId=',
    'taskId=a&integrationId=b')
{
    envelope_is $t->request('DELETE', "/purge?$query"), 400, "bad: '$query'";
}

my $get = $t->get('/purge?all=1');
envelope_is $get, 405, 'another method';
is $get->header('Allow'), 'DELETE', 'Allow';

subtest 'a flight goes on' => sub {
    my $id = new_task('SUCCESS');

    $sim->hold($id);
    my $call = $t->start("/status?tenant=a&taskId=$id");
    ok $sim->wait_held($id), 'in the air';
    purged('all=1');
    $sim->release($id);
    $t->collect($call);
    is $call->code, 200, 'its caller is answered';
};

my ($status, $output) = $t->nginx_t($conf =~ s/clear_status_purge;\n.*\n/
    clear_status_purge;\n/r);
isnt $status, 0, 'without a zone it is refused';
like $output, qr/"clear_status_purge" needs "clear_status_cache" in .*:\d+/,
    'with a word why';

$t->done;
