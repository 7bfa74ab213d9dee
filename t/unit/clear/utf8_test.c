/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Which bytes are well-formed UTF-8: against the definition, code point by
 * code point, and against all that only looks like it.
 */


#include "unit.h"

#include "clear/utf8.h"


/* as RFC 3629, section 3, writes a code point, surrogates too */

static size_t
encode(uint32_t c, unsigned char *p)
{
    if (c < 0x80) {
        p[0] = (unsigned char) c;
        return 1;
    }

    if (c < 0x800) {
        p[0] = (unsigned char) (0xc0 | c >> 6);
        p[1] = (unsigned char) (0x80 | (c & 0x3f));
        return 2;
    }

    if (c < 0x10000) {
        p[0] = (unsigned char) (0xe0 | c >> 12);
        p[1] = (unsigned char) (0x80 | (c >> 6 & 0x3f));
        p[2] = (unsigned char) (0x80 | (c & 0x3f));
        return 3;
    }

    p[0] = (unsigned char) (0xf0 | c >> 18);
    p[1] = (unsigned char) (0x80 | (c >> 12 & 0x3f));
    p[2] = (unsigned char) (0x80 | (c >> 6 & 0x3f));
    p[3] = (unsigned char) (0x80 | (c & 0x3f));

    return 4;
}


static void
every_scalar_value_is_a_character_and_nothing_else(void **state)
{
    size_t         n;
    uint32_t       c;
    unsigned char  p[4];

    (void) state;

    for (c = 0; c < 0x140000; c++) {
        n = encode(c, p);

        if (clear_utf8_length(p, n)
            != ((c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) ? 0 : n))
        {
            fail_msg("U+%04X", c);
        }
    }
}


/* 256^3 of them: each is a character of the code point that encodes so */

static void
no_three_bytes_are_a_character_in_two_ways(void **state)
{
    size_t         n;
    uint32_t       i, good;
    unsigned char  p[3];

    (void) state;

    good = 0;

    for (i = 0; i < 0x1000000; i++) {
        p[0] = (unsigned char) (i >> 16);
        p[1] = (unsigned char) (i >> 8);
        p[2] = (unsigned char) i;

        n = clear_utf8_length(p, 3);
        good += (n == 3);
    }

    assert_int_equal(good, 0x10000 - 0x800 - 0x800);
}


static void
a_character_that_is_cut_is_none(void **state)
{
    size_t                      i, len;
    static const unsigned char  four[] = { 0xf0, 0x9f, 0x98, 0x80, 'x' };

    (void) state;

    for (len = 0; len < 4; len++) {
        assert_int_equal(clear_utf8_length(four, len), 0);
    }

    assert_int_equal(clear_utf8_length(four, 4), 4);
    assert_int_equal(clear_utf8_length(four, 5), 4);

    for (i = 1; i < 4; i++) {
        assert_int_equal(clear_utf8_length(four + i, 5 - i), 0);
    }
}


static void
a_text_is_valid_where_all_of_it_is(void **state)
{
    (void) state;

    assert_true(clear_utf8_valid(NULL, 0));
    assert_true(clear_utf8_valid(unit_bytes("a\0b")));
    assert_true(clear_utf8_valid(unit_bytes("\xc3\xa9\xf0\x9f\x98\x80 x")));

    assert_false(clear_utf8_valid(unit_bytes("abc\xc3")));
    assert_false(clear_utf8_valid(unit_bytes("\xa9" "abc")));
    assert_false(clear_utf8_valid(unit_bytes("a\xff" "bc")));
    assert_false(clear_utf8_valid(unit_bytes("a\xc0\x80" "bc")));
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(every_scalar_value_is_a_character_and_nothing_else),
        cmocka_unit_test(no_three_bytes_are_a_character_in_two_ways),
        cmocka_unit_test(a_character_that_is_cut_is_none),
        cmocka_unit_test(a_text_is_valid_where_all_of_it_is)
    };

    return unit_run(tests);
}
