package ClearStatus::FakeRedis;

# What answers on a port as a Redis might that is broken or hostile, in a
# process of its own (see ClearStatus::Server):
#
#     $fake = $t->adopt(ClearStatus::FakeRedis->new(dir => $t->dir))->start;
#     $fake->url;
#     $fake->says(PING => "*1000000000\r\n");   # instead of its answer
#     $fake->says(PING => 'x', 'endless');      # again and again; or
#                                               # close: and ends
#     $fake->says(EVAL => ':1', 'late', 0.5);   # so many seconds later
#     $fake->says(ANY => '');                   # whatever the command
#     $fake->says;                              # answers as Redis does
#     $fake->told;           # what came: a command's words, for each
#     $fake->connections;    # how many there were
#
# Of what is not HELLO, PING, SELECT or (UN)SUBSCRIBE it says "+OK".

use Mojo::Base 'ClearStatus::Server', -signatures;

use Mojo::IOLoop;
use Mojo::JSON qw(decode_json encode_json);

has name => 'fake-redis';

my %GOOD = (
    HELLO => join('', "*6\r\n", map { '$' . length($_) . "\r\n$_\r\n" }
        qw(mode standalone role master server redis)),
    PING => "+PONG\r\n",
);


sub url ($self) { return 'redis://127.0.0.1:' . $self->port }


sub says ($self, $command = undef, @how) {
    return $self->tell('orders', defined $command ? {$command => \@how} : {});
}


sub told ($self) { return map { decode_json($_) } grep {/^\[/} $self->notes }


sub connections ($self) { return $self->noted('accepted') }


# The child.

sub accept ($self, $client) {
    my $input = '';

    $self->note('accepted');
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
    my $orders = $self->heard('orders') // {};
    my ($bytes, $how, $seconds)
        = @{ $orders->{$command} // $orders->{ANY} // [] };

    $bytes //= $command =~ /^(?:UN)?SUBSCRIBE\z/
        ? join '', "*3\r\n", map({ '$' . length($_) . "\r\n$_\r\n" }
            lc $command, $words[0]), ":1\r\n"
        : $GOOD{$command} // "+OK\r\n";
    $how //= '';

    return endless($client, $bytes) if $how eq 'endless';
    return Mojo::IOLoop->timer($seconds => sub { $client->write($bytes) })
        if $how eq 'late';

    $client->write($bytes);
    $client->close_gracefully if $how eq 'close';
}


sub endless ($client, $bytes) {
    $client->write($bytes x (1 + 65536 / length $bytes),
        sub { endless($client, $bytes) if $client->handle });
}


1;
