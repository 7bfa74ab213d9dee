package Soak::Calls;

# Requests that are out, any number of them, and what is to be done with the
# answer of each.  Nobody waits for one: pump() reads what has come.

use Mojo::Base -base, -signatures;

use IO::Select;
use Time::HiRes qw(time);

has [qw(client)];
has looked => 0;
has out    => sub { {} };
has select => sub { IO::Select->new };


sub add ($self, $response, $then) {
    $self->select->add($response->socket);
    $self->out->{ fileno $response->socket } = [$response, $then];
}


sub number ($self) { return scalar keys %{ $self->out } }


sub pump ($self, $seconds) {
    for my $socket ($self->select->can_read($seconds)) {
        my $response = $self->out->{ fileno $socket }[0];
        my $over     = $response->read_more or next;

        $self->end($response, $over eq 'done' ? undef : $over);
    }

    $self->late if time - $self->looked > 0.5;
}


sub late ($self) {
    my $now = $self->looked(time)->looked;

    $self->end($_, 'timeout')
        for grep { $now - $_->started > $_->timeout }
        map { $_->[0] } values %{ $self->out };
}


sub end ($self, $response, $error) {
    my $socket = $response->socket;
    my (undef, $then) = @{ delete $self->out->{ fileno $socket } };

    $self->select->remove($socket);
    $response->finish($error);
    $self->client->look_at($response);
    $then->($response);
}


1;
