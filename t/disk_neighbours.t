# What shares a process with a disk: another zone's, proxy_cache, which the same
# cache manager trims, and files that are read by the same threads.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Disk;
use ClearStatus::Test;
use Test::More;

my $t     = ClearStatus::Test->new(reload => 0);
my $sim   = $t->simulator;
my $disk  = ClearStatus::Disk->new(t => $t);
my $other = ClearStatus::Disk->new(t => $t, name => 'other');

$t->file('large', 'x' x 1_000_000);
$t->conf(<<'EOC')->run;
%%GLOBALS%%

thread_pool default threads=1;

events {
}

http {
    %%HTTP%%

    proxy_cache_path %%DIR%%/cache keys_zone=files:1m max_size=100k;

    clear_status_zone zone=one:1m;
    clear_status_zone zone=two:1m;
    clear_status_disk zone=one %%DIR%%/disk timeout=30s;
    clear_status_disk zone=two %%DIR%%/other timeout=30s;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id a;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /one {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache one;
        }

        location = /two {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache two;
        }

        location /file/ {
            proxy_pass http://127.0.0.1:%%PORT2%%/;
            proxy_cache files;
            proxy_cache_valid 200 1h;
        }

        location = /large {
            root %%DIR%%;
            aio threads;
            output_buffers 1 32k;
            sendfile off;
        }
    }

    server {
        listen 127.0.0.1:%%PORT2%%;

        location / {
            return 200 $request_uri;
        }
    }
}
EOC


sub files {
    my $dir = $t->dir . '/cache';

    return split /\n/, `find '$dir' -type f`;
}


my @ids = map { new_task('SUCCESS') } 1 .. 20;

$t->collect(map { $t->start($_) } map {
    ("/one?taskId=$ids[$_]", "/two?taskId=$ids[$_]", "/file/$_-1", "/file/$_-2",
        '/large')
} 0 .. $#ids);

ok $_->saved(20), $_->name . ': its zone\'s answers' for $disk, $other;
ok wait_for(sub { files() < 40 }, 60), 'the cache of files is trimmed';

$t->stop;
$t->run;

for my $zone (qw(one two)) {
    my @calls = map { ($t->start("/$zone?taskId=$_"), $t->start('/large')) }
        @ids;
    my @answers = $t->collect(@calls);

    is scalar(grep {
        ($_->header('Cache-Status') // '') eq 'clear_status; hit; detail=disk'
    } @answers), 20, "$zone: all from its disk";
    is scalar(grep { length $_->body == 1_000_000 } @answers), 20,
        'and files beside them by the same thread';
}

is $sim->count($_), 2, 'a fetch for each zone, and no more' for @ids[0, 19];

$t->done;
