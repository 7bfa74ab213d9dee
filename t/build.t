# The build, on a copy of its scripts with a module of two lines in the place
# of ours: against an nginx source tree, which stays as it was; what is built
# anew and what is not; what is said where something is missing.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Promtool;
use ClearStatus::Test;
use Cwd qw(abs_path);
use Mojo::File qw(path);
use Test::More;
use Time::HiRes qw(stat time);

my $top = abs_path("$Bin/..");
my $src = '/usr/share/nginx/src';

plan skip_all => 'nginx-dev is not installed' if !-e "$src/conf_flags";

my $t    = ClearStatus::Test->new;
my $dir  = $t->dir . '/copy';
my $tree = $t->dir . '/tree';

delete @ENV{qw(MAKEFLAGS MAKELEVEL MFLAGS NGINX_SRC)};


# exit status, what was said

sub sh ($command) {
    my $said = `( $command ) 2>&1`;
    return ($? >> 8, $said);
}


sub listing ($folder) {
    return (sh("cd $folder && find . -type f -exec cksum {} + | sort"))[1];
}


sub module_says ($text) {
    $t->file('copy/src/clear/dummy.h', "char *clear_dummy(void);\n");
    $t->file('copy/src/clear/dummy.c', <<"END");
#include "clear/dummy.h"

char *
clear_dummy(void)
{
    return "$text";
}
END
    $t->file('copy/ngx_clear_status_module.c', <<'END');
#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <clear/dummy.h>

static ngx_int_t
init(ngx_cycle_t *cycle)
{
    ngx_log_error(NGX_LOG_WARN, cycle->log, 0, clear_dummy());
    return NGX_OK;
}

static ngx_http_module_t  ctx = {
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
};

ngx_module_t  ngx_clear_status_module = {
    NGX_MODULE_V1, &ctx, NULL, NGX_HTTP_MODULE, NULL, init, NULL, NULL,
    NULL, NULL, NULL, NGX_MODULE_V1_PADDING
};
END
}


sub in_module ($text) {
    return path("$dir/build/ngx_clear_status_module.so")->slurp =~ /\Q$text/;
}


# Of the checkout itself.

SKIP: {
    skip 'another build is tested', 2 if $ENV{TEST_MODULE};

    my $so     = "$top/build/ngx_clear_status_module.so";
    my $before = (stat $so)[9];
    my ($exit, $said) = sh("make -C $top --no-print-directory");

    is "$exit$said", '0', 'make says nothing where nothing is to do';
    is +(stat $so)[9], $before, 'and does nothing';
}

my $began = time;
my ($exit, $said) = sh("$top/tools/deps");

SKIP: {
    skip 'no promtool, and make deps says so', 1
        if !ClearStatus::Promtool::promtool();
    is "$exit$said", '0', 'make deps says nothing where all is there';
}
cmp_ok time - $began, '<', 3 * stretch(), 'quickly';


# Against a source tree, with a build of its own.

sh("mkdir -p $dir/src/clear"
    . " && cp -R $top/config $top/Makefile $top/tools $dir");
sh("cp -R $src $tree && chmod -R u+w $tree");
module_says('first');

my $before = listing($tree);

($exit, $said) = sh("cd $dir && NGINX_SRC=$tree make --no-print-directory");
is $exit, 0, 'a source tree is built against' or diag $said;
like $said, qr/configuring.*\nbuilt build/, 'which says so';
is listing($tree), $before, 'and it is left as it was';

module_says('second');
($exit, $said) = sh("cd $dir && NGINX_SRC=$tree make --no-print-directory");
is $said, "built build/ngx_clear_status_module.so\n",
    'a changed source is compiled, without a configure';

sh("mkdir $dir/src/core");
$t->file('copy/src/core/added.h', "#define ADDED  \"found in a header\"\n");
$t->file('copy/src/core/added.c', <<'END');
#include "core/added.h"
char *added(void);
char *added(void) { return ADDED; }
END
($exit, $said) = sh("cd $dir && NGINX_SRC=$tree make --no-print-directory");
is $said, "built build/ngx_clear_status_module.so\n", 'an added file too';
ok in_module('found in a header'), 'and it is in the module';

$t->file('copy/src/core/added.h', "#define ADDED  \"and found again\"\n");
sh("mv $dir/src/core/added.c $dir/src/core/renamed.c");
($exit, $said) = sh("cd $dir && NGINX_SRC=$tree make --no-print-directory");
is $said, "built build/ngx_clear_status_module.so\n", 'a renamed one too';
ok in_module('and found again'), 'with what its header says now';

sh("rm -r $dir/src/core");
($exit, $said) = sh("cd $dir && NGINX_SRC=$tree make --no-print-directory");
is $said, "built build/ngx_clear_status_module.so\n", 'a removed one too';
ok !in_module('and found again'), 'and it is in the module no longer';

$t->file('copy/src/clear/dummy.h', "#error seen\n");
($exit, $said) = sh("cd $dir && NGINX_SRC=$tree make --no-print-directory");
like $said, qr/error seen|#error/, 'a changed header too';
isnt $exit, 0, 'an error is one';

module_says('third"; int unused; (void) 1; return "');
($exit, $said) = sh("cd $dir && NGINX_SRC=$tree make --no-print-directory");
isnt $exit, 0, 'a warning too';


# SQLite is for clear_status_disk alone, whose source is left out without it.

module_says('fourth');
sh("mkdir $dir/src/tier");
$t->file('copy/src/tier/disk.c', <<'END');
#include <ngx_config.h>
#include <sqlite3.h>
const char *disk(void);
const char *disk(void) { return "a disk of " SQLITE_VERSION; }
END

sub has_disk ($with) {
    my ($exit, $said)
        = sh("cd $dir && $with NGINX_SRC=$tree make --no-print-directory");

    diag $said if $exit;
    return $exit ? 'an error' : in_module('a disk of ') ? 'yes' : 'no';
}

sub refuses ($what) { return $t->file('cc', <<"END", 0755) }
#!/bin/sh
grep -q '$what' objs/autotest.c 2> /dev/null && exit 1
exec gcc "\$@"
END

sh("mkdir " . $t->dir . "/bin");

my $without = $t->file('bin/pkg-config', <<'END', 0755);
#!/bin/sh
case "$*" in *sqlite3*) exit 1 ;; esac
PATH=${PATH#*:} exec pkg-config "$@"
END

SKIP: {
    skip 'there is no libsqlite3', 1
        if system('pkg-config --exists sqlite3') != 0;
    is has_disk(''), 'yes', 'with libsqlite3';
}

is has_disk('CC=' . refuses('sqlite3_threadsafe')), 'no',
    'with one that is not thread-safe';
is has_disk("CFLAGS=-DOTHER PATH=" . path($without)->dirname . ':$PATH'),
    'no', 'and without it';

sh("rm -r $dir/src/tier");


# What is missing.

($exit, $said) = sh("cd $dir && NGINX_SRC=/nowhere make");
like $said, qr{^make: NGINX_SRC=/nowhere is not an nginx source tree\n}m,
    'not a source tree';
isnt $exit, 0, 'is an error';

my $cc = $t->file('cc', <<'END', 0755);
#!/bin/sh
grep -q -e yajl -e curl objs/autotest.c 2> /dev/null && exit 1
exec gcc "$@"
END

($exit, $said) = sh("cd $dir && CC=$cc NGINX_SRC=$tree make");
isnt $exit, 0, 'missing libraries';
like $said, qr/libcurl4-openssl-dev\n.*libyajl-dev\n/, 'are named, all';
like $said, qr/^make: .*make deps$/m, 'with what to do';

$t->done;
