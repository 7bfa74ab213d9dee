# The recipes of docs/access.md, each as it stands there.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Mojo::File qw(path);
use Mojo::JSON qw(decode_json);
use Test::More;

my $t    = ClearStatus::Test->new(reload => 0);
my $sim  = $t->simulator;
my $page = path("$Bin/../docs/access.md")->slurp;
my $path = '/one-integration/workflow/status';

my %key    = (payments => 'key-of-payments', ledger => 'key-of-ledger');
my %called = (payments => '/O=Example/CN=payments',
    ledger => '/O=Example/CN=ledger', other => '/O=Example/CN=other');
my $gateway = $t->certificate('localhost');
my %caller  = map {
    $_ => $t->certificate($_, client => 1, subject => $called{$_})
} keys %called;

my $marker = ClearStatus::Test::MARKER;

mkdir $t->dir . '/tokens';
chmod 0755, $t->dir . '/tokens';
$t->file("tokens/$_", "$marker-$_", 0644) for qw(payments ledger);
$t->file('token', "$marker-one", 0644);
$t->file('callers', join '', map {"\"$key{$_}\" $_;\n"} sort keys %key);


# That of the page in the place of what runs.

sub recipe ($heading, %instead) {
    my ($text) = $page =~ /^## \Q$heading\E\n.*?^```nginx\n(.*?)^```/ms
        or die "no recipe: $heading";
    my %here = (
        '/etc/nginx/gateway.pem'    => $gateway->{cert},
        '/etc/nginx/gateway.key'    => $gateway->{key},
        '/etc/nginx/callers.pem'    => $t->certificates->ca,
        '/etc/nginx/clear-callers'  => '%%DIR%%/callers',
        '/etc/nginx/clear-tokens'   => '%%DIR%%/tokens',
        '/etc/nginx/clear-token'    => '%%DIR%%/token',
        '/var/log/nginx/audit.json' => '%%DIR%%/audit.json',
        'https://api.clear.in'      => '%%UPSTREAM%%',
        '127.0.0.1:9000'            => '127.0.0.1:%%PORT2%%',
        %instead,
    );

    for my $there (sort { length $b <=> length $a } keys %here) {
        ok $text =~ s/\Q$there\E/$here{$there}/g, "it has $there"
            if $instead{$there} || $text =~ /\Q$there\E/;
    }

    $text =~ s/listen \d+/listen 127.0.0.1:%%PORT%%/;

    $t->conf("%%GLOBALS%%\nevents {\n}\n\nhttp {\n%%HTTP%%\n$text\n"
            . judge() . "}\n");
    $t->is_running ? ok($t->reload, 'it is taken') : $t->run;
}


# Who is asked for each task: it lets through what begins with its caller's
# name, as long as the file is there.

sub judge {
    return <<'EOC';
    log_format judge '$http_x_caller $http_x_task_id';

    server {
        listen 127.0.0.1:%%PORT2%%;
        access_log %%DIR%%/judge.log judge;

        if (!-e %%DIR%%/open) {
            return 403;
        }

        if ($http_x_caller = "") {
            return 401;
        }

        if ($http_x_caller = broken) {
            return 502;
        }

        if ($http_x_task_id = "of-nobody") {
            return 403;
        }

        return 204;
    }
EOC
}


sub ask ($id, $who = undef, %headers) {
    $headers{'X-Api-Key'} = $key{$who} // "not-$who" if defined $who;
    return $t->get("$path?taskId=$id", headers => \%headers);
}


# with a client certificate: code and body

