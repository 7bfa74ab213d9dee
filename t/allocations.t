# No memory, at each allocation in turn: every kind of request is asked again
# and again while the first, the second, the third ... allocation of the
# module fails; then while all from there on fail, and so for libcurl. Each ends
# as an envelope or as the right answer, no worker dies, no fetch stays.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;

plan skip_all => 'needs a build of its own, and TEST_MODULE names another'
    if $ENV{TEST_MODULE};

my $build = "$Bin/../build/alloc-faults";
my $log   = do {
    local $ENV{BUILD}     = 'build/alloc-faults';
    local $ENV{CFLAGS}    = '-include module/t/lib/alloc_faults.h';
    local $ENV{MAKEFLAGS} = '';
    `'$Bin/../tools/build' 2>&1`;
};

is $?, 0, 'a build with allocations that fail' or die $log;

$ENV{TEST_MODULE} = "$build/ngx_clear_status_module.so";

my $t    = ClearStatus::Test->new(reload => 0);
my $sim  = $t->simulator(tls => 1);
my $file = $ENV{CLEAR_STATUS_FAULT_ALLOC} = $t->file('faults', "\0" x 32, 0666);

$t->conf(<<'EOC')->run;
%%GLOBALS%%

env CLEAR_STATUS_FAULT_ALLOC;

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_ssl_trusted_certificate %%CA%%;
    clear_status_max_fails 0;
    clear_status_retries 0;
    clear_status_timeout 5s;
    clear_status_valid any 1ms;
    clear_status_valid SUCCESS FAILED forever;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /waits {
            clear_status_pass %%UPSTREAM%%;
            clear_status_integration_id tenant-w;
        }

        location = /tls {
            clear_status_pass %%UPSTREAM_TLS%%;
        }

        location = /bypass {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache off;
        }

        location = /variables {
            clear_status_pass %%UPSTREAM%%;
            clear_status_auth_token $http_x_token;
            clear_status_integration_id "org-$arg_org";
        }

        location = /background {
            clear_status_pass %%UPSTREAM%%;
            clear_status_stale_while_revalidate 1h;
        }

        location = /denied {
            clear_status_pass %%UPSTREAM%%;
            deny all;
        }

        location = /metrics {
            clear_status_metrics;
        }

        location = /purge {
            clear_status_purge;
        }
    }
}
EOC

use constant {MODULE => 0, CURL => 1};

open my $faults, '+<:raw', $file or die "cannot open $file: $!\n";


sub arm ($which, $n, $sticky = 0) {
    my @left = (0, 0);

    $left[$which] = $n;
    sysseek $faults, 0, 0;
    syswrite $faults, pack('q4', @left, $sticky, 0);
}


# How many have failed since; none fail from now on.

sub disarm {
    sysseek $faults, 0, 0;
    sysread $faults, my $bytes, 32;
    arm(MODULE, 0);
    return (unpack 'q4', $bytes)[3];
}


# A stale answer that is there, and one that is fresh.

my $fresh = new_task('SUCCESS');
my $stale = new_task('PROCESSING');

