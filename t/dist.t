# The tarball of "make dist": the same bytes whoever makes it, with a bill of
# materials that is true, and sums.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);

use Cwd qw(abs_path);
use Digest::SHA qw(sha1_hex sha256_hex);
use File::Temp qw(tempdir);
use Mojo::File qw(path);
use Mojo::JSON qw(decode_json);
use Test::More;

my $top = abs_path("$Bin/..");
my $dir = tempdir('clear-status-dist-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
my ($version) = path("$top/src/core/version.h")->slurp =~ /VERSION +"(.*)"/;
my $name = "ngx_clear_status_module-$version";

delete @ENV{qw(MAKEFLAGS MAKELEVEL MFLAGS)};


sub made ($into, $from = $top, $before = 'true') {
    my $said = `cd '$from' && $before && BUILD='$dir/$into' tools/dist 2>&1`;

    is $?, 0, "$into: make dist" or die $said;
    is_deeply [sort map { path($_)->basename } glob "$dir/$into/*"],
        ['SHA256SUMS', "$name.spdx.json", "$name.tar.gz"], 'three files';
    return map { path("$dir/$into/$_")->slurp } "$name.tar.gz",
        "$name.spdx.json";
}


like scalar(`make -s -n -C '$top' dist`), qr{tools/dist}, 'make has it';

my ($tarball, $sbom) = made('first');

is system("cd $dir/first && sha256sum --quiet -c SHA256SUMS"), 0,
    'the sums are right';

subtest 'made twice' => sub {
    my @again = made('second', $top,
        'umask 077 && export TZ=Asia/Tokyo LC_ALL=C USER=other HOME=/');

    ok $again[0] eq $tarball, 'the same tarball, by another user elsewhere';
    ok $again[1] eq $sbom,    'the same bill of materials';
};

subtest 'made of itself' => sub {
    mkdir "$dir/unpacked";
    is system("tar -xzf $dir/first/$name.tar.gz -C $dir/unpacked"), 0,
        'unpacks';

    my $tree = "$dir/unpacked/$name";
    my @again = made('third', $tree, 'find . -type f -exec touch {} +');

    ok $again[0] eq $tarball, 'the same tarball, without git';
    ok $again[1] eq $sbom,    'the same bill of materials';
    ok -x "$tree/tools/build" && -e "$tree/config" && -e "$tree/LICENSE",
        'it is a whole tree';
    ok !-e "$tree/.git" && !-e "$tree/build", 'and no more';

    is_deeply [grep {
        path("$tree/$_")->slurp ne path("$top/$_")->slurp
    } map { path($_)->to_rel($tree) } path($tree)->list_tree->each], [],
        'with the files that are here';

    for my $time (1 .. 2) {
        is system("cd '$tree' && BUILD=./out tools/dist > /dev/null"), 0,
            "into a folder of its own, $time";
        ok path("$tree/out/$name.tar.gz")->slurp eq $tarball,
            'the same tarball';
    }

    path("$tree/out")->remove_tree;
};

subtest 'the bill of materials' => sub {
    my $spdx = decode_json($sbom);
    my ($we, @needed) = @{ $spdx->{packages} };
    my $tree = "$dir/unpacked/$name";

    is $spdx->{spdxVersion}, 'SPDX-2.3', 'its version';
    is $spdx->{dataLicense}, 'CC0-1.0',  'its own license';
    like $spdx->{creationInfo}{created}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
        'a time';
    is $we->{versionInfo}, $version, 'of this version';
    is $we->{checksums}[0]{checksumValue}, sha256_hex($tarball),
        'of this tarball';

    my %id = map { $_->{SPDXID} => 1 } $spdx, @{ $spdx->{packages} },
        @{ $spdx->{files} };

    is scalar keys %id, 1 + @{ $spdx->{packages} } + @{ $spdx->{files} },
        'each thing has its own id';
    is_deeply [grep { !/^SPDXRef-[A-Za-z0-9.-]+$/ } keys %id], [],
        'as SPDX has';
    is_deeply [grep { !$id{$_} } map { @$_{qw(spdxElementId
            relatedSpdxElement)} } @{ $spdx->{relationships} }], [],
        'what is related is there';

    my %sum = map {
        $_->{fileName} => $_->{checksums}
    } @{ $spdx->{files} };
    my @found = map { './' . $_->to_rel($tree) }
        path($tree)->list_tree({hidden => 1})->each;

    is_deeply [sort keys %sum], [sort @found], 'each file of the tarball';
    is_deeply [grep {
        my $content = path("$tree/$_")->slurp;
        $sum{$_}[0]{checksumValue} ne sha1_hex($content)
            || $sum{$_}[1]{checksumValue} ne sha256_hex($content)
    } sort keys %sum], [], 'with its sums';
    is $we->{packageVerificationCode}{packageVerificationCodeValue},
        sha1_hex(join '', sort map { $_->[0]{checksumValue} } values %sum),
        'and all of them together';

    my %license = map {
        $_->{fileName} => $_->{licenseConcluded}
    } @{ $spdx->{files} };

    is $license{'./src/core/version.h'}, 'BSD-2-Clause', 'our license';
    is $license{'./t/schemas/openapi-3.1.json'}, 'Apache-2.0',
        'and that of others';
    is $we->{licenseConcluded}, 'Apache-2.0 AND BSD-2-Clause', 'both';
    is_deeply [grep { $_->{licenseDeclared} =~ /^NO/ } @needed], [],
        'and that of each library';

    my %needed = map { $_->{name} => $_ } @needed;
    my ($libraries) = path("$top/debian/control")->slurp
        =~ /^Build-Depends:\n(.*?)^\w/ms;

    for my $package ($libraries =~ /^ (lib[\w-]+-dev)\b/mg) {
        is scalar(grep { $_->{comment} =~ /\Q$package\E/ } values %needed), 1,
            "what it is built with: $package";
    }
};

# The module's source is where the version is; what else names it follows.

like path("$top/$_->[0]")->slurp, $_->[1], "$_->[0] is of that version" for (
    ['CHANGES',           qr/\A\nChanges with \w+ \Q$version\E /],
    ['debian/changelog',  qr/\A[\w-]+ \(\Q$version\E-[^-)]+\)/],
    ['docs/openapi.yaml', qr/^  version: \Q$version\E$/m],
    ['contrib/kubernetes/clear_status.yaml',
        qr/^ +image: \S+:\Q$version\E$/m],
);

