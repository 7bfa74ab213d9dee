package Soak::Stories;

# Tasks from their beginning to their end, and who waits for it: requests with
# "Prefer: wait" and streams of events at both gateways, that come back when
# they are sent away; notices; and for some the task's purge, after which
# upstream says something else.

use Mojo::Base -base, -signatures;

use ClearStatus::Test qw(new_task);
use Mojo::JSON qw(decode_json);
use Time::HiRes qw(time);

# seconds: of a request and of a stream, as bench/soak.pl configures them; how
# long after its end everybody has to know
use constant {WAIT => 8, AT_ONCE => 6, KNOWN => 30, PURGED => 60};

has [qw(world)];
has told    => 0;
has purges  => 0;
has notices => 0;
has stories => sub { [] };
has closing => 0;


sub turn ($self) {
    my $now     = time;
    my $stories = $self->stories;

    $self->begin($now) while @$stories < AT_ONCE && !$self->closing;

    for my $story (@$stories) {
        my $step = $story->{next} or next;
        $self->$step($story, $now) if $now >= $story->{due};
    }

    $self->world->leave(map { $_->{id} } grep { !$_->{next} } @$stories);
    @$stories = grep { $_->{next} } @$stories;
}


sub then ($self, $story, $next, $seconds) {
    $story->{next} = $next;
    $story->{due}  = time + $seconds;
}


# The task is there, and both gateways know it.

sub begin ($self, $now) {
    my $story = {
        id      => new_task('PROCESSING'),
        where   => (qw(plain tls h2))[rand 3],
        tenant  => (qw(tenant-a tenant-b))[rand 2],
        waiting => 0,
    };

    $self->world->tell($story->{id}, state => 'PROCESSING');
    push @{ $self->stories }, $story;
    $self->ask($story, $_, 'first', sub ($r, $call) {
        $self->world->is_right($r, $call, 200);
    }) for 0, 1;
    $self->then($story, 'wait', rand 2);
}


sub ask ($self, $story, $gateway, $kind, $then, %options) {
    return $self->world->ask({
        %$story{qw(id where tenant)}, gateway => $gateway, kind => $kind,
    }, $then, %options);
}


# Three who wait at each gateway, and one who listens.

sub wait ($self, $story, $now) {
    for my $gateway (0, 1) {
        $self->hold($story, $gateway, $_) for '', '', 'changed';
        $self->listen($story, $gateway, undef);
    }

    # for some as long as a caller waits, and a stream lasts
    $self->then($story, 'change', 1 + rand(rand() < 0.2 ? 12 : 3));
}


sub change ($self, $story, $now) {
    $self->world->tell($story->{id}, state => 'PROCESSING');
    $self->notice($story) if rand() < 0.5;
    $self->then($story, 'finish', 1 + rand 3);
}


sub finish ($self, $story, $now) {
    $self->world->tell($story->{id}, state => (qw(SUCCESS FAILED))[rand 2]);
    $self->notice($story) if rand() < 0.7;
    $self->then($story, 'finished', 0.5);
}


sub finished ($self, $story, $now) {
    if ($story->{waiting} == 0) {
        return $self->then($story, rand() < 0.5 ? 'purge' : undef, rand 2);
    }

    # looks, not seconds: ours may be the process that stood still
    return $self->then($story, 'finished', 0.5)
        if $story->{looks}++ < 2 * KNOWN;

    $self->world->blame({%$story, gateway => 9, kind => 'held'},
        "$story->{waiting} do not know of its end");
    $self->then($story, undef, 0);
}


# Who waits.  What sends him away before the end: his own time, a change that he
# asked for, a reload, and a kill.

sub hold ($self, $story, $gateway, $for, $tag = undef) {
    my $world = $self->world;

    $story->{waiting}++;
    $self->ask($story, $gateway, 'held', sub ($r, $call) {
        $story->{waiting}--;

        if (!$world->is_right($r, $call, 200, $tag ? 304 : ())) {
            return if !$call->{lost};
            return $self->hold($story, $gateway, $for, $tag);
        }

        return $self->told($self->told + 1) if $world->is_finished($call);

        my $why = sent_away($self, $r, $call, $tag);
        return $world->blame($call, $why) if defined $why;
        $self->hold($story, $gateway, $for,
            $for eq 'changed' ? $r->header('ETag') : undef);
    }, headers => {Prefer => 'wait=' . WAIT,
        defined $tag ? ('If-None-Match' => $tag) : ()});
}


sub sent_away ($self, $r, $call, $tag) {
    my $world = $self->world;
    my $held  = $r->header('Preference-Applied');
    my $later = $r->header('Retry-After');

    return 'a 304 that is not the time\'s end' if $r->code == 304
        && !defined $held
        && !$world->was('reload', $call->{gateway}, $call->{at});

    # nothing that is not finished, but for these
    return if $world->was('reload', $call->{gateway}, $call->{at});
    return if defined $tag && $r->code == 200 && $r->header('ETag') ne $tag;
    return 'not held, v' . $call->{version} if !defined $held;
    return 'held, and told to come later'   if defined $later;
    return if $r->seconds > WAIT * 31 / 32 - 0.1;
    return sprintf 'held for %.1f s, v%d', $r->seconds, $call->{version};
}


# Who listens, from the tag on that he has.

