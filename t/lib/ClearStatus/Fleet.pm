package ClearStatus::Fleet;

# Several gateways of one test, before one Redis and one simulator:
#
#     my $t     = ClearStatus::Test->new(reload => 0);
#     my $fleet = ClearStatus::Fleet->new(t => $t, n => 4, conf => <<'EOC');
#     ... clear_status_redis zone=answers %%REDIS%% ...;
#     EOC
#
#     plan skip_all => ClearStatus::Fleet->missing
#         if ClearStatus::Fleet->missing;     # 'disk': with one
#
#     $fleet->run;                    # until all are connected to Redis
#     $fleet->get(0, "/status?...");  # from the first one
#     my $started = $fleet->start(1, "/status?...");
#     $t->collect($started);
#     $fleet->gateway(2);             # a ClearStatus::Test, of which $t is one
#     $fleet->metric(0, 'clear_status_redis_up{zone="answers"}');
#     $fleet->is_up(0); $fleet->wait_up; $fleet->wait_down;
#     $fleet->redis;
#     $fleet->done;                   # instead of $t->done
#
# redis => of ClearStatus::Redis, else one is started.  reach($i, $url), before
# run: what a gateway is told, where it is not the same.  Each has a location
# /metrics.

use Mojo::Base -base, -signatures;

use ClearStatus::Process qw(wait_for);
use ClearStatus::Redis;
use ClearStatus::Test ();
use Mojo::File qw(path);
use Test::More ();

# Why there can be no fleet here, or nothing.

sub missing ($class, $with = 'hiredis') {
    return 'redis-server is not installed' if !ClearStatus::Redis->installed;

    my $module = ClearStatus::Test::module() // return;
    my $code   = path($module)->slurp;

    return 'built without hiredis' if $code =~ /libhiredis, and this was not/;
    return if $with ne 'disk';
    return $code =~ /libsqlite3, and this was not|an nginx with threads \(/
        ? 'built without SQLite' : undef;
}


has at => sub { {} };
has n => 2;
has [qw(conf t)];
has redis => sub ($self) {
    $self->t->adopt(ClearStatus::Redis->new(dir => $self->t->dir))->start;
};
has gateways => sub ($self) {
    my $t = $self->t;
    my $n = $self->n;

    $self->redis;
    return [$t, map { ClearStatus::Test->new(reload => 0) } 2 .. $n];
};


sub gateway ($self, $i) { return $self->gateways->[$i] }


sub reach ($self, $i, $url) {
    $self->at->{ $self->gateway($i)->port } = $url;
    return $self;
}


sub run ($self) {
    my $t = $self->t;

    for my $gateway (@{ $self->gateways }) {
        $gateway->set(
            UPSTREAM => $t->value_of('UPSTREAM'),
            REDIS    => $self->at->{ $gateway->port } // $self->redis->url,
        );
        $gateway->conf($self->conf)->run;
    }

    $self->wait_up or die "Redis is not up\n";
    return $self;
}


# Asking.

sub start ($self, $i, $target, %options) {
    return $self->t->start($target, port => $self->gateway($i)->port,
        %options);
}


sub get ($self, $i, $target, %options) {
    return scalar $self->t->collect($self->start($i, $target, %options));
}


sub metric ($self, $i, $name) {
    return $self->get($i, '/metrics')->body =~ /^\Q$name\E (\S+)$/m
        ? $1 : undef;
}


sub is_up ($self, $i) {
    my $body = $self->get($i, '/metrics')->body;

    return $body =~ /^clear_status_redis_up\{.*\} 1$/m;
}


sub wait_up ($self, @which) {
    @which = 0 .. $self->n - 1 if !@which;
    return wait_for(sub { !grep { !$self->is_up($_) } @which }, 40);
}


sub wait_down ($self, @which) {
    @which = 0 .. $self->n - 1 if !@which;
    return wait_for(sub { !grep { $self->is_up($_) } @which }, 20);
}


# The end: the first gateway's checks are $t's own.

sub done ($self) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my ($t, @others) = @{ $self->gateways };
    my @found = map { my $gateway = $_;
        ($gateway->stop_all, $gateway->alarms, $gateway->reports,
            $gateway->leaks) } @others;

    Test::More::ok(!@found, 'and the other gateways are as clean')
        or Test::More::diag(map { substr($_, 0, 2000) . "\n" } @found);
    return $t->done;
}


1;
