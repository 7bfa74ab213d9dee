# The status page's own answers: its JSON against what the simulator counted,
# the look-up of a task, and how the page is sent.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Digest::SHA qw(sha256_base64);
use Mojo::DOM;
use Mojo::File qw(path);
use Mojo::Util qw(url_escape);
use Test::More;

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

my $conf = <<'EOC';
%%GLOBALS%%

worker_processes 2;

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;
    clear_status_zone zone=others:8m;
    clear_status_zone zone=tiny:64k;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id $arg_tenant;
    clear_status_retries 0;
    clear_status_max_fails 3;
    clear_status_fail_timeout 60s;

    server {
        listen 127.0.0.1:%%PORT%% reuseport;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
        }

        location = /brief {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            clear_status_valid SUCCESS 1ms;
            clear_status_stale_if_error forever;
        }

        location = /other {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache others;
            clear_status_auth_token "%%TOKEN%%$arg_more";
        }

        location = /tiny {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache tiny;
        }

        location = /dead {
            clear_status_pass %%DEAD%%;
            clear_status_cache answers;
        }

        location = /dashboard {
            clear_status_dashboard;
        }

        location = /bodies {
            clear_status_dashboard body=on;
        }
    }
}
EOC

$t->set(DEAD => $t->dead_url)->conf($conf)->run;

sub ask ($location, $tenant, $id) {
    return $t->get("/$location?tenant=$tenant&taskId=" . url_escape $id);
}


sub numbers { return $t->get('/dashboard?format=json')->json }


sub look_up ($id, $more = '', $location = 'dashboard') {
    my $r = $t->get("/$location?format=json&taskId=" . url_escape($id)
        . $more);

    is $r->code, 200, 'looked up' or diag $r->raw;
    return $r->json;
}


