package Bench::Peers;

# The servers of a benchmark: each starts on loopback, in a folder of its own
# under /tmp, from its configuration in bench/conf, and all end with this
# object, whatever happens.

use Mojo::Base -base, -signatures;

use ClearStatus::Certificates;
use ClearStatus::Process qw(free_port wait_for);
use File::Temp qw(tempdir);
use HTTP::Tiny;
use IO::Socket::INET;
use List::Util qw(sum);
use Mojo::File qw(path);

# where the programs of Debian's packages are
my $PATH = '/usr/local/sbin:/usr/sbin';

my @all;

has bench => sub { path(__FILE__)->realpath->dirname->sibling('..')
    ->realpath };
has top => sub ($self) { $self->bench->dirname };
has dir => sub {
    my $dir = tempdir('clear-status-bench-XXXXXXXX', TMPDIR => 1,
        CLEANUP => 1);

    chmod 0755, $dir;
    return $dir;
};
has module => sub ($self) {
    return $ENV{BENCH_MODULE}
        // $self->top->child('build/ngx_clear_status_module.so')->to_string;
};
has certificate => sub ($self) {
    return ClearStatus::Certificates->new(dir => $self->dir)
        ->certificate('localhost');
};

# in configurations, a port's name => another that stands for it
has instead  => sub { {} };
has children => sub { {} };


sub new ($class, @arguments) {
    $ENV{PATH} .= ":$PATH" if index($ENV{PATH}, $PATH) < 0;
    $SIG{$_} = sub { exit 1 } for qw(INT TERM HUP);

    # 5,000 callers need as many files, here and in what is started from here
    system "prlimit --pid $$ --nofile=20000 2> /dev/null";

    my $self = $class->SUPER::new(@arguments);
    push @all, $self;
    return $self;
}


# A name's port, the same each time.

