# "make deps" on a machine that it may not change: what it says to whom is not
# root, and that each target asks for what it needs and no more.  What it does
# as root, t/fresh/steps sees.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Cwd qw(abs_path);
use Mojo::File qw(path);
use Test::More;

my $top = abs_path("$Bin/..");
my $t   = ClearStatus::Test->new;
my $bin = path($t->dir, "bin")->make_path;

# who may not become root, on a Debian where nothing is installed
$t->file('bin/id',         "#!/bin/sh\necho 1000\n",                0755);
$t->file('bin/dpkg-query', "#!/bin/sh\nexit 1\n",                   0755);
$t->file('bin/apt-get',    "#!/bin/sh\necho apt-get runs; exit 1\n", 0755);

symlink "/usr/bin/$_", "$bin/$_" for qw(cat sed);


# exit status, what was said

sub deps (@for) {
    my $said = `PATH=$bin /bin/sh $top/tools/deps @for 2>&1`;
    return ($? >> 8, $said);
}


sub packages (@for) {
    my ($status, $said) = deps(@for);
    my ($line) = $said =~ /apt-get install --no-install-recommends (.*)/;

    return {map { $_ => 1 } split ' ', $line // ''};
}


# Without root, nor a way to it.

my ($status, $said) = deps();

isnt $status, 0, 'without root it is an error';
like $said, qr/^make deps: .*takes root/, 'which says why';
unlike $said, qr/apt-get runs/, 'nothing is tried';

my ($pasted) = $said =~ /\n\n(.*)\z/s;
my @lines = grep {/\S/ && !/^ +#/} split /\n/, $pasted;

like $lines[0], qr/policy-rc\.d/, 'what to paste: no service is started,'
    if !-e '/usr/sbin/policy-rc.d';
like $pasted, qr/apt-get update\n +apt-get install --no-install-recommends .*/,
    'with lists of today, nothing that is only recommended';
is system('sh', '-n', '-c', $pasted), 0, 'and it is for a shell';

$t->file('bin/sudo', "#!/bin/sh\necho no sudoer >&2\nexit 1\n", 0755);
($status, $said) = deps();
isnt $status, 0, 'who is no sudoer gets an error';
like $said, qr/^no sudoer\n.*apt-get install/s, 'and the same';
unlink "$bin/sudo";


# What for.

my ($run, $deb, $test) = map { packages(@$_) } [], ['deb'], ['test'];

ok $run->{$_}, "to run: $_"
    for qw(gcc make nginx nginx-dev libcurl4-openssl-dev libyajl-dev);
ok !$run->{$_}, "not to run: $_"
    for qw(build-essential chromium lintian libcmocka-dev redis-server);
ok $deb->{'build-essential'}, 'for the package: build-essential';
ok !$deb->{chromium}, 'not for the package: chromium';
is_deeply [grep { !$test->{$_} } sort keys %$run, keys %$deb], [],
    'tests have all of it';

($status, $said) = deps('nonsense');
isnt $status, 0, 'a word that nobody knows';
is $said, "make deps: nothing is known of nonsense\n", 'is said';

# What the package is built of is what the rest is.

my ($build) = path("$top/debian/control")->slurp
    =~ /^Build-Depends:\n((?: .*\n)+)/m;
my @build = map {s/ \(.*//r} $build =~ /^ ([^,\n]+)/mg;
is_deeply [grep { !$deb->{$_} } grep { !/^debhelper-compat/ } @build], [],
    'debian/control asks for nothing else';

$t->done;
