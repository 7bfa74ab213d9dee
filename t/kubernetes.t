# The manifest for Kubernetes: what it names is there, and nginx takes its
# configuration.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Process qw(free_port);
use ClearStatus::Redis;
use ClearStatus::Test;
use Mojo::File qw(path);
use Test::More;
use YAML::PP;

my $t     = ClearStatus::Test->new;
my $dir   = $t->dir;
my $file  = path("$Bin/../contrib/kubernetes/clear_status.yaml");
my @parts = YAML::PP->new(boolean => 'JSON::PP')->load_file("$file");
my %of    = map { $_->{kind} => $_ }
    grep { $_->{metadata}{name} eq 'clear-status' } @parts;
my %redis = map { $_->{kind} => $_ }
    grep { $_->{metadata}{name} eq 'clear-status-redis' } @parts;

is_deeply [sort keys %of], [qw(ConfigMap Deployment PodDisruptionBudget
    Service)], 'all parts are there';
is_deeply [sort keys %redis], [qw(Deployment Service)], 'those of Redis too';
is scalar @parts, keys(%of) + keys(%redis), 'once';

for my $part (@parts) {
    my $name = "$part->{kind} $part->{metadata}{name}";

    like $part->{apiVersion}, qr{^(?:v1|apps/v1|policy/v1)$},
        "$name: a version that is not beta";
    is $part->{metadata}{labels}{'app.kubernetes.io/name'},
        $part->{metadata}{name}, "$name: its label";
}

my $deployment = $of{Deployment}{spec};
my $pod        = $deployment->{template};
my ($nginx)    = @{ $pod->{spec}{containers} };


# Labels.

for my $selector ($deployment->{selector}{matchLabels},
    $of{Service}{spec}{selector},
    $of{PodDisruptionBudget}{spec}{selector}{matchLabels},
    map { $_->{labelSelector}{matchLabels} }
        @{ $pod->{spec}{topologySpreadConstraints} })
{
    is_deeply $selector, $pod->{metadata}{labels}, 'a selector finds the pods';
}

is_deeply $_, $redis{Deployment}{spec}{template}{metadata}{labels},
    'a selector finds Redis'
    for $redis{Deployment}{spec}{selector}{matchLabels},
    $redis{Service}{spec}{selector};

cmp_ok $of{PodDisruptionBudget}{spec}{minAvailable}, '<',
    $deployment->{replicas}, 'a node may be drained';


# Ports.

my %port = map { $_->{name} => $_->{containerPort} } @{ $nginx->{ports} };

ok $port{ $_->{targetPort} }, "the Service's $_->{name} is a port"
    for @{ $of{Service}{spec}{ports} };
ok !(grep { $_->{targetPort} eq 'metrics' } @{ $of{Service}{spec}{ports} }),
    'and it leads to no metrics';
is $pod->{metadata}{annotations}{'prometheus.io/port'}, $port{metrics},
    'Prometheus does';

my $conf = $of{ConfigMap}{data}{'nginx.conf'};

like $conf, qr/^ *listen $_;$/m, "nginx listens on $_" for values %port;

