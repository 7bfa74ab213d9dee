package ClearStatus::Simulator;

=encoding utf8

=head1 NAME

ClearStatus::Simulator - one running demo/simulator, and its controls

=head1 SYNOPSIS

    my $sim = $t->simulator;            # or $t->simulator(tls => 1)

    $sim->hold($id);                    # fetches of it wait
    $sim->wait_held($id, 1);            # until one waits there
    $sim->release($id);                 # let them all go, and later ones

    $sim->behave($id, {status => 503, retry_after => 2, times => 1});
    $sim->behave('*', {html => 1});     # every task without rules of its own

    is $sim->count($id), 1;
    is $sim->max_in_air($id), 1;
    is $sim->sent($id, 'x-integration-id'), 'tenant-a';

=head1 METHODS

    start, stop, restart        restart keeps the port, forgets the rest
    url, tls_url                http://127.0.0.1:N, https://localhost:N

    behave($task, \%rule)       from now on; replaces what was said before;
                                {} as documented again
    also($task, \%rule)         a further rule, for when the ones before are
                                used up (times)
    hold($task), release($task, $n)
                                $n: only so many of those that wait, and go
                                on holding; '*' is every task
    advance($seconds)           the simulator's clock, so tasks grow older
    accept(token => [...], integration => [...])
                                only these are good; others get the 403
    close_idle                  closes connections without a request; returns
                                how many
    reset                       forgets all rules and counts, releases all
    forget(@tasks)              those of these, of which nothing is in the air

    count($task)                fetches that arrived
    in_air($task), max_in_air($task), held($task), aborted($task)
                                aborted: the client left before the answer
                                without $task: of all
    connections, open_connections
                                connections that ever carried a fetch; and
                                those of them that are open
    other                       requests for another path
    stats                       all of it
    seen($task)                 the last request: {method, target, version,
                                tls, body, headers => {lowercase => [..]}}
    sent($task, $header)        that header of it: a list, or the first value

    wait_held($task, $n), wait_count($task, $n)
                                until at least $n (1); false if not in 10 s

=head1 RULES

    times => N                  for so many fetches, then the rule goes
    delay => SECONDS            before whatever follows
    hang => 1                   never an answer
    reset => before|headers|body    TCP reset: without a byte, after the
                                headers, after half of the body
    close => before|headers|body    the same, but closed plainly
    cut => 1                    Content-Length of the whole, half the body
    stale => 1                  reset without a byte if the connection was
                                used before, else the answer
    chunked => good|bad|cut     in chunks; with a bad one; without an end
    drip => SECONDS             one byte each
    garbage => 1                not HTTP
    raw => "bytes"              exactly these, then closed
    status => N                 with that envelope if not 200
    http_status => N            but this status in the HTTP line
    envelope => {status, message, error_message, code, validation_errors}
    html => 1                   an HTML page, 502 unless status
    wrong_json => 1             JSON, but not an envelope
    body => TEXT, body_base64 => BYTES, content_type => TYPE
    redirect => URL             302 unless status
    retry_after => VALUE        that header; 429 unless status
    headers => {Name => VALUE or [VALUES]}
    pad => N                    N spaces after the body
    gzip => 1                   whether asked for or not
    last => 1                   Connection: close
    state => STATE              workflowStatus, whatever the clock says
    message => TEXT             the envelope's message
    tenant => 1                 behind it " for " and the integration id
    result_task_id => ID        not the one that was asked for
    result_null => 1            success without a result
    presigned => {style => aws4|aws2|cloudfront|google|azure|azure_key|
                  session|bare,
                  lifetime => SECONDS (3600), age => SECONDS (0),
                  in => errorReportPreSign|preSignedUrls|generatedURLs,
                  escape => 1 (\/ and \u0026)}, or a list of such

Counts are exact: a fetch is no longer in the air before the last byte of its
answer is sent. One whose client leaves is when the simulator sees that,
which may be a moment after the next fetch arrives.

=cut

use Mojo::Base 'ClearStatus::Process', -signatures;

