# The house's rules over the tree, each with a name, what it is good for, and
# a sample that it must find: a rule that finds nothing proves nothing.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use Mojo::File qw(path);
use Test::More;

chdir "$Bin/..";

my $FUNCTIONS = qr/strcpy|strcat|v?sprintf|gets|strtok|sleep|usleep|nanosleep
    |malloc|calloc|free|strdup|system|popen|assert|yajl_tree_\w+/x;
my $LOG = qr/\bngx_(?:conf_)?log_(?:error|debug[0-8]?)(\((?:[^()]++|(?1))*+\))/;

# The rooms of src/, from the top floor down, and whom each may include.

my @ROOMS = qw(process conf operator request flight tier upstream zone redis
    fetch core clear);
my %MAY_INCLUDE = (
    process  => [qw(clear core fetch redis upstream tier zone flight request
        operator conf)],
    conf     => [qw(clear core fetch redis upstream tier zone request)],
    operator => [qw(clear core redis upstream tier zone flight request)],
    request  => [qw(clear core fetch upstream tier zone flight)],
    flight   => [qw(clear core tier zone)],
    tier     => [qw(clear core redis upstream zone)],
    upstream => [qw(clear core fetch)],
    zone     => [qw(clear core)],
    redis    => [qw(clear core)],
    fetch    => [qw(clear core)],
    core     => [qw(clear)],
    clear    => [],
);

# A library's headers, and who alone may include them.

my %ALONE = (
    'curl/' => qr{^fetch/},
    'hiredis/' => qr{^redis/},
    'sqlite3' => qr{^tier/disk_},
    'yajl/' => qr{^clear/(?:envelope|notice$)},
);

# name, files, what it finds in a file: a list of [line, text]; a bad sample

