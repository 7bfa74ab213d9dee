package ClearStatus::Test;

=encoding utf8

=head1 NAME

ClearStatus::Test - the gateway, a simulator and callers, for one test file

=head1 SYNOPSIS

    use Mojo::Base -strict, -signatures;

    use FindBin qw($Bin);
    use lib "$Bin/lib";

    use ClearStatus::Test;
    use Test::More;

    my $t   = ClearStatus::Test->new;
    my $sim = $t->simulator;

    $t->conf(<<'EOC')->run;

    %%GLOBALS%%

    events {
    }

    http {
        %%HTTP%%

        clear_status_zone zone=answers:1m;

        server {
            listen 127.0.0.1:%%PORT%%;

            location = /status {
                clear_status_pass %%UPSTREAM%%;
                clear_status_cache answers;
                clear_status_auth_token %%TOKEN%%;
                clear_status_integration_id tenant-a;
            }
        }
    }

    EOC

    my $id = new_task('SUCCESS');
    my $r  = $t->get("/status?taskId=$id");

    is $r->code, 200, 'a finished task is answered';
    like $r->header('Cache-Status'), qr{fwd=uri-miss}, 'from upstream';
    is $sim->count($id), 1, 'by one fetch';

    envelope_is $t->get('/status'), 400, 'no task id';

    # 500 callers, one fetch, no timing
    my $id2 = new_task('SUCCESS');
    $sim->hold($id2);
    my @calls = map { $t->start("/status?taskId=$id2") } 1 .. 500;
    $sim->wait_held($id2);
    $sim->release($id2);
    is $_->code, 200 for $t->collect(@calls);

    $t->done;

=head1 CONFIGURATION

C<conf> takes the whole nginx.conf. Filled in:

    %%GLOBALS%%       load_module, pid, error_log (debug), all on one line so
                      that line numbers stay; the very first thing in the file
    %%HTTP%%          temporary folders and access_log; in http {}
    %%TENANTS%%       in http {}: a zone "answers" for all locations, and
                      callers that name their tenant, ?tenant=...
    %%PORT%%          a free port; %%PORT2%%, %%PORT3%% ... further ones
    %%UPSTREAM%%      http://127.0.0.1:N, the simulator (started by need)
    %%UPSTREAM_TLS%%  https://localhost:N, HTTP/1.1, the simulator; it must be
                      started with $t->simulator(tls => 1)
    %%UPSTREAM_H2%%   https://localhost:N, HTTP/2, an nginx before the
                      simulator (started by need)
    %%CA%%            file of the private CA that signed both
    %%TOKEN%%         a token with the marker that may appear nowhere
    %%DIR%%           the temporary folder
    %%NAME%%          whatever $t->set(NAME => 'value') said

Do not write C<daemon>, C<pid> or C<error_log> at the top level; workers run
as nginx's default user when the test runs as root (the temporary folder is
readable for it). C<worker_processes> is 1 unless written.

=head1 METHODS

=head2 Life

    new(%options)         reload => 0: not even with TEST_RELOAD=1
    conf($text)           write (or overwrite) nginx.conf; returns $t
    set(NAME => $value)   a placeholder of your own; returns $t
    run(%options)         start nginx, wait until it answers connections;
                          daemon => 1 for upgrade
    nginx_t($text)        "nginx -t" of a whole configuration, without
                          touching the running one: ($exit_status, $output)
    reload                SIGHUP, then wait until only new workers take
                          requests; false if the configuration was refused
    stop, quit            fast and graceful end, waits; true if all in time
    is_running            the master lives
    master_pid, worker_pids, leaving_pids
                          leaving: workers that shut down
    kill_worker($pid, $signal)
                          default: the first, KILL; waits for its end and
                          expects nginx's alert on it; the respawn takes a
                          moment: wait_for sub { $t->worker_pids == 4 }
    upgrade               USR2, then QUIT to the old master: true if the new
                          one took over; only after run(daemon => 1)
    simulator(%options)   the ClearStatus::Simulator of this test, see there
    new_simulator(%options)
                          a further one
    certificate($name, %options)
                          {cert, key, ca} of ClearStatus::Certificates
    h2_front($simulator)  https://localhost:N of an nginx that speaks HTTP/2
                          and passes on to that simulator
    adopt($process)       a ClearStatus::Process that has to end with the test
    dead_url              http://127.0.0.1:N where nothing listens
    done                  stops all, standing checks, done_testing

