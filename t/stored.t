# What a reload, an upgrade, a restart, a worker's death and a purge do to what
# is stored, as docs/stored.md says it; and which code runs after each.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Mojo::File qw(path);
use Test::More;

plan skip_all => 'needs a module that is loaded'
    if ($ENV{TEST_MODULE} // '') eq 'static';

my $t      = ClearStatus::Test->new(reload => 0);
my $sim    = $t->simulator;
my $module = $t->dir . '/modules/ngx_clear_status_module.so';
my $built  = $t->module;
my $newer  = $t->dir . '/newer.so';

# the module of a place of its own
$ENV{TEST_MODULE} = 'static';
path($module)->dirname->make_path;
path($newer)->open('>')->print(
    path($built)->slurp =~ s/by HTTP status/by HTTP STATUS/gr);
installed($built);


# As the page says it: with a new file in its place.

sub installed ($file) {
    is system('install', '-m', '644', $file, $module), 0, 'installed';
}


sub conf (%option) {
    my %is = (zone => 'answers', size => '1m', valid => '1h', %option);

    return $t->conf(<<"EOC");
%%GLOBALS%% load_module $module;

worker_processes 2;

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=$is{zone}:$is{size};
    clear_status_cache $is{zone};
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id \$arg_tenant;
    clear_status_max_fails 1;
    clear_status_fail_timeout 30s;
    clear_status_retries 0;
    clear_status_valid PROCESSING $is{valid};

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
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
}


sub ask ($id, $tenant = 'a') {
    return $t->get("/status?tenant=$tenant&taskId=$id");
}

sub is_stored ($id) { return ask($id)->header('Cache-Status') =~ /; hit/ }

sub metrics { return $t->get('/metrics')->body }

sub answered {
    return metrics() =~ /_responses_total\{status="200"\} (\d+)/ ? $1 : 0;
}


sub is_paused { return ask(new_task('SUCCESS'), 'down')->code == 503 }

sub code_is_new { return metrics() =~ /by HTTP STATUS/ }


# An answer is stored and a tenant paused; then what is left of it.

sub after ($name, $event, %left) {
    subtest $name => sub {
        my $id   = new_task('SUCCESS');
        my $down = new_task('SUCCESS');

        ask($id);
        ok is_stored($id), 'stored';

        $sim->behave($down, {close => 'before'});
        ask($down, 'down');
        ok is_paused(), 'paused';

        my $n = answered();
        ok $event->($id), 'it happens';

        is !!is_paused(), !!$left{pauses}, 'pauses: ' . says($left{pauses});
        is answered() >= $n, !!$left{counters},
            'counters: ' . says($left{counters});
        is !!is_stored($id), !!$left{answers},
            'answers: ' . says($left{answers});
        is !!code_is_new(), !!$left{new_code},
            'the code is ' . ($left{new_code} ? 'the new' : 'that of before');
    };
}


sub says ($stay) { return $stay ? 'stay' : 'do not' }


sub restarted {
    $t->stop && $t->run(daemon => 1);
    return $t->is_running;
}


my %all = (answers => 1, counters => 1, pauses => 1);

conf()->run(daemon => 1);

after('a reload', sub ($id) { $t->reload }, %all);
after('another size', sub ($id) { conf(size => '2m'); $t->reload }, %all,
    answers => 0);
after('another name', sub ($id) { conf(zone => 'others'); $t->reload }, %all,
    answers => 0);
after('a worker dies', sub ($id) {
    $t->kill_worker;
    return wait_for(sub { $t->worker_pids == 2 });
}, %all);
after('a purge', sub ($id) {
    return $t->request('DELETE', "/purge?taskId=$id")->json->{purged} == 1;
}, %all, answers => 0);
after('an upgrade', sub ($id) { $t->upgrade });
after('a restart', sub ($id) { restarted() });


# Which code.

installed($newer);
after('a reload after a new file', sub ($id) { $t->reload }, %all);
after('an upgrade after a new file', sub ($id) { $t->upgrade }, new_code => 1);

installed($built);
after('a restart after the old file', sub ($id) { restarted() });


# Other times are for what is fetched then.

my $young = new_task('PROCESSING');

conf(valid => '1h');
ok $t->reload, 'for an hour';
ask($young);
conf(valid => '0');
ok $t->reload, 'for no time';
ok is_stored($young), 'what was stored for an hour is';

$young = new_task('PROCESSING');
ask($young);
ok !is_stored($young), 'what is fetched now is not';

$t->done;
