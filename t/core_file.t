# What a worker that is killed by SIGABRT leaves: a token that was read from a
# file is not in it, and there need not be a core file at all.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;

my $pattern = do {
    open my $fh, '<', '/proc/sys/kernel/core_pattern' or plan skip_all =>
        'there is no core_pattern';
    <$fh>;
};

plan skip_all => "cores are not files of the working directory: $pattern"
    if $pattern !~ /^core/;
plan skip_all => 'a sanitizer writes no core'
    if $ENV{SANITIZE} || $ENV{TEST_VALGRIND};

my $t = ClearStatus::Test->new(reload => 0);

mkdir $t->dir . '/cores';
chmod 01777, $t->dir . '/cores';

my %secret = map { $_ => "$_-" . join '', map { chr 97 + int rand 26 } 1 .. 30 }
    qw(plain file password);

$t->file($_, "$secret{$_}\n", 0644) for qw(file password);
$t->set(PLAIN => $secret{plain}, DEAD => $t->dead_url);

sub conf ($cores) {
    return <<"EOC";
%%GLOBALS%%
worker_rlimit_core $cores;
working_directory %%DIR%%/cores;

events {
}

http {
    %%HTTP%%

    clear_status_integration_id tenant-a;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /plain {
            clear_status_pass %%DEAD%%;
            clear_status_auth_token %%PLAIN%%;
        }

        location = /file {
            clear_status_pass %%DEAD%%;
            clear_status_auth_token_file %%DIR%%/file;
            clear_status_proxy http://user\@127.0.0.1:1;
            clear_status_proxy_password_file %%DIR%%/password;
        }
    }
}
EOC
}


sub cores {
    my @found = glob $t->dir . '/cores/*';
    return @found;
}


sub abort_worker {
    $t->expect_log(qr/exited on signal 6/);
    $t->kill_worker(undef, 'ABRT');
    return wait_for(sub { $t->log =~ /exited on signal 6.*\n/ });
}


sub has ($file, $text) {
    open my $fh, '<:raw', $file or die "$file: $!";

    my $before = '';
    while (read $fh, my $part, 1 << 20) {
        return 1 if index("$before$part", $text) >= 0;
        $before = substr $part, -100;
    }
    return 0;
}


$t->conf(conf('1g'))->run;

ok abort_worker(), 'a worker is killed';
my ($core) = wait_for(sub { cores() }) ? cores() : ();

SKIP: {
    skip 'this machine writes no core', 3 if !$core || !-s $core;

    ok has($core, $secret{plain}), 'its core has a token of the configuration';
    ok !has($core, $secret{file}), 'but not that of a file';
    ok !has($core, $secret{password}), 'nor a password of a file';
}

unlink cores();
$t->conf(conf('0'));
ok $t->reload, 'worker_rlimit_core 0';
ok abort_worker(), 'another is killed';
is_deeply [cores()], [], 'and leaves no core';

$t->done;
