#!/usr/bin/env perl

# What one upstream does to everybody else in a worker: how long a hit, and
# another upstream's miss, take while 300 fetches hang at it, and while it
# sends without end.
#
#     bench/hurt.pl [--times 300]

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/../t/lib";

use ClearStatus::Http2;
use ClearStatus::Raw;
use ClearStatus::Test;
use Getopt::Long qw(GetOptions);
use Test::More;
use Time::HiRes qw(time);

my %opt = (times => 300);
GetOptions(\%opt, 'times=i') or exit 2;

my $t     = ClearStatus::Test->new(reload => 0);
my $sim   = $t->simulator;
my $other = $t->new_simulator;
my $raw   = $t->adopt(ClearStatus::Raw->new(dir => $t->dir))->start;
my $flood = $t->adopt(ClearStatus::Http2->new(dir => $t->dir, body => '',
    tls    => $t->certificate('localhost'),
    always => ['flood', [0, 0, 'this', '']]))->start;

$t->set(OTHER => $other->url, RAW => $raw->url, FLOOD => $flood->url);
$t->conf(<<'EOC');
%%GLOBALS%%

worker_processes 1;

events {
    worker_connections 4096;
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:8m;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_ssl_trusted_certificate %%CA%%;
    clear_status_max_fails 0;
    clear_status_retries 0;
    clear_status_timeout 10m;
    clear_status_max_body_size 65536m;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /hung {
            clear_status_pass %%OTHER%%;
        }

        location = /chunks {
            clear_status_pass %%RAW%%/chunks;
        }

        location = /nothing {
            clear_status_pass %%RAW%%/nothing;
        }

        location = /flood {
            clear_status_pass %%FLOOD%%;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}
EOC

# a log at debug would be what takes the time
$t->file('nginx.conf',
    $t->slurp('nginx.conf') =~ s/(error\.log) debug;/$1 info;/r);
$t->run;
$other->behave('*', {hang => 1});

my $stored = new_task('SUCCESS');
$t->get("/status?taskId=$stored");


sub calls ($location, $n) {
    return map {
        $t->start("$location?taskId=" . new_task('SUCCESS'), timeout => 900)
    } 1 .. $n;
}


sub seconds ($id) {
    my $at = time;

    die "no answer\n" if ($t->get("/status?taskId=$id")->code // 0) != 200;
    return time - $at;
}


# Median, 99% and most, ms; one caller, a connection each.

sub measure ($name) {
    for my $what (qw(hit miss)) {
        my @s = sort { $a <=> $b } map {
            1000 * seconds($what eq 'hit' ? $stored : new_task('SUCCESS'))
        } 1 .. $opt{times};

        diag sprintf '%-34s %-4s median %6.2f  99%% %7.2f  most %7.2f ms',
            $name, $what, @s[@s / 2, @s * 0.99, -1];
    }
}


sub flights {
    return $t->get('/metrics')->body =~ /^clear_status_flights (\d+)$/m && $1;
}


measure('alone');

my @hung = calls('/hung', 300);
ok wait_for(sub { flights() == 300 }, 60), '300 fetches hang';
measure('300 hang at another upstream');
$_->abort for @hung;
$other->restart;
ok wait_for(sub { flights() == 0 }, 60), 'no more';

for my $what (qw(chunks nothing)) {
    my @calls = calls("/$what", 1);
    ok wait_for(sub { $raw->noted('request') }), "$what without end";
    measure("$what without end, one fetch");
    $_->abort for @calls;
    $raw->drop;
}

my $pid  = fork // die "cannot fork: $!\n";
if (!$pid) {
    while (1) { $t->collect(calls('/flood', 1)) }
}

measure('floods over HTTP/2, one by one');
kill 'KILL', $pid;
waitpid $pid, 0;

$t->done;
