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
    $root->child('README.md'),
    $root->child('docs')->list->grep(qr/\.md$/)->each;

$t->file('token', "example\n");


# Directives.

my ($table) = $root->child('ngx_clear_status_module.c')->slurp
    =~ /ngx_clear_status_commands\[\] = \{(.*?)ngx_null_command/s;
my @names = $table =~ /ngx_string\("(\w+)"\)/g;
my %page  = $doc{'directives.md'} =~ /^## (\w+)\n(.*?)(?=^##? )/msg;

is_deeply [sort keys %page], [sort @names],
    'the page has a section for each directive, and for nothing else';

for my $name (@names) {
    my $text = $page{$name} // '';

    subtest $name => sub {
        like $text, qr/^\| Syntax: \| `\Q$name\E .+;` \|$/m, 'Syntax';
        like $text, qr/^\| Default: \| (?:-|`\Q$name\E .+;`) \|$/m, 'Default';
        like $text, qr/^\| Context: \| (?:http|location)/m, 'Context';
        like $text, qr/\n\n\w.{20}/s, 'and says what it does';
    };
}


# Variables.

my @variables = $root->child('src/ngx_clear_status_variables.c')->slurp
    =~ /\{ ngx_string\("(clear_status_\w+)"\)/g;

ok @variables >= 5, 'variables are found';
like $doc{'directives.md'}, qr/^`\$\Q$_\E`$/m, "\$$_" for @variables;


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
    $text =~ s/^load_module .*;$//m;
    $text =~ s{/etc/nginx/clear-token}{%%DIR%%/token}g;

    if ($text !~ /^events\b/m) {
        $text = "server {\n$text}\n" if $text =~ /^location\b/m;
        $text = "events {\n}\n\nhttp {\n$text}\n";
    }

    $text =~ s/^http \{$/http {\n%%HTTP%%/m;
    $text =~ s/\blisten [\d.:]+/listen 127.0.0.1:%%PORT%%/g;
    return "%%GLOBALS%%\n$text";
}


# Links.

for my $name (sort keys %doc) {
    my $from = $name eq 'README.md' ? $root : $root->child('docs');

    for my $link ($doc{$name} =~ /\]\(([^)#\s]+)[^)]*\)/g) {
        next if $link =~ /^https?:/;
        ok -e $from->child($link), "$name: $link";
    }
}

$t->done;
