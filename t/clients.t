# contrib/clients: each of them, before the gateway and the simulator, does what
# docs/polling.md says of answers, errors, unknown tasks and deadlines; and the
# page shows them as they are.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Process;
use ClearStatus::Test;
use Mojo::File qw(path);
use Test::More;

my $t    = ClearStatus::Test->new;
my $sim  = $t->simulator;
my $root = path("$Bin/..");
my $dir  = $root->child('contrib/clients');

$t->set(DEAD => $t->port('dead'));
$t->conf(<<'EOC')->run;
%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;

    server {
        listen 127.0.0.1:%%PORT%%;

        # what one task is answered with holds no other up
        location ~ ^/gateway/(?<tenant>\w+)$ {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            clear_status_auth_token %%TOKEN%%;
            clear_status_integration_id $tenant;
            clear_status_retries 0;
            clear_status_valid CREATED PROCESSING any 100ms;
        }

        # for what the gateway does not say, or says to some requests alone
        location ~ ^/direct/ {
            rewrite ^ /one-integration/workflow/status break;
            proxy_pass %%UPSTREAM%%;
            proxy_set_header x-clear-auth-token simulator;
            proxy_set_header x-integration-id simulator;
        }
    }
}
EOC


# The clients: what is needed, and how they are called.

my @clients = (
    ['poll.sh',   ['curl', '--version'], ['sh', "$dir/poll.sh"]],
    ['poll.py',   ['python3', '-c',
        'import sys; assert sys.version_info >= (3, 8)'],
        ['python3', "$dir/poll.py"]],
    ['poll.mjs',  ['node', '-e',
        'assert(parseInt(process.versions.node) >= 18)'],
        ['node', "$dir/poll.mjs"]],
    ['Poll.java', ['javac', '--release', '17', '-Xlint:all', '-Werror',
        '-d', $t->dir, "$dir/Poll.java"],
        [qw(java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp), $t->dir,
        'Poll']],
);


# What happens, and what each of them makes of it: exit code, lines to standard
# error, fetches that arrived.

my @cases = (
    {
        name  => 'a task that succeeded',
        rules => [{state => 'SUCCESS'}],
        code  => 0, out => 1, count => 1,
    },
    {
        name  => 'a task that failed, which is a 200',
        rules => [{state => 'FAILED'}],
        code  => 3, out => 1, count => 1,
    },
    {
        name  => 'a task on its way',
        rules => [{state => 'CREATED', times => 1},
            {state => 'PROCESSING', times => 1}, {state => 'SUCCESS'}],
        code  => 0, out => 1, count => 3,
    },
    {
        name  => 'a state that is new',
        rules => [{state => 'PAUSED', times => 1}, {state => 'SUCCESS'}],
        code  => 0, out => 1, count => 2,
    },
    {
        name  => 'a new state is named',
        way   => 'direct',
        rules => [{state => 'PAUSED', times => 1,
            headers => {'Retry-After' => 1}}, {state => 'FAILED'}],
        code  => 3, err => qr/PAUSED, again in 1 s/,
    },
    {
        name  => 'a task id with all sorts of characters',
        id    => 'a b&c=d+%/#?"e',
        rules => [{state => 'SUCCESS'}],
        code  => 0, out => 1, count => 1,
    },
    {
        name  => 'a task that is not there yet',
        rules => [{status => 404, times => 2}, {state => 'SUCCESS'}],
        code  => 0, out => 1, count => 3, err => qr/no such task yet/,
    },
    {
        name  => 'a task that does not come',
        args  => [60, 1],
        code  => 4, err => qr/404, No task found/,
    },
    {
        name  => '502 and 504',
        rules => [{html => 1, status => 502, times => 1},
            {status => 504, times => 1}, {state => 'SUCCESS'}],
        code  => 0, out => 1, count => 3, err => qr/502, .*\n.*504, /,
    },
    {
        name  => '429 and 503 with Retry-After',
        rules => [{retry_after => 1, times => 1},
            {status => 503, retry_after => 1, times => 1},
            {state => 'SUCCESS'}],
        code  => 0, out => 1, count => 3,
        err   => qr/429, again in 1 s\n.*503, again in 1 s/,
    },
    {
        name  => 'a Retry-After beyond the deadline',
        args  => [20],
        rules => [{status => 503, retry_after => 60}],
        code  => 5, count => 1,
        err   => qr/503, again in (?:60|59) s\n.*after 20/,
    },
    {
        name  => 'a bad request',
        id    => 'x' x 257,
        code  => 2, count => 0,
        err   => qr/\A.*400, The request is invalid.*\n\z/,
    },
    {
        name  => 'credentials that are refused',
        rules => [{status => 403, message => 'Not this one'}],
        code  => 2, count => 1, err => qr/\A.*403, Not this one\n\z/,
    },
    {
        name  => 'a task that takes too long',
        args  => [3],
        rules => [{state => 'PROCESSING'}],
        code  => 5, err => qr/not finished after 3 s/,
    },
    {
        name  => 'an answer that does not come',
        way   => 'direct',
        args  => [2],
        rules => [{hang => 1}],
        code  => 5, err => qr/000, again/,
    },
    {
        name  => 'no gateway',
        port  => 'dead',
        args  => [3],
        code  => 5, err => qr/000, again/,
    },
    {
        name  => 'an answer that is cut, and some that are none',
        way   => 'direct',
        rules => [{cut => 1, state => 'SUCCESS', times => 1},
            map({ +{body => $_, headers => {'Retry-After' => 1}, times => 1} }
                'none', '[1]', '{"result":"SUCCESS"}'),
            {state => 'SUCCESS'}],
        code  => 0, count => 5,
        err   => qr/000, .*\n(?:.*no state, again in 1 s\n){3}\z/,
    },
    {
        name  => 'a request that was held',
        way   => 'direct',
        rules => [{state => 'PROCESSING', delay => 1.2, times => 1,
            headers => {'Preference-Applied' => 'wait=25'}},
            {state => 'SUCCESS'}],
        code  => 0, count => 2, err => qr/PROCESSING, again in 0 s/,
    },
    {
        name  => 'an answer that asks for nothing',
        way   => 'direct',
        args  => [4],
        rules => [{state => 'PROCESSING'}],
        code  => 5, count => 1, err => qr/PROCESSING, again in 5 s/,
    },
);


