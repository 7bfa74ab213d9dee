#!/usr/bin/env perl

# Mixed load with faults, for as long as one likes: every answer is compared
# with what the simulator was told to say of that task, the log may have no
# line at alert, crit or emerg, and memory and descriptors of the workers do
# not grow. In the first third the gateway is reloaded every 10 seconds; then
# the same workers stay, and are measured.
#
# Beside it three scenes in which one hurts all others, if that is possible:
# upstreams that send what they should not, and without end; callers that ask
# for new tasks and leave at once; and tasks that upstream always fails for,
# among others of their tenant.
#
#     bench/soak.pl [--minutes 10] [--callers 40]

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/../t/lib";

use ClearStatus::Http2;
use ClearStatus::Raw;
use ClearStatus::Test;
use Getopt::Long qw(GetOptions);
use List::Util qw(sum0);
use Test::More;
use Time::HiRes qw(time);

use constant {POOL => 300, TURNS => 150, LIMIT => 200_000};

my %opt = (minutes => 10, callers => 40);
GetOptions(\%opt, 'minutes=f', 'callers=i') or exit 2;

my $t     = ClearStatus::Test->new(reload => 0);
my $sim   = $t->simulator(tls => 1);
my $raw   = $t->adopt(ClearStatus::Raw->new(dir => $t->dir))->start;
my $flood = $t->adopt(ClearStatus::Http2->new(dir => $t->dir,
    tls => $t->certificate('localhost'), body => '',
    always => ['flood', [0, 0, 'this', ''], [2, 0, 'this', '0000000010']]
))->start;
my $start = time;
my $end   = $start + 60 * $opt{minutes};
my $calm  = $start + 20 * $opt{minutes};

# what it says, what callers may get

