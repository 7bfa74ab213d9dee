# The Debian package: how it is built, what is in it, that its module answers
# by its example; and, where the machine may be changed, what apt does with it.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Cwd qw(abs_path);
use Mojo::File qw(path);
use Test::More;

my $NAME = 'libnginx-mod-http-clear-status';
my $LINK = '/etc/nginx/modules-enabled/50-mod-http-clear-status.conf';

my $top = abs_path("$Bin/..");
my $t   = ClearStatus::Test->new;
my $dir = $t->dir;

plan skip_all => "make deb takes Debian's nginx, which is not here"
    if !-e '/usr/share/nginx/src/conf_flags';

delete @ENV{qw(CC CFLAGS LDFLAGS MAKEFLAGS MAKELEVEL MFLAGS NGINX_SRC)};
$ENV{LC_ALL} = 'C.UTF-8';

# what is tested here is the package's own build
$ENV{TEST_MODULE} = 'static';
delete $ENV{TEST_NGINX_BINARY};


# exit status, what was said

sub sh ($command) {
    my $said = `( $command ) 2>&1`;
    return ($? >> 8, $said);
}


sub says ($command) { return (sh($command))[1] }


sub tree {
    return says("cd $top && find . -path ./.git -prune -o -path ./build -prune"
            . ' -o -type f -exec cksum {} + | sort; ls -A ..'
            . ' | grep -E "[.](deb|changes|buildinfo)$"');
}


# The example with its lines edited, all else as it is shipped.

