# An upgrade, or one that is taken back, while Redis is away: what was purged
# meanwhile the gateway tells when Redis is back, though who purged has left.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Disk;
use ClearStatus::Fleet;
use ClearStatus::Relay;
use ClearStatus::Test;
use Mojo::File qw(path);
use Test::More;

plan skip_all => ClearStatus::Fleet->missing('disk')
    if ClearStatus::Fleet->missing('disk');

my $t     = ClearStatus::Test->new(reload => 0);
my $sim   = $t->simulator;
my $fleet = ClearStatus::Fleet->new(t => $t, conf => <<'EOC');
%%GLOBALS%%

thread_pool default threads=2;

events {
    worker_connections 1024;
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:4m;
    clear_status_redis zone=answers %%REDIS%% timeout=2s;
    clear_status_disk zone=answers %%DIR%%/disk timeout=5s;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /pid {
            return 200 $pid;
        }

        location = /purge {
            clear_status_purge;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}
EOC

my $relay = $t->adopt(
    ClearStatus::Relay->new(dir => $t->dir, to => $fleet->redis->port))->start;

$fleet->reach(0, 'redis://127.0.0.1:' . $relay->port)->run;
$t->stop;
$t->run(daemon => 1);
ok $fleet->wait_up, 'a gateway that can be upgraded, and another one';

my $disk = ClearStatus::Disk->new(t => $t);

sub ask ($i, $id, %options) {
    return $fleet->get($i, "/status?taskId=$id", %options);
}

sub purge ($id, %options) {
    return $fleet->get(0, "/purge?taskId=$id", method => 'DELETE',
        %options)->code;
}

# In the database: purges that Redis has yet to be told.

sub remembered {
    my $sql = q{SELECT count(*) FROM fleet WHERE name LIKE 't%'};

    return `sqlite3 -readonly '@{[$t->dir]}/disk/answers.db' "$sql"` + 0;
}


sub two_masters {
    my $old = $t->master_pid;

    kill USR2 => $old;

    return wait_for(sub {
        my $pid = eval { path($t->dir, 'nginx.pid')->slurp } // '';
        $pid =~ s/\s//g;
        return $pid && $pid != $old && $disk->writers($pid) && $pid;
    }, 60);
}

sub stored {
    my @ids = map { new_task('SUCCESS') } 1 .. 6;

    for my $id (@ids) {
        ask($_, $id) for 0 .. 1;
        like ask(1, $id)->header('Cache-Status'), qr/; hit/,
            'another gateway has it';
    }

    return @ids;
}

sub away {
    $relay->cut(0, 'reset');
    $relay->drop;
    ok $fleet->wait_down(0), 'Redis is away';
}

sub told (@ids) {
    $relay->pass;
    ok $fleet->wait_up, 'Redis is back';

    for my $id (@ids) {
        my $before = $sim->count($id);

        ok wait_for(sub { ask(1, $id); $sim->count($id) > $before }),
            'the other gateway learns of it';
    }

    ok wait_for(sub { !remembered() }), 'and nothing is left to be told';
}


subtest 'the old one purges, and leaves' => sub {
    my @ids = stored();
    my $on  = $t->socket;

    is $t->get('/pid', on => $on)->code, 200, 'a connection to its worker';
    away();
    is purge($ids[0], on => $on), 200, 'a purge just before';

    my $new = two_masters();

    ok $new, 'there are two masters, whose writers have the same file';
    is purge($_, on => $on), 200, 'the old one purges' for @ids[1 .. 5];
    ok wait_for(sub { remembered() == 6 }), 'which the disk remembers';

    kill QUIT => $t->master_pid;
    ok wait_for(sub { !$t->is_running }, 60), 'the old one leaves';
    $t->nginx->pid($new);
    is remembered(), 6, 'it has told nobody';
    told(@ids);
};

subtest 'the new one purges, and leaves' => sub {
    my @ids = stored();
    away();

    my $new = two_masters();
    my $on;

    ok wait_for(sub {
        my $pid = $t->get('/pid', on => $on = $t->socket)->body;
        return grep { $_ == $pid } $t->nginx->children_of($new);
    }), 'a connection to a worker of the new one';

    is purge($_, on => $on), 200, 'which purges' for @ids;
    ok wait_for(sub { remembered() == 6 }), 'which the disk remembers';

    kill QUIT => $new;
    ok wait_for(sub { !kill 0, $new }, 60), 'the new one leaves';
    is remembered(), 6, 'it has told nobody';
    told(@ids);
};

$fleet->done;
