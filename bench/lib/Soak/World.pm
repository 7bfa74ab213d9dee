package Soak::World;

# What is known of all that goes on: what upstream says of each task, what each
# gateway has said of it, what was done to whom and when; and by that, whether
# an answer may be.
#
# A task's answers are numbered, and upstream says only the last one.  So a
# gateway that told one may tell no older one to whoever asks afterwards: a
# finished task stays finished, and what was purged is gone.

use Mojo::Base -base, -signatures;

use List::Util qw(any max);
use Mojo::JSON qw(decode_json);
use Soak::Calls;
use Test::More;
use Time::HiRes qw(time);

use constant {
    ENOUGH => 20,
    FINISHED => qr/^(?:SUCCESS|FAILED)$/,

    # docs/http.md
    CACHE_STATUS => qr/^clear_status(?:
        ;\ hit;\ (?:ttl=\d+ | detail=(?:disk|fleet))
        | ;\ hit;\ ttl=-?\d+;\ detail=(?:stale-if-error|stale-while-revalidate
            |upstream-paused|upstream-queue)
        | ;\ fwd=(?:uri-miss|stale)(?:;\ fwd-status=\d+)?(?:;\ stored)?
            (?:;\ collapsed)?(?:;\ ttl=-?\d+;\ detail=stale-if-error
            |;\ detail=fleet)?
        | ;\ detail=upstream-(?:paused|queue)
    )$/x,
};

has [qw(fleet sim t)];
has asked => 0;
has calls => sub ($self) { Soak::Calls->new(client => $self->t->client) };
has done  => sub { [map { {kill => [], reload => []} } 0, 1] };
has gone  => sub { [] };
has redis_back => 0;
has seen  => sub { {} };
has tasks => sub { {} };
has wrong => sub { [] };


# Upstream.  From now on it says this of the task, and never again what it said
# before.

sub tell ($self, $id, %rule) {
    my $task = $self->tasks->{$id} //= {states => [undef], floor => [{}, {}],
        tags => {}, asked => {}};
    my $n = push(@{ $task->{states} }, $rule{state}) - 1;

    $rule{message} = "v$n of $id" if $rule{state};
    $self->sim->behave($id, {%rule, tenant => 1});
    return $n;
}


# Those of which nobody can be asking any more.

sub forget ($self) {
    my $old = time - 120;
    my $gone = $self->gone;
    my @ids;

    push @ids, shift(@$gone)->[1] while @$gone && $gone->[0][0] < $old;
    delete @{ $self->tasks }{@ids};
    $self->sim->forget(@ids) if @ids;
}


# Nobody asks for these from now on.

sub leave ($self, @ids) { push @{ $self->gone }, map { [time, $_] } @ids }


# One call.  What: gateway, kind, where, id, tenant; then: what to do with the
# answer and this call.  The others are the request's own.

sub ask ($self, $what, $then, %options) {
    my $tenant = $what->{tenant} // '';
    my $task   = $self->tasks->{ $what->{id} };
    my $call   = {%$what, at => time, tenant => $tenant,
        floor => $task ? $task->{floor}[ $what->{gateway} ]{$tenant} // 0 : 0,
        task  => $task};

    $task->{asked}{$tenant}++ if $task;

    $self->asked($self->asked + 1);
    my $r = $self->fleet->start($what->{gateway},
        "/$what->{where}?tenant=$tenant&taskId=$what->{id}", timeout => 40,
        %options);
    $self->calls->add($r, sub ($r) { $then->($r, $call) }) if $then;
    return $r;
}


# What was done to a gateway since then: kill, reload, purge of many.

sub did ($self, $what, $gateway) {
    push @{ $self->done->[$gateway]{$what} }, time;
}


sub was ($self, $what, $gateway, $since) {
    return any { $_ >= $since } @{ $self->done->[$gateway]{$what} };
}


# A zone may have let go of an unfinished task, and the gateway too where who
# waits does so in another worker; but then Redis knows it, when it has been
# there for a while.  Right after a purge of more than a task nobody knows it.

sub remembers ($self, $gateway) {
    return $self->redis_back < time - 15
        && !$self->was('kill', $gateway, time - 30)
        && !$self->was('purge', $gateway, time - 5);
}


sub count ($self, $kind, $what) { $self->seen->{$kind}{$what}++ }


