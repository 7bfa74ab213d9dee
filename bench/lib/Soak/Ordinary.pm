package Soak::Ordinary;

# Tasks of every kind, and callers who ask for them and take what comes: some
# leave before it does.  A task lives for a minute or so.

use Mojo::Base -base, -signatures;

use ClearStatus::Test qw(new_task);
use Time::HiRes qw(time);

use constant {POOL => 300, LIMIT => 200_000};

# how often, the rule, what callers may get

my @KINDS = (
    [40, {state => 'SUCCESS'}, 200],
    [15, {state => 'PROCESSING'}, 200],
    [5, {state => 'FAILED'}, 200],
    [5, {state => 'SUCCESS', pad => 60_000}, 200],
    [5, {state => 'SUCCESS', gzip => 1}, 200],
    [5, {state => 'SUCCESS', chunked => 'good'}, 200],
    [5, {state => 'SUCCESS', delay => 0.3}, 200],
    [3, {state => 'SUCCESS', last => 1}, 200],
    [3, {state => 'SUCCESS', presigned => {style => 'aws4'}}, 200],
    [3, {status => 404}, 404],
    [3, {status => 422}, 422],
    [2, {html => 1, status => 500}, 500],
    [2, {html => 1}, 502],
    [2, {pad => LIMIT, state => 'SUCCESS'}, 502],
    [2, {redirect => 'http://127.0.0.1:1/'}, 502],
    [2, {wrong_json => 1}, 502],
    [2, {reset => 'before', state => 'SUCCESS'}, 502],
    [2, {reset => 'body', state => 'SUCCESS'}, 502],
    [2, {cut => 1, state => 'SUCCESS'}, 502],
    [2, {chunked => 'bad', state => 'SUCCESS'}, 502],
    [2, {garbage => 1}, 502],
    [2, {hang => 1}, 504],
);

my @URN = map { ($_) x $_->[0] } @KINDS;

has [qw(callers rate world)];
has due  => sub {time};
has left => 0;
has out  => 0;
has pool => sub { [] };


# So many a second, and no more at a time than there are callers.

sub turn ($self) {
    my $now = time;

    $self->renew($now);
    $self->due($now - 1) if $now - $self->due > 1;

    while ($self->due < $now && $self->out < $self->callers) {
        $self->due($self->due + 1 / $self->rate);
        $self->call($self->pool->[rand @{ $self->pool }]);
    }
}


# The oldest go as new ones come.

sub renew ($self, $now) {
    my $pool = $self->pool;

    $self->world->leave(shift(@$pool)->{id})
        while @$pool && $now - $pool->[0]{made} > 60;
    push @$pool, made() while @$pool < POOL;
}


# One location for each task: the name of upstream is part of its key.

sub made {
    my (undef, $rule, $code) = @{ $URN[rand @URN] };
    my $where = (qw(plain tls h2))[rand 3];

    # an nginx stands between and turns these into answers of its own
    $where = 'plain' if grep { exists $rule->{$_} }
        qw(reset cut chunked garbage hang html);

    # not all at once
    return {id => new_task('SUCCESS'), rule => $rule, code => $code,
        where => $where, made => time - rand 30};
}


sub call ($self, $task) {
    my ($id, $world) = ($task->{id}, $self->world);

    $world->tell($id, %{ $task->{rule} }) if !$world->tasks->{$id};

    my $what = {id => $id, where => $task->{where}, gateway => int rand 2,
        tenant => (qw(tenant-a tenant-b))[rand 2],
        kind   => $task->{code} == 200 ? 'ordinary' : 'failing'};

    if (rand() < 0.03) {
        $world->ask($what, undef)->abort;
        return $self->left($self->left + 1);
    }

    $self->out($self->out + 1);
    $world->ask($what, sub ($r, $call) {
        $self->out($self->out - 1);
        $world->is_right($r, $call, $task->{code});
    });
}


1;