sub port ($self, $name) { return $self->{port}{$name} //= free_port() }


sub url ($self, $name, $task = '') {
    return 'http://127.0.0.1:' . $self->port($name)
        . "/one-integration/workflow/status?taskId=$task";
}


# 607 bytes, as a finished task has them, for whatever task is asked for.

sub answer ($self) {
    return $self->sample =~ s/6988a3bc2e0e5e3c6c9aa6da/\$arg_taskId/gr;
}


sub sample ($self) {
    return $self->top->child('t/samples/success.json')->slurp;
}


# bench/conf/NAME.in, filled in: @port:NAME@, and what is named here.  With from
# => OTHER it is one more of those, on ports of its own.

sub fill ($self, $file, %more) {
    my $name = path($file)->basename('.conf');
    my $dir  = $self->dir;
    my $from = delete $more{from} // $name;
    my %values = (
        dir     => $dir,
        module  => $self->module,
        answer  => $self->answer,
        sample  => $self->sample,
        workers => 1,
        paths   => join(' ', "pid $dir/$name.pid;"),
        temp    => join(' ', map {"${_}_temp_path $dir/$name-$_;"}
            qw(client_body proxy fastcgi uwsgi scgi)),
        %more,
    );

    my $text = $self->bench->child('conf', ($file =~ s/^$name/$from/r) . '.in')
        ->slurp;
    my $for = $name eq 'upstream' ? {} : {%{ $self->instead },
        $from eq $name ? () : ($from => $name, miss => "$name-miss")};

    $text =~ s/\@port:(\w+)\@/$self->port($for->{$1} \/\/ $1)/ge;
    $values{$_} = $self->certificate->{$_}
        for grep { $text =~ /\@$_\@/ } qw(cert key ca);
    $text =~ s/\@(\w+)\@/$values{$1} \/\/ die "$file: \@$1\@?\n"/ge;
    path($dir, $file)->open('>')->print($text);
    return "$dir/$file";
}


# One nginx of bench/conf/NAME.conf.in.  %more: values to fill in; also
# "wrapper", a command to run it under, and "single", as one process.

sub nginx ($self, $name, %more) {
    my @wrapper = @{ delete $more{wrapper} // [] };
    my $single  = delete $more{single};
    my $conf    = $self->fill("$name.conf", %more);

    $self->{masters}{$name} = !$single;

    return $self->run($name, @wrapper, 'nginx', '-p', $self->dir, '-e',
        'stderr', '-c', $conf, '-g',
        'daemon off;' . ($single ? ' master_process off;' : ''));
}


# The servers that have these names' ports, and upstream, under a wrapper.

sub start_all ($self, $wrapper, $names, %more) {
    my %in = (return => 'nginx', proxy_cache => 'nginx', proxy_pass => 'nginx',
        miss => 'ours');
    my %ports;

    $self->nginx('upstream', wrapper => [on_other(@$wrapper)]);
    $self->wait_up('upstream', 'upstream');

    push @{ $ports{ $in{$_} // $_ } }, $_ for @$names;

    for my $server (sort keys %ports) {
        $self->start_one($server, $wrapper, %more);
        $self->wait_up($server, @{ $ports{$server} });
    }

    return $self;
}


# The wrapper of what shares the load's core.

sub on_other (@wrapper) { return map { $_ eq '0' ? 1 : $_ } @wrapper }


sub start_one ($self, $server, $wrapper, %more) {
    my $dir = $self->dir;

    if ($server eq 'varnish') {
        return $self->run('varnish', @$wrapper, 'varnishd', '-F', '-n',
            "$dir/varnishd", '-f', $self->fill('varnish.vcl'), '-a',
            '127.0.0.1:' . $self->port('varnish'), '-s', 'malloc,64m', '-p',
            'listen_depth=4096', '-p', 'vsl_mask=-VCL_trace');
    }

    if ($server eq 'haproxy') {
        return $self->run('haproxy', @$wrapper, 'haproxy', '-db', '-f',
            $self->fill('haproxy.cfg', threads => $more{workers} // 1));
    }

    return $self->nginx($server, wrapper => $wrapper, zone => '64m',
        keys => '64m', more => '', log => 'error', reuseport => '', %more);
}


# A Redis that keeps no files; its URL.

sub redis ($self) {
    my $port = $self->port('redis');

    $self->run('redis', qw(redis-server --bind 127.0.0.1 --save), '',
        '--appendonly', 'no', '--dir', $self->dir, '--port', $port);
    $self->wait_up('redis');
    return "redis://127.0.0.1:$port";
}


# Until a gateway's zone has its Redis.

sub wait_redis ($self, @names) {
    for my $port (map { $self->port($_) } @names) {
        wait_for(sub {
            HTTP::Tiny->new->get("http://127.0.0.1:$port/metrics")->{content}
                =~ /^clear_status_redis_up\{zone="answers"\} 1$/m;
        }, 60) or die "Redis is not reached\n";
    }
}


# Any server; it is up when each port named in its configuration answers.

sub run ($self, $name, @command) {
    my $log   = $self->dir . "/$name.log";
    my $child = ClearStatus::Process->new(dir => $self->dir)
        ->spawn($log, @command);

    $self->children->{$name} = $child;
    push @{ $self->{order} }, $name;
    return $child;
}


sub wait_up ($self, $name, @ports) {
    my $child = $self->children->{$name};

    for my $port (map { $self->port($_) } @ports ? @ports : $name) {
        wait_for(sub {
            !$child->is_running || IO::Socket::INET->new("127.0.0.1:$port");
        }, 60);
        next if $child->is_running;
        die "$name does not start:\n",
            path($self->dir, "$name.log")->slurp, "\n";
    }

    # the master listens before there is a worker
    wait_for(sub { $self->workers($name) }, 60) or die "$name: no worker\n";

    return $self;
}


sub child ($self, $name) { return $self->children->{$name} }


# Processes that serve: an nginx's workers, or the server itself where it has
# none.

sub workers ($self, $name) {
    my $child    = $self->child($name);
    my $pid      = $child->pid;
    my @children = split ' ', $child->slurp("/proc/$pid/task/$pid/children");
    my @workers  = grep {
        $child->slurp("/proc/$_/cmdline") =~ /^nginx: worker process/
    } @children;

    return $self->{masters}{$name} ? @workers : $pid;
}


# Connections that a server's workers have to a port, as the kernel has them.

sub connections ($self, $server, $name) {
    my $remote = sprintf '0100007F:%04X', $self->port($name);
    my %socket;

    for my $pid ($self->workers($server)) {
        $socket{$_} = 1 for map { (readlink($_) // '') =~ /^socket:\[(\d+)/ }
            glob "/proc/$pid/fd/*";
    }

    return grep {
        my @field = split;
        $field[2] eq $remote && $field[3] eq '01' && $socket{ $field[9] };
    } split /\n/, path('/proc/net/tcp')->slurp;
}


# What the workers used of their cores until now.

sub cpu_seconds ($self, $server) {
    return sum(map {
        (split ' ', path("/proc/$_/schedstat")->slurp)[0]
    } $self->workers($server)) / 1e9;
}


# What a load saw, and "cpu": us of the workers' cores for each request.

sub cost ($self, $server, $load) {
    my $before = $self->cpu_seconds($server);
    my $seen   = $load->();
    my $used   = $self->cpu_seconds($server) - $before;

    return {%$seen, cpu => $used / $seen->{requests} * 1_000_000};
}


sub stop ($self, $name, $signal = 'TERM') {
    my $child = delete $self->children->{$name} or return;

    # again, for one that comes just before nginx waits for events is lost
    wait_for(sub {
        kill $signal, $child->pid;
        wait_for(sub { !$child->is_running }, 1);
    }, 30);

    return $child->end('KILL');
}


sub stop_all ($self) {
    $self->stop($_) for reverse @{ delete $self->{order} // [] };
}


# While everything is still there: at the end of the program, also by a signal.

END {
    local $?;
    $_->stop_all for @all;
}


1;
