# The status page in a browser: numbers that come and go on, who pauses and who
# waits, the look-up by keyboard, phone width, dark, what a screen reader is
# told, and a gateway that goes away.  TEST_SCREENSHOTS=docs makes the pictures
# of the manual; pngquant then makes them small.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Browser;
use ClearStatus::Test;
use Sys::Hostname qw(hostname);
use Test::More;
use Time::HiRes qw(sleep time);

plan skip_all => 'chromium and chromium-driver are not installed'
    if !ClearStatus::Browser::installed();

use constant {TAB => "\x{e004}", ENTER => "\x{e007}"};

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

$t->file('token', 'file-sEcReT-mArKeR-1');
$t->set(DEAD => $t->dead_url)->conf(<<'EOC')->run;
%%GLOBALS%%

worker_processes 2;

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;
    clear_status_disk zone=answers %%DIR%%/disk timeout=30s;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_max_fails 3;
    clear_status_fail_timeout 60s;
    clear_status_retries 0;

    server {
        listen 127.0.0.1:%%PORT%% reuseport;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
        }

        location = /dead {
            clear_status_pass %%DEAD%%;
            clear_status_cache answers;
        }

        location = /refused {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            clear_status_integration_id tenant-b;
            clear_status_auth_token_file %%DIR%%/token;
        }

        location = /asked {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            clear_status_integration_id tenant-c;
        }

        location = /purge {
            clear_status_cache answers;
            clear_status_purge;
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

my $url     = 'http://127.0.0.1:' . $t->port;
my $browser = $t->adopt(ClearStatus::Browser->new(dir => $t->dir));

$browser->start;

sub text ($css) {
    return $browser->js(
        'return document.querySelector(arguments[0])?.textContent ?? ""',
        $css);
}


# A card's value, by its name.

sub card ($name, $part = '.value') {
    return $browser->js(<<'EOJ', $name, $part);
return [...document.querySelectorAll('.card')]
    .find((card) => card.querySelector('.name').textContent === arguments[0])
    .querySelector(arguments[1]).textContent;
EOJ
}



sub shows ($name, $value) {
    return ok(wait_for(sub { card($name) eq $value }), "$name: $value")
        || diag card($name);
}


my $good = new_task('SUCCESS');
$t->get("/status?taskId=$good") for 1 .. 4;
$t->get("/dead?taskId=<b>lost</b>");

subtest 'numbers come' => sub {
    $browser->open("$url/dashboard");
    ok wait_for(sub { text('#link') eq 'Live' }), 'live';

    shows('Hit ratio', '60.0 %');
    shows('Upstream calls saved', '3');
    shows('Flights in the air', '0');
    shows('Tenants paused', '0');
    is text('.zone h3'), 'answers', 'a zone';
    like text('.zone'), qr/2 entries.*success1.*error only1/s,
        'and what is in it';
    is text('#requests tr:nth-child(2)'), 'HIT3', 'the table of requests';
    is text('#host'), lc hostname(), 'which gateway it is';
    like text('#gateway'), qr/^up \d.*nginx 1\.\d+.*libcurl \d/, 'and what';
    like $browser->js('return document.title'), qr/^\Q@{[text('#host')]}\E - /,
        'in the title too';
};


subtest 'charts are there at once' => sub {
    my $points = sub {
        return $browser->js(<<'EOJ');
return document.querySelector('.card:nth-child(3) .line').getAttribute('d')
    .split(/[ML]/).length - 1;
EOJ
    };

    ok wait_for(sub { $points->() > 4 }), 'some seconds of them';
    $browser->open("$url/dashboard");
    ok wait_for(sub { text('#link') eq 'Live' }), 'the page is loaded anew';
    cmp_ok $points->(), '>', 3, 'and has them still';
};


subtest 'a task that nobody knows' => sub {
    is text('#unknown'), '', 'nothing is said of it';
    $t->get('/status?taskId=stranger');
    ok wait_for(sub { text('#unknown') =~ /^1 fetch was for a task/ }),
        'it is an answer and no error';
    is text('#fetches tr:last-child'), 'unknown task (404)1', 'counted as one';
    is text('#fetches tr:nth-last-child(2)'), 'error0', 'apart from errors';
    is scalar(@{ $browser->js('return [...document.querySelectorAll('
        . '"#errors tbody tr")].map((row) => row.innerText)') }), 1,
        'and none of the last errors';
};


subtest 'and go on' => sub {
    my $slow = new_task('PROCESSING');

    $sim->hold($slow);
    my $call = $t->start("/status?taskId=$slow");
    shows('Flights in the air', '1');
    $sim->release($slow);
    $t->collect($call);
    shows('Flights in the air', '0');

    $t->get("/status?taskId=$good") for 1 .. 7;
    shows('Upstream calls saved', '10');
    $t->get("/dead?taskId=x$_") for 1 .. 3;
    shows('Tenants paused', '1');
    ok wait_for(sub { $browser->js(<<'EOJ') > 4 }), 'the charts grow';
return document.querySelector('.card:nth-child(3) .line').getAttribute('d')
    .split(/[ML]/).length;
EOJ
};


subtest 'the last errors' => sub {
    my @rows = map { $browser->js(<<'EOJ', $_) } 0 .. 1;
return [...document.querySelectorAll('#errors tbody tr')]
    .at(-1 - arguments[0]).innerText;
EOJ
    like $rows[0], qr/502.*could not connect to upstream.*<b>lost<\/b>/s,
        'text stays text';
    like $rows[0], qr/127\.0\.0\.1:\d+/, 'and where it was';
    like $rows[1], qr/x1/, 'the newer ones above';

    $browser->js('document.querySelector("#errors button").click()');
    ok wait_for(sub { text('#found') =~ /Last error.*502/s }),
        'a task is shown by its button';
};


subtest 'whose fetches pause' => sub {
    my $rows = sub { $browser->js(<<'EOJ') };
return [...document.querySelectorAll('#pauses tbody tr')]
    .map((row) => row.innerText);
EOJ

    my $by = sub ($tenant) { (grep {/^$tenant\s/} @{ $rows->() })[0] // '' };

    $sim->behave('asked', {status => 429, retry_after => 290});
    $t->get('/asked?taskId=asked');
    ok wait_for(sub { $by->('tenant-c') }), 'one';
    like $by->('tenant-c'), qr/^tenant-c\s+\Q@{[$sim->url]}\E/, 'which it is';
    like $by->('tenant-c'), qr/Retry-After.*\d\d:\d\d:\d\d, in \d+ (?:s|min)/s,
        'why, and until when';

    $sim->behave('refused', {status => 401});
    $t->get('/refused?taskId=refused');
    ok wait_for(sub { $by->('tenant-b') =~ /refuses the credentials/ }),
        'another one, for another reason';

    $t->request('DELETE', '/purge?integrationId=tenant-b');
    ok wait_for(sub { !$by->('tenant-b') }), 'until it does not';
    ok $by->('tenant-c'), 'the first does still';
};


subtest 'who waits' => sub {
    my $id = new_task('PROCESSING');

    shows('Waiting for news', '0');
    $sim->behave($id, {state => 'PROCESSING'});
    my @calls = map { $t->start("/status?taskId=$id", headers => $_) }
        {Prefer => 'wait=20'}, {Accept => 'text/event-stream'};
    shows('Waiting for news', '2');
    ok wait_for(sub { card('Waiting for news', '.note')
        =~ /^1 held, 1 stream; the oldest for \d/ }), 'how, and for how long';
    $sim->behave($id, {state => 'SUCCESS'});
    $t->collect(@calls);
    shows('Waiting for news', '0');
};


subtest 'a token file' => sub {
    my $file = $t->dir . '/token';

    is text('#files td'), $file, 'its name';
    is text('#files td + td'), 'clear_status_auth_token_file', 'what it is for';
    like text('#files td:last-child'), qr/^readable, read \d/, 'is readable';
    $t->file('token', '');
    ok wait_for(sub { text('#files tbody tr.wrong')
        =~ /is empty, since \d.*stays in use/ }), 'is empty';
    $t->file('token', 'file-sEcReT-mArKeR-2');
    ok wait_for(sub { text('#files') =~ /readable/ }), 'is good again';
    unlike $browser->js('return document.body.innerHTML'), qr/sEcReT/,
        'never what is in it';
};


subtest 'the disk' => sub {
    my $on = qr/^Disk on: [\d.]+ .B of 1.0 GB, about \d+ answers?, 0 read/;

    ok wait_for(sub { text('.tiers p') =~ $on }), 'what is on it'
        or diag text('.tiers p');
};


subtest 'a look-up by keyboard' => sub {
    $browser->open("$url/dashboard");
    $browser->keys(TAB);
    is $browser->js('return document.activeElement.id'), 'task',
        'the field comes first';
    $browser->keys($good . ENTER);
    ok wait_for(sub { text('#found') =~ /1 entry for .$good/ }), 'found';
    like text('#found'), qr/Statesuccess/,            'state';
    like text('#found'), qr/Integration idtenant-a/,  'whose';
    like text('#found'), qr/Age[\d.]+ m?s/,           'age';
    like text('#found'), qr/Freshfor ever/,           'freshness';
    like text('#found'), qr/Size[\d.]+ K?B/,          'size';
    unlike text('#found'), qr/workflowStatus/,        'no body';

    $browser->keys(TAB . TAB . ENTER);
    is $browser->js('return document.activeElement.type'), 'submit',
        'then the button';

    $browser->js(<<'EOJ');
document.getElementById('task').value = 'x'.repeat(257);
document.getElementById('look').dispatchEvent(new Event('submit',
    {cancelable: true}));
EOJ
    ok wait_for(sub { text('#found') =~ /^taskId: \w/ }), 'what is wrong';
    is_deeply [grep { !/status of 400/ } $browser->console], [],
        'all of it as the policy allows';
};


subtest 'a body where it may be seen, and a link to a task' => sub {
    $browser->open("$url/bodies?taskId=$good");
    ok wait_for(sub { text('#found pre') ne '' }), 'it is there';
    is text('#found pre'), $t->get("/status?taskId=$good")->body, 'as it is';
    $browser->open("$url/bodies?taskId=nobody");
    ok wait_for(sub { text('#found') =~ /Nothing is stored for .nobody/ }),
        'nothing is stored';
};


subtest 'at any width, light and dark' => sub {
    my %ground;

    $browser->open("$url/dashboard?taskId=$good");
    ok wait_for(sub { text('#found') =~ /entry/ }), 'with an entry';

    for my $width (320, 390, 768, 1200) {
        $browser->wide($width);
        is $browser->js('return document.documentElement.scrollWidth'), $width,
            "nothing hangs over at $width";
    }

    for my $scheme (qw(light dark)) {
        $browser->scheme($scheme);
        my $low = $browser->js(<<'EOJ');
const light = (color) => color.match(/\d+/g).slice(0, 3).map((c) => {
        c /= 255;
        return c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4;
    }).reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
const ground = (node) => {
    const color = getComputedStyle(node).backgroundColor;
    return /, 0\)$/.test(color) ? ground(node.parentElement) : color;
};
return [...document.querySelectorAll('body *')].filter((node) =>
    node.checkVisibility() && [...node.childNodes].some((child) =>
        child.nodeType === 3 && child.data.trim())).filter((node) => {
    const [a, b] = [light(getComputedStyle(node).color),
        light(ground(node))].sort((a, b) => b - a);
    return (a + .05) / (b + .05) < 4.5;
}).map((node) => node.outerHTML);
EOJ
        is_deeply $low, [], "$scheme: every text stands out (WCAG 1.4.3)";
        $ground{ $browser->js(
            'return getComputedStyle(document.body).backgroundColor') } = 1;
    }

    is keys %ground, 2, 'light and dark';
    $browser->scheme('light');
};


subtest 'what a screen reader is told' => sub {
    my @nodes = grep { !$_->{ignored} }
        @{ $browser->devtools('Accessibility.getFullAXTree')->{nodes} };
    my %names;

    push @{ $names{ $_->{role}{value} } }, $_->{name}{value} // ''
        for @nodes;

    is_deeply $names{textbox}, ['Task id', 'Integration id (optional)'],
        'fields by their labels';
    ok !(grep { $_ eq '' } map { @{ $names{$_} // [] } }
        qw(button heading table)), 'no button, heading or table without a name';
    is scalar(grep {/Show what is stored/} @{ $names{button} }), 1, 'button';
    is @{ $names{table} }, 6, 'tables are tables';
    is @{ $names{columnheader} }, 12, 'with headers';

    $browser->wide(390);
    my @narrow = grep { !$_->{ignored} && $_->{role}{value} eq 'table' }
        @{ $browser->devtools('Accessibility.getFullAXTree')->{nodes} };
    is @narrow, 6, 'also on a phone';

    ok $browser->js(<<'EOJ'), 'where the field of a task comes first';
const top = (css) => document.querySelector(css).getBoundingClientRect().top;
return top('#task') < top('#cards') && top('#task') < 450;
EOJ
    $browser->wide(1200);

    is $browser->js('return document.querySelectorAll('
        . '"#cards [role=status], #cards [aria-live]").length'), 0,
        'and not of each number each second';
};


subtest 'the policy' => sub {
    is_deeply [$browser->console], [], 'was not broken so far';
    $browser->js(<<'EOJ');
const script = document.createElement('script');
script.textContent = 'window.foreign = 1';
document.body.append(script);
const image = document.createElement('img');
image.src = '/status';
document.body.append(image);
EOJ
    my @said;
    ok wait_for(sub { push @said, $browser->console; @said >= 2 }),
        'forbids what is not ours';
    like "@said", qr/script-src/, 'a script';
    like "@said", qr/img-src/,    'an image';
    is $browser->js('return window.foreign ?? null'), undef, 'did not run';
};


pictures($ENV{TEST_SCREENSHOTS}) if $ENV{TEST_SCREENSHOTS};


subtest 'a gateway that goes away' => sub {
    $browser->open("$url/dashboard");
    ok wait_for(sub { text('#link') eq 'Live' }), 'live';

    my $saved = card('Upstream calls saved');

    cmp_ok $saved =~ tr/,//dr, '>=', 10, 'with numbers';
    ok $t->stop, 'it stops';
    ok wait_for(sub { text('#link') =~ /^Not reachable since \d\d:/ }),
        'which is said';
    like $browser->js('return document.title'), qr/^Not reachable/,
        'in the title too';
    is card('Upstream calls saved'), $saved, 'the last numbers stay';
    $t->run;
    ok wait_for(sub { text('#link') eq 'Live' }), 'and comes again';
    shows('Upstream calls saved', '0');
};


subtest 'nobody looks' => sub {
    my $asked = sub { scalar(() = $t->access_log =~ /dashboard\?format/g) };
    my $hide  = sub ($hidden) {
        $browser->js(<<'EOJ', $hidden);
Object.defineProperty(document, 'hidden',
    {configurable: true, get: () => arguments[0] === 'yes'});
document.dispatchEvent(new Event('visibilitychange'));
EOJ
    };

    $hide->('yes');
    is text('#link'), 'Paused while hidden', 'paused';
    sleep 0.5;
    my $before = $asked->();
    sleep 2.5;
    is $asked->(), $before, 'and nothing is asked';
    $hide->('no');
    ok wait_for(sub { $asked->() > $before }), 'until somebody does';
};

$t->done;


# Two minutes of a gateway's life, in half of one.

sub pictures ($folder) {
    my $end = time + 60;
    my @old = map { new_task($_ % 5 ? 'SUCCESS' : 'FAILED') } 1 .. 60;
    my $n   = 0;

    $browser->open("$url/bodies");
    $sim->behave("late-$_", {status => 503}) for 1 .. 3;

    while (time < $end) {
        my $wave = 3 + 2 * sin(time / 4) + rand 2;

        $t->get("/status?taskId=$old[rand @old]") for 1 .. 6 * $wave;
        $t->get('/status?taskId=' . new_task('PROCESSING')) if $n % 3 == 0;
        $t->get('/status?taskId=' . new_task('CREATED'))    if $n % 7 == 0;
        $t->get('/status?taskId=late-' . (1 + $n % 3))      if $n % 40 == 0;

        if ($n % 10 == 0) {
            my $popular = new_task('SUCCESS');
            $sim->behave($popular, {delay => .2});
            $t->collect(map { $t->start("/status?taskId=$popular") }
                1 .. 2 + rand 8);
        }

        my $new = new_task('SUCCESS');
        $sim->behave($new, {delay => .02 + rand .15});
        $t->get("/status?taskId=$new");
        $n++;
        sleep 0.1;
    }

    $browser->js('document.getElementById("task").value = arguments[0];'
        . 'document.querySelector("#look button").click()', $good);
    ok wait_for(sub { text('#found') =~ /entry/ }), 'an entry';

    for ([1200, 'light', ''], [1200, 'dark', '-dark'],
        [390, 'light', '-phone'])
    {
        my ($width, $scheme, $name) = @$_;

        $browser->wide($width);
        $browser->scheme($scheme);
        sleep 1.2;
        $browser->picture("$folder/dashboard$name.png");
    }

    $browser->wide(1200);
    $browser->scheme('light');
}
