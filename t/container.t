# The steps of Containerfile, one by one, in folders with a Debian of their own
# instead of a container engine's; and what comes of them: no root, a root file
# system that nobody can write to, probes, SIGQUIT.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);

use Cwd qw(abs_path);
use File::Temp qw(tempdir);
use Mojo::File qw(path);
use Mojo::JSON qw(decode_json);
use Test::More;

my $top = abs_path("$Bin/..");

$ENV{PATH} .= ':/usr/local/sbin:/usr/sbin:/sbin';
delete @ENV{qw(MAKEFLAGS MAKELEVEL MFLAGS BUILD CC CFLAGS LDFLAGS)};

plan skip_all => 'it takes minutes and the network: TEST_CONTAINER=1 allows it'
    if !$ENV{TEST_CONTAINER};
plan skip_all => 'a Debian of its own takes root' if $> != 0;
system "$top/tools/deps fresh >&2";
plan skip_all => 'there is no debootstrap'
    if system('command -v debootstrap > /dev/null');
plan skip_all => 'namespaces of its own are not allowed here'
    if system('unshare --mount --pid --net --fork true 2> /dev/null');

my $dir = tempdir('clear-status-container-XXXXXXXX', DIR => '/var/tmp');
my $log = "$dir/log";
my $owner = $$;

END {
    system 'rm', '-rf', '--one-file-system', $dir
        if defined $dir && $$ == $owner;
}


# In mounts and processes of its own, which end with it.

sub sh ($script, %env) {
    local @ENV{ keys %env } = values %env;

    return system('unshare', '--mount', '--pid', '--fork', '--kill-child',
        '--propagation', 'private', 'bash', '-euc', $script);
}


sub well ($status, $name) {
    return 1 if $status == 0;

    my @said = -e $log ? split /^/, path($log)->slurp : ();
    diag "$name: $status\n", splice @said, -30;
    return 0;
}


sub write_file ($path, $content) {
    open my $fh, '>', $path or die "$path: $!";
    print $fh $content;
    close $fh;
    chmod 0644, $path;
}


# The base image, once; none where there is none to be had, which is no fault.

sub base ($image) {
    my ($suite) = $image =~ /debian:(\w+)-slim$/ or die "no Debian: $image";
    my $base = "$dir/$suite";

    return $base if -d $base;

    my $status = sh(<<'END', SUITE => $suite, ROOT => $base, LOG => $log,
exec 2> "$LOG"
"$TOP/tools/debian" "$SUITE" "$ROOT"
END
        TOP => $top);

    return if $status >> 8 == 2;
    return $base if well($status, $image);
    die "no $image\n";
}


# The file's instructions, and what each does.

my %stage;
my %image = (env => {}, ports => []);
my ($root, $workdir, %arg);

