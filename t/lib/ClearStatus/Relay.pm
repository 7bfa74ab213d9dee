package ClearStatus::Relay;

# A relay of bytes to a port of 127.0.0.1 that breaks off where it is told,
# whatever it carries, in a process of its own:
#
#     $relay = $t->adopt(ClearStatus::Relay->new(
#         dir => $t->dir, to => $sim->tls_port))->start;
#     $relay->port;
#     $relay->pass;                   # everything, from the next connection
#     $relay->cut(100, 'reset');      # after 100 bytes from upstream; or
#                                     # close, or hang
#     $relay->drop;                   # closes all connections, and waits
#     $relay->passed;                 # bytes from upstream, of each connection
#                                     # that has ended
#
# address => '::1': where it listens.

use Mojo::Base 'ClearStatus::Process', -signatures;

use ClearStatus::Process qw(free_port wait_for);
use IO::Socket::IP;
use Mojo::IOLoop;
use Mojo::JSON qw(decode_json encode_json);
use Socket qw(SOL_SOCKET SO_LINGER);

has address => '127.0.0.1';
has name => 'relay';
has port => sub { free_port() };
has 'to';


sub start ($self) {
    $self->pass;

    my $pid = fork // die "cannot fork: $!\n";

    if (!$pid) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
        eval { $self->serve } or print STDERR "# relay: $@";
        POSIX::_exit(0);
    }

    $self->{owner} = $$;
    $self->pid($pid);
    wait_for(sub { -e $self->file('ready') || !$self->is_running })
        && $self->is_running or die "relay does not start\n";
    return $self;
}


sub file ($self, $kind) { return $self->dir . "/relay-$kind-" . $self->port }


sub pass ($self) { return $self->cut(undef, 'pass') }


sub cut ($self, $after, $how) {
    my $file = $self->file('orders');

    open my $fh, '>', "$file.new" or die "cannot write $file: $!\n";
    print $fh encode_json([$after, $how]);
    close $fh;
    rename "$file.new", $file;
    return $self;
}


sub drop ($self) {
    my $drops = sub { scalar grep { $_ eq 'dropped' } $self->noted };
    my $before = $drops->();

    kill 'USR1', $self->pid;
    return wait_for(sub { $drops->() > $before });
}


sub passed ($self) { return grep {/^\d/} $self->noted }


sub noted ($self) { return split /\n/, $self->slurp($self->file('log')) }


# The child.

sub serve ($self) {
    my $parent = getppid;
    my $loop   = Mojo::IOLoop->singleton;

    $loop->reset;
    $loop->recurring(0.5 => sub { POSIX::_exit(0) if getppid != $parent });
    $loop->reactor->on(error => sub ($, $error) { warn "# relay: $error" });
    $SIG{USR1} = sub { $self->drop_all };
    $loop->server({address => $self->address, port => $self->port},
        sub ($loop, $client, $id) { $self->accept($loop, $client) });

    open my $fh, '>', $self->file('ready') or die "cannot write: $!\n";
    close $fh;
    $loop->start;
}


sub drop_all ($self) {
    $_->close for values %{ $self->{clients} };
    $self->note('dropped');
}


sub accept ($self, $loop, $client) {
    my $name = "$client";

    $self->{clients}{$name} = $client;

    my ($after, $how) = @{ decode_json($self->slurp($self->file('orders'))) };
    my ($early, $upstream, $passed) = ('', undef, 0);

    $client->timeout(0);
    $client->on(error => sub { });
    $client->on(read => sub ($, $bytes) {
        $upstream ? $upstream->write($bytes) : ($early .= $bytes);
    });

    $loop->client({address => '127.0.0.1', port => $self->to},
        sub ($loop, $error, $stream) {
            return $client->close if $error;

            $upstream = $stream;
            $upstream->timeout(0);
            $upstream->on(error => sub { });
            $upstream->write($early) if length $early;
            break_off($client, $upstream, $how) if defined $after && !$after;

            $upstream->on(read => sub ($, $bytes) {
                my $left = defined $after ? $after - $passed : length $bytes;
                return if $left <= 0;

                $bytes = substr $bytes, 0, $left;
                $passed += length $bytes;
                $client->write($bytes, sub {
                    break_off($client, $upstream, $how)
                        if defined $after && $passed == $after;
                });
            });
            $upstream->on(close => sub {
                $client->close_gracefully if $how ne 'hang';
            });
        });

    $client->on(close => sub {
        delete $self->{clients}{$name};
        $self->note($passed);
        $upstream->close if $upstream;
    });
}


sub note ($self, $what) {
    open my $fh, '>>', $self->file('log') or die "cannot log: $!\n";
    print $fh "$what\n";
    close $fh;
}


sub break_off ($client, $upstream, $how) {
    return if $how eq 'hang' || !$client->handle;

    setsockopt $client->handle, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0)
        if $how eq 'reset';
    $client->close;
}


1;
