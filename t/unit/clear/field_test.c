/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What may be sent as the value of a header field: tokens as they are, and
 * nothing that would end the field or arrive as something else.
 */


#include "unit.h"

#include "clear/field.h"


static int
value(const char *s, size_t len)
{
    return clear_field_value((const unsigned char *) s, len);
}


#define is_value(s)  value(s, sizeof(s) - 1)


static void
visible_text_can_be_sent(void **state)
{
    (void) state;

    assert_true(is_value("a"));
    assert_true(is_value("a token, with blanks"));
    assert_true(is_value("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"));
    assert_true(is_value("\x80\xff"));
}


static void
what_ends_a_field_cannot(void **state)
{
    size_t  i;
    char    s[3];

    (void) state;

    for (i = 0; i < 0x20; i++) {
        s[0] = 'a';
        s[1] = (char) i;
        s[2] = 'b';

        assert_false(value(s, 3));
    }

    assert_false(is_value("a\x7f"));
}


static void
what_would_arrive_otherwise_cannot(void **state)
{
    (void) state;

    assert_false(is_value(""));
    assert_false(is_value(" a"));
    assert_false(is_value("a "));
    assert_false(is_value(" "));
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(visible_text_can_be_sent),
        cmocka_unit_test(what_ends_a_field_cannot),
        cmocka_unit_test(what_would_arrive_otherwise_cannot),
    };

    return unit_run(tests);
}
