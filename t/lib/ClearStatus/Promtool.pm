package ClearStatus::Promtool;

# What Prometheus' own promtool says of metrics and rules: one test each,
# skipped where there is none.  tools/deps puts it into build/.

use Mojo::Base -strict, -signatures;

use Cwd qw(abs_path);
use Exporter qw(import);
use File::Basename qw(dirname);
use File::Temp;
use Test::More ();

our @EXPORT = qw(promtool_ok promtool_finds);

my $build = abs_path(dirname(__FILE__) . '/../../..') . '/build';


sub promtool {
    return (grep {-x} map {"$_/promtool"} split(/:/, $ENV{PATH}), $build)[0];
}


# Its words, then the name of a file or lines for it to read; its status and
# output.

sub run ($words, $input) {
    my $in     = File::Temp->new;
    my $tool   = promtool();
    my $file   = $input =~ /\n/ ? '' : "'$input'";
    my $output = '';

    print $in $input if !$file;
    close $in;
    $output = `'$tool' $words $file < $in 2>&1`;
    return ($?, $output);
}


sub checked ($words, $input, $name, $check) {
    local $Test::Builder::Level = $Test::Builder::Level + 2;

    my $tb = Test::More->builder;
    return $tb->skip("no promtool, run make deps: $name") if !promtool();

    my ($status, $output) = run($words, $input);
    $tb->ok($check->($status, $output), $name) || $tb->diag($output);
}


# It has nothing to say, not even a hint.

sub promtool_ok ($words, $input, $name) {
    checked($words, $input, $name, sub ($status, $output) { $status == 0 });
}


sub promtool_finds ($words, $input, $name) {
    checked($words, $input, $name, sub ($status, $output) { $status != 0 });
}


1;