=head2 Asking

    get($target, %options)
    request($method, $target, %options)
    start($target, %options)    sends and returns at once
    collect(@started)           waits for them all, returns them
    socket                      a connection, for on => $socket

Options: C<headers> (a hash, values may be lists), C<method>, C<body>,
C<raw> (the very bytes to send instead of all that), C<port>, C<host> (the
Host header), C<on> (a kept-alive connection), C<timeout>, C<version>.
Without C<on>, every request has its own connection with
C<Connection: close>. What comes back is a ClearStatus::Response: C<code>
(undef if none came), C<header($name)>, C<all($name)>, C<body>, C<json>,
C<type>, C<raw>, C<seconds>, C<error> (undef, "timeout", "closed ..."),
C<abort> (the caller leaves).

=head2 Logs

    log                   error.log as a string
    logged($level, $re)   its lines of that level (undef: any) that match
    access_log            access.log as a string
    redis_up($zone)       what the metrics say of that zone's Redis: 1, 0, -1
    expect_log($re)       lines at alert, crit or emerg that match are fine

=head2 Files and ports

    dir, file($name, $content, $mode), port($n)
    sample($name)         a body of Clear's own page, byte for byte:
                          processing, success, failed, missing

=head1 FUNCTIONS

    wait_for($sub, $seconds)    polls until $sub is true, returns its value;
                                default 30 s
    new_task($state)            a task id that is in that state now and not
                                used yet: CREATED PROCESSING SUCCESS FAILED
    envelope_is($response, $status, $name)
                                the error envelope: code, type, keys in order;
                                returns it decoded
    stretch()                   how much longer things take in this mode

=head1 STANDING CHECKS

C<done> fails the file on [alert], [crit] or [emerg] in the error log, a
sanitizer's or valgrind's report, the marker of a token in a log or in any
answer, and a process that would not end.

=head1 ENVIRONMENT

    TEST_NGINX_BINARY   another nginx, e.g. one built with sanitizers
    TEST_MODULE         another .so; "static": it is in the binary
    TEST_RELOAD=1       a reload before every get() and request()
    TEST_CONTRACT=1     every answer of a location with clear_status_pass is
                        compared with docs/openapi.yaml
    TEST_VALGRIND=1     nginx under valgrind, everything may take longer
    TEST_STRETCH=N      everything may take N times as long
    TEST_KEEP=1         keep the temporary folder and say where it is
    TEST_GLOBALS        more for %%GLOBALS%%, e.g. "user root;"

=cut

use Mojo::Base -base, -signatures;

use Carp qw(croak);
use ClearStatus::Certificates;
use ClearStatus::Client;
use ClearStatus::Nginx;
use ClearStatus::Process qw(free_port stretch wait_for);
use ClearStatus::Simulator;
use Cwd qw(abs_path);
use Exporter qw(import);
use File::Basename qw(dirname);
use File::Path qw(remove_tree);
use File::Temp qw(tempdir);
use Mojo::JSON qw(decode_json);
use Test::More ();

our @EXPORT = qw(envelope_is new_task stretch wait_for);

use constant MARKER => 'sEcReT-mArKeR';

my @live;
my $ROOT = abs_path(dirname(__FILE__) . '/../../..');

has dir    => sub { make_dir() };
has client => sub { ClearStatus::Client->new(marker => MARKER) };
has [qw(adopted simulators)] => sub { [] };
has expected => sub { [] };
has breaches => sub { [] };
has 'contract';
has ports    => sub { {} };
has reload_often => sub { $ENV{TEST_RELOAD} };
has certificates =>
    sub ($self) { ClearStatus::Certificates->new(dir => $self->dir) };
has nginx => sub ($self) {
    ClearStatus::Nginx->new(dir => $self->dir, name => 'nginx');
};