subtest 'a version that CHANGES has not' => sub {
    my $tree = "$dir/other";

    is system("mkdir -p $tree/tools $tree/src/core
        && cp $top/tools/version $tree/tools && cp $top/CHANGES $tree
        && sed 's/$version/9.9.9/' $top/src/core/version.h
            > $tree/src/core/version.h"
        =~ s/\n\s*/ /gr), 0, 'a tree with it';

    my $said = `$tree/tools/version 2>&1`;

    isnt $?, 0, 'is refused';
    is $said, "make: src/core/version.h is at 9.9.9, CHANGES at $version\n",
        'with what is wrong';
};

subtest 'it builds without git' => sub {
    plan skip_all => "nginx's sources are not here"
        if !-e '/usr/share/nginx/src/conf_flags';

    plan skip_all => 'with sanitizers or valgrind it is no other'
        if ($ENV{TEST_MODULE} // '') eq 'static';

    my $tree = "$dir/unpacked/$name";

    delete @ENV{qw(BUILD CC LDFLAGS NGINX_SRC NGINX_BINARY STATIC)};
    is system("cd $tree && CFLAGS=-O0 make > $dir/make.log 2>&1"), 0, 'make'
        or diag path("$dir/make.log")->slurp;
    ok -s "$tree/build/ngx_clear_status_module.so", 'the module';
};

unlike path("$top/$_")->slurp, qr/@[\w.-]*\bexample\.(?:org|com|net)/,
    "$_: nobody is named by an address that is an example"
    for qw(debian/control debian/changelog SECURITY.md debian/copyright);

done_testing;
