/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What is seen in a JSON text's raw bytes: the same in every split.
 */


#include "unit.h"

#include "clear/scan.h"


/* in two chunks; 1 where the bytes are good and whole */

static int
bytes_split(const unsigned char *p, size_t len, size_t at)
{
    clear_scan_t  scan;

    memset(&scan, 0, sizeof(clear_scan_t));

    return clear_scan_bytes(&scan, p, at)
           && clear_scan_bytes(&scan, p + at, len - at)
           && clear_scan_done(&scan);
}


static int
bytes_one_by_one(const unsigned char *p, size_t len)
{
    size_t        i;
    clear_scan_t  scan;

    memset(&scan, 0, sizeof(clear_scan_t));

    for (i = 0; i < len; i++) {
        if (!clear_scan_bytes(&scan, p + i, 1)) {
            return 0;
        }
    }

    return clear_scan_done(&scan);
}


static void
check_bytes(const unsigned char *p, size_t len, int good)
{
    size_t  at;

    for (at = 0; at <= len; at++) {
        assert_int_equal(bytes_split(p, len, at), good);
    }

    assert_int_equal(bytes_one_by_one(p, len), good);
}


static void
well_formed_characters_pass_in_every_split(void **state)
{
    (void) state;

    check_bytes(unit_bytes(""), 1);
    check_bytes(unit_bytes(" \t\r\n{}\x7f"), 1);
    check_bytes(unit_bytes("\"\xc2\x80\xdf\xbf\""), 1);
    check_bytes(unit_bytes("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80"), 1);
    check_bytes(unit_bytes("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), 1);
}


static void
what_is_not_utf8_is_refused_in_every_split(void **state)
{
    (void) state;

    check_bytes(unit_bytes("\"\x80\""), 0);
    check_bytes(unit_bytes("\"\xc0\x80\""), 0);
    check_bytes(unit_bytes("\"\xc1\xbf\""), 0);
    check_bytes(unit_bytes("\"\xc3\""), 0);
    check_bytes(unit_bytes("\"\xc3\xc3\xa9\""), 0);
    check_bytes(unit_bytes("\"\xe0\x9f\xbf\""), 0);
    check_bytes(unit_bytes("\"\xed\xa0\x80\""), 0);
    check_bytes(unit_bytes("\"\xe2\x82\""), 0);
    check_bytes(unit_bytes("\"\xf0\x8f\xbf\xbf\""), 0);
    check_bytes(unit_bytes("\"\xf4\x90\x80\x80\""), 0);
    check_bytes(unit_bytes("\"\xf5\x80\x80\x80\""), 0);
    check_bytes(unit_bytes("\"\xf0\x9f\x98\""), 0);
    check_bytes(unit_bytes("\xff\xfe"), 0);
}


static void
a_character_cut_at_the_end_is_not_done(void **state)
{
    (void) state;

    check_bytes(unit_bytes("x\xc3"), 0);
    check_bytes(unit_bytes("x\xe2\x82"), 0);
    check_bytes(unit_bytes("x\xf0\x9f\x98"), 0);
}


static void
control_bytes_are_no_white_space(void **state)
{
    unsigned char  c, p[3];

    (void) state;

    for (c = 0; c < 0x20; c++) {
        p[0] = '[';
        p[1] = c;
        p[2] = ']';
        check_bytes(p, 3, c == '\t' || c == '\n' || c == '\r');
    }
}


/* whether the last string had half a pair, the same in every split */

static int
lone(const char *text)
{
    size_t               at, len;
    unsigned             first;
    clear_scan_t         scan;
    const unsigned char  *p;

    p = (const unsigned char *) text;
    len = strlen(text);
    first = 0;

    for (at = 0; at <= len; at++) {
        memset(&scan, 0, sizeof(clear_scan_t));
        clear_scan_strings(&scan, p, at);
        clear_scan_strings(&scan, p + at, len - at);

        if (at == 0) {
            first = scan.lone;
        }

        assert_int_equal(scan.lone, first);
        assert_int_equal(scan.string, 0);
    }

    return (int) first;
}


static void
surrogates_in_pairs_are_whole(void **state)
{
    (void) state;

    assert_false(lone("\"\""));
    assert_false(lone("\"\\ud83d\\ude00\""));
    assert_false(lone("\"\\uD83D\\uDE00\\uDBFF\\uDFFF\""));
    assert_false(lone("\"\\ud7ff\\ue000\""));
    assert_false(lone("\"\\\\ud83d\""));
    assert_false(lone("\"\\\"\\\\\\\"\""));
}


static void
half_a_pair_is_seen(void **state)
{
    (void) state;

    assert_true(lone("\"\\ud83d\""));
    assert_true(lone("\"\\ude00\""));
    assert_true(lone("\"\\ude00\\ud83d\""));
    assert_true(lone("\"\\ud83dx\\ude00\""));
    assert_true(lone("\"\\ud83d\\n\\ude00\""));
    assert_true(lone("\"\\ud83d\\\"\""));
    assert_true(lone("\"\\ud83d\\ud83d\\ude00\""));
    assert_true(lone("\"\\ud83d\\u0041\""));
    assert_true(lone("\"\\ud83d\\ude00\\ude00\""));
    assert_true(lone("\"\\\\\\ud83d\""));
}


static void
a_string_does_not_answer_for_the_one_before(void **state)
{
    (void) state;

    assert_false(lone("\"\\ud83d\",\"x\""));
    assert_false(lone("\"\\ud83d\",\"\""));
    assert_true(lone("\"x\",\"\\ud83d\""));
    assert_true(lone("\"\\ud83d\",\"\\ude00\""));
}


static void
check_slice(const char *s, size_t slice, size_t expected)
{
    size_t  n;

    n = clear_scan_slice((const unsigned char *) s, strlen(s), slice);

    if (n != expected) {
        fail_msg("%s by %d: %d, not %d", s, (int) slice, (int) n,
                 (int) expected);
    }
}


static void
a_slice_ends_at_a_comma_outside_of_strings(void **state)
{
    (void) state;

    check_slice("[1,2,3]", 100, 7);
    check_slice("[1,2,3]", 1, 2);
    check_slice("[1,2,3]", 3, 4);
    check_slice("[1,2,3]", 5, 7);
    check_slice("[\",\",2]", 2, 4);
    check_slice("[\"\\\",\",2]", 2, 6);
    check_slice("[1234567]", 1, 9);
}


static void
a_slice_ends_before_a_long_string(void **state)
{
    (void) state;

    check_slice("[\"123\",2]", 1, 6);
    check_slice("[\"12345678\",2]", 1, 1);
    check_slice("\"12345678\",2]", 1, 0);
    check_slice("[\"12345678", 1, 1);
}


static void
check_piece(const char *s, size_t slice, size_t expected, int end)
{
    int     ended;
    size_t  n;

    n = clear_scan_piece((const unsigned char *) s, strlen(s), slice, &ended);

    if (n != expected || ended != end) {
        fail_msg("%s by %d: %d %d, not %d %d", s, (int) slice, (int) n, ended,
                 (int) expected, end);
    }
}


static void
a_piece_cuts_no_character_and_no_escape(void **state)
{
    (void) state;

    check_piece("abcdef\"", 3, 3, 0);
    check_piece("abcdef\"", 6, 7, 1);
    check_piece("\",", 3, 1, 1);
    check_piece("a\xc3\xa9\xc3\xa9\"", 2, 3, 0);
    check_piece("a\\n\\n\"", 2, 3, 0);
    check_piece("a\\\"b\"", 2, 3, 0);
    check_piece("\\u00e9x\"", 1, 6, 0);
    check_piece("\\u00", 1, 4, 0);
    check_piece("\\", 1, 1, 0);
    check_piece("", 1, 0, 0);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(well_formed_characters_pass_in_every_split),
        cmocka_unit_test(what_is_not_utf8_is_refused_in_every_split),
        cmocka_unit_test(a_character_cut_at_the_end_is_not_done),
        cmocka_unit_test(control_bytes_are_no_white_space),
        cmocka_unit_test(surrogates_in_pairs_are_whole),
        cmocka_unit_test(half_a_pair_is_seen),
        cmocka_unit_test(a_string_does_not_answer_for_the_one_before),
        cmocka_unit_test(a_slice_ends_at_a_comma_outside_of_strings),
        cmocka_unit_test(a_slice_ends_before_a_long_string),
        cmocka_unit_test(a_piece_cuts_no_character_and_no_escape)
    };

    return unit_run(tests);
}