sub new ($class, %options) {
    my $self = $class->SUPER::new;

    $self->{owner} = $$;
    $self->{values} = {TOKEN => 'token-' . MARKER . '-1'};
    $self->reload_often(0) if exists $options{reload} && !$options{reload};
    @SIG{qw(INT TERM HUP)} = (sub ($signal) { die "SIG$signal\n" }) x 3;
    $SIG{PIPE} = 'IGNORE';
    umask 022;
    push @live, $self;

    # now, as to load it takes a while
    if ($ENV{TEST_CONTRACT}) {
        require ClearStatus::Contract;
        $self->contract(ClearStatus::Contract->new)->contract->document;
    }

    return $self;
}


sub make_dir {
    my $dir = tempdir('clear-status-XXXXXXXX', TMPDIR => 1);

    chmod 0755, $dir;
    mkdir "$dir/reports";
    chmod 01777, "$dir/reports";
    return $dir;
}


# Configuration.

sub set ($self, %values) {
    @{ $self->{values} }{ keys %values } = values %values;
    return $self;
}


sub conf ($self, $text) {
    my $filled = $self->fill_in($text);

    $self->file('nginx.conf', $filled);
    $self->{ours} = {map { $_ => 1 } our_locations($filled)};
    return $self;
}


# Those of which every answer is ours: an operator's error_page is not.

sub our_locations ($text) {
    my %body = $text =~ /\blocation = (\S+) (\{(?:[^{}]++|(?2))*+\})/g;

    return grep { $body{$_} !~ /error_page/ }
        grep { $body{$_} =~ /clear_status_pass/ } keys %body;
}


sub fill_in ($self, $text) {
    $text =~ s/^\s*\n//;
    $text =~ s/%%(\w+)%%/$self->value_of($1)/ge;
    return $text;
}


sub value_of ($self, $name) {
    return $self->{values}{$name}            if exists $self->{values}{$name};
    return $self->port($1 || 1)              if $name =~ /^PORT(\d*)$/;
    return $self->dir                        if $name eq 'DIR';
    return $self->simulator->url             if $name eq 'UPSTREAM';
    return $self->simulator->tls_url         if $name eq 'UPSTREAM_TLS';
    return $self->h2_front($self->simulator) if $name eq 'UPSTREAM_H2';
    return $self->certificates->ca           if $name eq 'CA';
    return $self->nginx->globals(module())   if $name eq 'GLOBALS';
    return $self->nginx->http                if $name eq 'HTTP';
    return tenants($self->value_of('TOKEN')) if $name eq 'TENANTS';
    croak "no value for %%$name%%";
}


sub tenants ($token) {
    return 'clear_status_zone zone=answers:1m; clear_status_cache answers;'
        . " clear_status_auth_token $token;"
        . ' clear_status_integration_id $arg_tenant;';
}


sub module {
    my $file = $ENV{TEST_MODULE} || "$ROOT/build/ngx_clear_status_module.so";

    return undef if $file eq 'static';
    return abs_path($file) if -e $file;
    die "there is no $file; run make first\n";
}


sub file ($self, $name, $content, $mode = 0644) {
    my $path = $self->dir . "/$name";

    open my $fh, '>:raw', "$path.new" or croak "cannot write $path: $!";
    print $fh $content;
    close $fh or croak "cannot write $path: $!";
    chmod $mode, "$path.new";
    rename "$path.new", $path or croak "cannot write $path: $!";
    return $path;
}


# A body from the page of Clear's API, without a newline at the end.

sub sample ($self, $name) {
    open my $fh, '<:raw', "$ROOT/t/samples/$name.json"
        or croak "no sample $name";
    local $/;
    return <$fh> =~ s/\n\z//r;
}


