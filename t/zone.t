# The zone: what goes first when it is full, what a reload with another size
# does, and a new binary.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Mojo::File qw(path);
use Test::More;

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

my $conf = <<'EOC';
%%GLOBALS%%

worker_processes 2;

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:%%SIZE%%;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_valid PROCESSING forever;
    clear_status_timeout 10m;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}
EOC

$t->set(SIZE => '256k')->conf($conf)->run(daemon => 1);

sub ask ($id) { $t->get("/status?taskId=$id") }


# Whether it is stored, without a fetch: asked while upstream holds it.

sub is_hit ($id) { ask($id)->header('Cache-Status') =~ /; hit/ }


subtest 'a full zone' => sub {
    my @finished   = map { new_task('SUCCESS') } 1 .. 40;
    my @unfinished = map { new_task('PROCESSING') } 1 .. 40;

    $sim->behave($_, {state => 'PROCESSING'}) for @unfinished;
    ask($_) for @finished, @unfinished;

    is scalar(grep { is_hit($_) } @finished, @unfinished), 80, 'all fit';

    # the first of each kind are used again, so the second are the oldest

    is_hit($_) for $finished[0], $unfinished[0];

    my @more = map { new_task('SUCCESS') } 1 .. 110;
    ask($_) for @more;

    my $before = $sim->count;
    is scalar(grep { is_hit($_) } @finished, $unfinished[0]), 41,
        'room was made by unfinished ones, the least recently used first';
    cmp_ok scalar(grep { is_hit($_) } reverse @more), '>=', 100,
        'finished ones stay';

    ask($_) for map { new_task('SUCCESS') } 1 .. 200;
    ok !is_hit($finished[1]), 'then the least recently used of those goes';
};

subtest 'in the air' => sub {
    my $id = new_task('SUCCESS');

    $sim->hold($id);
    my @calls = map { $t->start("/status?taskId=$id", timeout => 600) } 1 .. 10;
    ok $sim->wait_held($id), 'a fetch';
    ask($_) for map { new_task('SUCCESS') } 1 .. 300;
    $sim->release($id);
    $t->collect(@calls);

    is scalar(grep { $_->code == 200 } @calls), 10, 'all are answered';
    is $sim->count($id), 1, 'by one fetch, though the zone was turned over';
};

subtest 'an answer larger than the zone' => sub {
    my $id = new_task('SUCCESS');

    $sim->behave($id, {pad => 400_000});
    my $r = ask($id);
    is $r->code, 200, 'is passed on';
    cmp_ok length $r->body, '>', 400_000, 'whole';
    unlike $r->header('Cache-Status'), qr/stored/, 'and not stored';
    ask($id);
    is $sim->count($id), 2, 'so it is fetched again';
};

subtest 'a large answer' => sub {
    my $id = new_task('SUCCESS');

    $sim->behave($id, {pad => 100_000});
    my $r = ask($id);
    like $r->header('Cache-Status'), qr/stored/, 'is stored';

    my $again = ask($id);
    like $again->header('Cache-Status'), qr/; hit/, 'and found';
    is $again->body, $r->body, 'to the byte';
};

my $id = new_task('SUCCESS');
ask($id);

subtest 'reload' => sub {
    ok $t->reload, 'with the same size';
    ok is_hit($id), 'the zone is kept';

    $t->set(SIZE => '512k')->conf($conf);
    ok $t->reload, 'with another size';
    ok !is_hit($id), 'it starts empty';
    ok is_hit($id), 'and works';
    is scalar $t->logged('notice', qr/zone "answers" has changed from 262144/),
        1, 'the log says so';
};

subtest 'a new binary' => sub {
    ok $t->upgrade, 'takes over';
    is ask($id)->code, 200, 'and answers';
    ok is_hit($id), 'from a zone that is whole';
};

# As docs/operations.md says: how much an answer takes, and how many fit.

sub bytes ($kind) {
    return $t->get('/metrics')->body =~ /zone_bytes\{.*"$kind"\} (\d+)/ && $1;
}


subtest 'sizing' => sub {
    my $page = path("$Bin/../docs/operations.md")->slurp;
    my @rows = $page
        =~ /^\| (\d.*?|an error.*?) \| (\d+) bytes \| (?:about (.*)|-) \|$/mg;

    is scalar @rows, 3 * 4, 'four rows';
    $t->set(SIZE => '2m')->conf($conf);
    ok $t->reload, 'an empty zone';

    while (my ($what, $takes, $fit) = splice @rows, 0, 3) {
        my ($size) = $what =~ /^(\d+)/;
        my $id     = defined $size ? new_task('SUCCESS') : 'none';
        my $before = bytes('used');

        # the samples are of one size, the rest is padding
        $sim->behave($id, {pad => $size - 606}) if $size;
        is length ask($id)->body, $size, "$what: its size" if $size;
        ask($id) if !$size;
        is bytes('used') - $before, $takes, "$what: what it takes";

        next if !$fit;
        my $zone = 64 * (bytes('used') + bytes('free')) / 2;
        my $n    = $zone / $takes;
        cmp_ok abs($n - $fit =~ tr/,//dr), '<', $n * .04, "$what: how many fit";
    }
};

$t->done;
