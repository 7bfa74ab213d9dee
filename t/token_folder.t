# A token file for each tenant: its folder is fixed, its name varies.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use POSIX qw(mkfifo);
use Test::More;

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

$t->set(LONG => 'x' x 256);

sub token ($name) {"folder-sEcReT-mArKeR-$name"}

mkdir $t->dir . "/$_" for qw(tokens elsewhere tokens/folder);
chmod 0755, map { $t->dir . "/$_" } qw(tokens elsewhere tokens/folder);
$t->file("tokens/$_", token($_) . "\n", 0644) for qw(one two t-3_x.y);
$t->file('tokens/fixed.one', token('fixed.one'), 0644);
$t->file('elsewhere/secret', token('elsewhere'), 0644);

$t->conf(<<'EOC')->run;
%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    map $arg_tenant $tenant {
        volatile;
        default   $arg_tenant;
        up        ../elsewhere/secret;
        absolute  /etc/passwd;
        zero      "one\r";
        blank     "one two";
        colon     "one:two";
        dots      "one..two";
        deep      folder/one;
        long      %%LONG%%;
    }

    clear_status_zone zone=answers:1m;
    clear_status_cache answers;
    clear_status_integration_id $arg_tenant;
    clear_status_auth_token_file %%DIR%%/tokens/$tenant;
    clear_status_retries 0;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /part {
            clear_status_pass %%UPSTREAM%%;
            clear_status_auth_token_file %%DIR%%/tokens/fixed.${arg_tenant};
        }

        location = /held {
            clear_status_pass %%UPSTREAM%%;
            clear_status_valid CREATED PROCESSING 200ms;
            clear_status_stale_if_error off;
        }

        location = /same {
            clear_status_pass %%UPSTREAM%%;
            clear_status_integration_id all-of-them;
        }
    }
}
EOC

# What a fetch that begins now is sent with, or the status of a refusal.

sub sent_by ($tenant, $location = '/status') {
    my $id = new_task('SUCCESS');
    my $r  = $t->get("$location?taskId=$id&tenant=$tenant");

    return $r->code if !$sim->count($id);
    return $sim->sent($id, 'x-clear-auth-token');
}


sub becomes ($tenant, $sent, $name) {
    ok wait_for(sub { sent_by($tenant) eq $sent }, 5 * stretch()), $name;
}


# 403 before upstream and before what is stored, and why