sub ask_tls ($id, $who = undef) {
    my $url = 'https://localhost:' . $t->port . "$path?taskId=$id";
    my @with = $who
        ? ('--cert', $caller{$who}{cert}, '--key', $caller{$who}{key}) : ();

    open my $curl, '-|', 'curl', '-sS', '--noproxy', '*', '--cacert',
        $gateway->{ca}, @with, '-w', '%{http_code}', $url or die $!;
    my $said = do { local $/; <$curl> };
    close $curl;
    return ($said // '') =~ /^(.*?)(\d{3})\z/s;
}


sub sent ($id) {
    return [map { $sim->sent($id, $_) }
            qw(x-integration-id x-clear-auth-token)];
}


subtest 'By client certificate' => sub {
    recipe('By client certificate');

    for my $who (qw(payments ledger)) {
        my $id = new_task('SUCCESS');

        is +(ask_tls($id, $who))[1], 200, "$who: answered";
        is_deeply sent($id), [$who, "$marker-$who"], 'with its own credentials';
    }

    my $id = new_task('SUCCESS');

    ask_tls($id, 'payments');

    for my $who ('other', undef) {
        my ($body, $code) = ask_tls($id, $who);

        is $code, 403, ($who // 'nobody') . ': 403, though it is stored';
        like $body, qr/^\{"status":403,/, 'in the envelope';
    }

    is +(ask_tls($id, 'ledger'))[1], 200, 'another tenant';
    is $sim->count($id), 2, 'asks for itself';
};

subtest 'By API key' => sub {
    recipe('By API key');

    my $id = new_task('SUCCESS');

    for my $who (qw(payments ledger)) {
        is ask($id, $who)->code, 200, "$who: answered";
        is_deeply sent($id), [$who, "$marker-$who"], 'with its own credentials';
    }

    is $sim->count($id), 2, 'a fetch for each';
    envelope_is ask($id, $_), 403, 'key: ' . ($_ // 'none')
        for undef, 'payments ', 'nobody';
};

subtest 'Task by task' => sub {
    recipe('Task by task');
    $t->file('open', '');

    my $id = new_task('SUCCESS');

    is ask($id, undef, 'X-Caller' => 'a')->code, 200, 'who may, may';
    like ask($id, undef, 'X-Caller' => 'a')->header('Cache-Status'),
        qr/^clear_status; hit/, 'from memory too';
    like $t->slurp('judge.log'), qr/^a $id\na $id\n/m,
        'which was asked both times';

    envelope_is ask($id), 401, 'who is nobody';
    envelope_is ask($id, undef, 'X-Caller' => 'broken'), 500, 'no word';
    envelope_is ask('of-nobody', undef, 'X-Caller' => 'a'), 403, 'another task';
    is $sim->count('of-nobody'), 0, 'nothing is asked upstream';
    envelope_is ask('of%2dnobody', undef, 'X-Caller' => 'a'), 403,
        'by another spelling';
    envelope_is ask('', undef, 'X-Caller' => 'a'), 400, 'an id that is none';

    unlink $t->dir . '/open';
    envelope_is ask($id, undef, 'X-Caller' => 'a'), 403,
        'whose right has ended: also what is stored';
    is $sim->count($id), 1, 'one fetch in all';
};

subtest 'Those who wait' => sub {
    $t->file('open', '');

    my ($wait, $events) = map { new_task('PROCESSING') } 1 .. 2;

    $sim->behave($_, {state => 'PROCESSING'}) for $wait, $events;

    my $held = $t->start("$path?taskId=$wait",
        headers => {'X-Caller' => 'a', Prefer => 'wait=20'});
    my $stream = $t->start("$path?taskId=$events",
        headers => {'X-Caller' => 'a', Accept => 'text/event-stream'});

    ok wait_for(sub {
        $sim->count($wait) && $sim->count($events);
    }), 'they were let in';

    unlink $t->dir . '/open';
    envelope_is ask($_, undef, 'X-Caller' => 'a'), 403, 'the right has ended'
        for $wait, $events;

    $sim->behave($_, {state => 'SUCCESS'}) for $wait, $events;
    $t->collect($held, $stream);

    is $held->json->{result}{workflowStatus}, 'SUCCESS',
        'who is held gets what it waited for';
    like $stream->body, qr/"SUCCESS"/, 'and so does a stream';
};

subtest 'How much' => sub {
    recipe('How much', 'rate=100r/s' => 'rate=1r/m', 'burst=200' => 'burst=2',
        'connections 500' => 'connections 1');

    my $id   = new_task('PROCESSING');
    my $held = $t->start("$path?taskId=$id",
        headers => {'X-Api-Key' => $key{ledger}, Prefer => 'wait=20'});

    $sim->behave($id, {state => 'PROCESSING'});
    ok wait_for(sub { $sim->count($id) }), 'one is held';
    envelope_is ask($id, 'ledger'), 429, 'another of the same caller';
    is ask($id, 'payments')->code, 200, 'one of somebody else';

    is ask($id, 'payments')->code, 200, 'as many as may come' for 1 .. 2;
    envelope_is ask($id, 'payments'), 429, 'and one more';
    envelope_is ask($id), 403, 'who is nobody is told so' for 1 .. 3;

    $sim->behave($id, {state => 'SUCCESS'});
    is $t->collect($held)->code, 200, 'who is held is answered';
};

subtest 'Who saw what' => sub {
    recipe('Who saw what');

    my $id    = new_task('SUCCESS');
    my $first = ask($id, 'payments');
    my $etag  = $first->header('ETag');

    ask($id, 'payments');
    ask($id, 'payments', 'If-None-Match' => $etag);
    ask($id, 'nobody');
    ask('', 'ledger');

    my @lines;
    ok wait_for(sub {
        @lines = map { decode_json($_) } split /\n/, $t->slurp('audit.json');
        @lines == 5;
    }), 'a line for each, in JSON';

    is_deeply [map { "@$_{qw(caller task status source)}" } @lines], [
        "payments $id 200 upstream", "payments $id 200 zone",
        "payments $id 304 zone", " $id 403 gateway", 'ledger  400 gateway'
    ], 'who asked, for what, and who had it';
    is_deeply [map { $_->{etag} } @lines], [($etag) x 3, '', ''],
        'the entity tag';
    like $lines[0]{fetched}, qr/^\d{4}-\d\d-\d\dT/, 'when it was fetched';
    is $lines[1]{fetched}, $lines[0]{fetched}, 'the same for what was stored';
    like $lines[0]{request}, qr/^[0-9a-f]{32}$/, 'the request';
    unlike $t->slurp('audit.json'), qr/$marker|key-of/, 'no token, no key';
};

$t->done;
