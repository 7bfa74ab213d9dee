package ClearStatus::Nginx;

# One nginx of a test: its start, its workers, its end.

use Mojo::Base 'ClearStatus::Process', -signatures;

use Carp qw(croak);
use ClearStatus::Process qw(wait_for);
use File::Copy qw(copy);
use IO::Socket::INET;

# with its folder, or it could not start itself anew in an upgrade
has binary => sub { $ENV{TEST_NGINX_BINARY} || installed_nginx() };


sub installed_nginx {
    my @folders = (split(/:/, $ENV{PATH}), '/usr/sbin', '/usr/local/sbin');
    my ($binary) = grep {-x} map {"$_/nginx"} @folders;

    return $binary // die "nginx is not installed; run: make deps\n";
}


# Parts of a configuration.

sub globals ($self, $module) {
    my $dir  = $self->dir;
    my @parts = ("pid $dir/nginx.pid;", "error_log $dir/error.log debug;");

    unshift @parts, "load_module $module;" if $module;
    push @parts, $ENV{TEST_GLOBALS} if $ENV{TEST_GLOBALS};
    return "@parts";
}


sub http ($self) {
    my $dir = $self->dir;

    return join ' ', "access_log $dir/access.log;",
        map {"${_}_temp_path $dir/$_;"}
        qw(client_body proxy fastcgi uwsgi scgi);
}