my %does = (
    ARG  => sub ($text) { my ($n, $v) = split /=/, $text, 2; $arg{$n} = $v },
    FROM => sub ($text) {
        my ($from, $as) = split /\s+AS\s+/, $text;

        $from =~ s/\$\{(\w+)\}/$arg{$1}/g;
        $root = "$dir/stage-" . keys %stage;
        $workdir = '/';
        $stage{$as // 'last'} = $root;
        system('cp', '-a', '--reflink=auto', base($from), $root) == 0 or die;
    },
    WORKDIR => sub ($text) {
        $workdir = $text;
        path("$root$text")->make_path;
    },
    COPY => sub ($text) {
        my $from = $text =~ s/^--from=(\w+)\s+// ? $stage{$1} : "$top/";
        my ($what, $to) = split ' ', $text;

        if ($what eq '.') {
            system("tar -C $top --exclude=./.git --exclude=./build -cf - ."
                    . " | tar --no-same-owner -C $root$workdir -xf -") == 0
                or die;
            return;
        }

        system("cp $from$what $root$to") == 0 or die "COPY $text";
    },
    RUN => sub ($text) {
        well(sh(<<'END', ROOT => $root, RUN => $text, IN => $workdir,
exec > "$LOG" 2>&1
mount -t proc proc "$ROOT/proc"
mount -t tmpfs -o mode=1777 tmpfs "$ROOT/dev/shm"
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/root DEBIAN_FRONTEND=noninteractive \
    chroot "$ROOT" /bin/sh -ec "cd '$IN'; $RUN"
END
            LOG => $log), "RUN $text") or die;
    },
    VOLUME     => sub ($text) { $image{volume} = $text },
    USER       => sub ($text) { $image{user}   = $text },
    EXPOSE     => sub ($text) { $image{ports}  = [split ' ', $text] },
    STOPSIGNAL => sub ($text) { $image{stop}   = $text },
    CMD        => sub ($text) { $image{command} = decode_json($text) },
);

my $file = path("$top/Containerfile")->slurp =~ s/^#.*\n//mgr =~ s/\\\n\s*//gr;

plan skip_all => path($log)->slurp =~ s/\n\z//r
    if !defined base($file =~ /^ARG DEBIAN=(\S+)/m);

for my $line (grep {length} split /\n/, $file) {
    my ($word, $text) = split ' ', $line, 2;

    ok $does{$word}, "$word " . substr($text, 0, 60) or next;
    $does{$word}->($text);
}


# As an engine would run it, with what its operator mounts there.

my $site = path("$root/usr/share/doc/libnginx-mod-http-clear-status/examples/"
        . 'clear-status.conf')->slurp
    =~ s/listen 127\.0\.0\.1:8080/listen 8080/r
    =~ s/api\.clear\.in/UPSTREAM/r =~ s/https:/http:/r
    =~ s{^#(server \{.*\})}{$1 =~ s/^#//mgr}emsr;

write_file("$dir/site",  $site);
write_file("$dir/token", "a-token\n");
write_file("$root/etc/nginx/$_", '')
    for qw(conf.d/clear-status.conf clear-token);

is $image{user}, '33:33', 'not as root';
is $image{stop}, 'SIGQUIT', 'stopped by SIGQUIT';
is_deeply $image{ports}, [8080, 8082], 'its ports';

my $status = system 'timeout', 900, 'unshare', '--mount', '--pid', '--net',
    '--fork', '--kill-child', '--propagation', 'private', 'env', "ROOT=$root",
    "DIR=$dir", "TOP=$top", "VOLUME=$image{volume}", 'bash', '-euc', <<'END',
ip link set lo up
mount -t proc proc /proc
mount --bind "$ROOT" "$ROOT"
mount -t proc proc "$ROOT/proc"
mount -t tmpfs -o mode=1777 tmpfs "$ROOT/tmp"
mount -t tmpfs -o uid=33,gid=33,mode=700 tmpfs "$ROOT$VOLUME"

"$TOP/demo/simulator" --quiet --port-file "$DIR/port" &
until [ -s "$DIR/port" ]; do sleep 0.1; done
sed -i "s,UPSTREAM,127.0.0.1:$(cat "$DIR/port")," "$DIR/site"
mount --bind "$DIR/site" "$ROOT/etc/nginx/conf.d/clear-status.conf"
mount --bind "$DIR/token" "$ROOT/etc/nginx/clear-token"
mount -o remount,bind,ro "$ROOT"

# what engines give: the user's own stdout and stderr
for name in out err; do : > "$DIR/$name"; chown 33:33 "$DIR/$name"; done
chmod 711 "$DIR"

chroot "$ROOT" setpriv --reuid=33 --regid=33 --clear-groups --no-new-privs \
    --inh-caps=-all --bounding-set=-all env -i \
    PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@" > "$DIR/out" 2> "$DIR/err" &
nginx=$!

said() { curl -s -o /dev/null -w '%{http_code}' --max-time 60 "$@" || true; }
status=http://127.0.0.1:8080/one-integration/workflow/status
task=$(printf '%08x' "$(($(date +%s) - 100))")0000000000000000
new=$(printf '%08x' "$(date +%s)")0000000000000000

until [ "$(said http://127.0.0.1:8082/healthz)" = 204 ]; do
    kill -0 "$nginx" || { cat "$DIR/err" >&2; exit 1; }
    sleep 0.1
done

{
    echo "probe $(said http://127.0.0.1:8082/healthz)"
    echo "status $(said "$status?taskId=$task")"
    echo "uids $(for p in $(pgrep -x nginx); do
        sed -n 's/^Uid:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$p/status"
    done | sort -u | tr '\n' ' ')"
    echo "caps $(for p in $(pgrep -x nginx); do
        sed -n 's/^CapEff:[^0-9a-f]*//p' "/proc/$p/status"
    done | sort -u | tr '\n' ' ')"
    touch "$ROOT/etc/nginx/new" 2> /dev/null && echo written || echo read-only

    # one that is held when it is told to stop
    said -H 'Prefer: wait=25' "$status?taskId=$new" > "$DIR/held" &
    held=$!
    until curl -s http://127.0.0.1:8081/metrics \
        | grep -q '^clear_status_held{kind="wait"} 1$'
    do sleep 0.1; done
    kill -QUIT "$nginx"
    wait "$nginx" && echo 'ended 0' || echo "ended $?"
    wait "$held"
    echo "held $(cat "$DIR/held")"
    echo "after $(said http://127.0.0.1:8082/healthz)"
    echo "database $(ls "$ROOT$VOLUME" | grep -c answers.db)"
} > "$DIR/said"
END
    'bash', @{ $image{command} };

is $status, 0, 'it runs' or diag -e "$dir/err" ? path("$dir/err")->slurp : '';

my %said = map { /^(\S+) ?(.*)$/ } split /\n/,
    -e "$dir/said" ? path("$dir/said")->slurp : '';

is $said{probe},  204, 'a probe';
is $said{status}, 200, 'a task';
is $said{uids}, '33 ', 'no process is root';
is $said{caps}, '0000000000000000 ', 'nor has it any capability';
ok exists $said{'read-only'}, 'its root file system is not written to';
is $said{ended}, 0, 'SIGQUIT ends it well';
is $said{held}, 200, 'who is held is answered';
is $said{after}, '000', 'and nothing answers afterwards';
cmp_ok $said{database} // 0, '>=', 1, 'its answers are on the volume';
like path("$dir/out")->slurp, qr{GET /one-integration},
    'what was asked is told';
is path("$dir/err")->slurp, '', 'no error';

done_testing;
