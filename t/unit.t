# The plain C floor without nginx: every program of t/unit, and every fuzz
# target over its corpus.  SANITIZE=address,undefined builds with sanitizers,
# COVERAGE=1 with counters, TEST_VALGRIND=1 runs them under valgrind.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use Mojo::File qw(path);
use Test::More;

delete @ENV{qw(MAKEFLAGS MAKELEVEL MFLAGS)};

my $build    = "$Bin/../build";
my $sanitize = $ENV{SANITIZE} // '';
my $counted  = $ENV{COVERAGE} ? '/counted' : '';
my $unit     = "$build/unit" . ($sanitize ? '/sanitized' : $counted);
my $replay   = "$build/fuzz/replay" . ($sanitize ? '-sanitized' : '');
my $valgrind = $ENV{TEST_VALGRIND}
    ? 'valgrind -q --error-exitcode=9 --leak-check=full'
        . ' --show-leak-kinds=definite --errors-for-leak-kinds=definite '
    : '';

plan skip_all => 'cmocka is not installed'
    if system('pkg-config --exists cmocka yajl') != 0;

ok @{[names("$Bin/$_->[0]", $_->[1], '')]}, "there is something in t/$_->[0]"
    for ['unit', qr/_test\.c$/], ['fuzz', qr/_fuzz\.c$/];

runs('t/unit builds', make("$Bin/unit"));
runs($_, "$valgrind$unit/$_") for names("$Bin/unit", qr/_test\.c$/, '_test');

runs('t/fuzz builds', make("$Bin/fuzz"));
runs("$_, over its corpus", "$valgrind$replay/$_ $Bin/fuzz/corpus/$_/*")
    for names("$Bin/fuzz", qr/_fuzz\.c$/, '');

done_testing;


sub make ($folder) {
    my $flags = $counted ? 'COVERAGE=1' : '';

    return "make -s -j2 -C $folder SANITIZE=$sanitize $flags";
}


sub names ($folder, $suffix, $instead) {
    return sort map { $_->to_rel($folder) =~ s/$suffix/$instead/r }
        grep {/$suffix/} path($folder)->list_tree->each;
}


# What a program says is shown where it fails; one that a failed build left
# from before does not count, since the build has failed then.

sub runs ($name, $command) {
    subtest $name => sub {
        my $said   = `( $command ) 2>&1 < /dev/null`;
        my $status = $?;

        is $status, 0, 'it ends well' or diag $said;
        unlike $said, qr/runtime error|Sanitizer/, 'nothing is reported';
        ok $said =~ /PASSED|files/ || $command =~ /^make/, 'tests were run';
    };

    return;
}