subtest 'the page' => sub {
    my $r   = $t->get('/dashboard');
    my $dom = Mojo::DOM->new($r->body);

    is $r->code, 200, 'is there';
    is $r->type, 'text/html; charset=utf-8', 'its type';
    is $r->header('Cache-Control'), 'no-store', 'not stored';
    is $r->header('X-Content-Type-Options'), 'nosniff', 'not guessed at';
    is $r->header('Referrer-Policy'), 'no-referrer', 'says nothing of itself';
    is $dom->find('style, script')->size, 2, 'one style and one script';

    my %hash = map { $_ => 'sha256-' . sha256_base64($r->body
        =~ m{<$_>(.*?)</$_>}s) . '=' } qw(style script);

    is $r->header('Content-Security-Policy'), "default-src 'none'; "
        . "style-src '$hash{style}'; script-src '$hash{script}'; "
        . "connect-src 'self'; img-src data:; base-uri 'none'; "
        . "form-action 'none'; frame-ancestors 'none'",
        'and only these two may be used';

    unlike $r->body, qr{https?:(?!//www\.w3\.org/2000/svg')|url\(|\@import},
        'nothing comes from elsewhere';
    is $dom->find('[src], [href]')->grep(sub {
        ($_->{src} // $_->{href}) !~ /^(?:data:|\?)/ })->size, 0,
        'not by a link either';
    is $dom->find('[style], [onclick], [onload]')->size, 0,
        'nothing is done where the policy forbids it';
    unlike $r->body, qr/innerHTML|outerHTML|insertAdjacentHTML|document\.write/,
        'text stays text';
    is $dom->find('input:not([id])')->size, 0, 'each input has a name';
    is $dom->find("label[for=$_]")->size, 1, "a label for $_"
        for $dom->find('input')->map(attr => 'id')->each;

    my $head = $t->request('HEAD', '/dashboard');
    is $head->code, 200, 'HEAD';
    is $head->body, '', 'has no body';
    is $head->header('Content-Length'), length $r->body, 'but its length';
};

is scalar `$^X $Bin/../tools/page -`,
    path("$Bin/../src/operator/dashboard_page.h")->slurp,
    'the page that is built in is the one in src/operator/page';


subtest 'nothing yet' => sub {
    my $r = $t->get('/dashboard?format=json');
    my $n = $r->json;

    is $r->type, 'application/json', 'its type';
    is $r->header('Cache-Control'), 'no-store', 'not stored';
    is_deeply [sort keys %$n], [qw(collapsed connections errors fetches
        flights gateway latency now paused requests responses
        secretFiles secretFilesKnown stale tenantsPaused time unknown
        waiting zones)],
        'what it has';
    is_deeply [map { $_->{name} } @{ $n->{zones} }], [qw(answers others tiny)],
        'zones';
    is_deeply $n->{errors}, [], 'no error';
    is $n->{requests}{HIT}, 0, 'no hit';
    is $n->{tenantsPaused}, 0, 'nobody paused';
    cmp_ok abs($n->{time} / 1000 - time), '<', 60, 'its time';
};


my $good = new_task('SUCCESS');

subtest 'numbers' => sub {
    ask('status', 'a', $good) for 1 .. 4;
    ask('status', 'a', 'none');
    ask('status', 'b', new_task('PROCESSING'));

    my $slow = new_task('FAILED');
    $sim->hold($slow);
    my @calls = map { $t->start("/status?tenant=a&taskId=$slow") } 1 .. 3;
    ok $sim->wait_held($slow), 'one is in the air';
    ok wait_for(sub { 3 <= (() = $t->log =~ /taskId=$slow HTTP/g) }),
        'all wait';
    is numbers()->{flights}, 1, 'a flight';
    ok look_up($slow)->{found}[0]{flying}, 'that is seen';
    $sim->release($slow);
    $t->collect(@calls);

    # each worker counts when it has answered
    my $n;
    ok wait_for(sub {
        $n = numbers();
        return ($n->{responses}{200} // 0) == 8;
    }), 'all are counted';
    is_deeply $n->{requests}, {NONE => 0, HIT => 3, MISS => 4, EXPIRED => 0,
        STALE => 0, UPDATING => 0, COLLAPSED => 2, BYPASS => 0}, 'requests';
    is_deeply $n->{responses}, {200 => 8, 404 => 1}, 'responses';
    is $n->{fetches}{success} + $n->{fetches}{error}, $sim->count,
        'fetches, as the simulator has counted them';
    is $n->{fetches}{error}, 1, 'one of them an error';
    is $n->{collapsed}, 2, 'collapsed';
    is $n->{flights}, 0, 'no flight';
    is @{ $n->{latency}{counts} }, 1 + @{ $n->{latency}{bounds} }, 'latency';

    my $sum = 0;
    $sum += $_ for @{ $n->{latency}{counts} };
    is $sum, $sim->count, 'of all of them';

    my ($zone) = @{ $n->{zones} };
    is_deeply $zone->{entries}, {none => 0, created => 0, processing => 1,
        success => 1, failed => 1, other => 0, error => 1}, 'entries';
    cmp_ok $zone->{used}, '>', 1000, 'memory used';
    cmp_ok $zone->{used} + $zone->{free}, '<', 1024 * 1024, 'of the zone';
    is_deeply $n->{errors}, [], 'a task that is not known is no failure';
};


subtest 'a look-up' => sub {
    my $found = look_up($good);

    is $found->{taskId}, $good, 'of this task';
    ok !$found->{more}, 'all of it';
    is @{ $found->{found} }, 1, 'one entry';

    my $entry = $found->{found}[0];
    is $entry->{zone}, 'answers', 'its zone';
    is $entry->{integrationId}, 'a', 'whose it is';
    is $entry->{state}, 'success', 'its state';
    ok !$entry->{flying}, 'nothing in the air';
    is $entry->{error}, undef, 'no error';

    my $answer = $entry->{success};
    is $answer->{status}, 200, 'status';
    is $answer->{upstreamStatus}, 200, 'and upstream\'s';
    is $answer->{size}, length ask('status', 'a', $good)->body, 'size';
    cmp_ok $answer->{age}, '<', 60_000, 'age';
    ok !exists $answer->{freshFor}, 'fresh for ever';
    ok !exists $answer->{body}, 'no body';
    like look_up('none')->{found}[0]{error}{freshFor}, qr/^-?\d+$/,
        'an error is not';

    ask('status', 'b', $good);
    ask('other', 'a', "$good&more=1");
    ask('other', 'a', "$good");
    $t->get("/other?tenant=a&taskId=$good&more=2");

    my @all = @{ look_up($good)->{found} };
    is_deeply [sort map {"$_->{zone} $_->{integrationId}"} @all],
        ['answers a', 'answers b', 'others a', 'others a'],
        'of all who asked, in all zones';
    is_deeply [map { $_->{integrationId} }
        @{ look_up($good, '&integrationId=b')->{found} }], ['b'], 'or of one';
    is_deeply look_up($good, '&integrationId=c')->{found}, [], 'or of nobody';
    is_deeply look_up('no such')->{found}, [], 'nothing is stored';
    is_deeply look_up(substr $good, 1)->{found}, [], 'nor for a part of it';
};


subtest 'bodies where they are allowed' => sub {
    my ($entry) = @{ look_up($good, '&integrationId=b', 'bodies')->{found} };
    is $entry->{success}{body}, ask('status', 'b', $good)->body,
        'byte for byte';

    my ($error) = @{ look_up('none', '', 'bodies')->{found} };
    is $error->{error}{body}, ask('status', 'a', 'none')->body, 'an error\'s';

    my $large = new_task('SUCCESS');
    $sim->behave($large, {pad => 100_000});
    my $body = ask('status', 'a', $large)->body;
    is look_up($large, '', 'bodies')->{found}[0]{success}{body}, $body,
        'a large one';
    is look_up($large)->{found}[0]{success}{size}, length $body,
        'or its size';
};


subtest 'a task id with everything in it' => sub {
    my $id = qq{</script><b>"'\\ \x{2028}\x{e9}};
    utf8::encode(my $bytes = $id);

    $sim->behave($id, {status => 500});
    ask('status', 'a', $bytes);

    my $found = look_up($bytes);
    is $found->{taskId}, $id, 'comes back as it is';
    is @{ $found->{found} }, 1, 'and is found';
    is numbers()->{errors}[0]{taskId}, $id, 'also among the errors';
};


subtest 'stale, with an error' => sub {
    my $id = new_task('SUCCESS');

    ask('brief', 'a', $id);
    $sim->behave($id, {status => 503});
    ok wait_for(sub { ask('brief', 'a', $id)->header('Cache-Status')
        =~ /detail=/ }), 'served stale';

    my ($entry) = @{ look_up($id)->{found} };
    is $entry->{state}, 'success', 'a success';
    cmp_ok $entry->{success}{freshFor}, '<=', 0, 'no longer fresh';
    is $entry->{error}{status}, 503, 'and why';
};


subtest 'the last errors' => sub {
    my $before = @{ numbers()->{errors} };
    ask('dead', 'a', "dead-$_") for 1 .. 2;

    my @errors = @{ numbers()->{errors} };
    my ($port) = $t->dead_url =~ /(\d+)$/;

    is @errors, $before + 2, 'are there';
    cmp_ok abs(delete($_->{time}) / 1000 - time), '<', 60, 'when'
        for @errors[0, 1];
    is_deeply [@errors[0, 1]],
        [map { {taskId => "dead-$_", status => 502, upstreamStatus => 0,
            cause => 'could not connect to upstream', host => '127.0.0.1',
            port => $port} } 2, 1], 'the newest first';

    is numbers()->{tenantsPaused}, 0, 'nobody is paused';
    ask('dead', 'a', 'dead-3');
    is numbers()->{tenantsPaused}, 1, 'after a third one is';
    ask('dead', 'a', 'dead-4');
    is numbers()->{errors}[0]{taskId}, 'dead-3', 'no fetch, no error';

    for my $n (1 .. 20) {
        $sim->behave("bad-$n", {status => 500});
        ask('status', "bad$n", "bad-$n");
    }

    is_deeply [map { $_->{taskId} } @{ numbers()->{errors} }],
        [map {"bad-$_"} reverse 5 .. 20], 'sixteen of them';
};


subtest 'many entries' => sub {
    my $id = new_task('SUCCESS');

    $t->get("/other?tenant=t$_&taskId=$id") for 1 .. 17;
    my $found = look_up($id);
    is @{ $found->{found} }, 16, 'sixteen are shown';
    ok $found->{more}, 'and that there are more';

    # more than a turn of the event loop looks at
    my @calls;

    for my $n (1 .. 1100) {
        push @calls, $t->start("/other?tenant=many&taskId=many-$n");
        $t->collect(splice @calls) if @calls == 50;
    }

    $t->collect(@calls);
    cmp_ok numbers()->{zones}[1]{entries}{error}, '>=', 1100, 'are there';
    is @{ look_up("many-$_")->{found} }, 1, "and many-$_ is found"
        for 1, 550, 1100;

    my $left = $t->start('/dashboard?format=json&taskId=many-1');
    $left->abort;
    is look_up('nobody')->{found}[0], undef, 'a caller may leave meanwhile';
};


subtest 'a look-up is no use of an entry' => sub {
    my $one = new_task('SUCCESS');
    my $n   = 0;

    ask('tiny', 'a', $one);
    is @{ look_up($one)->{found} }, 1, 'is there';

    while ($n++ < 300
        && @{ $t->get("/dashboard?format=json&taskId=$one")->json->{found} })
    {
        ask('tiny', 'a', new_task('SUCCESS'));
    }

    cmp_ok $n, '<', 300, 'and the first to go, though it is looked at';
};


subtest 'a reload keeps it' => sub {
    my $before = numbers();
    ok $t->reload, 'reloaded';
    my $after = numbers();

    for my $n ($before, $after) {
        delete @$n{qw(gateway time)};
        delete $n->{now}{at};
        delete $_->{left} for @{ $n->{paused} };
    }

    is_deeply $after, $before, 'all of it';
};


subtest 'what is wrong' => sub {
    for my $query ('taskId=', 'taskId=a&taskId=b', 'taskId=%00',
        'taskId=%ff', 'taskId=' . 'a' x 257, 'integrationId=a',
        'taskId=a&integrationId=')
    {
        my $r = $t->get("/dashboard?format=json&$query");
        my $e = envelope_is $r, 400, substr "'$query'", 0, 40;
        like $e->{error}{validationErrors}[0]{field},
            qr/^(?:taskId|integrationId)$/, 'says where';
    }

    envelope_is $t->get('/dashboard?format=xml'), 400, 'another format';
    is $t->request($_, '/dashboard')->code, 405, $_
        for qw(POST DELETE PUT);
};


my ($status, $output) = $t->nginx_t($conf =~ s/body=on/body=maybe/r);
isnt $status, 0, 'another parameter is refused';
like $output, qr/parameter that is neither body=on nor body=off in .*:\d/,
    'with a word why';

$t->conf(<<'EOC');
%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /dashboard {
            clear_status_dashboard body=off;
        }
    }
}
EOC
ok $t->reload, 'a gateway with nothing but a dashboard';
my $alone = numbers();
is_deeply [@$alone{qw(zones paused secretFiles errors)}], [[], [], [], []],
    'answers too';

$t->done;