sub port ($self, $n = 1) { return $self->ports->{$n} //= free_port() }


sub dead_url ($self) { return 'http://127.0.0.1:' . $self->port('dead') }


# Life.

sub run ($self, %options) {
    $self->nginx->start($self->port, %options);
    return $self;
}


sub nginx_t ($self, $text) {
    return $self->nginx->check($self->file('check.conf',
        $self->fill_in($text)));
}


sub reload ($self)      { return $self->nginx->reload }
sub stop ($self)        { return $self->nginx->end('TERM') }
sub quit ($self)        { return $self->nginx->end('QUIT') }
sub upgrade ($self)     { return $self->nginx->upgrade }
sub is_running ($self)  { return $self->nginx->is_running }
sub master_pid ($self)  { return $self->nginx->pid }
sub worker_pids ($self) { return $self->nginx->workers }
sub leaving_pids ($self) { return $self->nginx->leaving }


sub kill_worker ($self, $pid = undef, $signal = 'KILL') {
    $pid //= ($self->worker_pids)[0];

    # the last two where chance has it hold the lock of a zone
    if ($signal ne 'TERM' && $signal ne 'QUIT') {
        $self->expect_log($_) for qr/worker process $pid exited on signal/,
            qr/shared memory zone "[^"]+" was locked by $pid/,
            qr/a process died while it changed zone/;
    }

    kill $signal, $pid;
    wait_for(sub { !kill 0, $pid });
    return $pid;
}


sub simulator ($self, %options) {
    return $self->{simulator} //= $self->new_simulator(%options);
}


sub new_simulator ($self, %options) {
    if (my $tls = delete $options{tls}) {
        $options{tls} = ref $tls ? $tls : $self->certificate('localhost');
    }

    my $simulator = ClearStatus::Simulator->new(
        command => "$ROOT/demo/simulator",
        dir     => $self->dir,
        %options
    );

    push @{ $self->simulators }, $simulator;
    return $simulator->start;
}


sub certificate ($self, $name, %options) {
    return $self->certificates->certificate($name, %options);
}


sub h2_front ($self, $simulator = $self->simulator) {
    return $simulator->{h2_front} if $simulator->{h2_front};

    my $port  = free_port();
    my $pair  = $self->certificate('localhost');
    my $front = ClearStatus::Nginx->new(
        dir    => $self->dir,
        name   => "h2-front-$port",
        binary => ClearStatus::Nginx::installed_nginx(),
    );

    $self->file($front->name . '.conf', $front->h2_conf($port, $simulator->url,
        $pair->{cert}, $pair->{key}));
    $self->adopt($front)->start($port);
    return $simulator->{h2_front} = "https://localhost:$port";
}


# A process that ends with the test at the latest.

sub adopt ($self, $process) {
    push @{ $self->adopted }, $process;
    return $process;
}


# Asking.

sub get ($self, $target, %options) {
    return $self->request('GET', $target, %options);
}


sub request ($self, $method, $target, %options) {
    $self->reload
        if $self->reload_often
        && !$options{on}
        && $self->{asked}++
        && !$self->client->flying;

    my ($response)
        = $self->collect($self->start($target, %options, method => $method));
    return $response;
}


sub start ($self, $target, %options) {
    $options{port} //= $self->port;
    return $self->client->start($target, %options);
}


sub collect ($self, @responses) {
    $self->client->collect(@responses);
    if ($self->contract) { $self->hold_to_contract($_) for @responses }
    return wantarray ? @responses : $responses[0];
}


sub hold_to_contract ($self, $response) {
    my $path = $response->target =~ s/\?.*//sr;

    return if !$self->{ours}{$path} || $response->error;
    return if $response->header('Content-Encoding');

    push @{ $self->breaches }, map { $response->target . ": $_" }
        $self->contract->check($response);
}


sub socket ($self, $port = $self->port) {
    return $self->client->connect($port);
}


# A connection to each of so many workers, by its process, which "/pid" tells.