sub edited ($example) {
    my %line = (
        'listen 127.0.0.1:8080'                => 'listen 127.0.0.1:%%PORT%%',
        'clear_status_auth_token_file /etc/nginx/clear-token' =>
            'clear_status_auth_token_file %%DIR%%/token',
        'clear_status_integration_id "your-integration-id"' =>
            'clear_status_integration_id tenant-a',
    );

    for my $from (sort keys %line) {
        is scalar($example =~ s/^ +\Q$from\E;$/$line{$from};/mg), 1, $from;
    }

    return $example =~ s{https://api\.clear\.in}{%%UPSTREAM%%}r;
}


sub conf ($load, $site) {
    return "%%GLOBALS%% $load\nevents {\n}\n\nhttp {\n%%HTTP%%\n$site\n}\n";
}


sub answers ($name) {
    my $id = new_task('SUCCESS');
    my $r  = $t->get("/one-integration/workflow/status?taskId=$id");

    is $r->code, 200, "$name: a poll is answered" or return;
    is $r->json->{result}{taskId}, $id, "$name: with its task";
}


# Those but for the names that Debian has for CHANGES and LICENSE.

sub dead_links ($page) {
    return grep { !-e $page->sibling($_) }
        grep { !m{^https?:|^CHANGES$|^LICENSE$} && length }
        map {s/#.*//r} $page->slurp =~ /\]\(([^)\s]+)\)/g;
}


# What the example has for operators, switched on.

sub for_operators ($example) {
    return $example =~ s{^#(server \{.*\})}{$1 =~ s/^#//mgr}emsr
        =~ s/127\.0\.0\.1:8081/127.0.0.1:%%PORT2%%/gr;
}


sub operates {
    my $url = 'http://127.0.0.1:' . $t->port(2);

    like says("curl -s $url/dashboard"), qr/<html/, 'for operators: a page';
    like says("curl -s $url/metrics"), qr/^clear_status_zone_entries\{/m,
        'metrics';
    is says("curl -s -X DELETE '$url/purge?all=1'"), '{"purged":1}', 'a purge';
}


# Built, in a copy.

my $before = tree();
my ($exit, $said) = sh("BUILD=$dir/built $top/tools/deb");
is $exit, 0, 'make deb' or die $said;
is tree(), $before, 'leaves nothing in the tree, nor beside it';

# Built again, elsewhere, by somebody in another place, it is the same.

($exit, $said) = sh('umask 022 && export TZ=Asia/Tokyo LC_ALL=C USER=other'
    . " HOME=/ BUILD=$dir/again && $top/tools/deb");
is $exit, 0, 'made twice' or die $said;

for my $first (glob "$dir/built/*.deb") {
    my $second = "$dir/again/" . path($first)->basename;

    ok -e $second && path($first)->slurp eq path($second)->slurp,
        'the same bytes: ' . path($first)->basename;
}

my ($version) = path("$top/CHANGES")->slurp =~ /^Changes with \w+ (\S+)/m;
my ($deb, @more) = glob "$dir/built/${NAME}_*.deb";
is scalar @more, 0, 'one package';
like $deb, qr/_\Q$version\E-[\d.]+_\w+\.deb$/, 'of the version in CHANGES';

SKIP: {
    skip 'lintian is not installed', 1 if says('command -v lintian') eq '';

    is says("lintian --allow-root -I $deb"), '', 'lintian finds nothing';
}


# What is in it.

my $depends = says("dpkg-deb -f $deb Depends");
my ($abi) = says(q{dpkg-query -W -f '${Provides}' nginx}) =~ /(nginx-abi-\S+)/;
ok defined $abi && $depends =~ /(?:^|, )\Q$abi\E(?:,|$)/m,
    'it depends on the ABI of this nginx' or diag $depends;
like $depends, qr/libcurl4\w* \(>= 7\.87/, 'and on the libcurl that it needs';

my $root = "$dir/root";
my $docs = "$root/usr/share/doc/$NAME";
my $so   = "$root/usr/lib/nginx/modules/ngx_clear_status_module.so";

is +(sh("dpkg-deb -x $deb $root"))[0], 0, 'it unpacks';
ok -s $so, 'the module';
ok -s "$docs/$_", $_ for qw(README.md docs/directives.md docs/install.md
    changelog.gz changelog.Debian.gz copyright);
is path("$root/usr/share/nginx/modules-available/mod-http-clear-status.conf")
    ->slurp, "load_module modules/ngx_clear_status_module.so;\n",
    'the line that loads it';
is says("find $root/etc 2> /dev/null | grep -v ^find:"), '',
    'no file of the operator';

is_deeply [map { dead_links($_) } path("$docs/README.md"),
    path("$docs/docs")->list->grep(qr/\.md$/)->each], [],
    'its pages link to what is there';

like says("readelf -d $so"), qr/BIND_NOW/, 'hardened: bound at once';
like says("readelf -Ws --dyn-syms $so"), qr/__stack_chk_fail/, 'the stack';
like says("readelf -Ws --dyn-syms $so"), qr/__\w+_chk\b/,
    'the buffers';
unlike path($so)->slurp, qr{/tmp/|\Q$top\E}, 'no path of the build is in it';


# What it does.

my $example = path("$docs/examples/clear-status.conf")->slurp;
my $load    = "load_module $so;";

$t->file('token', 'token-' . ClearStatus::Test::MARKER . "\n", 0644);

($exit, $said) = $t->nginx_t(conf($load, $example
    =~ s/127\.0\.0\.1:8080/127.0.0.1:%%PORT%%/r
    =~ s{/etc/nginx/clear-token}{%%DIR%%/token}gr));
is $exit, 0, 'the example as it is shipped is accepted' or diag $said;

my $site = for_operators(edited($example));

$t->conf(conf($load, $site))->run;
answers('unpacked');
operates();
ok $t->stop, 'and nginx ends';

subtest 'apt' => \&with_apt;
$t->done;


# On this machine, which gets back what it had.

sub with_apt {
    plan skip_all => 'apt install changes the machine: TEST_INSTALL=1 allows it'
        if !$ENV{TEST_INSTALL};
    plan skip_all => 'apt install needs root' if $> != 0;
    plan skip_all => "$NAME is installed here, and stays as it is"
        if is_installed();

    my $as_before = (sh('nginx -t'))[0];

    $t->{installed} = 1;
    apt('install', $deb);
    ok is_installed(), 'is installed';
    ok -e $LINK, 'and on';
    is +(sh('nginx -t'))[0], $as_before, 'nginx takes what is in /etc/nginx';

    # "modules/..." is below the prefix
    symlink '/usr/lib/nginx/modules', "$dir/modules";

    $t->conf(conf('include /etc/nginx/modules-enabled/*.conf;', $site))->run;
    answers('installed');

    apt('install --reinstall', $deb);
    ok $t->reload, 'installed again, and reloaded';
    answers('again');

    apt('install', newer());
    ok -e $LINK, 'a newer one leaves it on';
    ok $t->reload, 'and a reload goes on with it';
    answers('newer');
    ok $t->stop, 'and nginx ends';

    apt('remove', $NAME);
    is +(sh('nginx -t'))[0], $as_before, 'removed, nginx goes on without it';
    apt('install', $deb);
    ok -e $LINK, 'removed and installed, it is on';

    unlink $LINK;
    apt('install --reinstall', $deb);
    ok !-l $LINK, 'what an operator switched off stays off';

    apt('purge', $NAME);
    is remains(), '', 'purged, nothing remains';
    is +(sh('nginx -t'))[0], $as_before, 'and nginx goes on';
}


sub apt ($action, $what) {
    my ($status, $output) = sh('DEBIAN_FRONTEND=noninteractive apt-get -y'
        . ' -o DPkg::Lock::Timeout=300 --no-install-recommends'
        . " --allow-downgrades $action $what");

    is $status, 0, "apt $action" or diag $output;
}


sub is_installed {
    return says("dpkg-query -W -f '\${db:Status-Status}' $NAME 2> /dev/null")
        =~ /^(?!not-installed|config-files)./;
}


# The same, with a version of its own.

sub newer {
    state $file = do {
        my $new = "$dir/newer";

        sh("dpkg-deb -R $deb $new");
        $t->file('newer/DEBIAN/control', path("$new/DEBIAN/control")->slurp
                =~ s/^(Version: .*)$/$1+newer/mr);
        sh("dpkg-deb --root-owner-group -b $new $new.deb");
        "$new.deb";
    };

    return $file;
}


sub remains {
    return says('find /etc/nginx /usr/lib/nginx /usr/share/nginx'
            . ' /usr/share/doc /usr/share/lintian /var/lib/dpkg/info'
            . q{ -name '*clear[-_]status*' 2> /dev/null});
}


END {
    local $? = $?;

    sh("DEBIAN_FRONTEND=noninteractive apt-get -y purge $NAME")
        if $t && $t->{owner} == $$ && $t->{installed} && remains() ne '';
}