sub refused ($tenant, $level, $why) {
    my $id = new_task('SUCCESS');

    envelope_is $t->get("/status?taskId=$id&tenant=$tenant"), 403, $tenant;
    is $sim->count($id), 0, "$tenant: nothing goes upstream";
    ok wait_for(sub { $t->logged($level, qr/_auth_token_file".*$why.*$id/) }),
        "$tenant: $level says why";
}


is sent_by($_), token($_), "$_: the token of its file"
    for qw(one two t-3_x.y one);
is sent_by('one', '/part'), token('fixed.one'), 'a name with a fixed part';

subtest 'what leads elsewhere' => sub {
    refused($_, 'info', qr/evaluated to what is not the name of a file/)
        for qw(up absolute zero blank colon dots deep long .. ...), '%2e%2e';
    refused('', 'info', qr/evaluated to nothing/);
    refused($_, 'error', qr/is not a regular file/) for qw(. folder);
};

subtest 'what is stored is for who has a token' => sub {
    my $id = new_task('SUCCESS');

    is $t->get("/same?taskId=$id&tenant=one")->code, 200, 'it is fetched';
    is $t->get("/same?taskId=$id&tenant=two")->code, 200,
        'another token of the same integration id';
    is $sim->count($id), 1, 'the token is not a part of the key';
    envelope_is $t->get("/same?taskId=$id&tenant=$_"), 403, "$_: refused"
        for qw(nobody up);
};

subtest 'files that are none' => sub {
    mkfifo $t->dir . '/tokens/fifo', 0644 or die $!;
    $t->file('tokens/empty', "\n", 0644);
    $t->file('tokens/two-lines', "a\nb", 0644);
    open my $large, '>', $t->dir . '/tokens/large' or die $!;
    truncate $large, 1 << 30;
    close $large;

    refused('fifo', 'error', qr/is not a regular file/);
    refused('empty', 'error', qr/is empty/);
    refused('two-lines', 'error', qr/cannot be sent/);
    refused('large', 'error', qr/is too long/);
    refused('later', 'error', qr/cannot be read/);

    $t->file('tokens/later', token('later'), 0644);
    is sent_by('later'), token('later'), 'one that appears later is read';

    symlink '../elsewhere/secret', $t->dir . '/tokens/link' or die $!;
    is sent_by('link'), token('elsewhere'), 'a link is followed';
};

SKIP: {
    skip 'workers are not somebody else', 3
        if $> || ($ENV{TEST_GLOBALS} // '') =~ /\buser root;/;

    $t->file('tokens/private', token('private'), 0600);
    refused('private', 'error', qr/cannot be read .*Permission denied/);
}

subtest 'a file that changes' => sub {
    $t->file('tokens/one', token('new'), 0644);
    becomes('one', token('new'), 'a rename over it is noticed');

    my $id = new_task('SUCCESS');
    $sim->behave($id, {status => 401, times => 1});
    $sim->hold($id);
    my $call = $t->start("/status?taskId=$id&tenant=two");
    ok $sim->wait_held($id), 'a fetch with the old token is in the air';
    $t->file('tokens/two', token('newer'), 0644);
    $sim->release($id);
    is $t->collect($call)->code, 200, 'refused, the new one is tried at once';
    is $sim->sent($id, 'x-clear-auth-token'), token('newer'), 'its own';

};

# A tenant's file that is taken away takes the tenant's right away, by itself.

subtest 'a file that is gone' => sub {
    my $stored = new_task('SUCCESS');

    is $t->get("/status?taskId=$stored&tenant=$_")->code, 200, "$_: stored"
        for qw(one two);
    unlink $t->dir . '/tokens/one';

    ok wait_for(sub {
        $t->get("/status?taskId=$stored&tenant=one")->code == 403;
    }), 'what is stored is refused soon';
    is sent_by('one'), 403, 'and what is not' for 1 .. 3;
    is scalar $t->logged('error', qr{/one" is gone, who needs it is refused}),
        1, 'as the log says';
    is scalar $t->logged('error', qr{tokens/one"}), 1, 'once';
    is $t->get("/status?taskId=$stored&tenant=two")->code, 200,
        'another tenant is not';

    $t->file('tokens/one', "\n", 0644);
    is sent_by('one'), 403, 'back, but empty';
    is scalar $t->logged('error', qr{/one" is empty, who needs it is ref}), 1,
        'an error says so';

    $t->file('tokens/one', token('back'), 0644);
    is sent_by('one'), token('back'), 'back: its token is used at once';
    is $t->get("/status?taskId=$stored&tenant=one")->code, 200,
        'and what was stored is there';
};

subtest 'a file that cannot be used any more' => sub {
    $t->file('tokens/one', "\n", 0644);
    ok wait_for(sub {
        sent_by('one');
        $t->logged('error', qr{/one" is empty, the last good one stays});
    }), 'an error says so';
    is sent_by('one'), token('back'), 'the last good one is used';

    unlink $t->dir . '/tokens/one';
    becomes('one', 403, 'but not when it is gone');

    rename $t->dir . '/tokens', $t->dir . '/away' or die $!;
    becomes('two', 403, 'nor when the whole folder is');
    rename $t->dir . '/away', $t->dir . '/tokens' or die $!;
    is sent_by('two'), token('newer'), 'which comes back';
};

# Who waits was allowed to, and is refused when it would be fetched again.

subtest 'a file that is gone while somebody waits' => sub {
    my $id   = new_task('PROCESSING');
    my $call = $t->start("/held?taskId=$id&tenant=two",
        headers => {Prefer => 'wait=20'});

    ok wait_for(sub { $sim->count($id) > 1 }), 'a request that is held';
    rename $t->dir . '/tokens/two', $t->dir . '/tokens/two.away' or die $!;
    envelope_is $t->collect($call), 403, 'ends';
    like $call->json->{message}, qr/has no credentials for the request/,
        'with what others are told';
    rename $t->dir . '/tokens/two.away', $t->dir . '/tokens/two' or die $!;
    is sent_by('two'), token('newer'), 'and back';
};

subtest 'as many as there are' => sub {
    $t->file("tokens/n$_", token("n$_"), 0644) for 0 .. 1000;
    is sent_by('n0'), token('n0'), 'the first of many';
    $t->file('tokens/n0', "\n", 0644);
    is sent_by('n0'), token('n0'), 'is kept';

    my $id = new_task('SUCCESS');
    my @calls = grep { $_->code != 200 } map {
        $t->get("/status?taskId=$id&tenant=n$_")
    } 1 .. 1000;

    is scalar @calls, 0, 'a thousand others have their own';
    is sent_by('n0'), 403, 'and it made room';
    is sent_by('n1000'), token('n1000'), 'for the last';
};

$t->done;