sub workers_sockets ($self, $n, $seconds = undef) {
    my %on;

    wait_for(sub {
        my $socket = $self->socket;
        $on{ $self->get('/pid', on => $socket)->body } //= $socket;
        return keys %on == $n;
    }, $seconds // ());

    Test::More::is(scalar(keys %on), $n, "a connection to each of $n workers");
    return %on;
}


# Logs.

sub log ($self)        { return $self->slurp('error.log') }
# What the gateway says of that zone's Redis; -1 where it says nothing.

sub redis_up ($self, $zone = 'answers') {
    return $self->get('/metrics')->body
        =~ /^clear_status_redis_up\{zone="$zone"\} (\d)$/m ? $1 : -1;
}


sub access_log ($self) { return $self->slurp('access.log') }


sub slurp ($self, $name) {
    open my $fh, '<:raw', $self->dir . "/$name" or return '';
    local $/;
    return <$fh> // '';
}


sub logged ($self, $level, $re) {
    my $of = defined $level ? qr/\[\Q$level\E\]/ : qr/\[\w+\]/;
    return grep { $_ =~ $of && $_ =~ $re } split /\n/, $self->log;
}


sub expect_log ($self, $re) {
    push @{ $self->expected }, $re;
    return $self;
}


# The end, and what holds for every file.

sub done ($self) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my @stuck = $self->stop_all;

    none('every process ended', @stuck);
    none('no alert, crit or emerg in the log', $self->alarms);
    none('no report of a sanitizer', $self->reports);
    none('no secret in a log or an answer', $self->leaks);
    none('every answer keeps the contract', @{ $self->breaches })
        if $self->contract;

    Test::More::done_testing();
}


sub none ($name, @findings) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    Test::More::ok(!@findings, $name)
        or Test::More::diag(map { substr($_, 0, 2000) . "\n" }
            @findings[0 .. ($#findings < 9 ? $#findings : 9)]);
}


sub stop_all ($self) {
    return map { $_->end('TERM') ? () : $_->name }
        grep { defined $_->pid } $self->nginx, @{ $self->adopted },
        @{ $self->simulators };
}


# nginx's master kills what has not left in a second and a half; a sanitizer
# that looks for leaks, or valgrind, may take longer.

sub alarms ($self) {
    my @lines = grep {/\[(?:alert|crit|emerg)\]/} split /\n/, $self->log;
    my @slow = qr/process \d+ exited on signal 9/;

    @slow = () if !$ENV{SANITIZE} && !$ENV{TEST_VALGRIND};

    for my $re (@{ $self->expected }, @slow) {
        @lines = grep { $_ !~ $re } @lines;
    }

    return @lines;
}


sub reports ($self) {
    my $dir = $self->dir;

    return map { "$_:\n" . $self->slurp(substr $_, 1 + length $dir) }
        grep { -s } glob "$dir/reports/*";
}


sub leaks ($self) {
    my @files = grep { $self->slurp($_) =~ MARKER }
        qw(error.log access.log nginx.out);

    return (@files, @{ $self->client->leaks });
}


# However the test ends; not from a child that it forked.

END {
    local ($?, $@, $!);
    $_->clean_up for grep { $_->{owner} == $$ } @live;
}


sub clean_up ($self) {
    $self->stop_all;

    if ($ENV{TEST_KEEP}) {
        print STDERR '# kept ' . $self->dir . "\n";
        return;
    }

    remove_tree($self->dir, {error => \my $ignored});
}


# Functions.

sub new_task ($state) {
    state $n = 0;
    my %age = (CREATED => 0, PROCESSING => 6, SUCCESS => 100, FAILED => 100);

    croak "no such state: $state" if !exists $age{$state};
    return sprintf '%08x%08x%07x%x', time - $age{$state}, $$, ++$n,
        $state eq 'FAILED' ? 1 : 0;
}


sub envelope_is ($response, $status, $name) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $string = qr/"(?:[^"\\]|\\.)*"/;
    my $order  = qr/^\{\s*"status":\s*$status,\s*"success":\s*false,
        \s*"message":\s*(?:null|$string),\s*"result":\s*null,
        \s*"error":\s*\{\s*"code":\s*$string,
        \s*"message":\s*(?:null|$string),
        \s*"validationErrors":\s*(?:null|\[.*\])\s*\},
        \s*"metadata":\s*null\s*\}\s*$/xs;

    my @wrong;
    push @wrong, 'code ' . ($response->code // 'none')
        if ($response->code // 0) != $status;
    push @wrong, 'type ' . ($response->type // 'none')
        if ($response->type // '') !~ m{^application/json(?:;|$)};
    push @wrong, 'not the envelope' if $response->body !~ $order;

    Test::More::ok(!@wrong, "$name: envelope $status")
        or Test::More::diag(join(', ', @wrong, $response->error // ()), "\n",
            substr $response->raw, 0, 2000);
    return $response->json;
}


1;
