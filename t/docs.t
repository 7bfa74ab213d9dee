# The documentation keeps up: every directive and variable has its place, every
# example is accepted by nginx, every link leads somewhere.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Mojo::File qw(path);
use Test::More;

my $t    = ClearStatus::Test->new;
my $root = path("$Bin/..");
my %doc  = map { $_->basename => $_->slurp('UTF-8') }
    (map { $root->child($_) } qw(README.md CONTRIBUTING.md SECURITY.md)),
    $root->child('docs')->list->grep(qr/\.md$/)->each;

$t->file('token', "example\n");
$t->file('callers', "key tenant;\n");
mkdir $t->dir . '/tokens';


# Directives.

my ($table) = $root->child('ngx_clear_status_module.c')->slurp
    =~ /ngx_clear_status_commands\[\] = \{(.*?)ngx_null_command/s;
my %flags = $table =~ /ngx_string\("(\w+)"\),\s*([\w|\s]+),/g;
my @names = sort keys %flags;
my %page  = $doc{'directives.md'} =~ /^## (\w+)\n(.*?)(?=^##? )/msg;

is_deeply [sort keys %page], [sort @names],
    'the page has a section for each directive, and for nothing else';
is scalar @names, scalar(() = $table =~ /ngx_string\("/g),
    'the table was read whole';

for my $name (@names) {
    my $text = $page{$name} // '';

    subtest $name => sub {
        like $text, qr/^\| Syntax: \| `\Q$name\E(?: .+)?;` \|$/m, 'Syntax';
        like $text, qr/^\| Default: \| (?:-|`\Q$name\E .+;`) \|$/m, 'Default';
        like $text, qr/^\| Context: \| \Q@{[context($flags{$name})]}\E \|$/m,
            'Context';
        like $text, qr/\n\n\w.{20}/s, 'and says what it does';
    };
}


# As the table's flags allow it.

sub context ($flags) {
    return join ', ',
        $flags =~ /_HSL|_MAIN_CONF/ ? 'http'     : (),
        $flags =~ /_HSL|_SRV_CONF/  ? 'server'   : (),
        $flags =~ /_HSL|_LOC_CONF/  ? 'location' : ();
}


# Variables.

my @variables = $root->child('src/request/variables.c')->slurp
    =~ /\{ ngx_string\("(clear_status_\w+)"\)/g;

ok @variables >= 5, 'variables are found';
is_deeply [sort $doc{'directives.md'} =~ /^`\$(\w+)`$/mg], [sort @variables],
    'the page has each of them, and no other';


# Examples.

for my $name (sort keys %doc) {
    my $n = 0;

    while ($doc{$name} =~ /^```nginx\n(.*?)^```/msg) {
        my ($status, $output) = $t->nginx_t(whole($1));
        is $status, 0, "$name: example " . ++$n or diag $output;
    }
}


# A whole configuration of a piece of one, with files that exist.

sub whole ($text) {
    $text =~ s/^(?:load_module|user) .*;$//mg;
    $text =~ s{/etc/nginx/clear-token}{%%DIR%%/token}g;
    $text =~ s{/etc/nginx/gateway\.(?:pem|key)}
        {$t->certificate('localhost')->{$& =~ /key/ ? 'key' : 'cert'}}ge;
    $text =~ s{/etc/nginx/callers\.pem}{%%CA%%}g;
    $text =~ s{/etc/nginx/clear-callers}{%%DIR%%/callers}g;
    $text =~ s{/etc/nginx/(?:proxy|redis)-password}{%%DIR%%/token}g;
    $text =~ s{/var/log/nginx}{%%DIR%%}g;

    if ($text !~ /^events\b/m) {
        $text = "server {\n$text}\n" if $text =~ /^location\b/m;
        $text = "http {\n$text}\n" if $text !~ /^http\b/m;
        $text = "events {\n}\n\n$text";
    }

    $text =~ s/^http \{$/http {\n%%HTTP%%/m;
    $text =~ s/\blisten [\d.:]+/listen 127.0.0.1:%%PORT%%/g;
    return "%%GLOBALS%%\n$text";
}


# The numbers whose reasons are told are there by that name.

{
    my $code = join '', map { path($_)->slurp } glob "$root/src/*/*.[ch]";
    my @told = $doc{'decisions.md'} =~ /`((?:NGX_CS|CLEAR)_[A-Z0-9_]+)`/g;

    ok @told > 10, 'decisions.md names numbers';
    is_deeply [grep { $code !~ /^#define $_\b/m } @told], [], 'as they are';
}


# The test that is shown to who writes the first one.

{
    my ($test) = $doc{'CONTRIBUTING.md'} =~ /^```perl\n(.*?)^```/ms;
    my $file   = $t->file('first.t', $test =~ s/\$Bin\/lib/$Bin\/lib/r);
    my $said   = `$^X $file 2>&1`;

    is $?, 0, 'the test in CONTRIBUTING.md passes' or diag $said;
    like $said, qr/^ok 3 - by one fetch$/m, 'and tests';
}

like scalar(`make -s -C $root help`), qr/^make test .*^NGINX_SRC=/ms,
    '"make help" tells of all';


# Links.

for my $name (sort keys %doc) {
    my $from = -e $root->child($name) ? $root : $root->child('docs');

    for my $link ($doc{$name} =~ /\]\(([^)\s]+)\)/g) {
        next if $link =~ /^https?:/;

        my ($file, $anchor) = split /#/, $link;
        ok $file eq '' || -e $from->child($file), "$name: $link";

        next if !defined $anchor;
        my %anchor = anchors($doc{path($file || $name)->basename});
        ok $anchor{$anchor}, "$name: the heading of $link";
    }
}


# As GitHub makes them of headings.

sub anchors ($text) {
    return map { lc(s/[^\w\s-]//gr =~ tr/ /-/r) => 1 }
        $text =~ /^#+ (.+)$/mg;
}


$t->done;
