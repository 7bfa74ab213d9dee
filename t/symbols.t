# What the shared object shows to the process that loads it: nginx loads
# modules with RTLD_GLOBAL, so a name too many could be another module's.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use Test::More;

my $module = "$Bin/../build/ngx_clear_status_module.so";

plan skip_all => 'the module is built into nginx'
    if ($ENV{TEST_MODULE} // '') eq 'static';
plan skip_all => 'there is no nm' if system('nm --version > /dev/null 2>&1');

my @names = sort map { (split)[2] } `nm -D --defined-only $module`;

is_deeply \@names, [qw(ngx_module_names ngx_module_order ngx_modules)],
    'what nginx looks up is exported, and nothing else';

done_testing;