sub ask ($target, %options) {
    return $t->request(delete $options{method} // 'GET', $target, %options);
}


sub ask_new ($location, $rule = undef) {
    my $id = new_task('SUCCESS');

    $sim->behave($id, $rule) if $rule;
    return ask("$location?taskId=$id");
}


my $etag = ask("/status?taskId=$fresh")->header('ETag');
ask("/status?taskId=$stale");

# name, how it is asked, the codes that are right without a fault

my @kinds = (
    ['a hit', sub { ask("/status?taskId=$fresh") }, 200],
    ['HEAD', sub { ask("/status?taskId=$fresh", method => 'HEAD') }, 200],
    ['not modified', sub {
        ask("/status?taskId=$fresh", headers => {'If-None-Match' => $etag})
    }, 304],
    ['a miss', sub { ask_new('/status') }, 200],
    ['one over TLS', sub { ask_new('/tls') }, 200],
    ['without a zone', sub { ask_new('/bypass') }, 200],
    ['of variables', sub {
        ask('/variables?org=a&taskId=' . new_task('SUCCESS'), headers =>
            {'X-Token' => 'a', 'X-Request-Id' => 'b', traceparent => 'c'})
    }, 200],
    ['a stale one', sub { ask("/status?taskId=$stale") }, 200],
    ['a refresh', sub { ask("/background?taskId=$stale") }, 200],
    ['an error', sub {
        ask_new('/status', {status => 422, envelope => {message => 'M',
            error_message => 'E', code => 'C', validation_errors => [1, 'a']}})
    }, 422],
    ['a wait', sub {
        ask_new('/waits', {status => 429, retry_after => 1})
    }, 429, 503],
    ['a large one', sub { ask_new('/status', {pad => 300_000}) }, 200],
    ['gzip', sub { ask_new('/status', {gzip => 1}) }, 200],
    ['a reset', sub { ask_new('/status', {reset => 'body'}) }, 502],
    ['two callers', sub {
        my $id = new_task('SUCCESS');
        my @two = map { $t->start("/status?taskId=$id") } 1, 2;
        return $t->collect(@two);
    }, 200],
    ['a bad id', sub { ask('/status?taskId=%00') }, 400],
    ['a method', sub {
        ask("/status?taskId=$fresh", method => 'POST')
    }, 405],
    # where a filter of nginx has no memory it closes, ours does so too
    ['a refusal', sub { ask("/denied?taskId=$fresh") }, 403, undef],

    # for operators: a 500 of nginx's own will do
    ['metrics', sub { ask('/metrics') }, 200, 500],
    ['a purge', sub {
        ask('/purge?taskId=none', method => 'DELETE')
    }, 200, 500],
);


sub worker { return join ' ', $t->worker_pids }


# What is wrong with an answer while allocations fail, or nothing.

sub wrong ($r, $right, $sticky) {
    my $code = $r->code;

    return undef if grep { ($_ // 0) == ($code // 0) } @$right;
    return 'HTML' if $r->body =~ /<html/i;

    # where nothing at all can be had nginx may have to close
    return $sticky ? undef : 'no answer' if !defined $code;
    return "code $code" if $code < 500;
    return undef if $sticky || $r->body eq '';    # of HEAD

    my $json = $r->json;
    return ref $json eq 'HASH' && keys %$json == 6 ? undef : 'no envelope';
}


sub each_in_turn ($kind, $which, $sticky) {
    my ($name, $ask, @right) = @$kind;
    my ($n, @wrong) = (0);
    my $pid = worker();

    for ( ;; ) {
        arm($which, ++$n, $sticky);

        my @answers = $ask->();
        my $failed  = disarm();

        push @wrong, map { "allocation $n: $_" }
            grep {defined} map { wrong($_, \@right, $sticky) } @answers;
        last if !$failed || $n > 2000 || worker() ne $pid;
    }

    ok !@wrong && $n <= 2000 && worker() eq $pid,
        join ' ', $name, $which == CURL ? 'of libcurl' : (),
        $sticky ? 'from there on' : (), '(' . ($n - 1) . ')'
        or diag map {"$_\n"} @wrong[0 .. ($#wrong < 9 ? $#wrong : 9)];

    my ($r) = $ask->();
    ok scalar(grep { ($_ // 0) == ($r->code // 0) } @right), "$name: as ever"
        or diag $r->raw;
}


for my $kind (@kinds) {
    for my $sticky (0, 1) {
        each_in_turn($kind, MODULE, $sticky);
    }
}

# Not one alone: where a single allocation fails, libcurl 7.88 may leave out a
# header, or follow a pointer that is none.

for my $kind (grep { $_->[0] =~ /miss|TLS|gzip|reset/ } @kinds) {
    each_in_turn($kind, CURL, 1);
}

ok wait_for(sub { ask('/metrics')->body =~ /^clear_status_flights 0$/m }),
    'no fetch is left';
is ask_new('/status')->code, 200, 'the next is answered';
ok $t->quit, 'nothing holds up the end';

$t->done;
