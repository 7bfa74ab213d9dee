# Every command in README and docs is run by a test: those with their output
# here, against "make run"; the others where the table says.  A block of
# commands that is in neither fails.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Process;
use ClearStatus::Test;
use Mojo::File qw(path);
use Test::More;

# page and heading of a block of sh: "fresh" where t/fresh/steps runs it as it
# stands there, "targets" where it is of make, "here", or who else runs it
my %RUNS = (
    'README.md: Two commands'                               => 'targets',
    'README.md: From the package to the first poll'         => 'fresh',
    'docs/data.md: How it is erased'                        => 't/data.t',
    'docs/fleet.md: Kubernetes'                             => 't/kubernetes.t',
    'docs/install.md: Upgrading'                            => 'fresh',
    'docs/install.md: Which code runs'                      => 'fresh',
    'docs/install.md: Removing'                             => 'fresh',
    'docs/install.md: Without the package'                  => 'fresh',
    'docs/install.md: A newer one without the package'      => 'fresh',
    'docs/install.md: In a container'                       => 't/container.t',
    'docs/install.md: Another nginx'                        => 'fresh',
    'docs/install.md: The usual way of nginx'               => 'fresh',
    'docs/operations.md: When callers see an error'         => 'here',
    'docs/operations.md: Rotating a token'                  => 'here',
    'docs/operations.md: Answers on disk'                   => 't/disk.t',
    'docs/operations.md: The Redis of a fleet'            => 't/redis_login.t',
    'docs/performance.md: How to repeat it'                 => 'targets',
    'docs/polling.md'                                       => 't/clients.t',
    'docs/testing.md: Testing'                              => 'targets',
);

my $t    = ClearStatus::Test->new(reload => 0);
my $top  = path("$Bin/..")->realpath;
my $port = $t->port;

my %known = map { $_ => 1 } $top->child('Makefile')->slurp =~ /^(\w[\w-]*):/mg;
my $steps = $top->child('t/fresh/steps')->slurp;
my $here  = {};


# Blocks of commands, each with its page and its heading.

sub blocks ($kind) {
    my @found;

    for my $page ('README.md', map {"docs/$_"}
        $top->child('docs')->list->grep(qr/\.md$/)->map('basename')->each)
    {
        my ($heading, $fence, $text) = ('', '', '');

        for my $line (split /\n/, $top->child($page)->slurp('UTF-8')) {
            if ($line =~ /^```(\w*)/) {
                push @found, {page => $page, name => "$page: $heading",
                    text => $text} if $fence eq $kind;
                ($fence, $text) = ($fence ? '' : $1 || 'text', '');

            } elsif ($fence) {
                $text .= "$line\n";

            } elsif ($line =~ /^#+ (.*)/) {
                $heading = $1;
            }
        }
    }

    return @found;
}


# Where each is run.

my @sh = blocks('sh');

for my $block (@sh) {
    my ($page, $name) = @$block{qw(page name)};
    my $runs = $RUNS{$name} // $RUNS{$page} // '';
    my ($heading) = $name =~ /: (.*)/;

    if ($runs eq 'targets') {
        makes($name, $block->{text});

    } elsif ($runs eq 'fresh') {
        like $steps, qr/pasted \Q$page\E '?\Q$heading\E\b/,
            "$name: t/fresh/steps runs it";

    } elsif ($runs eq 'here') {
        $here->{$heading} = $block->{text};

    } else {
        ok $runs && -e $top->child($runs), "$name: $runs runs it";
    }
}

my %is_there = map { $_->{name} => 1, $_->{page} => 1 } @sh;
is_deeply [grep { !$is_there{$_} } sort keys %RUNS], [],
    'and there is each that is said to be run';


# What takes long, CI or a person runs: each is a target with variables that
# somebody reads.

sub makes ($name, $text) {
    for my $line (grep {/\S/} map {s/#.*//r} split /\n/, $text) {
        my ($before, $target, $after)
            = $line =~ /^((?:\w+=\S+ )*)make ([\w-]+)(.*)/;

        ok $target && $known{$target}, "$name: $line" or next;

        for my $variable ("$before$after" =~ /\b([A-Z]+)=/g) {
            ok !system('grep', '-rqw', $variable, map { $top->child($_) }
                    qw(Makefile tools bench t/fuzz)), "$variable is one";
        }
    }
}


# What is shown with its output.

SKIP: {
    skip 'runs the build of this checkout, not another one', 1
        if $ENV{TEST_MODULE} || $ENV{TEST_NGINX_BINARY};

    delete @ENV{grep {/^CLEAR_/} keys %ENV};
    @ENV{qw(TMPDIR PORT)} = ($t->dir, $port);

    my $run = ClearStatus::Process->new(dir => $t->dir, name => 'demo/run');
    $run->spawn($t->dir . '/out', "$Bin/../demo/run");
    $t->adopt($run);
    ok wait_for(sub { $t->slurp('out') =~ /Ctrl-C/ }, 20), 'make run'
        or diag $t->slurp('out');

    shown($_) for blocks('console');
    ok $run->end('TERM'), 'make run ends';
}


sub shown ($block) {
    my ($command, $shown) = $block->{text} =~ /\A\$ ([^\n]*)\n(.*)\z/s;

    $command =~ s/8080/$port/g;
    my $said = `$command -s` =~ s/\r//gr;

    # the simulator's
    $shown =~ s/your-integration-id/simulator/g;

    like $said, qr/^@{[pattern($_)]}/ms, "$block->{name}: $_"
        for grep { $_ ne '...' } split /\n+/, $shown;
}


# "..." is anything, and a number another one, but for those of HTTP.

sub pattern ($line) {
    return qr/\Q$line/ if $line =~ /^HTTP/;
    return join '.*?', map {s/(?<![\w-])\d+(?![\w-])/\\d+/gr =~ s/ /\\s*/gr}
        map { quotemeta =~ s/\\ / /gr } split /\.\.\./, $line;
}


# As for operators, with files of this test.

$t->file('error.log', qq{a while fetching task "6988a3bc2e0e5e3c6c9aa6da"\n});

my $grep = $here->{'When callers see an error'} =~ s{/var/log/nginx}{$t->dir}er;
like `$grep`, qr/^a while fetching/, 'operations.md: the task is found';

SKIP: {
    skip 'chown takes root', 2 if $> != 0;

    $t->file('clear-token',   "old\n");
    $t->file('new-token.txt', "new\n");

    my $rotate = $here->{'Rotating a token'} =~ s{/etc/nginx}{$t->dir}ger;
    is system("cd @{[$t->dir]} && $rotate"), 0, 'operations.md: a new token';
    is $t->slurp('clear-token'), "new\n", 'is in its place';
}

$t->done;
