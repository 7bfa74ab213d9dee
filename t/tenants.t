# Tenants never see each other's answers, however their ids and the ids of
# their tasks are made up: separators, lengths, encodings, equal
# concatenations, the same bytes in other places.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use List::Util qw(shuffle);
use Mojo::Util qw(url_escape);
use Test::More;

my $t     = ClearStatus::Test->new;
my $sim   = $t->simulator;
my $other = $t->new_simulator;

$t->set(OTHER => $other->port);
$t->conf(<<'EOC')->run;
%%GLOBALS%%

worker_processes 2;

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:4m;
    clear_status_cache answers;
    clear_status_auth_token $http_x_token;
    clear_status_integration_id $http_x_org;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /other {
            clear_status_pass http://127.0.0.1:%%OTHER%%;
        }

        location = /path {
            clear_status_pass %%UPSTREAM%%/one-integration/workflow/status/;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}
EOC

# [token, integration id, task id]: no two are the same

my @orgs = ('a', 'A', 'ab', 'abc', 'a:', 'a,', ':a', ',a', '1:a,', '1:a,1:b',
    '0:,', 'a,1:b', 'a%00', 'a%2C', '%61', 'a b', 'a;b', 'a/b', 'a\\b', '"a"',
    'a' x 255, 'a' x 256, 'a' x 257, 'null', '0', '00', '-1', "a\xc3\xa9",
    "a\xe9", "ae\xcc\x81");
my @tasks = ('c', 'bc', 'C', ',c', ':c', '1:c,', 'a,1:b', 'a&taskId=b', 'c#',
    'c?', 'c%00', 'c%2500', '%63', 'c c', 'c+c', 'c/../c', '../c', 'c/',
    "\x{e9}",
    "e\x{301}", 'x' x 256, 'x' x 255, '0', '-1', 'null', '*', "c\x{2028}");

my @triples = (
    (map { ['t', $_, 'c'] } @orgs),
    (map { ['t', 'a', $_] } @tasks),
    ['t', 'a', 'bcd'], ['t', 'ab', 'cd'], ['t', 'abc', 'd'],
    ['ta', 'b', 'c'], ['t', 'ab', 'c'], ['tab', 'c', 'c'],
    ['a', 't', 'c'], ['c', 'a', 't'], ['T', 'a', 'c'], ['t' x 500, 'a', 'c'],
    ['t' x 501, 'a', 'c'], ['t,1:a', 'a', 'c'],
);

my %seen;
@triples = grep { !$seen{ join "\0", @$_ }++ } @triples;


sub ask ($triple, $location = '/status') {
    my ($token, $org, $task) = @$triple;

    return $t->get("$location?taskId=" . encoded($task),
        headers => {'X-Token' => $token, 'X-Org' => $org});
}


sub encoded ($task) {
    utf8::encode($task);
    return url_escape($task);
}


my %said;

for my $i (0 .. $#triples) {
    my ($token, $org, $task) = @{ $triples[$i] };

    $said{$i} = "of triple $i";
    $sim->behave($task, {message => $said{$i}, state => 'SUCCESS'});

    my $r = ask($triples[$i]);
    my $name = substr "'$org' '$task'", 0, 40;

    utf8::encode($name);
    is $r->code, 200, "$name: is answered";
    is $r->json->{message}, $said{$i}, "$name: by a fetch of its own";
    is $sim->sent($task, 'x-clear-auth-token'), $token, 'with its token';
}

is $sim->count, scalar @triples, 'a fetch each';

my @wrong = grep {
    ask($triples[$_])->json->{message} ne $said{$_}
} shuffle(0 .. $#triples);

is_deeply \@wrong, [], 'and again each gets its own';
is $sim->count, scalar @triples, 'from the zone';

subtest 'spellings of one task' => sub {
    my $before = $sim->count;

    for my $query ('taskId=%63', 'x=y&taskId=c', 'taskId=c&X-Org=b',
        'taskId=c&integrationId=b')
    {
        my $r = $t->get("/status?$query",
            headers => {'X-Token' => 't', 'X-Org' => 'a'});

        like $r->header('Cache-Status'), qr/; hit/, "$query: is the same";
    }

    is $sim->count, $before, 'no fetch';
};

subtest 'another upstream, another path' => sub {
    $other->behave('c', {message => 'of the other', state => 'SUCCESS'});
    is ask(['t', 'a', 'c'], '/other')->json->{message}, 'of the other',
        'another host';

    my $r = ask(['t', 'a', 'c'], '/path');
    isnt $r->code, 200, 'another path is not answered from the zone';
};

subtest 'no credential, no answer' => sub {
    for my $headers ({}, {'X-Token' => 't'}, {'X-Org' => 'a'},
        {'X-Token' => '', 'X-Org' => 'a'}, {'X-Token' => 't', 'X-Org' => ''})
    {
        envelope_is $t->get('/status?taskId=c', headers => $headers), 403,
            join ',', %$headers;
    }
};

# What pauses the one does not pause the other, also where they look alike.

subtest 'pauses' => sub {
    my $id = new_task('SUCCESS');

    $sim->behave($id, {status => 429, retry_after => 60});
    is ask(['t', 'a,', $id])->code, 429, 'one is told to wait';

    my $next = new_task('SUCCESS');
    envelope_is ask(['t', 'a,', $next]), 429, 'and does';
    is ask($_)->code, 200, 'the others do not'
        for ['t', 'a', $next], ['t', 'a,,', $next], ['t2', 'a,', $next];
};

$t->done;
