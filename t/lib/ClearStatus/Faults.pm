package ClearStatus::Faults;

# A build of the module with fault points, in which the environment says what
# goes wrong, and which counts the time of a zone's lock.

use Mojo::Base -strict, -signatures;

use Cwd qw(abs_path);
use Exporter qw(import);
use File::Basename qw(dirname);
use Test::More;

our @EXPORT_OK = qw(is_stopped use_faults);

my $ROOT = abs_path(dirname(__FILE__) . '/../../..');


# What ClearStatus::Test runs from now on; the test is skipped where that is
# another one.

sub use_faults {
    plan skip_all => 'needs a build of its own, and TEST_MODULE names another'
        if $ENV{TEST_MODULE};

    local $ENV{BUILD}     = 'build/faults';
    local $ENV{CFLAGS}    = '-DNGX_CS_FAULTS=1 -DNGX_CS_LOCK_STATS=1';
    local $ENV{MAKEFLAGS} = '';
    my $log = `'$ROOT/tools/build' 2>&1`;

    is $?, 0, 'a build with fault points' or die $log;

    $ENV{TEST_MODULE} = "$ROOT/build/faults/ngx_clear_status_module.so";
    return;
}


# Whether a process stands at such a point.

sub is_stopped ($pid) {
    open my $fh, '<', "/proc/$pid/stat" or return 0;
    return scalar <$fh> =~ /^\d+ \(.*\) T /s;
}


1;
