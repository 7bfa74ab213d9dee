# What nginx -t says of clear_status_disk.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;

my $t = ClearStatus::Test->new;


sub check ($lines) {
    return $t->nginx_t(<<"EOC");
%%GLOBALS%%
events { }
http {
    %%HTTP%%
    clear_status_zone zone=one:1m;
    clear_status_zone zone=two:1m;
$lines
    server {
        listen 127.0.0.1:%%PORT%%;
    }
}
EOC
}


sub refused ($lines, $says, $name) {
    my ($status, $output) = check($lines);

    isnt $status, 0, "$name: refused";
    like $output, $says, "$name: and how";
    like $output, qr/check\.conf:\d+/, "$name: and where";
}


sub taken ($lines, $name) {
    my ($status, $output) = check($lines);

    is $status, 0, "$name: taken" or diag $output;
}


my $disk = 'clear_status_disk zone=one %%DIR%%/a';

taken("$disk;", 'a zone and a path');
taken("$disk max_size=10m keep=1h timeout=20ms;", 'all parameters');
taken("clear_status_disk %%DIR%%/a/ zone=one;", 'in another order');
taken("$disk; clear_status_disk zone=two %%DIR%%/b;", 'two zones');
taken('clear_status_disk zone=late %%DIR%%/a; clear_status_zone '
    . 'zone=late:1m;', 'a zone that comes later');
ok !glob($t->dir . '/[ab]/*'), 'and no database is made';

refused('clear_status_disk zone=three %%DIR%%/a;',
    qr/unknown zone "three" in "clear_status_disk"/, 'a zone that is not');
refused("$disk; clear_status_disk zone=two %%DIR%%/a;",
    qr{the same path name "[^"]*/a" used}, 'a path twice');
refused("$disk; clear_status_disk zone=two %%DIR%%/a/;",
    qr{the same path name "[^"]*/a" used}, 'a path twice, with a slash');
refused("$disk; clear_status_disk zone=one %%DIR%%/b;",
    qr/zone "one" has a "clear_status_disk" already/, 'a zone twice');
refused('clear_status_disk zone=one;',
    qr/"clear_status_disk" directive needs zone=NAME and a PATH/, 'no path');
refused('clear_status_disk %%DIR%%/a;',
    qr/"clear_status_disk" directive needs zone=NAME and a PATH/, 'no zone');
refused('clear_status_disk zone=one %%DIR%%/error.log;',
    qr/the PATH is not a folder/, 'a file');
refused('clear_status_disk zone= %%DIR%%/a;', qr/the name is empty/,
    'an empty name');
refused("$disk %%DIR%%/b;", qr/there is a PATH already/, 'two paths');
refused("$disk $_;", qr/invalid parameter "\Q$_\E" in "clear_status_disk"/, $_)
    for qw(max_size=x max_size=100k max_size= keep=x keep=0 keep=3651d
    timeout=x timeout=0 timeout= timeout=61s);
refused("$disk $_ $_;", qr/invalid parameter "\Q$_\E".*is there already/,
    "$_ twice")
    for qw(zone=one max_size=2m keep=1d timeout=20ms);

# Only at the top.

my ($status, $output) = $t->nginx_t(<<'EOC');
%%GLOBALS%%
events { }
http {
    %%HTTP%%
    server { clear_status_disk zone=one %%DIR%%/a; }
}
EOC

isnt $status, 0, 'in a server: refused';
like $output, qr/"clear_status_disk" directive is not allowed here/,
    'in a server: and how';

$t->done;