my %raw = (
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

$t->set(FLOOD => $flood->url, RAWS => join '', map {<<"EOC"} sort keys %raw);
        location = /raw-$_ {
            clear_status_pass @{[$raw->url]}/$_;
            clear_status_timeout 2s;
        }
EOC
$t->file('token', "token-from-a-file\n");
$t->conf(<<'EOC');
%%GLOBALS%%

worker_processes 2;

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:512k;
    clear_status_cache answers;
    clear_status_auth_token_file %%DIR%%/token;
    clear_status_integration_id tenant-a;
    clear_status_ssl_trusted_certificate %%CA%%;
    clear_status_max_fails 0;
    clear_status_max_body_size 150k;
    clear_status_timeout 5s;
    clear_status_valid SUCCESS FAILED forever;
    clear_status_valid any 200ms;

    server {
        listen 127.0.0.1:%%PORT%% reuseport;

        location = /plain {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /tls {
            clear_status_pass %%UPSTREAM_TLS%%;
        }

        location = /h2 {
            clear_status_pass %%UPSTREAM_H2%%;
        }

%%RAWS%%
        location = /flood {
            clear_status_pass %%FLOOD%%;
            clear_status_retries 0;
        }

        location = /sick {
            clear_status_pass %%UPSTREAM%%;
            clear_status_integration_id tenant-sick;
            clear_status_max_fails 5;
            clear_status_retries 0;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}
EOC

# a log at debug would fill the disk
my $conf = $t->slurp('nginx.conf');
$t->file('nginx.conf', $conf =~ s/(error\.log) debug;/$1 info;/r);
$t->run;

# how often, the rule, what callers may get

my @kinds = (
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
    [2, {pad => LIMIT}, 502],
    [2, {redirect => 'http://127.0.0.1:1/'}, 502],
    [2, {wrong_json => 1}, 502],
    [2, {reset => 'before'}, 502],
    [2, {reset => 'body'}, 502],
    [2, {cut => 1}, 502],
    [2, {chunked => 'bad'}, 502],
    [2, {garbage => 1}, 502],
    [2, {hang => 1}, 504],
);

my @urn = map { ($_) x $_->[0] } @kinds;
my @sick = map {"sick-$_"} 1 .. 6;
my (%tasks, @pool, %codes, %scenes, @wrong, @samples, @reloads, @hostile);
my ($turn, $asked, $left, $fetches) = (0) x 4;


main();


sub main {
    while (time < $end && @wrong < 20) {
        renew() if $turn % TURNS == 0;
        turn();
        hostile();
        abandoned();
        sick();
        reload_now_and_then();
        sample();
        $turn++;
    }

    hostile_ends();
    $fetches += $sim->count;
    ok !@wrong, 'every answer is what the simulator said'
        or diag map {"$_\n"} @wrong;
    cmp_ok $asked, '>', 0, "$asked requests";
    cmp_ok scalar(keys %codes), '>=', 6, 'of every kind';
    ok wait_for(sub {
        $t->get('/metrics')->body =~ /^clear_status_flights 0$/m
    }, 20), 'no fetch is left';
    flat();
    report();
    $t->done;
}


# Other tasks, and a simulator that forgets the ones before.

sub renew {
    $fetches += $sim->count;
    $sim->reset;
    @pool  = map { new_task('SUCCESS') } 1 .. POOL;
    %tasks = ();
    $sim->behave($_, {html => 1, status => 504}) for @sick;
}


sub turn {
    my @calls = map {
        my $id = $pool[rand @pool];
        [$id, $t->start(target($id), timeout => 30)];
    } 1 .. $opt{callers};

    # some callers leave
    for my $call (grep { rand() < 0.03 } @calls) {
        $call->[1]->abort;
        $call->[2] = 1;
        $left++;
    }

    $sim->close_idle if rand() < 0.1;

    my @stay = grep { !$_->[2] } @calls;
    $t->collect(map { $_->[1] } @stay);
    check(@$_) for @stay;
}


# One location for each task: the name of upstream is part of its key.

sub target ($id) {
    my $task = $tasks{$id} //= made($id);
    return "/$task->{where}?taskId=$id";
}


sub made ($id) {
    my ($times, $rule, $code) = @{ $urn[rand @urn] };
    my $message = "of $id";
    my $where   = (qw(plain tls h2))[rand 3];

    # an nginx stands between and turns these into answers of its own
    $where = 'plain' if grep { exists $rule->{$_} }
        qw(reset cut chunked garbage hang html);

    $sim->behave($id, {%$rule, $code == 200 ? (message => $message) : ()});
    return {code => $code, message => $message, where => $where,
        what => join ' ', sort keys %$rule};
}


sub check ($id, $r) {
    my $task = $tasks{$id};
    my $code = $r->code // 'none';
    my $json = $r->json;

    $asked++;
    $codes{$code}++;
    my $ok = $code eq $task->{code} && ref $json eq 'HASH'
        && $json->{status} == $code
        && ($code != 200 || $json->{message} eq $task->{message}
            && $json->{result}{taskId} eq $id);

    push @wrong, "$task->{where} $id ($task->{what}): $code, not $task->{code}"
        if !$ok && @wrong < 20;
}


sub scene ($name, $call, $id, $code) {
    my $got  = $call->code // 'none';
    my $json = $call->json;

    $asked++;
    $scenes{$name}{$got}++;

    my $ok = $got eq $code && ref $json eq 'HASH' && $json->{status} == $got
        && ($got != 200 || $json->{result}{taskId} eq $id);

    push @wrong, "$name $id: $got, not $code" if !$ok && @wrong < 20;
}


# They may take their time; nobody waits for them but their callers.

sub hostile {
    my $what = (sort keys %raw)[rand keys %raw];

    # as fast as they can
    return if $what eq 'chunks' && rand() < 0.9;

    my $id = new_task('SUCCESS');
    push @hostile, [$what, $t->start("/raw-$what?taskId=$id"), $id];

    if (rand() < 0.2) {
        $id = new_task('SUCCESS');
        push @hostile, ['flood', $t->start("/flood?taskId=$id"), $id];
    }

    hostile_ends() if @hostile > 20;
}


sub hostile_ends {
    $t->collect(map { $_->[1] } @hostile);
    scene("hostile $_->[0]", $_->[1], $_->[2], $raw{ $_->[0] } // 502)
        for splice @hostile;
}


# New ids, and nobody who waits for them.

sub abandoned {
    for (1 .. 100) {
        $t->start('/plain?taskId=' . new_task('SUCCESS'))->abort;
        $scenes{abandoned}{left}++;
    }
}


# The same few always fail; whoever is well is answered, and never told of a
# pause.

sub sick {
    my @well = map { new_task('SUCCESS') } 1 .. 3;
    my @some = @sick[rand @sick];
    my %call = map { $_ => $t->start("/sick?taskId=$_") } @well, @some;

    $t->collect(values %call);
    scene('well among sick', $call{$_}, $_, 200) for @well;
    scene('sick',            $call{$_}, $_, 504) for @some;
}


sub reload_now_and_then {
    my $n = int((time - $start) / 10);

    return if time > $calm || $n == 0 || $reloads[$n]++;
    $t->reload or push @wrong, 'a reload failed';
}


# Each 2 seconds of the second part.

sub sample {
    return if time < $calm || @samples && time - $samples[-1]{at} < 2;

    my @pids = $t->worker_pids;
    my @rss  = map { $t->nginx->slurp("/proc/$_/status") =~ /^VmRSS:\s+(\d+)/m }
        @pids;
    my @fds = map { scalar(() = glob "/proc/$_/fd/*") } @pids;

    push @samples, {at => time, rss => sum0(@rss), fds => sum0(@fds),
        pids => "@pids"};
}


# The mean of the last fifth against that of the second: the first warms up.

sub flat {
    my $fifth = int(@samples / 5);

    if ($fifth < 3) {
        diag 'too short a time to measure memory';
        return;
    }

    is $samples[0]{pids}, $samples[-1]{pids}, 'the same workers';

    for my $what (qw(rss fds)) {
        my ($first, $last) = means($what, $fifth);
        my $more = $what eq 'rss' ? 1024 + 0.05 * $first : 40;

        cmp_ok $last, '<=', $first + $more, "$what is flat: $first, $last";
    }
}


sub means ($what, $fifth) {
    return map {
        my $from = $_;
        int(sum0(map { $samples[$_]{$what} } $from .. $from + $fifth - 1)
                / $fifth);
    } $fifth, @samples - $fifth;
}


sub report {
    my $fifth = int(@samples / 5) || 1;

    diag sprintf '%d requests, %d fetches, %d callers left, %d reloads',
        $asked, $fetches, $left, scalar grep {defined} @reloads;
    diag 'answers: ' . join ', ', map {"$_: $codes{$_}"} sort keys %codes;
    diag "$_: " . join ', ', map {"$_->[0]: $_->[1]"} pairs($scenes{$_})
        for sort keys %scenes;
    diag "$_ of both workers, in fifths: " . join ' ', series($_, $fifth)
        for qw(rss fds);
}


sub pairs ($of) { return map { [$_, $of->{$_}] } sort keys %$of }


sub series ($what, $fifth) {
    return map { $samples[$_ * $fifth]{$what} // () } 0 .. 4;
}
