package Soak::Scenes;

# Three scenes in which one hurts all others, if that is possible: upstreams
# that send what they should not, and without end; callers that ask for new
# tasks and leave at once; and tasks that upstream always fails for, among
# others of their tenant.

use Mojo::Base -base, -signatures;

use ClearStatus::Http2;
use ClearStatus::Raw;
use ClearStatus::Test qw(new_task);

has world => undef;
has hostile => 0;

has raw => sub ($self) {
    my $t = $self->world->t;
    $t->adopt(ClearStatus::Raw->new(dir => $t->dir))->start;
};
has flood => sub ($self) {
    my $t = $self->world->t;
    $t->adopt(ClearStatus::Http2->new(dir => $t->dir,
        tls => $t->certificate('localhost'), body => '', always => ['flood',
            [0, 0, 'this', ''], [2, 0, 'this', '0000000010']]))->start;
};

# what it says, what callers may get

my %RAW = (
    plain      => 200,
    twice      => 200,
    'late-200' => 200,
    'late-408' => 200,
    408        => 200,
    close      => 200,
    line       => 502,
    lines      => 502,
    interim    => 502,
    nothing    => 502,
    chunks     => 504,
);

my @SICK = map {"sick-$_"} 1 .. 6;


sub locations ($self) {
    return join '', map {<<"EOC"} sort keys %RAW;
        location = /raw-$_ {
            clear_status_pass @{[$self->raw->url]}/$_;
            clear_status_timeout 2s;
        }
EOC
}


sub begin ($self) {
    $self->world->sim->behave($_, {html => 1, status => 504}) for @SICK;
}


# Each second.

sub turn ($self) {
    $self->hostile_ones if $self->hostile < 20;
    $self->abandoned;
    $self->sick;
}


# They may take their time; nobody waits for them but their callers.

sub hostile_ones ($self) {
    for my $what ((sort keys %RAW)[rand keys %RAW], rand() < 0.2 ? 'flood' : ())
    {
        # as fast as they can
        next if $what eq 'chunks' && rand() < 0.9;

        $self->hostile($self->hostile + 1);
        $self->ask("hostile $what", $what eq 'flood' ? $what : "raw-$what",
            new_task('SUCCESS'), $RAW{$what} // 502,
            sub { $self->hostile($self->hostile - 1) });
    }
}


sub ask ($self, $kind, $where, $id, $code, $then = sub { }) {
    my $world = $self->world;

    $world->leave($id) if !grep { $_ eq $id } @SICK;
    $world->ask({id => $id, kind => $kind, where => $where,
        gateway => int rand 2, tenant => 'tenant-a'},
        sub ($r, $call) {
            $world->is_right($r, $call, $code);
            $then->();
        });
}


# New ids, and nobody who waits for them.

sub abandoned ($self) {
    my $world = $self->world;
    my @ids   = map { new_task('SUCCESS') } 1 .. 30;

    $world->ask({id => $_, kind => 'abandoned', where => 'plain',
        gateway => int rand 2, tenant => 'tenant-a'}, undef)->abort for @ids;
    $world->count('abandoned', 'left') for @ids;
    $world->leave(@ids);
}


# The same few always fail; whoever is well is answered, and never told of a
# pause.

sub sick ($self) {
    $self->ask('well among sick', 'sick', new_task('SUCCESS'), 200) for 1 .. 3;
    $self->ask('sick', 'sick', $SICK[rand @SICK], 504);
}


1;