sub listen ($self, $story, $gateway, $last) {
    my $world = $self->world;

    $story->{waiting}++;
    $self->ask($story, $gateway, 'stream', sub ($r, $call) {
        $story->{waiting}--;
        $world->count('stream', $r->code // 'none');

        $world->is_lost($r, $call);
        my ($why, $tag, $end) = $self->heard($r, $call, $last);

        return $world->blame($call, $why) if defined $why;
        return $self->listened($story, $gateway, $tag) if $end;
        return $world->blame($call, 'the stream ends')
            if !$call->{lost} && $r->body !~ /^retry: \d+$/m;
        $self->listen($story, $gateway, $tag);
    }, headers => {Accept => 'text/event-stream',
        defined $last ? ('Last-Event-ID' => $last) : ()});
}


# What is wrong, the last event's tag, whether the task has ended.

sub heard ($self, $r, $call, $last) {
    my $world = $self->world;
    my $code  = $r->code // return (undef, $last, 0);

    return ("$code, no stream: " . $r->body)
        if $code != 200 || $r->type !~ m{^text/event-stream};

    my ($tag, $end) = ($last, 0);

    for my $block (split /\n\n/, $r->body) {
        my ($event) = $block =~ /^event: (.*)/m or next;
        my ($id)    = $block =~ /^id: (.*)/m;
        my $data    = join "\n", $block =~ /^data: ?(.*)$/mg;
        my $json    = eval { decode_json($data) };

        # a stream that was cut off
        last if !$json && $r->error;

        return "event $event: $data" if $event ne 'status' || !$json;
        return 'an event twice' if ($tag // '') eq $id;
        return 'an event after the end' if $end;

        my $why = $world->task_fault($json, $call, $id);
        return $why if defined $why;

        ($tag, $end) = ($id, $world->is_finished($call));
        $call->{floor} = $call->{version};
        $world->count('stream', 'event');
    }

    return (undef, $tag, $end);
}


# A browser comes back, and is told to stop.

sub listened ($self, $story, $gateway, $tag) {
    my $world = $self->world;

    $self->told($self->told + 1);
    $story->{waiting}++;
    $self->ask($story, $gateway, 'stream', sub ($r, $call) {
        $story->{waiting}--;
        return if $world->is_lost($r, $call);
        $world->blame($call, 'not the end of a stream: ' . ($r->code // 'none'))
            if ($r->code // 0) != 204;
    }, headers => {Accept => 'text/event-stream', 'Last-Event-ID' => $tag});
}


# Clear's callback, at either of them.

sub notice ($self, $story) {
    my $world   = $self->world;
    my $gateway = int rand 2;

    $self->notices($self->notices + 1);
    $world->ask({%$story{qw(id tenant)}, gateway => $gateway, kind => 'notice',
        where => "notify-$story->{where}"}, sub ($r, $call) {
            return if $world->is_lost($r, $call);

            my $json = $r->json // {};
            my $why  = ($r->code // 0) != 202 ? 'answer ' . ($r->code // 'none')
                : $json->{taskId} ne $story->{id} ? 'another task'
                : !$json->{notified} && $world->remembers($gateway)
                ? 'not known' : undef;

            $world->count('notice', $json->{notified} ? 'known' : 'not known');
            $world->blame($call, $why) if defined $why;
        }, method => 'POST', body => '');
}


# What was finished is not, as upstream has something else to say.  Who purges
# has that at once; the other gateway as soon as it has heard.

sub purge ($self, $story, $now) {
    my $world = $self->world;
    my $what  = rand() < 0.9 ? "taskId=$story->{id}"
        : rand() < 0.7 ? "integrationId=$story->{tenant}" : 'all=1';
    my $at = int rand 2;
    my $n  = $world->tell($story->{id}, state => 'SUCCESS');

    $self->purges($self->purges + 1);

    if ($what !~ /^taskId/) {
        $world->did('purge', $_) for 0, 1;
    }

    $self->then($story, 'purging', 3600);

    $world->calls->add($world->fleet->start($at, "/purge?$what",
        method => 'DELETE'), sub ($r) {
            my $call = {%$story, gateway => $at, kind => 'purge', at => $now};

            # killed before it could say so
            if ($world->is_lost($r, $call)) {
                return $self->then($story, 'purge', 0.2);
            }

            return $world->blame($call, 'answer ' . ($r->code // 'none'))
                if ($r->code // 0) != 200;

            my $floor = $world->tasks->{ $story->{id} }{floor}[$at];
            $floor->{ $story->{tenant} } = $n;
            @$story{qw(wanted purged at)} = ($n, time, $at);
            $self->ask($story, $at, 'purged', sub ($r, $call) {
                $world->is_right($r, $call, 200);
            });
            $self->then($story, 'purged', 0);
        });
}


# Nothing to do until that is answered.

sub purging ($self, $story, $now) {
    $self->world->blame({%$story, gateway => 9, kind => 'purge'}, 'no answer');
    $self->then($story, undef, 0);
}


sub purged ($self, $story, $now) {
    my $world = $self->world;
    my $other = 1 - $story->{at};

    $self->then($story, 'purging', 3600);
    $self->ask($story, $other, 'purged', sub ($r, $call) {
        if ($world->is_right($r, $call, 200)
            && $call->{version} >= $story->{wanted})
        {
            return $self->then($story, undef, 0);
        }

        $self->then($story, 'purged', 0.5);
        my ($since) = sort { $b <=> $a } $story->{purged}, $world->redis_back;
        return if time - $since < PURGED || $story->{asked}++ < 20;

        $world->blame($call, 'the purge did not reach it');
        $self->then($story, undef, 0);
    });
}


1;