sub h2_conf ($self, $port, $upstream, $cert, $key) {
    my $dir  = $self->dir;
    my $name = $self->name;
    my $http = join ' ', map {"${_}_temp_path $dir/$name-$_;"}
        qw(client_body proxy fastcgi uwsgi scgi);
    my $server = $upstream =~ s{^http://}{}r;

    return <<"END";
pid $dir/$name.pid;
error_log $dir/$name.log;

events {
    worker_connections 4096;
}

http {
    access_log $dir/$name.access.log;
    $http

    upstream simulator {
        server $server;
        keepalive 64;
    }

    server {
        listen 127.0.0.1:$port ssl http2;

        http2_max_concurrent_streams 1000;
        keepalive_requests 1000000;
        ssl_certificate $cert;
        ssl_certificate_key $key;

        location / {
            proxy_pass http://simulator;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host \$host;
            proxy_buffering off;
            proxy_read_timeout 1h;
        }
    }
}
END
}


# Life.

sub conf_file ($self) { return $self->dir . '/' . $self->name . '.conf' }


sub command ($self, @more) {
    my $dir     = $self->dir;
    my $log     = $self->name eq 'nginx' ? 'error' : $self->name;
    my @command = ($self->binary, '-p', $dir,
        $self->log_to("$dir/$log.log"), @more);

    return @command if !$ENV{TEST_VALGRIND} || $self->name ne 'nginx';
    return ('valgrind', '-q', '--num-callers=30', "--log-file=$dir/reports/%p",
        '--leak-check=full', '--show-leak-kinds=definite',
        (map {"--suppressions=$_"} grep {-e} 't/valgrind.supp'),
        @command);
}


# The log until the configuration names one; nginx knows -e since 1.19.5, and
# takes logs/error.log before, which leads to that file then.

sub log_to ($self, $file) {
    state %old;

    my $binary = $self->binary;
    $old{$binary} //= `$binary -v 2>&1` =~ m{nginx/1\.(\d+)\.(\d+)}
        && $1 * 1000 + $2 < 19_005 ? 1 : 0;
    return ('-e', $file) if !$old{$binary};

    my $logs = $self->dir . '/logs';
    mkdir $logs;
    unlink "$logs/error.log";
    symlink $file, "$logs/error.log" or die "$logs/error.log: $!";
    return;
}


sub environment ($self) {
    my $log = 'log_path=' . $self->dir . '/reports/' . $self->name;

    return ($self->suppressions,
        map { $_ => join ':', $ENV{$_} // (), $log }
            qw(ASAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS));
}


# In the test's own folder: a worker, which is nobody, may not enter ours.

sub suppressions ($self) {
    return if !$ENV{SANITIZE};

    my $file = $self->dir . '/lsan.supp';
    copy('t/lsan.supp', $file) && chmod 0644, $file or die "$file: $!";
    return LSAN_OPTIONS => "suppressions=$file:print_suppressions=0";
}


# As a child of the test; or as a daemon, which nginx wants for an upgrade.

sub start ($self, $port, %options) {
    my $out = $self->dir . '/' . $self->name . '.out';

    local %ENV = (%ENV, $self->environment);
    $self->is_daemon(0);
    $self->spawn($out, $self->command('-c', $self->conf_file, '-g',
        $options{daemon} ? 'daemon on;' : 'daemon off;'));
    $self->adopt if $options{daemon};

    wait_for(sub { !$self->is_running || $self->is_up($port) }, 20);
    return $self if $self->is_up($port);

    $self->end('KILL');
    die $self->name . " does not start:\n" . $self->slurp($out);
}


sub adopt ($self) {
    wait_for(sub { !$self->is_running }, 20);

    # written by the daemon, which may be later than its parent's end
    my $pid = wait_for(sub { $self->pid_in_file }, 5) or return;
    $self->is_daemon(1)->pid($pid);
}


sub pid_in_file ($self) {
    return $self->slurp($self->dir . '/' . $self->name . '.pid') =~ s/\s//gr;
}


sub is_up ($self, $port) {
    return $self->is_running && $self->workers
        && IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port");
}


sub check ($self, $file) {
    my $out = $self->dir . '/check.out';
    my $dir = $self->dir;

    # an nginx that only checks frees nothing at its end
    unlink $out;
    local %ENV = (%ENV, $self->environment);
    $ENV{ASAN_OPTIONS} .= ':detect_leaks=0';
    my $check = ClearStatus::Process->new(dir => $dir, name => 'nginx -t');
    $check->spawn($out, $self->binary, '-p', $dir, $self->log_to('stderr'),
        '-t', '-c', $file);

    my $exit;
    wait_for(sub { waitpid($check->pid, 1) && defined($exit = $?) }, 20)
        or kill 'KILL', $check->pid;
    return (defined $exit ? $exit >> 8 || $exit : -1, $self->slurp($out));
}


# Processes, as /proc shows them.  nginx's titles say who is leaving, and who
# has exited has none; under valgrind there are no titles, and the log tells.

sub children ($self) { return $self->children_of($self->pid // return) }


sub children_of ($self, $pid) {
    my @pids
        = sort { $a <=> $b }
        split ' ', $self->slurp("/proc/$pid/task/$pid/children");

    return @pids;
}


sub is_leaving ($self, $pid) {
    my $title = $self->slurp("/proc/$pid/cmdline");

    return 1 if $title =~ /is shutting down/;
    return $title !~ /^(?:nginx|angie): worker process/
        if $title eq '' || $title =~ /^\w+: / || !$ENV{TEST_VALGRIND};
    return $self->slurp($self->dir . '/error.log')
        =~ /\] $pid#\d+: (?:gracefully shutting down|exiting)/;
}


sub workers ($self) {
    return grep { !$self->is_leaving($_) } $self->children;
}


sub leaving ($self) {
    return grep { $self->slurp("/proc/$_/cmdline") =~ /is shutting down/ }
        $self->children;
}


sub reload ($self) {
    my %old  = map { $_ => 1 } $self->workers;
    my $log  = $self->dir . '/error.log';
    my $seen = -s $log // 0;

    kill 'HUP', $self->pid;

    my $outcome = wait_for(sub {
        return 'refused'
            if substr($self->slurp($log), $seen) =~ /\[emerg\]/;

        my @now = $self->workers;
        return @now && !grep({ $old{$_} } @now) && 'done';
    }, 20) // 'late';

    return $outcome eq 'done';
}


# Also a new master that an upgrade left.

sub end ($self, $signal) {
    my $last  = $self->is_daemon && $self->pid_in_file;
    my $ended = $self->SUPER::end($signal);

    if ($last && $last != ($self->pid // 0) && $self->owns($last)) {
        $ended = $self->pid($last)->SUPER::end($signal) && $ended;
    }

    return $ended;
}


sub owns ($self, $pid) {
    return index($self->slurp("/proc/$pid/cmdline"), $self->dir) >= 0;
}


sub upgrade ($self) {
    my $old = $self->pid;

    croak 'upgrade needs run(daemon => 1)' if !$self->is_daemon;
    kill 'USR2', $old;

    my $new = wait_for(sub {
        my $pid = $self->pid_in_file;
        return $pid && $pid != $old && $self->children_of($pid) && $pid;
    }) or return;

    kill 'QUIT', $old;
    wait_for(sub { !$self->is_running }, 20) or return;
    return $self->pid($new);
}


1;
