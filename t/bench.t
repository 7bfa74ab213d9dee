# What the benchmarks are made of, without their peers and without a clock:
# numbers and tables, and servers that start from bench/conf, answer exactly
# so many requests, and end.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib", "$Bin/../bench/lib";

use Bench::Load qw(exactly task);
use Bench::Peers;
use Bench::Report qw(in_turn median medians paired table);
use ClearStatus::Process qw(wait_for);
use Test::More;


plan skip_all => 'needs a module that is loaded'
    if ($ENV{TEST_MODULE} // '') eq 'static';


# Numbers.

is median(3, 1, 2),      2,   'the median of an odd number';
is median(10, 2, 30, 4), 7,   'and of an even one';
is task(1, 255), '0000000100000000000000ff', 'task ids are as long as Clear\'s';
is_deeply medians({a => [{x => 1}, {x => 5}, {x => 3}]}), {a => {x => 3}},
    'medians of rounds';

my %rounds = (a => [{x => 1}, {x => 6}, {x => 10}],
    b => [{x => 1}, {x => 2}, {x => 5}]);
is paired(\%rounds, 'x', 'a', 'b'), 2, 'ratios within rounds';
is_deeply [map { in_turn($_, 'a', 'b') } 1, 2], [qw(a b b a)],
    'peers change places';

is table(['who', 'n', 'bound'], ['ours', 5, 'at most 6'], ['b', 12, 'x']),
    <<'END', 'numbers stand to the right';
| who  |   n | bound     |
|------|----:|-----------|
| ours |   5 | at most 6 |
| b    |  12 | x         |
END


# Servers.  What nginx returns is upstream for ours, for the sample's task.

my $id    = '6988a3bc2e0e5e3c6c9aa6da';
my $peers = Bench::Peers->new(instead => {upstream => 'return'});
$peers->module($ENV{TEST_MODULE}) if $ENV{TEST_MODULE};

for (['nginx', 'return'], ['ours', 'ours']) {
    my ($server, $port) = @$_;
    $peers->start_one($server, []);
    $peers->wait_up($server, $port);
}

is exactly($peers->port('return'), 20, 3, sub ($n) {$id}), 20,
    'so many requests are answered';
is exactly($peers->port('ours'), 50, 5, sub ($n) {$id}), 50, 'ours, too';

eval { exactly($peers->port('ours'), 1, 1, sub ($n) {''}) };
like $@, qr/unexpected reply:\nHTTP\/1.1 400/, 'what is no answer is noticed';

my @pids = map {; $peers->workers($_), $peers->child($_)->pid } qw(nginx ours);
is scalar(() = $peers->connections('ours', 'return')), 1,
    'one connection to upstream is kept';

is scalar(kill 0, @pids), 4, 'masters and workers run';
$peers->stop_all;
ok wait_for(sub { !kill 0, @pids }), 'and nothing is left of them';

done_testing;
