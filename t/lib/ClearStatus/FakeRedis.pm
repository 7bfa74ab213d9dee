package ClearStatus::FakeRedis;

# What answers on a port as a Redis might that is broken or hostile, in a
# process of its own:
#
#     $fake = $t->adopt(ClearStatus::FakeRedis->new(dir => $t->dir))->start;
#     $fake->url;
#     $fake->says(PING => "*1000000000\r\n");   # instead of its answer
#     $fake->says(PING => 'x', 'endless');      # again and again; or
#                                               # close: and ends
#     $fake->says;                              # answers as Redis does
#     $fake->told;           # what came: a command's words, for each
#     $fake->connections;    # how many there were
#     $fake->drop;           # closes all of them, and waits
#
# Of what is not HELLO, PING, SELECT or (UN)SUBSCRIBE it says "+OK".

use Mojo::Base 'ClearStatus::Process', -signatures;

use ClearStatus::Process qw(free_port wait_for);
use IO::Socket::INET;
use Mojo::IOLoop;
use Mojo::JSON qw(decode_json encode_json);

has name => sub ($self) { 'fake-redis-' . $self->port };
has port => sub { free_port() };

my %GOOD = (
    HELLO => join('', "*6\r\n", map { '$' . length($_) . "\r\n$_\r\n" }
        qw(mode standalone role master server redis)),
    PING => "+PONG\r\n",
);


sub url ($self) { return 'redis://127.0.0.1:' . $self->port }


sub start ($self) {
    $self->says;

    my $pid = fork // die "cannot fork: $!\n";

    if (!$pid) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
        eval { $self->serve } or print STDERR "# fake redis: $@";
        POSIX::_exit(0);
    }

    $self->{owner} = $$;
    $self->pid($pid);
    wait_for(sub { -e $self->file('ready') || !$self->is_running })
        && $self->is_running or die "fake redis does not start\n";
    return $self;
}


sub file ($self, $kind) { return $self->dir . '/' . $self->name . "-$kind" }


sub says ($self, $command = undef, @how) {
    my $file = $self->file('orders');

    open my $fh, '>', "$file.new" or die "cannot write $file: $!\n";
    print $fh encode_json(defined $command ? {$command => \@how} : {});
    close $fh;
    rename "$file.new", $file;
    return $self;
}


sub told ($self) {
    return map { decode_json($_) } grep {/^\[/} $self->noted;
}


sub connections ($self) { return scalar grep { $_ eq 'accepted' } $self->noted }


sub drop ($self) {
    my $drops = sub { scalar grep { $_ eq 'dropped' } $self->noted };
    my $before = $drops->();

    kill 'USR1', $self->pid;
    return wait_for(sub { $drops->() > $before });
}


sub noted ($self) { return split /\n/, $self->slurp($self->file('log')) }


# The child.

sub serve ($self) {
    my $parent = getppid;
    my $loop   = Mojo::IOLoop->singleton;

    $loop->reset;
    $loop->recurring(0.5 => sub { POSIX::_exit(0) if getppid != $parent });
    $loop->reactor->on(error => sub ($, $error) { warn "# fake: $error" });
    $SIG{USR1} = sub {
        $_->close for values %{ $self->{clients} };
        $self->note('dropped');
    };
    $loop->server({address => '127.0.0.1', port => $self->port},
        sub ($loop, $client, $id) { $self->accept($client) });

    open my $fh, '>', $self->file('ready') or die "cannot write: $!\n";
    close $fh;
    $loop->start;
}


sub accept ($self, $client) {
    my $input = '';

    $self->note('accepted');
    $self->{clients}{"$client"} = $client;
    $client->timeout(0);
    $client->on(error => sub { });
    $client->on(close => sub { delete $self->{clients}{"$client"} });
    $client->on(read => sub ($, $bytes) {
        $input .= $bytes;

        while (my $words = take(\$input)) {
            $self->note(encode_json($words));
            $self->answer($client, @$words);
        }
    });
}


# The words of the first request in the buffer, if it is whole.

sub take ($input) {
    return if $$input !~ /\G\*(\d+)\r\n/gc;

    my @words;

    for (1 .. $1) {
        return if $$input !~ /\G\$(\d+)\r\n/gc;
        my $n = $1;
        return if length $$input < pos($$input) + $n + 2;
        push @words, substr $$input, pos $$input, $n;
        pos($$input) += $n + 2;
    }

    $$input = substr $$input, pos $$input;
    return \@words;
}


sub answer ($self, $client, $command, @words) {
    my $orders = decode_json($self->slurp($self->file('orders')));
    my ($bytes, $how) = @{ $orders->{$command} // [] };

    $bytes //= $command =~ /^(?:UN)?SUBSCRIBE\z/
        ? join '', "*3\r\n", map({ '$' . length($_) . "\r\n$_\r\n" }
            lc $command, $words[0]), ":1\r\n"
        : $GOOD{$command} // "+OK\r\n";
    $how //= '';

    return endless($client, $bytes) if $how eq 'endless';
    $client->write($bytes);
    $client->close_gracefully if $how eq 'close';
}


sub endless ($client, $bytes) {
    $client->write($bytes x (1 + 65536 / length $bytes),
        sub { endless($client, $bytes) if $client->handle });
}


sub note ($self, $what) {
    open my $fh, '>>', $self->file('log') or die "cannot log: $!\n";
    print $fh "$what\n";
    close $fh;
}


1;