sub blame ($self, $call, $why) {
    my $what = sprintf '%s %s at gateway %d, %s %s: %s', scalar(gmtime),
        $call->{kind}, $call->{gateway}, $call->{where} // '',
        $call->{id} // '', $why;

    push @{ $self->wrong }, $what;
    diag $what;
    return;
}


sub enough ($self) { return @{ $self->wrong } >= ENOUGH }


# True if it is an answer, and a right one.  Who was killed takes along who
# waited there; nothing else loses an answer.

sub is_right ($self, $r, $call, @codes) {
    return if $self->is_lost($r, $call);

    $self->count($call->{kind}, $r->code // 'none');
    my $why = $self->fault($r, $call, @codes);

    return 1 if !defined $why;
    return $self->blame($call,
        $why . ', ' . ($r->header('Cache-Status') // ''));
}


sub is_lost ($self, $r, $call) {
    $call->{lost} = ($r->error // '') =~ /^closed/
        && $self->was('kill', $call->{gateway}, $call->{at});

    $self->count($call->{kind}, 'lost') if $call->{lost};
    return $call->{lost};
}


sub fault ($self, $r, $call, @codes) {
    my $code = $r->code // return $r->error;

    return "$code" . ($r->error ? ', ' . $r->error : '') . ', not '
        . join(' or ', @codes) . ': ' . substr($r->body, 0, 300)
        if $r->error || !any { $_ == $code } @codes;
    return $self->cache_fault($r, $call)
        // ($code == 304 ? $self->tag_fault($r->header('ETag'), $call)
        : $self->body_fault($r, $call));
}


sub cache_fault ($self, $r, $call) {
    my $said = $r->header('Cache-Status') // '';
    my $keep = $r->header('Cache-Control') // '';
    my $code = $r->code;

    # who had no answer in time, also not of somebody else's fetch
    return if $code == 504 && $said eq '';

    return 'no such Cache-Status' if $said !~ CACHE_STATUS;
    return 'a hit for who was the first to ask'
        if $said =~ /; hit/ && $call->{task}
        && $call->{task}{asked}{ $call->{tenant} } == 1;
    return 'a success of no 200'
        if $code == 200 && $said =~ /fwd=/
        && $said !~ /fwd-status=200|stale-if/;
    return "Cache-Control: $keep for $code"
        if $keep !~ ($code < 400 ? qr/^private, max-age=\d/ : qr/^no-store$/);
    return;
}


sub body_fault ($self, $r, $call) {
    my $json = $r->json;
    my $code = $r->code;

    return 'no envelope' if ref $json ne 'HASH' || $json->{status} != $code;
    return if $code != 200;
    return $self->task_fault($json, $call, $r->header('ETag'));
}


# A success; also that of an event.

sub task_fault ($self, $json, $call, $tag) {
    my $id   = $call->{id};
    my $task = $self->tasks->{$id};

    return "of the task $json->{result}{taskId}"
        if $json->{result}{taskId} ne $id;
    return if !$task;

    my ($n, $of, $for) = $json->{message} =~ /^v(\d+) of (\S+) for (\S+)$/
        or return "not what upstream said: $json->{message}";

    return "of another one: $json->{message}"
        if $of ne $id || $for ne $call->{tenant};
    return "in state $json->{result}{workflowStatus}, v$n is not"
        if $json->{result}{workflowStatus} ne ($task->{states}[$n] // 'none');

    return $self->version_fault($n, $task, $call, $tag);
}


sub version_fault ($self, $n, $task, $call, $tag) {
    my $floor = $task->{floor}[ $call->{gateway} ];
    my $tags  = $task->{tags}{ $call->{tenant} } //= {};

    $tag = ($tag // '') =~ s/^(?:W\/)?"|"$//gr;
    return "v$n after v$call->{floor}" if $n < $call->{floor};
    return "v$n has another tag than before" if ($tags->{$tag} // $n) != $n;

    $tags->{$tag} = $call->{version} = $n;
    $floor->{ $call->{tenant} } = max($n, $floor->{ $call->{tenant} } // 0);
    return;
}


# Of a 304 the tag is all that there is.

sub tag_fault ($self, $tag, $call) {
    my $task = $self->tasks->{ $call->{id} };
    my $n = $task->{tags}{ $call->{tenant} }{ ($tag // '') =~ tr/"//dr };

    return 'a tag that was never told' if !defined $n;
    return $self->version_fault($n, $task, $call, $tag);
}


sub is_finished ($self, $call) {
    my $state = $self->tasks->{ $call->{id} }{states}[ $call->{version} ];

    return $state =~ FINISHED;
}


1;
