package ClearStatus::Disk;

# A database of answers, as tests look into its files with Debian's sqlite3;
# and a configuration with it.
#
#     my $disk = ClearStatus::Disk->new(t => $t);
#
#     $t->conf($disk->conf(zone => '1m', disk => 'timeout=30s'))->run;
#     ok $disk->saved(3), 'three answers are written';

use Mojo::Base -base, -signatures;

use ClearStatus::Process qw(wait_for);
use Digest::SHA qw(sha256);
use Fcntl qw(F_SETLK F_WRLCK SEEK_SET);
use Mojo::File qw(path);

has 't';
has name => 'disk';

has dir  => sub ($self) { $self->t->dir . '/' . $self->name };
has file => sub ($self) { $self->dir . '/answers.db' };


# Options: zone, workers, main, http, location, disk: more of each; timeout.
# No timeout of the disk ends a test that does not ask for one, however slow
# the machine.  A worker that ends waits for each thread of its pool, and nginx
# kills it after a second: of 32 that is too short where much else runs.

sub conf ($self, %options) {
    my %is = (zone => '1m', workers => 1, disk => '', timeout => '30s',
        main => '', http => '', location => '', %options);
    my $name = $self->name;

    return <<"EOC";
%%GLOBALS%% $is{main}

worker_processes $is{workers};
thread_pool default threads=2;

events {
    worker_connections 1024;
}

http {
    %%HTTP%% $is{http}

    clear_status_zone zone=answers:$is{zone};
    clear_status_disk zone=answers %%DIR%%/$name timeout=$is{timeout} $is{disk};
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id a\$arg_tenant;
    clear_status_retries 0;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
            $is{location}
        }

        location = /metrics {
            clear_status_metrics;
        }

        location = /dashboard {
            clear_status_dashboard;
        }

        location = /purge {
            clear_status_purge;
        }
    }
}
EOC
}


sub ask ($self, $id, $tenant = '') {
    return $self->t->get("/status?tenant=$tenant&taskId=$id");
}


sub from ($self, $id, $tenant = '') {
    return $self->ask($id, $tenant)->header('Cache-Status');
}


# All at once.

sub ask_all ($self, @ids) {
    return $self->t->collect(map { $self->t->start("/status?taskId=$_") }
        @ids);
}


# What sqlite3 says, also of an error.

sub sql ($self, $query) {
    my $said = `sqlite3 -readonly '@{[$self->file]}' "$query" 2>&1`;

    chomp $said;
    return $said;
}


sub sql_write ($self, $query) {
    my $said = `sqlite3 '@{[$self->file]}' "$query" 2>&1`;

    chomp $said;
    return $said;
}


sub answers ($self) { return $self->sql('SELECT count(*) FROM answer') }


sub saved ($self, $n) {
    return wait_for(sub { $self->answers eq $n }, 60);
}


# What the status page says of it.

sub state ($self) {
    return $self->t->get('/dashboard?format=json')
        ->json->{zones}[0]{tiers}[0]{state};
}


sub is_whole ($self) { return $self->sql('PRAGMA integrity_check') eq 'ok' }


# What is in all of the files.

sub bytes ($self) {
    return join '', map { eval { path($_)->slurp } // '' }
        glob $self->file . '*';
}


sub write_at ($self, $offset, $bytes) {
    open my $fh, '+<:raw', $self->file or die $self->file . ": $!";
    seek $fh, $offset, 0;
    print $fh $bytes;
    close $fh or die $self->file . ": $!";
}


# With nginx stopped: the database as it is now, in one file; and that again,
# and nothing beside it.

sub keep ($self) {
    $self->sql_write('PRAGMA wal_checkpoint(TRUNCATE)');
    return $self->{kept} = path($self->file)->slurp;
}


sub restore ($self, $content = $self->{kept}) {
    my $dir = path($self->dir);

    $dir->make_path->chmod(0700);
    unlink glob $self->file . '*';
    path($self->file)->open('>')->print($content);
    chmod 0600, $self->file;
    chown +(stat $self->dir)[4, 5], $self->file;
}


# With nginx stopped: all records as if they had been fetched so many seconds
# later, and sealed as such.

sub move ($self, $seconds) {
    my $sql = '';

    for (split /\n/, $self->sql('SELECT hex(key), hex(record) FROM answer')) {
        my ($key, $record) = map { pack 'H*', $_ } split /\|/;
        substr $record, 0, 16, '';

        my $fetched = unpack('Q>', substr $record, 4, 8) + 1000 * $seconds;
        substr $record, 4, 8, pack 'Q>', $fetched;
        my $seal = substr sha256($key . sha256($record)), 0, 16;

        $sql .= sprintf "UPDATE answer SET fetched = %d, record = x'%s'"
            . " WHERE key = x'%s';\n", $fetched, unpack('H*', $seal . $record),
            unpack 'H*', $key;
    }

    path($self->t->dir, 'move.sql')->open('>')->print($sql);
    my $said = $self->sql_write(".read @{[$self->t->dir]}/move.sql");
    die $said if $said ne '';
    chown +(stat $self->dir)[4, 5], glob $self->file . '*';
}


# With nginx stopped: the locks of one who makes the log's index.  SQLite's
# places for them are bytes 120 to 127 of that file.

sub hold_log ($self) {
    my $shm = $self->file . '-shm';

    open my $fh, '+>', $shm or die "$shm: $!\n";
    chown +(stat $self->dir)[4, 5], $shm;
    chmod 0600, $shm;

    my $lock = pack 's s x![8] q q i x![8]', F_WRLCK, SEEK_SET, 120, 8, 0;
    fcntl $fh, F_SETLK, $lock or die "$shm: $!\n";
    $self->{log} = $fh;
}


sub release_log ($self) { close delete $self->{log} }


# A counter or gauge of this zone's disk; more: further labels.

sub metric ($self, $name, $more = '') {
    my $labels = qr/\{zone="answers"\Q$more\E\}/;

    return $self->t->get('/metrics')->body
        =~ /^clear_status_$name$labels (\S+)$/m ? $1 : undef;
}


sub lookups ($self, $outcome) {
    return $self->metric('tier_lookups_total',
        qq{,tier="disk",outcome="$outcome"});
}


# The processes that write: cache managers that are this master's.

sub writers ($self, $master = $self->t->master_pid) {
    return grep {
        my $title = eval { path("/proc/$_/cmdline")->slurp } // '';
        $title =~ /^(?:nginx|angie): cache manager process/;
    } $self->t->nginx->children_of($master);
}


1;