use Carp qw(croak);
use ClearStatus::Process qw(free_port wait_for);
use HTTP::Tiny;
use Mojo::JSON qw(decode_json encode_json);

has [qw(command tls)];
has name => 'simulator';
has port => sub { free_port() };
has tls_port => sub { free_port() };

# A kept connection would wait for a delayed ACK before each body: 40 ms.
has http => sub { HTTP::Tiny->new(keep_alive => 0, timeout => 20) };


sub url ($self)     { return 'http://127.0.0.1:' . $self->port }
sub tls_url ($self) {
    croak 'simulator was started without tls => 1' if !$self->tls;
    return 'https://localhost:' . $self->tls_port;
}


sub start ($self) {
    my $file    = $self->dir . '/simulator-' . $self->port;
    my @command = ($^X, $self->command, '--exit-with-parent', '--quiet',
        '--port', $self->port, '--port-file', "$file.port");

    if (my $tls = $self->tls) {
        push @command, '--tls-port', $self->tls_port, '--cert', $tls->{cert},
            '--key', $tls->{key};
        push @command, '--client-ca', $tls->{client_ca} if $tls->{client_ca};
    }

    unlink "$file.port";
    $self->spawn("$file.out", @command);
    wait_for(sub { -e "$file.port" || !$self->is_running }, 20);
    return $self if -e "$file.port";

    $self->end('KILL');
    die "simulator does not start:\n" . $self->slurp("$file.out");
}


sub stop ($self) { return $self->end('TERM') }


sub restart ($self) {
    $self->stop;
    return $self->start;
}


# One call of the control interface.

sub control ($self, $name, $in = {}) {
    my $reply = $self->http->post($self->url . "/_sim/$name",
        {content => encode_json($in)});

    croak "simulator: $name: $reply->{status} $reply->{content}"
        if !$reply->{success};
    return decode_json($reply->{content});
}


sub behave ($self, $task, $rule) {
    return $self->control('behave', {task => $task, rule => $rule});
}


sub also ($self, $task, $rule) {
    return $self->control('behave',
        {task => $task, rule => $rule, append => 1});
}


sub hold ($self, $task) { return $self->control('hold', {task => $task}) }


sub release ($self, $task, $count = undef) {
    return $self->control('release',
        {task => $task, defined $count ? (count => $count) : ()})->{released};
}


sub advance ($self, $seconds) {
    return $self->control('clock', {advance => $seconds});
}


sub accept ($self, %known) { return $self->control('accept', \%known) }


sub close_idle ($self) { return $self->control('close_idle')->{closed} }


sub reset ($self) { return $self->control('reset') }


sub forget ($self, @tasks) {
    return $self->control('forget', {tasks => \@tasks});
}


sub stats ($self) { return $self->control('stats') }


# Counts.

sub of ($self, $task, $what) {
    my $stats  = $self->stats;
    my $counts = defined $task ? $stats->{tasks}{$task} : $stats->{total};

    return $counts->{$what} // 0;
}


sub count ($self, $task = undef)      { return $self->of($task, 'count') }
sub in_air ($self, $task = undef)     { return $self->of($task, 'in_air') }
sub max_in_air ($self, $task = undef) { return $self->of($task, 'max_in_air') }
sub held ($self, $task = undef)       { return $self->of($task, 'held') }
sub aborted ($self, $task = undef)    { return $self->of($task, 'aborted') }
sub connections ($self)      { return $self->of(undef, 'connections') }
sub open_connections ($self) { return $self->of(undef, 'open') }
sub other ($self)            { return $self->of(undef, 'other') }


sub seen ($self, $task) { return $self->stats->{tasks}{$task}{seen} }


sub sent ($self, $task, $header) {
    my @values = @{ ($self->seen($task) // {})->{headers}{ lc $header } // [] };
    return wantarray ? @values : $values[0];
}


sub wait_held ($self, $task, $n = 1) {
    return wait_for(sub { $self->held($task) >= $n });
}


sub wait_count ($self, $task, $n = 1) {
    return wait_for(sub { $self->count($task) >= $n });
}


1;
