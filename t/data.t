# The commands of docs/data.md do what it says: what they erase is in no file.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Mojo::File qw(path);
use Test::More;

my $t    = ClearStatus::Test->new(reload => 0);
my $sim  = $t->simulator;
my $page = path("$Bin/../docs/data.md")->slurp;
my $disk = $t->dir . '/disk';

$t->conf(<<'EOC')->run;
%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;
    clear_status_disk zone=answers %%DIR%%/disk timeout=30s;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id $arg_tenant;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /purge {
            clear_status_purge;
        }
    }
}
EOC

my ($section) = $page =~ /^## How it is erased\n(.*?)^## /ms;
my ($purges, $look, $rest) = $section =~ /^```sh\n(.*?)^```/msg;
$look =~ s/\\?\n */ /g;
my ($by_task, $by_id, $all) = split /\n/, $purges;

plan skip_all => 'sqlite3 is not installed; run: make deps'
    if `sh -c 'command -v sqlite3'` eq '';


# A command of the page, of here: what it says.

sub run_here ($command, $task = 'none') {
    my %here = (
        '127.0.0.1:8081'               => '127.0.0.1:' . $t->port,
        '6988a3bc2e0e5e3c6c9aa6da'     => $task,
        'your-integration-id'          => 'gone',
        '/var/lib/nginx/clear-status'  => $disk,
    );

    $command =~ s/\Q$_\E/$here{$_}/g for keys %here;
    return `$command 2>&1` =~ s/.*\r//sr =~ s/^ .*\n|^\s+%.*\n//mgr;
}


sub stored ($task, $tenant) {
    my $r = $t->get("/status?tenant=$tenant&taskId=$task");

    is $r->code, 200, "$tenant: answered";
    ok wait_for(sub { run_here($look, $task) =~ /^1$/m }, 60),
        "$tenant: and on the disk";
}


sub erased ($task, $name) {
    ok wait_for(sub {
        run_here($look, $task) =~ /^0$/m && index(join('', map {
            path($_)->slurp
        } grep {-f} glob "$disk/*"), $task) < 0;
    }, 60), "$name: no byte of it is in a file";
}


my %task = map { $_ => new_task('SUCCESS') } qw(kept gone one);

stored($task{$_}, $_) for qw(kept gone one);

like run_here($by_task, $task{one}), qr/^\{"purged":1\}/m, 'by task';
erased($task{one}, 'by task');

like run_here($by_id), qr/^\{"purged":1\}/m, 'by integration id';
erased($task{gone}, 'by integration id');

is run_here($look, $task{kept}), "1\n", 'others stay';
like $t->get("/status?tenant=kept&taskId=$task{kept}")->header('Cache-Status'),
    qr/; hit/, 'in memory too';

like run_here($all), qr/^\{"purged":1\}/m, 'all';
erased($task{kept}, 'all');
unlike $t->get("/status?tenant=kept&taskId=$task{kept}")
    ->header('Cache-Status'), qr/; hit/, 'asked for again, it is fetched again';

my ($stop, $remove) = split /\n/, $rest;

is $stop, 'service nginx stop', 'for good: nginx is stopped';
ok $t->quit, 'as it is here';
run_here($remove);
ok !-e $disk, 'and the folder removed';

$t->done;
