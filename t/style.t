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

# From the top floor down: what must not include what, by the file's name.
my %FORBIDDEN = (
    clear_                   => qr/^ngx_|^curl/,
    ngx_clear_status_answer  => qr/_(?:zone|fetch|flight|handler)/,
    ngx_clear_status_fetch   => qr/_(?:zone|wake|flight|handler)|ngx_http\.h/,
    ngx_clear_status_zone    => qr/_(?:fetch|flight|handler)|ngx_http\.h/,
    ngx_clear_status_flight  => qr/_(?:handler|reply|refusal|variables)/,
    ngx_clear_status_tenant  => qr/_(?:fetch|flight|handler)/,
    ngx_clear_status_handler => qr/^curl|^yajl|_module/,
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
            $lines > 700 ? [1, "$lines lines"] : ();
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
        name => 'the floors: nobody includes what is above, or not its own',
        of   => ['src'],
        find => \&wrong_includes,
        file => 'src/clear_x.c',
        bad  => "#include <ngx_core.h>\n",
    }, {
        name => 'only the envelope includes yajl, only the fetch curl',
        of   => ['src'],
        find => \&foreign_includes,
        file => 'src/ngx_clear_status_handler.c',
        bad  => "#include <curl/curl.h>\n",
    }, {
        name => 'ngx_config.h, which sets what libc declares, is before libc',
        of   => ['src'],
        find => sub ($f) {
            my ($first) = $f->{unit} =~ /^ngx_/ ? includes($f->{text}) : ();
            ($first // 'ngx_') =~ /^ngx_/ ? () : [1, "includes $first first"];
        },
        file => 'src/ngx_clear_status_handler.c',
        bad  => "#include \"clear_verdict.h\"\n#include <ngx_config.h>\n",
    }, {
        name => 'only who owns shared memory takes its lock',
        of   => ['src'],
        find => sub ($f) {
            $f->{unit} =~ /_(?:zone|tenant|shared)/ ? ()
                : lines($f->{code}, qr/ngx_shmtx_(?:try)?lock|ngx_slab_/);
        },
        bad => "    ngx_shmtx_lock(&pool->mutex);\n",
    }, {
        name => 'a zone and a fetch know nothing of requests',
        of   => ['src'],
        find => sub ($f) {
            $f->{unit} =~ /^(?:clear_|ngx_clear_status_(?:zone|fetch))/
                ? lines($f->{code}, qr/ngx_http_request_t/) : ();
        },
        file => 'src/ngx_clear_status_zone.c',
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


check_rule($_) for @rules;
check_circles();
done_testing;


sub check_rule ($rule) {
    my @sample = $rule->{find}->(
        read_in($rule->{file} // 'src/ngx_clear_status_x.c', $rule->{bad}));
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

sub files ($kind) {
    state %cache;
    state %of = (
        c     => [qw(*.c src/*.[ch] t/unit/*.[ch] t/fuzz/*.[ch])],
        src   => [qw(*.c src/*.[ch])],
        perl  => [qw(t/*.t t/lib/*/*.pm demo/simulator demo/lib/*/*.pm
            demo/lib/*/*/*.pm bench/*.pl bench/lib/*/*.pm)],
        page  => [qw(src/dashboard/*)],
        shell => [qw(config tools/* demo/run .ci/run bench/*.sh)],
    );

    return map { $cache{$_} //= read_in($_, path($_)->slurp) }
        grep {-f} map {glob} @{ $of{$kind} };
}


sub read_in ($name, $text) {
    return {
        name => $name,
        text => $text,
        code => without_comments($text),
        unit => path($name)->basename(qw(.c .h)),
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
    my @found;

    for my $floor (grep { index($f->{unit}, $_) == 0 } sort keys %FORBIDDEN) {
        push @found, map { [1, "includes $_"] }
            grep { $_ =~ $FORBIDDEN{$floor} && $_ !~ /^\Q$f->{unit}\E/ }
            includes($f->{text});
    }

    return @found;
}


sub foreign_includes ($f) {
    my %allowed = (
        curl => qr/^ngx_clear_status_(?:fetch\w*|multi|sockets|tls|resolve)$/,
        yajl => qr/^clear_envelope/,
    );

    return map { [1, "includes $_"] }
        grep { m{^(curl|yajl)/} && $f->{unit} !~ $allowed{$1} }
        includes($f->{text});
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
