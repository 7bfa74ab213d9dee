# A token from a file: a new one is noticed without a reload and without losing
# what is stored.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Shim qw(build_shim no_descriptor);
use ClearStatus::Test;
use Test::More;
use Time::HiRes qw(sleep);

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

sub token ($n) {"file-sEcReT-mArKeR-$n"}

# While there is a file "full", there is no descriptor for the one of that name.

my $preload = !$ENV{TEST_NGINX_BINARY} && !$ENV{TEST_VALGRIND}
    && build_shim($t, no_descriptor('/written', $t->dir . '/full'));

# Workers run as somebody else where this runs as root.
my $mode = 0644;

mkdir $t->dir . "/$_" for qw(first second);
$t->file('written', token(1) . "\n", $mode);
$t->file('first/token', token(1) . "\r\n", $mode);
$t->file('second/token', token(2), $mode);
$t->file('marked', "\xef\xbb\xbf" . token(4) . " \r\n", $mode);
$t->file('private', token(1), 0600);
symlink 'first', $t->dir . '/current' or die;
symlink 'current/token', $t->dir . '/linked' or die;

$t->conf(<<'EOC');
%%GLOBALS%% env LD_PRELOAD;

worker_processes 2;

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;
    clear_status_cache answers;
    clear_status_integration_id tenant-a;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /written {
            clear_status_pass %%UPSTREAM%%;
            clear_status_auth_token_file %%DIR%%/written;
        }

        location = /linked {
            clear_status_pass %%UPSTREAM%%;
            clear_status_auth_token_file %%DIR%%/linked;
        }

        location = /marked {
            clear_status_pass %%UPSTREAM%%;
            clear_status_auth_token_file %%DIR%%/marked;
        }

        location = /private {
            clear_status_pass %%UPSTREAM%%;
            clear_status_auth_token_file %%DIR%%/private;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}
EOC

{
    local $ENV{LD_PRELOAD} = $preload || '';
    $t->run;
}

# What a fetch that begins now is sent with.

sub sent_by ($location) {
    my $id = new_task('SUCCESS');

    $t->get("/$location?taskId=$id");
    return $sim->sent($id, 'x-clear-auth-token') // 'nothing';
}


sub upstream_seconds {
    my ($seconds) = $t->get('/metrics')->body
        =~ /^clear_status_upstream_seconds_sum (\S+)/m;

    return $seconds;
}


sub becomes ($location, $token, $name) {
    ok wait_for(sub { sent_by($location) eq $token }, 5 * stretch()), $name;
}


# Since the log was so long.

sub seen_by_both ($log) {
    return wait_for(sub {
        my %seen = map { $_ => 1 } substr($t->log, $log)
            =~ /(\d+)#\d+: clear status secret file "[^"]*written": 0/g;
        keys %seen == 2;
    });
}


sub rename_over ($name, $content) {
    $t->file("$name.new", $content, $mode);
    rename $t->dir . "/$name.new", $t->dir . "/$name" or die;
}


my $stored = new_task('SUCCESS');
$t->get("/written?taskId=$stored");

is sent_by('written'), token(1), 'without its newline';
is sent_by('linked'), token(1), 'nor a carriage return';
is sent_by('marked'), token(4), 'nor a byte order mark, nor a blank';

$t->file('written', token(2) . "\n", $mode);
becomes('written', token(2), 'a write is noticed');

rename_over('written', token(3));
becomes('written', token(3), 'a rename over it is noticed');

symlink 'second', $t->dir . '/next' or die;
rename $t->dir . '/next', $t->dir . '/current' or die;
becomes('linked', token(2), 'a link to another folder is noticed');

$t->get("/written?taskId=$stored");
is $sim->count($stored), 1, 'what was stored stays';

subtest 'upstream refuses the old token' => sub {
    for my $status (401, 403) {
        my $id  = new_task('SUCCESS');
        my $new = token("new-$status");

        # the old token is on its way when the new one comes
        $sim->behave($id, {status => $status, times => 1});
        $sim->hold($id);
        my $call = $t->start("/written?taskId=$id");
        my $seconds = upstream_seconds();
        ok $sim->wait_held($id), "$status: a fetch is in the air";
        isnt $sim->sent($id, 'x-clear-auth-token'), $new, 'with the old token';
        sleep 0.3;

        my $log = length $t->log;
        rename_over('written', $new);
        $sim->release($id);
        $t->collect($call);

        is $call->code, 200, 'the new one is tried at once';
        is $sim->count($id), 2, 'by a second fetch';
        is $sim->sent($id, 'x-clear-auth-token'), $new, 'with it';
        ok seen_by_both($log), 'which the other worker sees too';
        cmp_ok upstream_seconds(), '>', $seconds + 0.25,
            "upstream's time is that of both";
    }

    my $id = new_task('SUCCESS');
    $sim->behave($id, {status => 403});
    envelope_is $t->get("/written?taskId=$id"), 403, 'no new one: the error';
    is $sim->count($id), 1, 'and no second fetch';
};

subtest 'a file that cannot be used' => sub {
    my $log = length $t->log;

    rename_over('written', token(7));
    ok seen_by_both($log), 'a good one, which both workers see without a fetch';

    rename_over('written', "\n");
    ok wait_for(sub { sent_by('written'); $t->logged('error', qr/is empty/) }),
        'empty: an error says so';
    is sent_by('written'), token(7), 'the last good one is used';

    unlink $t->dir . '/written';
    ok wait_for(sub {
        sent_by('written');
        $t->logged('error', qr/written" cannot be read/);
    }), 'gone: an error says so';
    is sent_by('written'), token(7), 'the last good one is used';

    $log = length $t->log;
    $t->file('written', token(8), $mode);
    becomes('written', token(8), 'a good one is noticed');
    ok seen_by_both($log), 'by both workers';

    my %times;
    $times{$_}++ for map {/(\d+)#\d+: .*is empty/}
        $t->logged('error', qr/is empty/);
    ok !(grep { $_ > 1 } values %times), 'each worker complains once';
};

SKIP: {
    skip 'a program of our own cannot be put before the files', 1
        if !$preload;

    subtest 'a file that cannot be opened for a while' => sub {
        my $no  = qr/written" cannot be read, the last good.*\(24: /;
        my $log = length $t->log;
        my $old = sent_by('written');

        $t->file('full', '', 0644);
        rename_over('written', token(9));
        ok wait_for(sub {
            my %tried;

            $tried{$_}++ for substr($t->log, $log)
                =~ /(\d+)#\d+: clear status secret file "[^"]*written": 1/g;
            sent_by('written');
            return keys %tried == 2 && !grep { $_ < 3 } values %tried;
        }), 'no descriptor: each worker goes on trying';
        is sent_by('written'), $old, 'with the last good one';

        my %times;
        $times{$_}++ for map {/(\d+)#\d+: /} $t->logged('error', $no);
        is_deeply [values %times], [1, 1], 'of which each complains once';

        unlink $t->dir . '/full';
        becomes('written', token(9), 'when it can be opened it is read');
    };
}

SKIP: {
    skip 'workers are not somebody else', 2
        if $> || ($ENV{TEST_GLOBALS} // '') =~ /\buser root;/;

    is scalar(() = $t->log =~ /\[error\].*private" cannot be read by the wo/g),
        1, 'a file for root alone: told at the start';
    is sent_by('private'), token(1), 'it is used all the same';
}

$t->done;