for my $probe (qw(startupProbe livenessProbe readinessProbe)) {
    my $get = $nginx->{$probe}{httpGet};

    ok $port{ $get->{port} }, "$probe: a port";
    like $conf, qr/location = \Q$get->{path}\E \{/, "$probe: a location";
}


# Files.

my %volume = map { $_->{name} => $_ } @{ $pod->{spec}{volumes} };
my %mount  = map { $_->{name} => $_ } @{ $nginx->{volumeMounts} };

is_deeply [sort keys %mount], [sort keys %volume], 'each volume is mounted';
ok !(grep { $_->{subPath} } values %mount), 'as a whole';
is $volume{config}{configMap}{name}, $of{ConfigMap}{metadata}{name},
    'the configuration is the ConfigMap';
is_deeply [grep {m{^/etc/clear-status/}} @{ $nginx->{command} }],
    ["$mount{config}{mountPath}/nginx.conf"], 'which nginx is started with';

my $secrets = $volume{secrets}{secret};
my $spec    = $redis{Deployment}{spec};
my $server  = $spec->{template}{spec}{containers}[0];
my @named   = $conf =~ m{\Q$mount{secrets}{mountPath}\E/([\w-]+);}g;

is_deeply [sort map { $_->{path} } @{ $secrets->{items} }], [sort @named],
    'secrets are those that nginx reads';
is_deeply [sort $file->slurp =~ /--from-file=([\w-]+)/g],
    [sort map { $_->{key} } @{ $secrets->{items} }],
    'and that the Secret is made of';
is $secrets->{secretName}, 'clear-status', 'it has that name';
unlike $file->slurp, qr/^kind: Secret$/m, 'and none is in the file';
is oct $secrets->{defaultMode}, 0440, 'nobody else may read them'
    if $secrets->{defaultMode} !~ /^\d{3}$/ || $secrets->{defaultMode} == 288;


# What nginx may write is a volume, for the root of the rest is read only.

my ($writes) = [$conf =~ m{(?:_temp_path|pid) (/[^;]+);}g];
cmp_ok scalar @$writes, '==', 6, 'paths that nginx writes to';
ok !(grep { index($_, $mount{run}{mountPath} . '/') != 0 } @$writes),
    'are in a volume';
is $nginx->{securityContext}{readOnlyRootFilesystem}, 1, 'and nothing else is';


# Redis: where nginx looks for it, and what it is started with.

my ($host, $at) = $conf =~ m{redis://([\w-]+)\.default\.svc\.[\w.]+:(\d+)};

is $host, $redis{Service}{metadata}{name}, 'Redis is where nginx looks';
is $at, $redis{Service}{spec}{ports}[0]{port}, 'on that port';
is $redis{Service}{spec}{ports}[0]{targetPort}, $server->{ports}[0]{name},
    'which leads to it';
is $server->{ports}[0]{containerPort}, 6379, 'the port that it listens on';

SKIP: {
    skip 'redis-server is not installed', 3
        if !ClearStatus::Redis->installed;

    my $port   = free_port();
    my $folder = $t->dir . '/redis';
    my $lines  = $server->{args}[0]
        =~ s{/run/clear-status/}{$dir/}gr
        =~ s{^END$}{bind 127.0.0.1\nport $port\ndir $folder\n$&}mr;
    my $process = ClearStatus::Redis->new(dir => $t->dir, port => $port,
        password => 'correct-horse');

    mkdir $folder;
    $t->file('redis-password', "correct-horse\n");
    $t->adopt($process)->spawn("$folder/out", @{ $server->{command} }, $lines);

    ok wait_for(sub { $process->answers }, 20), 'it starts'
        or diag $t->slurp('redis/out');
    is $process->command('CONFIG', 'GET', 'maxmemory-policy')->[1],
        'volatile-lru', 'with that policy';
    is $process->command('CONFIG', 'GET', 'save')->[1], '', 'and saves nothing';
}


# nginx takes it, with the test's files in the place of the pod's.

$t->file($_, "example\n") for @named;
mkdir "$dir/run";
$conf =~ s{^load_module.*\n}{}m;
$conf =~ s{^pid.*\n}{}m;
$conf =~ s{^error_log.*\n}{}m;
$conf =~ s{\Q$mount{secrets}{mountPath}\E/}{$dir/}g;
$conf =~ s{\Q$mount{run}{mountPath}\E/}{$dir/run/}g;
$conf =~ s{access_log /dev/stdout}{access_log $dir/access.log}g;
$conf =~ s{listen 808(\d)}{'listen 127.0.0.1:%%PORT' . ($1 || '') . '%%'}ge;

my ($status, $said) = $t->nginx_t("%%GLOBALS%%\n$conf");

SKIP: {
    skip 'built without hiredis', 1 if $said =~ /built with libhiredis/;
    is $status, 0, 'nginx takes the configuration' or diag $said;
}

$t->done;
