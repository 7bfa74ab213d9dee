package ClearStatus::Dns;

# A name server on 127.0.0.1 over UDP, in a process of its own.  What it says
# is in a file, read anew for each question, which every question is logged
# in another file for:
#
#     $dns = $t->adopt(ClearStatus::Dns->new(dir => $t->dir))->start;
#     $dns->port;
#     $dns->say('api.example' => {A => ['127.0.0.1'], ttl => 1});
#     $dns->say('mute.example' => {mute => 1});     # never answers
#     $dns->say('broken.example' => {code => 2});   # SERVFAIL
#     $dns->count('api.example', 'A');
#
# A name that nothing was said of does not exist.

use Mojo::Base 'ClearStatus::Server', -signatures;

use IO::Socket::INET;
use Socket qw(AF_INET AF_INET6 inet_pton);

use constant {A => 1, AAAA => 28};

has name  => 'dns';
has names => sub { {} };
has port  => undef;


sub start ($self) {
    my $socket = IO::Socket::INET->new(
        Proto     => 'udp',
        LocalAddr => '127.0.0.1',
    ) or die "cannot listen: $!\n";

    $self->{socket} = $socket;
    $self->port($socket->sockport);
    return $self->SUPER::start;
}


sub say ($self, $name, $what) {
    $self->names->{$name} = $what;
    return $self->tell(names => $self->names);
}


# Questions for a name, of a type or of any.

sub count ($self, $name, $type = qr/\w+/) {
    return scalar grep {/^\Q$name\E $type$/} $self->notes;
}


# The child.

sub serve ($self) {
    my $parent = getppid;
    my $socket = $self->{socket};

    $self->ready;

    while (getppid == $parent) {
        vec(my $ready = '', fileno $socket, 1) = 1;
        select($ready, undef, undef, 0.5) > 0 or next;

        my $from = $socket->recv(my $query, 512) // next;
        my $answer = $self->answer($query);
        $socket->send($answer, 0, $from) if defined $answer;
    }
}


# RFC 1035, section 4.

sub answer ($self, $query) {
    my ($id) = unpack 'n', $query;
    my ($name, $rest) = ('', substr $query, 12);

    while ((my $length = unpack 'C', $rest)) {
        $name .= ($name eq '' ? '' : '.') . substr $rest, 1, $length;
        $rest = substr $rest, 1 + $length;
    }

    my ($type)   = unpack 'n', substr $rest, 1;
    my $question = substr $query, 12, length($query) - 12 - length($rest) + 5;

    $self->note("$name "
            . ($type == A ? 'A' : $type == AAAA ? 'AAAA' : $type));

    my $said = ($self->heard('names') // {})->{$name} // {code => 3};

    return undef if $said->{mute};

    my @data
        = $type == A ? map { inet_pton(AF_INET, $_) } @{ $said->{A} // [] }
        : $type == AAAA
        ? map { inet_pton(AF_INET6, $_) } @{ $said->{AAAA} // [] }
        : ();

    return pack('n6', $id, 0x8180 | ($said->{code} // 0), 1, scalar @data, 0,
        0)
        . $question
        . join '', map {
            pack 'n n n N n a*', 0xc00c, $type, 1, $said->{ttl} // 1,
                length, $_
        } @data;
}


1;
