# tools/debian, from which "make fresh" and the container's test have their
# Debian, without a network: a suite that is nowhere to be had is no fault,
# whatever else goes wrong is one; what is taken over from this machine.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Process qw(free_port);
use ClearStatus::Test;
use Cwd qw(abs_path);
use IO::Socket::INET;
use Mojo::File qw(path);
use POSIX ();
use Test::More;

plan skip_all => 'this is not a Debian' if !-x '/usr/lib/apt/apt-helper';

my $tool = abs_path("$Bin/../tools/debian");
my $t    = ClearStatus::Test->new;
my $dir  = path($t->dir);
my ($own) = path('/etc/os-release')->slurp =~ /^VERSION_CODENAME=(\w+)/m;

plan skip_all => 'this is not a Debian' if !$own;

# one that fails for three suites, and for others makes what is in a Debian
my $port = free_port();
path($dir, 'bin')->make_path;
$t->file('bin/apt-get', "#!/bin/sh\necho $own main http://127.0.0.1:$port/\n",
    0755);
$t->file('bin/dpkg', "#!/bin/sh\nexit 0\n", 0755);
$t->file('bin/debootstrap', <<'EOC', 0755);
#!/bin/sh
echo "as debootstrap said: $*"
case $3 in missing | broken | away) exit 1 ;; esac
mkdir -p "$4/etc/apt/apt.conf.d" "$4/etc/dpkg/dpkg.cfg.d" "$4/usr/share"
echo 'deb http://127.0.0.1/ its-own main' > "$4/etc/apt/sources.list"
EOC

# a server of packages, on which one suite is missing and one is broken

my %status = (missing => '404 Not Found', broken => '500 Broken');
my $server = IO::Socket::INET->new(LocalAddr => "127.0.0.1:$port",
    Listen => 16, ReuseAddr => 1) or die $!;
my $pid = fork // die $!;

if (!$pid) {
    while (my $client = $server->accept) {
        my ($suite) = (<$client> // '') =~ m{dists/(\w+)/} or next;

        1 while (<$client> // "\r\n") ne "\r\n";
        print $client "HTTP/1.1 @{[$status{$suite} // '200 OK']}\r\n",
            "Content-Length: 0\r\nConnection: close\r\n\r\n";
    }
    POSIX::_exit(0);
}

close $server;


# exit status, what was said

sub debian ($suite) {
    local $ENV{PATH} = "$dir/bin:$ENV{PATH}";
    local $ENV{no_proxy} = '127.0.0.1';

    my $said = `$tool $suite $dir/$suite git,make 2>&1 < /dev/null`;
    return ($? >> 8, $said);
}


my ($status, $said) = debian('missing');
is $status, 2, 'a suite that is not there is no fault';
is $said, "http://127.0.0.1:$port has no Debian missing\n", 'and is told';

($status, $said) = debian('broken');
is $status, 1, 'a server that is broken is one';
like $said, qr/^as debootstrap said/, 'with what debootstrap said';

($status, $said) = debian('away');
is $status, 1, 'so is a suite that is there';

kill 'KILL', $pid;
waitpid $pid, 0;

($status, $said) = debian('missing');
is $status, 1, 'and a server that is not there';
like $said, qr/^debootstrap of missing from \S+ failed$/m, 'as is told';

($status, $said) = debian('other');
is "$status$said", '0', 'another Debian';
is path("$dir/other/etc/apt/sources.list")->slurp,
    "deb http://127.0.0.1:$port other main\n", 'has packages from there';
is_deeply [path("$dir/other/etc/apt/apt.conf.d")->list->each], [],
    'no settings that came with a package, which has others there';
ok -s "$dir/other/etc/hosts", 'and the names of hosts';
like path("$dir/other.log")->slurp, qr/--include=git,make other /,
    'and the packages that are asked for';

debian($own);
unlike -e "$dir/$own/etc/apt/sources.list"
    ? path("$dir/$own/etc/apt/sources.list")->slurp : '',
    qr/its-own/, 'the same Debian has the sources of this one';

$t->done;
