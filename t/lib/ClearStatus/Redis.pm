package ClearStatus::Redis;

# A Redis (or Valkey) of a test, on a free port, in a folder of its own under
# the test's, without files that stay:
#
#     plan skip_all => 'redis-server is not installed'
#         if !ClearStatus::Redis->installed;
#
#     my $redis = $t->adopt(ClearStatus::Redis->new(dir => $t->dir))->start;
#     $redis->url;                  # redis://127.0.0.1:PORT, or rediss://...
#     $redis->command(qw(GET key)); # its reply: a string, a number, undef, a
#                                   # list's reference; an error dies
#     $redis->freeze; $redis->thaw; # SIGSTOP and SIGCONT, and waits for it
#     $redis->kill;                 # SIGKILL, and waits for the end
#     $redis->start;                # again, on the same port
#     $redis->log;
#
# Options:
#
#     conf => "maxmemory 1mb\n"     more lines of its configuration
#     password => 'word'            requirepass
#     tls => {cert, key, ca}        of ClearStatus::Certificates; TLS alone
#     client_certificates => 1      and callers must have one
#     of => $redis                  a replica of that one
#     sentinel => {NAME => $redis}  no Redis, but a Sentinel that watches it;
#                                   quorum => 1, down_after => 500 (ms)
#
# And the configuration of a gateway with one, for most tests of it:
#
#     ClearStatus::Redis->gateway('%%REDIS%% timeout=1s');
#     ClearStatus::Redis->gateway($url, 'worker_processes 2;');
#
# TEST_REDIS names another server's program.

use Mojo::Base 'ClearStatus::Process', -signatures;

use Carp qw(croak);
use ClearStatus::Process qw(free_port wait_for);
use File::Path qw(make_path);
use IO::Socket::INET;

has client_certificates => 0;
has conf => '';
has down_after => 500;
has name => sub ($self) { 'redis-' . $self->port };
has [qw(of password sentinel tls user)];
has port => sub { free_port() };
has quorum => 1;


sub program {
    my @folders = (split(/:/, $ENV{PATH}), '/usr/local/bin');
    my ($found) = grep {-x} $ENV{TEST_REDIS} // (),
        map { my $name = $_; map {"$_/$name"} @folders }
        qw(redis-server valkey-server);

    return $found;
}


sub installed ($class) { return defined program() }


# Life.

sub gateway ($class, $redis, $main = '') {
    return <<"EOC";
%%GLOBALS%%
$main
events { }
http {
    %%HTTP%%
    clear_status_zone zone=answers:1m;
    clear_status_redis zone=answers $redis;
    server {
        listen 127.0.0.1:%%PORT%%;
        location = /metrics { clear_status_metrics; }
        location = /status {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            clear_status_auth_token %%TOKEN%%;
            clear_status_integration_id tenant-a;
        }
    }
}
EOC
}


sub folder ($self) { return $self->dir . '/' . $self->name }


sub url ($self, $path = '') {
    my $server = $self->tls ? 'rediss://localhost' : 'redis://127.0.0.1';

    return "$server:" . $self->port . $path;
}


sub start ($self) {
    my $out = $self->folder . '/out';

    make_path($self->folder);
    $self->write_conf if !-e $self->conf_file || !$self->sentinel;
    $self->spawn($out, program() // die("redis-server is not installed\n"),
        $self->conf_file, $self->sentinel ? '--sentinel' : ());

    wait_for(sub { !$self->is_running || $self->answers }, 20);
    return $self if $self->answers;

    my $said = $self->slurp($out);
    $self->end('KILL');
    die $self->name . " does not start:\n$said";
}


# It may want a login, and load: any answer is one.

sub answers ($self) {
    $self->{client} = undef;
    return if !$self->is_running;

    my $reply = eval { $self->command('PING') } // $@;
    return $reply =~ /^(?:PONG|NOAUTH|NOPERM|MASTERDOWN|LOADING)/;
}


sub conf_file ($self) { return $self->folder . '/conf' }


sub write_conf ($self) {
    open my $fh, '>', $self->conf_file or die 'cannot write: ' . $!;
    print $fh map {"$_\n"} $self->lines;
    print $fh $self->conf;
    close $fh;
}


