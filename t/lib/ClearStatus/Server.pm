package ClearStatus::Server;

# A server of a test, in a process of its own that ends with the test's.  The
# test's side:
#
#     $server->start;             # and waits until it listens
#     $server->port;
#     $server->url;               # https, where it has tls => {cert, key}
#     $server->noted('what');     # how often that happened
#     $server->drop;              # closes all connections, and waits
#
# A class of its own has name, and accept($stream) for each connection; the
# child notes what happens, and reads what it is told, in files.

use Mojo::Base 'ClearStatus::Process', -signatures;

use ClearStatus::Process qw(free_port wait_for);
use Mojo::IOLoop;
use Mojo::JSON qw(decode_json encode_json);

has address => '127.0.0.1';
has port    => sub { free_port() };
has 'tls';


sub url ($self) {
    return $self->tls ? 'https://localhost:' . $self->port
        : 'http://127.0.0.1:' . $self->port;
}


sub start ($self) {
    my $ready = $self->file('ready');    # chooses the port, once
    my $pid   = fork // die "cannot fork: $!\n";

    if (!$pid) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
        eval { $self->serve; 1 } or print STDERR '# ', $self->name, ": $@";
        POSIX::_exit(0);
    }

    $self->{owner} = $$;
    $self->pid($pid);
    wait_for(sub { -e $ready || !$self->is_running }) && $self->is_running
        or die $self->name, " does not start\n";
    return $self;
}


sub file ($self, $kind) {
    return join '-', $self->dir . '/' . $self->name, $kind, $self->port;
}


# What the child is told, and it reads whole.

sub tell ($self, $kind, $what) {
    my $file = $self->file($kind);

    open my $fh, '>', "$file.new" or die "cannot write $file: $!\n";
    print $fh encode_json($what);
    close $fh;
    rename "$file.new", $file;
    return $self;
}


sub heard ($self, $kind) {
    return decode_json($self->slurp($self->file($kind)) || 'null');
}


sub notes ($self) { return split /\n/, $self->slurp($self->file('log')) }


sub noted ($self, $what) { return scalar grep { $_ eq $what } $self->notes }


sub drop ($self) {
    my $before = $self->noted('dropped');

    kill 'USR1', $self->pid;
    return wait_for(sub { $self->noted('dropped') > $before });
}


# The child.

sub note ($self, $what) {
    open my $fh, '>>', $self->file('log') or die "cannot log: $!\n";
    print $fh "$what\n";
    close $fh;
}


sub ready ($self) {
    open my $fh, '>', $self->file('ready') or die "cannot write: $!\n";
    close $fh;
}


sub serve ($self, @options) {
    my $parent = getppid;
    my $loop   = Mojo::IOLoop->singleton;
    my $tls    = $self->tls;

    push @options, tls => 1, tls_cert => $tls->{cert}, tls_key => $tls->{key}
        if $tls;

    $loop->reset;
    $loop->recurring(0.5 => sub { POSIX::_exit(0) if getppid != $parent });
    $loop->reactor->on(error =>
        sub ($, $error) { warn '# ', $self->name, ": $error" });

    $SIG{USR1} = sub {
        $_->close for values %{ $self->{streams} };
        $self->note('dropped');
    };

    $loop->server(
        {address => $self->address, port => $self->port, @options},
        sub ($, $stream, $) {
            my $name = "$stream";

            $self->{streams}{$name} = $stream;
            $stream->timeout(0);
            $stream->on(error => sub { });
            $stream->on(close => sub { delete $self->{streams}{$name} });
            $self->accept($stream);
        }
    );

    $self->ready;
    $loop->start;
}


1;
