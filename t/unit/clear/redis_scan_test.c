/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Replies of Redis: where each ends, however it comes in pieces, and what is
 * none, or too long, too many, too deep.
 */


#include "unit.h"

#include "clear/redis_scan.h"


#define MAX  1000


/* how many replies there are, and whether all bytes are of them; -1: refused
 * while it is fed in pieces of that many bytes */

static int
replies_in(const char *text, size_t len, size_t piece, size_t *rest)
{
    int                  whole, n;
    size_t               i, size;
    ptrdiff_t            used;
    clear_redis_scan_t   scan;

    memset(&scan, 0, sizeof(clear_redis_scan_t));
    scan.max = MAX;
    n = 0;

    for (i = 0; i < len; i += used) {
        size = (len - i < piece) ? len - i : piece;
        used = clear_redis_scan(&scan, (const unsigned char *) text + i, size,
                                &whole);
        if (used < 0) {
            return -1;
        }

        assert_true((size_t) used <= size && used > 0);
        assert_true(whole || (size_t) used == size);

        n += whole;
    }

    *rest = scan.size;

    return n;
}


static void
check(const char *text, size_t len, int replies)
{
    int     n;
    size_t  piece, rest;

    for (piece = 1; piece <= len; piece++) {
        rest = 0;
        n = replies_in(text, len, piece, &rest);

        if (n != replies || (n > 0 && rest)) {
            fail_msg("\"%.*s\" in pieces of %zu has %d replies, not %d, and "
                     "%zu bytes more", (int) len, text, piece, n, replies,
                     rest);
        }
    }
}


#define check_text(text, replies)  check(text, sizeof(text) - 1, replies)


static void
replies_are_found_in_any_pieces(void **state)
{
    (void) state;

    check_text("+OK\r\n", 1);
    check_text("+\r\n", 1);
    check_text("-ERR no\r\n", 1);
    check_text(":0\r\n", 1);
    check_text(":-9223372036854775808\r\n", 1);
    check_text("$0\r\n\r\n", 1);
    check_text("$5\r\na\r\nbc\r\n", 1);
    check_text("$3\r\n\0\0\0\r\n", 1);
    check_text("$-1\r\n", 1);
    check_text("*0\r\n", 1);
    check_text("*-1\r\n", 1);
    check_text("*1\r\n*0\r\n", 1);
    check_text("*3\r\n$1\r\na\r\n:1\r\n*2\r\n+b\r\n$-1\r\n", 1);
    check_text("*2\r\n*1\r\n*1\r\n:1\r\n:2\r\n", 1);
    check_text("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", 1);
    check_text("+a\r\n$1\r\nb\r\n*1\r\n:2\r\n-c\r\n", 4);
}


static void
a_part_is_no_reply_yet(void **state)
{
    size_t  len, rest;

    static const char  text[] = "*2\r\n$3\r\nabc\r\n*1\r\n:12\r\n";

    (void) state;

    for (len = 1; len < sizeof(text) - 1; len++) {
        rest = 0;

        assert_int_equal(replies_in(text, len, len, &rest), 0);
        assert_int_equal(rest, len);
    }
}


static void
what_is_no_reply_is_refused(void **state)
{
    (void) state;

    check_text("HTTP/1.1 200 OK\r\n", -1);
    check_text("\r\n", -1);
    check_text("\0\r\n", -1);
    check_text("+a\nb\r\n", -1);
    check_text("+a\rb\r\n", -1);
    check_text(":\r\n", -1);
    check_text(":-\r\n", -1);
    check_text(":1a\r\n", -1);
    check_text(":12345678901234567890\r\n", -1);
    check_text(":1\n", -1);
    check_text("$-2\r\n", -1);
    check_text("$-0\r\n", -1);
    check_text("$+1\r\n", -1);
    check_text("$1\r\nab\r\n", -1);
    check_text("$2\r\na\r\n\r\n", -1);
    check_text("$12345678901\r\n", -1);
    check_text("*-2\r\n", -1);
    check_text("*x\r\n", -1);
    check_text("%1\r\n+a\r\n+b\r\n", -1);
    check_text("_\r\n", -1);
}


static void
what_is_too_large_is_refused_before_it_comes(void **state)
{
    (void) state;

    check_text("$1001\r\n", -1);
    check_text("$4294967296\r\n", -1);
    check_text("$9999999999\r\n", -1);
    check_text("*4097\r\n", -1);
    check_text("*4294967297\r\n", -1);
    check_text("*4000\r\n*97\r\n", -1);
    check_text("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", -1);
}


/* of all of a reply, whatever it consists of, and of each anew */

static void
bytes_of_a_reply_are_counted(void **state)
{
    int     i;
    size_t  len, rest;
    char    text[4 * MAX];

    (void) state;

    memset(text, 'x', sizeof(text));
    text[0] = '+';

    assert_int_equal(replies_in(text, MAX, 7, &rest), 0);
    assert_int_equal(replies_in(text, MAX + 1, 7, &rest), -1);

    len = 0;

    for (i = 0; i < 2; i++) {
        len += sprintf(text + len, "*1\r\n$%d\r\n%0*d\r\n", MAX - 12, MAX - 12,
                       0);
    }

    assert_int_equal(len, 2 * MAX);
    assert_int_equal(replies_in(text, len, 100, &rest), 2);

    len = sprintf(text, "*2\r\n$%d\r\n%0*d\r\n", MAX - 12, MAX - 12, 0);
    len += sprintf(text + len, ":1\r\n");

    assert_int_equal(replies_in(text, len, 100, &rest), -1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(replies_are_found_in_any_pieces),
        cmocka_unit_test(a_part_is_no_reply_yet),
        cmocka_unit_test(what_is_no_reply_is_refused),
        cmocka_unit_test(what_is_too_large_is_refused_before_it_comes),
        cmocka_unit_test(bytes_of_a_reply_are_counted)
    };

    return unit_run(tests);
}
