package ClearStatus::Process;

# A child process of a test, and what tests need around one: free ports,
# waiting for a condition.  A child ends by its process id, never by name.

use Mojo::Base -base, -signatures;

use Exporter qw(import);
use IO::Socket::INET;
use POSIX qw(WNOHANG);
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(free_port stretch wait_for);

has [qw(dir is_daemon name pid)];


sub spawn ($self, $out, @command) {
    my $pid = fork // die "cannot fork: $!\n";

    if (!$pid) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
        open STDIN,  '<',  '/dev/null';
        open STDOUT, '>>', $out;
        open STDERR, '>&', \*STDOUT;
        close_inherited();
        exec { $command[0] } @command or print "cannot run $command[0]: $!\n";
        POSIX::_exit(127);
    }

    $self->{owner} = $$;
    return $self->pid($pid);
}


sub is_running ($self) {
    my $pid = $self->pid // return;

    return !waitpid $pid, WNOHANG if !$self->is_daemon;
    return $self->slurp("/proc/$pid/stat") =~ /\) [^ZX] /;
}


# True if it ended in time by that signal alone.

sub end ($self, $signal) {
    return 1 if !defined $self->pid || $self->{owner} != $$;

    kill $signal, $self->pid if $self->is_running;
    my $ended = wait_for(sub { !$self->is_running }, 20);

    if (!$ended) {
        kill 'KILL', $self->pid;
        wait_for(sub { !$self->is_running }, 5);
    }

    $self->pid(undef);
    return $ended;
}


sub slurp ($self, $path) {
    open my $fh, '<:raw', $path or return '';
    local $/;
    return <$fh> // '';
}


# Functions.

# Whoever started the tests may have left descriptors open, and how many a
# server has is what some tests are about.

sub close_inherited {
    POSIX::close($_) for grep { $_ > 2 } map {m{(\d+)$}} glob '/proc/self/fd/*';
}


sub stretch { return $ENV{TEST_STRETCH} || ($ENV{TEST_VALGRIND} ? 10 : 1) }


sub wait_for ($condition, $seconds = 30) {
    my $end   = time + $seconds * stretch();
    my $pause = 0.005;

    while (1) {
        my $value = $condition->();
        return $value if $value;
        return        if time > $end;
        sleep $pause;

        # most conditions ask a server: who waits for long leaves it to others
        $pause *= 1.3 if $pause < 0.05;
    }
}


# Below the ports that the system gives to clients.  Files run at once: a UDP
# socket of the same number, held until the end, says that it is taken.

sub free_port {
    state @held;

    for (1 .. 500) {
        my $port = 20_000 + int rand 10_000;
        my %at   = (LocalAddr => "127.0.0.1:$port");

        my $lock = IO::Socket::INET->new(Proto => 'udp', %at) or next;
        IO::Socket::INET->new(Proto => 'tcp', Listen => 1, ReuseAddr => 1,
            %at) or next;
        push @held, $lock;
        return $port;
    }

    die "no free port\n";
}


1;