my @rules = (
    {
        name => 'no line is longer than 80 columns',
        of   => [qw(c perl shell page)],
        find => sub ($f) { lines($f->{text}, qr/^.{81,}/) },
        bad  => 'x' x 81,
    }, {
        name => 'no tab',
        of   => [qw(c perl shell page)],
        find => sub ($f) { lines($f->{text}, qr/\t/) },
        bad  => "\tint  i;",
    }, {
        name => 'no space at the end of a line, a newline at the end of a file',
        of   => [qw(c perl shell page)],
        find => sub ($f) {
            lines($f->{text}, qr/[ \t]$/),
                $f->{text} =~ /[^\n]\n\z/ ? () : ['last', 'no one newline'];
        },
        bad => "int  i; \n",
    }, {
        name => 'comments are /* */',
        of   => ['c'],
        find => sub ($f) { lines($f->{code}, qr{//}) },
        bad  => "int  i;  // no\n",
    }, {
        name => 'every file says at its head what it is for',
        of   => ['c'],
        find => sub ($f) {
            $f->{text} =~ m{\A/\*\n(?: \*.*\n){3,24} \*/\n}
                ? () : [1, 'no comment of three lines or more'];
        },
        bad => "/* x */\n",
    }, {
        name => 'two blank lines after a function',
        of   => ['c'],
        find => \&after_functions,
        bad  => "int\nf(void)\n{\n}\n\nint  i;\n",
    }, {
        name => 'no function is longer than 70 lines',
        of   => ['c'],
        find => sub ($f) {
            map { [$_->{line}, "$_->{length} lines"] }
                grep { $_->{length} > 70 } functions($f->{code});
        },
        bad => "int\nf(void)\n{\n" . "    i++;\n" x 71 . "}\n",
    }, {
        name => 'no file is longer than 700 lines',
        of   => [qw(c perl shell page)],
        find => sub ($f) {
            my $lines = $f->{text} =~ tr/\n//;
            my $made  = $f->{text} =~ /^ \* Made by tools\/page /m;
            $lines > 700 && !$made ? [1, "$lines lines"] : ();
        },
        bad => "\n" x 701,
    }, {
        name => 'an endless loop is for ( ;; )',
        of   => ['c'],
        find => sub ($f) { lines($f->{code}, qr/while \(1\)|for \(;;\)/) },
        bad  => "while (1) {\n",
    }, {
        name => 'no banned function is called',
        of   => ['src'],
        find => sub ($f) {
            lines($f->{code}, qr/(?<![\w.>])(?:$FUNCTIONS)\s*\(/);
        },
        bad => "    p = malloc(1);\n",
    }, {
        name => 'a log message does not end with a full stop',
        of   => ['src'],
        find => \&full_stops,
        bad  => qq{ngx_log_error(NGX_LOG_ERR, f(x), 0,\n "a " "b.", 1);\n},
    }, {
        name => 'every file of src/ is in a room',
        of   => ['house'],
        find => sub ($f) {
            $MAY_INCLUDE{ $f->{room} } ? () : [1, "no room $f->{room}"];
        },
        file => 'src/util.c',
        bad  => '',
    }, {
        name => 'an include names the room, and runs down as the table says',
        of   => ['house'],
        find => \&wrong_includes,
        file => 'src/clear/x.c',
        bad  => "#include <ngx_core.h>\n",
    }, {
        name => 'only who owns a library includes it',
        of   => ['src'],
        find => \&foreign_includes,
        file => 'src/request/handler.c',
        bad  => "#include <curl/curl.h>\n",
    }, {
        name => 'ngx_config.h, which sets what libc declares, is before libc',
        of   => ['src'],
        find => sub ($f) {
            my ($first) = $f->{room} ne 'clear' ? includes($f->{text}) : ();
            ($first // 'ngx_') =~ m{^(?:ngx_|\w+/\w+\.h$)}
                && ($first // '') !~ m{^(?:sys|clear)/}
                ? () : [1, "includes $first first"];
        },
        file => 'src/request/handler.c',
        bad  => "#include \"clear/verdict.h\"\n#include <ngx_config.h>\n",
    }, {
        name => 'only who owns shared memory takes its lock',
        of   => ['src'],
        find => sub ($f) {
            $f->{unit} =~ m{^(?:zone/|core/block$)} ? ()
                : lines($f->{code}, qr/ngx_shmtx_(?:try)?lock|ngx_slab_/);
        },
        bad => "    ngx_shmtx_lock(&pool->mutex);\n",
    }, {
        name => 'only conf, operator and request know requests',
        of   => ['house'],
        find => sub ($f) {
            $f->{room} =~ /^(?:conf|operator|request)$/ ? ()
                : lines($f->{code}, qr/ngx_http_request_t/);
        },
        file => 'src/zone/zone.c',
        bad  => "    ngx_http_request_t  *r;\n",
    }, {
        name => 'ngx_delete_posted_event, two statements, stands in braces',
        of   => ['src'],
        find => sub ($f) {
            lines_of_match($f->{code},
                qr/\)\s*\n\s*(?=ngx_delete_posted_event)/);
        },
        bad => "    if (ev->posted)\n        ngx_delete_posted_event(ev);\n",
    },
);


check_globs();
check_rule($_) for @rules;
check_rooms();
check_circles();
check_mirrors();
check_names();
done_testing;


sub check_rule ($rule) {
    my @sample = $rule->{find}->(
        read_in($rule->{file} // 'src/request/x.c', $rule->{bad}));
    my @found;

    for my $file (map { files($_) } @{ $rule->{of} }) {
        push @found, map {"$file->{name}:$_->[0]: $_->[1]"}
            $rule->{find}->($file);
    }

    ok @sample && !@found, $rule->{name} or diag(
        @sample ? () : "the rule does not find its sample\n",
        map {"$_\n"} @found);
}


# The tree, each file read once.

sub globs () {
    state %of = (
        c     => [qw(*.c src/*/*.[ch] t/unit/*.[ch] t/unit/*/*.[ch]
            t/fuzz/*.[ch] t/fuzz/*/*.[ch])],
        src   => [qw(*.c src/*/*.[ch])],
        house => ['src/*', 'src/*/*.[ch]'],
        perl  => [qw(t/*.t t/lib/*/*.pm demo/simulator demo/lib/*/*/*.pm
            bench/*.pl bench/lib/*/*.pm)],
        page  => [qw(src/operator/page/* demo/index.*)],
        shell => [qw(config tools/* demo/run .ci/run)],
    );

    return \%of;
}


sub files ($kind) {
    state %cache;

    return map { $cache{$_} //= read_in($_, path($_)->slurp) }
        grep {-f} map {glob} @{ globs()->{$kind} };
}


# A move must not leave a rule without files.

sub check_globs () {
    my @empty = grep { my @found = grep {-e} glob; !@found }
        map {@$_} values %{ globs() };

    is_deeply \@empty, [], 'each pattern of the rules finds a file';
    return;
}


sub read_in ($name, $text) {
    return {
        name => $name,
        text => $text,
        code => without_comments($text),
        unit => $name =~ s{^src/|\.[ch]$}{}gr,
        room => $name =~ m{^src/(?:(\w+)/)?} ? $1 // '' : 'door',
    };
}


# Comments and what is in quotes are blanked, so that lines and columns stay.

sub without_comments ($text) {
    $text =~ s{(/\*.*?\*/)|"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)+)'}{
        defined $1 ? $1 =~ s/[^\n]/ /gr
            : defined $2 ? '"' . ' ' x length($2) . '"'
            :              "'" . ' ' x length($3) . "'"
    }gse;

    return $text;
}


# Findings.

sub lines ($text, $re, $what = undef) {
    my @lines = split /\n/, $text;

    return map { [$_ + 1, $what // substr $lines[$_], 0, 80] }
        grep { $lines[$_] =~ $re } 0 .. $#lines;
}


sub lines_of_match ($text, $re) {
    my @found;

    while ($text =~ /$re/g) {
        push @found, [1 + (substr($text, 0, $-[0]) =~ tr/\n//), 'here'];
    }

    return @found;
}


sub functions ($code) {
    my @found;

    while ($code =~ /^\{\n(.*?)^\}\n/gms) {
        push @found, {
            line   => 1 + (substr($code, 0, $-[0]) =~ tr/\n//),
            length => ($1 =~ tr/\n//),
            rest   => substr($code, $+[0], 100),
        };
    }

    return @found;
}


sub after_functions ($f) {
    return map { [$_->{line}, 'after this one'] }
        grep { $_->{rest} !~ /\A(?:\z|\n\n(?=[^\n])|\n(?=#))/ }
        functions($f->{text});
}


sub full_stops ($f) {
    my @found;

    while ($f->{text} =~ /$LOG/g) {
        my ($call, $line) = ($1, 1 + (substr($f->{text}, 0, $-[0]) =~ tr/\n//));
        my ($format) = $call =~ /((?:"(?:[^"\\]|\\.)*"\s*)+)/ or next;
        push @found, [$line, $format] if $format =~ /\."\s*$/;
    }

    return @found;
}


sub includes ($text) { return $text =~ /^#\s*include\s+[<"](.*?)[>"]/gm }


sub wrong_includes ($f) {
    my %may = map { $_ => 1 } $f->{room}, @{ $MAY_INCLUDE{ $f->{room} } // [] };
    my @found;

    for my $include (includes($f->{text})) {
        my ($room) = $include =~ m{^(\w+)/\w+\.h$};
        my $wrong = $include =~ /^ngx_/
            ? $f->{room} eq 'clear' || $include =~ /^ngx_clear_/
            : $room && $MAY_INCLUDE{$room} ? !$may{$room}
            :   $f->{text} =~ /#include "\Q$include\E"/;

        push @found, [1, "includes $include"] if $wrong;
    }

    return @found;
}


sub foreign_includes ($f) {
    my @found;

    for my $include (includes($f->{text})) {
        push @found, map { [1, "includes $include"] }
            grep { index($include, $_) == 0 && $f->{unit} !~ $ALONE{$_} }
            sort keys %ALONE;
    }

    return @found;
}


# Rooms stand on floors: none may include one above it; the page that shows
# them shows these.

sub check_rooms () {
    my %floor = map { $ROOMS[$_] => $_ } 0 .. $#ROOMS;

    is_deeply [sort keys %MAY_INCLUDE], [sort @ROOMS], 'the table of rooms';
    is_deeply [
        map { my $room = $_;
            map {"$room -> $_"} grep { $floor{$_} <= $floor{$room} }
                @{ $MAY_INCLUDE{$room} } } @ROOMS
    ], [], 'arrows between rooms run down';
    is_deeply {
        path('docs/design.md')->slurp
            =~ /^\| `(\w+)\/` \| .* \| ([\w -]+) \|$/mg
        },
        { map { $_ => join(' ', @{ $MAY_INCLUDE{$_} }) || '-' } @ROOMS },
        'and are those of docs/design.md';
    return;
}


# A unit is a .c and its .h; an arrow goes to whose header either includes.

sub check_circles {
    my %arrows;

    for my $file (files('src')) {
        $arrows{ $file->{unit} }{$_} = 1
            for grep { $_ ne $file->{unit} }
            map {s/\.h$//r} includes($file->{text});
    }

    is_deeply [circle({a => {b => 1}, b => {c => 1}, c => {b => 1}})],
        [qw(b c b)], 'a circle of includes is found';
    is_deeply [circle(\%arrows)], [], 'no file includes itself in a circle';
}


# Tests stand where what they test stands; all of the plain floor has one.

sub check_mirrors () {
    my @tests   = glob 't/unit/*/*_test.c';
    my @targets = glob 't/fuzz/*/*_fuzz.c';

    ok @tests && @targets, 'there are unit tests and fuzz targets';
    is_deeply [grep { !-e s{^t/\w+/}{src/}r =~ s/_(?:test|fuzz)\.c$/.c/r
            && !-e s{^t/\w+/}{src/}r =~ s/_[a-z]+_(?:test|fuzz)\.c$/.c/r }
            @tests, @targets], [], 'each is of a file of src/, or of a part';
    is_deeply [grep { !-e s{^src/}{t/unit/}r =~ s/\.c$/_test.c/r }
            glob 'src/clear/*.c'], [], 'each file of src/clear/ has a test';
    return;
}


# The units of the first circle that a walk finds, or nothing.

sub circle ($arrows) {
    my (%done, %at, @path);

    my $walk = sub ($walk, $unit) {
        return (@path[$at{$unit} .. $#path], $unit) if defined $at{$unit};
        return if $done{$unit}++;

        local $at{$unit} = push(@path, $unit) - 1;

        for my $next (sort keys %{ $arrows->{$unit} // {} }) {
            my @circle = $walk->($walk, $next);
            return @circle if @circle;
        }

        pop @path;
        return;
    };

    for my $unit (sort keys %$arrows) {
        my @circle = $walk->($walk, $unit);
        return @circle if @circle;
    }

    return;
}


# A name is that of one thing: of a type, a function, a macro.  In one unit it
# may be there twice, for two cases of #if.

sub check_names {
    my %names = twice(map { [$_->{name}, names_of($_->{code})] } files('src'));

    delete $names{_GNU_SOURCE};
    is_deeply \%names, {}, 'each name is that of one thing';

    is_deeply {twice(['a.c', names_of("int\nf(int x)\n{\n")],
        ['b.h', names_of("} f_t;\n#define F 1\n")],
        ['c.c', names_of("f(y)\n{\n} f_t;\n#define F  2\n")])},
        {f => 'a c', f_t => 'b c', F => 'b c'},
        'the rule finds its sample';
    return;
}


sub names_of ($code) {
    return (
        $code =~ /^(\w+)\((?:[^;{]*)\n\{/mg,
        $code =~ /^\} (\w+_[te]);/mg,
        $code =~ /^#define +(\w+)/mg,
    );
}


sub twice (@files) {
    my %in;

    for my $file (@files) {
        my ($name, @names) = @$file;
        $in{$_}{ $name =~ s/\.\w+$//r } = 1 for @names;
    }

    return map { ($_ => join ' ', sort keys %{ $in{$_} }) }
        grep { keys %{ $in{$_} } > 1 } keys %in;
}
