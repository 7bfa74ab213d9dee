package ClearStatus::Shim;

# A library of our own that goes before others in a program: made of a test's C,
# and of what several tests put there.
#
#     my $preload = build_shim($t, no_descriptor('/written', $flag), $source);
#
# build_shim() returns undef where there is no compiler.

use Mojo::Base -strict, -signatures;

use Exporter qw(import);

our @EXPORT_OK = qw(build_shim no_descriptor watched_stat);

my $HEADS = join '', '#define _GNU_SOURCE', map {"\n#include <$_>"} qw(
    dlfcn.h errno.h fcntl.h stdarg.h stdio.h stdlib.h string.h sys/stat.h
    unistd.h);


sub build_shim ($t, @parts) {
    my $source  = $t->file('shim.c', join "\n\n", $HEADS, @parts);
    my $library = $t->dir . '/shim.so';

    return if system
        "cc -shared -fPIC -o '$library' '$source' -ldl 2> /dev/null";
    return $library;
}


# While there is the file $flag, no descriptor is left for a path with $name in
# it.

sub no_descriptor ($name, $flag) {
    return <<"EOC" . <<'EOC';
static int full(const char *path)
{
    return strstr(path, "$name") && access("$flag", F_OK) == 0;
}
EOC

#define OPEN(name)                                                            \
    int name(const char *path, int flags, ...)                                \
    {                                                                         \
        static int (*real)(const char *, int, ...);                           \
        int     mode;                                                         \
        va_list args;                                                         \
                                                                              \
        if (!real) *(void **) &real = dlsym(RTLD_NEXT, #name);                \
        if (full(path)) { errno = EMFILE; return -1; }                        \
        va_start(args, flags);                                                \
        mode = flags & O_CREAT ? va_arg(args, int) : 0;                       \
        va_end(args);                                                         \
        return real(path, flags, mode);                                       \
    }

OPEN(open)
OPEN(open64)
EOC
}


# Whoever looks for a file goes through hang(), whose body that is; its path is
# in "path".

sub watched_stat ($body) {
    return <<"EOC" . <<'EOC';
static void hang(const char *path)
{
$body}
EOC

int stat(const char *path, struct stat *st)
{
    static int (*real)(const char *, struct stat *);

    if (!real) *(void **) &real = dlsym(RTLD_NEXT, "stat");
    hang(path);
    return real(path, st);
}

int stat64(const char *path, struct stat64 *st)
{
    static int (*real)(const char *, struct stat64 *);

    if (!real) *(void **) &real = dlsym(RTLD_NEXT, "stat64");
    hang(path);
    return real(path, st);
}
EOC
}


1;
