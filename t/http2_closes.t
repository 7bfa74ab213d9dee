# Upstreams of HTTP/2 that close a connection after some requests, as load
# balancers do: whatever was in the air is asked once more over another, and no
# caller learns of it.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Nginx;
use ClearStatus::Process qw(free_port);
use ClearStatus::Test;
use Test::More;

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

# Closes after so many requests.

sub front ($requests) {
    my $port  = free_port();
    my $pair  = $t->certificate('localhost');
    my $front = ClearStatus::Nginx->new(dir => $t->dir,
        name   => "h2-front-$port",
        binary => ClearStatus::Nginx::installed_nginx());

    $t->file($front->name . '.conf',
        $front->h2_conf($port, $sim->url, $pair->{cert}, $pair->{key})
            =~ s/keepalive_requests \d+/keepalive_requests $requests/r);
    $t->adopt($front)->start($port);
    return "https://localhost:$port";
}


$t->set(map { +"AFTER$_" => front($_) } 1, 3, 10);

$t->conf(<<'EOC')->run;
%%GLOBALS%%

worker_processes 1;

events {
}

http {
    %%HTTP%%

    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_ssl_trusted_certificate %%CA%%;
    clear_status_max_fails 0;
    clear_status_retries 0;
    clear_status_timeout 60s;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /1 {
            clear_status_pass %%AFTER1%%;
        }

        location = /3 {
            clear_status_pass %%AFTER3%%;
        }

        location = /10 {
            clear_status_pass %%AFTER10%%;
        }
    }
}
EOC


# So many at once, again and again.

sub codes ($location, $at_once, $times) {
    my %codes;

    for (1 .. $times) {
        my @calls = map {
            $t->start("$location?taskId=" . new_task('SUCCESS'))
        } 1 .. $at_once;

        $codes{ $_->code // 'none' }++ for $t->collect(@calls);
    }

    return \%codes;
}


for my $after (1, 3, 10) {
    for my $at_once (1, 2, 5, 20) {
        my $times = int 200 / $at_once;

        is_deeply codes("/$after", $at_once, $times),
            {200 => $at_once * $times},
            "$at_once at once, of a connection that serves $after";
    }
}

$t->done;