# As few at once as the machine bears.

sub run_all (@runs) {
    my @running;

    while (@runs || @running) {
        push @running, start(shift @runs) while @runs && @running < 8;

        my $ended = wait_for(sub { has_ended(@running) }, 60) or last;

        @running = grep { $_ != $ended } @running;
        $ended->{process}->pid(undef);
    }
}


sub has_ended (@running) {
    for my $run (@running) {
        next if $run->{process}->is_running;
        $run->{code} = $?;
        return $run;
    }

    return;
}


sub start ($run) {
    my ($case, $base) = @$run{qw(case base)};
    my $port = $case->{port} ? $t->port($case->{port}) : $t->port;
    my $url  = "http://127.0.0.1:$port/" . ($case->{way} // 'gateway');
    my $id   = $run->{id} = $case->{id} // "task-$base";

    $sim->also($id, $_) for @{ $case->{rules} // [] };

    $run->{process} = $t->adopt(ClearStatus::Process->new(
        dir => $t->dir, name => $base));
    $run->{process}->spawn($t->dir . "/$base.err", 'sh', '-c',
        'out=$1; shift; exec "$@" > "$out"', 'sh', $t->dir . "/$base.out",
        @{ $run->{command} }, "$url/$base", $id, @{ $case->{args} // [] });
    return $run;
}


sub judge ($run) {
    my ($case, $base, $id) = @$run{qw(case base id)};
    my $name = $case->{name};
    my $err  = $t->slurp("$base.err");
    my $out  = $t->slurp("$base.out");

    is +($run->{code} // -1) >> 8, $case->{code}, "$name: exit code"
        or diag $err;
    like $err, $case->{err}, "$name: what it says" if $case->{err};
    is $sim->count($id), $case->{count}, "$name: fetches"
        if defined $case->{count} && !$case->{id};

    if ($case->{out}) {
        my $target = $id =~ s/([^\w-])/sprintf '%%%02x', ord $1/ger;
        is $out, $t->get("/gateway/$base?taskId=$target")->body,
            "$name: the answer, as it is";
    }

    is $out, '', "$name: no answer" if $case->{code} !~ /[03]/;
}


my @all;

for my $client (@clients) {
    my ($name, $needs, $command) = @$client;
    my $word = $name =~ s/\W/_/gr;

    $client->[3] = said_by(@$needs);
    next if defined $client->[3];
    push @all, map {
        {client => $name, command => $command, case => $cases[$_],
            base => "${word}_$_"}
    } 0 .. $#cases;
}


# Why it cannot be, where it cannot.

sub said_by ($program, @arguments) {
    my ($found) = grep { -x "$_/$program" } split /:/, $ENV{PATH};
    return "there is no $program on this machine" if !$found;

    my $said = `@{[join ' ', map {"'$_'"} $program, @arguments]} 2>&1`;
    return $? ? "its $program is too old, or does not work: $said" : undef;
}

run_all(@all);

for my $client (@clients) {
    my ($name, undef, $command, $why) = @$client;

    subtest $name => sub {
        plan skip_all => $why if defined $why;

        judge($_) for grep { $_->{client} eq $name } @all;

        my $said = `@$command 2>&1`;
        is $? >> 8, 2, 'no argument: exit code';
        like $said, qr/\Ausage: \Q$name\E URL TASK_ID.*\n\z/, 'and its usage';
        is system("@$command nonsense x > /dev/null 2>&1") >> 8, 2, 'no URL';
    };
}


# The page: its few lines, with what stands around such lines in a program, for
# a task that ends while they are held.

my $page = $root->child('docs/polling.md')->slurp('UTF-8');
my %AROUND = (
    sh     => ['poll.sh', "url=\$1 task=\$2; cd '@{[$t->dir]}'\nLINES"
        . "cat answer\n", 'sh'],
    python => ['poll.py', "import sys\nurl, task = sys.argv[1:]\nLINES"
        . "print(answer['result']['workflowStatus'])\n", 'python3'],
    js     => ['poll.mjs', "const [url, task] = process.argv.slice(2);\nLINES"
        . "console.log(answer.result.workflowStatus);\n", 'node'],
    java   => ['Poll.java', "import java.net.URI;\nimport java.net.http.*;\n"
        . "import java.net.http.HttpResponse.BodyHandlers;\n"
        . "import java.time.Duration;\nimport java.util.regex.Pattern;\n"
        . "class Few {"
        . "public static void main(String[] args) throws Exception {"
        . "String url = args[0], task = args[1];\n"
        . "LINES System.out.println(r.body()); } }\n", 'java'],
);

my ($few) = $page =~ /^## In a few lines\n(.*?)^## /ms;
my %lines = $few =~ /^```(\w+)\n(.*?)^```/msg;

is_deeply [sort keys %lines], [sort keys %AROUND], 'languages of a few lines';

for my $language (sort keys %lines) {
    my ($name, $around, $program) = @{ $AROUND{$language} };
    my ($client) = grep { $_->[0] eq $name } @clients;

    subtest "a few lines of $language" => sub {
        plan skip_all => $client->[3] if defined $client->[3];

        my $id   = new_task('SUCCESS');
        my $file = $t->file("few-$name",
            $around =~ s/LINES/$lines{$language}/r);
        my $out  = $t->dir . "/few-$name.out";
        $sim->behave($id, {state => 'PROCESSING'});

        my $run = ClearStatus::Process->new(dir => $t->dir)->spawn($out,
            $program, $file, 'http://127.0.0.1:' . $t->port
                . '/gateway/few', $id);
        $t->adopt($run);

        ok $sim->wait_count($id, 3), 'the gateway asks, again and again';
        $sim->behave($id, {state => 'SUCCESS'});
        ok wait_for(sub { !$run->is_running }), 'it ends';
        like $run->slurp($out), qr/SUCCESS/, 'with the end';
        ok wait_for(sub { $t->access_log =~ /few\?taskId=$id/ }),
            'it is in the log';
        is scalar(() = $t->access_log =~ /few\?taskId=$id/g), 1,
            'by one request';
    };
}


for my $name (map { $_->[0] } @clients) {
    my $file = $dir->child($name)->slurp('UTF-8');
    my ($text) = $page =~ /^### \Q$name\E\n.*?^```\w+\n(.*?)^```/ms;

    ok length($text // '') > 300, "$name: the page shows its loop";
    ok index($file =~ s/^ +//gmr, ($text // '?') =~ s/^ +//gmr) >= 0,
        "$name: as it is";
}

$t->done;