sub lines ($self) {
    my $port  = $self->port;
    my @lines = (
        'bind 127.0.0.1', 'daemonize no', 'protected-mode no',
        'dir ' . $self->folder, $self->tls ? 'port 0' : "port $port",
        $self->tls_lines($port),
    );

    push @lines, 'requirepass ' . $self->password if defined $self->password;
    return (@lines, $self->sentinel_lines) if $self->sentinel;

    push @lines, 'save ""', 'appendonly no', 'repl-diskless-sync-delay 0';
    push @lines, 'replicaof 127.0.0.1 ' . $self->of->port if $self->of;
    push @lines, 'masterauth ' . $self->password
        if $self->of && defined $self->password;
    return @lines;
}


sub tls_lines ($self, $port) {
    my $tls = $self->tls or return;

    return ("tls-port $port", "tls-cert-file $tls->{cert}",
        "tls-key-file $tls->{key}", "tls-ca-cert-file $tls->{ca}",
        'tls-replication yes',
        'tls-auth-clients ' . ($self->client_certificates ? 'yes' : 'no'));
}


sub sentinel_lines ($self) {
    my %of = %{ $self->sentinel };
    my @lines;

    for my $name (sort keys %of) {
        push @lines, "sentinel monitor $name 127.0.0.1 " . $of{$name}->port
            . ' ' . $self->quorum,
            "sentinel down-after-milliseconds $name " . $self->down_after,
            "sentinel failover-timeout $name 2000";
        push @lines, "sentinel auth-pass $name " . $of{$name}->password
            if defined $of{$name}->password;
    }

    return @lines;
}


sub freeze ($self) {
    CORE::kill 'STOP', $self->pid;
    wait_for(sub { $self->slurp('/proc/' . $self->pid . '/stat') =~ /\) T / })
        or die $self->name . " does not stop\n";
    return $self;
}


sub thaw ($self) {
    CORE::kill 'CONT', $self->pid;
    return $self;
}


sub kill ($self) { return $self->end('KILL') }


sub end ($self, $signal) {
    $self->{client} = undef;
    CORE::kill 'CONT', $self->pid if defined $self->pid && $signal ne 'KILL';
    return $self->SUPER::end($signal);
}


sub log ($self) { return $self->slurp($self->folder . '/out') }


# A client of our own, over one connection that is made by need, and again where
# it is closed meanwhile: a Sentinel closes all of a server.

sub command ($self, @words) {
    my $kept = $self->{client};

    for my $client ($kept // (), undef) {
        $self->{client} = $client // $self->connect;

        my $reply = eval {
            local $SIG{PIPE} = 'IGNORE';
            print { $self->{client} } request(@words) or die "cannot send\n";
            [read_reply($self->{client})];
        };
        return $reply->[0] if $reply;

        # an answer too; else one that was kept may be gone since
        my $error = $@;
        croak $error if $error =~ /^[A-Z]+ /;
        $self->{client} = undef;
        croak $error if !$client;
    }
}


sub connect ($self) {
    my %at = (PeerAddr => '127.0.0.1:' . $self->port, Timeout => 10);
    my $tls = $self->tls;
    my $client;

    if ($tls) {
        require IO::Socket::SSL;

        # whose certificates are bad on purpose
        $client = IO::Socket::SSL->new(%at,
            SSL_verify_mode => IO::Socket::SSL::SSL_VERIFY_NONE(),
            SSL_cert_file   => $tls->{cert},
            SSL_key_file    => $tls->{key});
    } else {
        $client = IO::Socket::INET->new(%at);
    }

    die $self->name . ": no connection\n" if !$client;
    $client->autoflush(1);

    if (defined $self->password) {
        print $client request('AUTH', $self->password);
        read_reply($client);
    }

    return $client;
}


sub request (@words) {
    return join '', '*' . @words . "\r\n",
        map { '$' . length($_) . "\r\n$_\r\n" } @words;
}


sub read_reply ($client) {
    my $line = readline $client // die "the connection is closed\n";

    $line =~ s/\r\n\z//;
    my ($type, $rest) = $line =~ /^(.)(.*)/s;

    return $rest     if $type eq '+' || $type eq ':';
    die "$rest\n"    if $type eq '-';
    return undef     if $rest < 0;
    return [map { scalar read_reply($client) } 1 .. $rest] if $type eq '*';

    my $n = read $client, my $bytes, $rest + 2;
    die "the connection is closed\n" if ($n // 0) != $rest + 2;
    return substr $bytes, 0, $rest;
}


1;
