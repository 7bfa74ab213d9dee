/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What may be sent as a header field: names that are tokens, values as they
 * are, and nothing that would end the field or arrive as something else.
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


#define is_name(s)  clear_field_name((const unsigned char *) s, sizeof(s) - 1)


/* RFC 9110, section 5.6.2 */

static void
a_name_is_a_token(void **state)
{
    int            i;
    unsigned char  c[3] = "a?b";
    static const char  others[] = "\"(),/:;<=>?@[\\]{} \t";

    (void) state;

    assert_true(is_name("X-Team"));
    assert_true(is_name("x"));
    assert_true(is_name("0"));
    assert_true(is_name("!#$%&'*+-.^_`|~"));

    assert_false(is_name(""));
    assert_false(is_name("X-Team "));
    assert_false(is_name(" X-Team"));
    assert_false(is_name("X-Team\0"));

    for (i = 0; i < 256; i++) {
        c[1] = (unsigned char) i;

        assert_int_equal(clear_field_name(c, 3),
                         i > 0x20 && i < 0x7f && strchr(others, i) == NULL);
    }
}


#define is_request_id(s)                                                      \
    clear_field_request_id((const unsigned char *) s, sizeof(s) - 1)

#define is_traceparent(s)                                                     \
    clear_field_traceparent((const unsigned char *) s, sizeof(s) - 1)

#define is_tracestate(s)                                                      \
    clear_field_tracestate((const unsigned char *) s, sizeof(s) - 1)


static void
a_request_id_is_short_and_plain(void **state)
{
    unsigned char  id[129];

    (void) state;

    memset(id, 'a', sizeof(id));

    assert_true(is_request_id("a"));
    assert_true(is_request_id("AZaz09-_.~+/=:"));
    assert_true(clear_field_request_id(id, 128));

    assert_false(is_request_id(""));
    assert_false(clear_field_request_id(id, 129));
    assert_false(is_request_id("<script>"));
    assert_false(is_request_id("a b"));
    assert_false(is_request_id("a,b"));
    assert_false(is_request_id("a\0b"));
    assert_false(is_request_id("a\xc3\xa9"));
}


#define TRACE  "0af7651916cd43dd8448eb211c80319c"
#define PARENT "b7ad6b7169203331"


static void
a_traceparent_has_exactly_its_form(void **state)
{
    (void) state;

    assert_true(is_traceparent("00-" TRACE "-" PARENT "-01"));
    assert_true(is_traceparent("01-" TRACE "-" PARENT "-ff"));

    assert_false(is_traceparent(""));
    assert_false(is_traceparent("ff-" TRACE "-" PARENT "-01"));
    assert_false(is_traceparent("00-" TRACE "-" PARENT "-01-x"));
    assert_false(is_traceparent("00-" TRACE "-" PARENT "-0"));
    assert_false(is_traceparent("00_" TRACE "-" PARENT "-01"));
    assert_false(is_traceparent("00-" TRACE "-B7AD6B7169203331-01"));
    assert_false(is_traceparent("00-" TRACE "-0000000000000000-01"));
    assert_false(is_traceparent("00-00000000000000000000000000000000-" PARENT
                                "-01"));
}


static void
a_tracestate_is_ascii_and_bounded(void **state)
{
    unsigned char  list[513];

    (void) state;

    memset(list, 'a', sizeof(list));

    assert_true(is_tracestate("a=1, b=<2>"));
    assert_true(clear_field_tracestate(list, 512));

    assert_false(is_tracestate(""));
    assert_false(clear_field_tracestate(list, 513));
    assert_false(is_tracestate("a=\xff"));
    assert_false(is_tracestate("a=\x7f"));
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(visible_text_can_be_sent),
        cmocka_unit_test(what_ends_a_field_cannot),
        cmocka_unit_test(what_would_arrive_otherwise_cannot),
        cmocka_unit_test(a_name_is_a_token),
        cmocka_unit_test(a_request_id_is_short_and_plain),
        cmocka_unit_test(a_traceparent_has_exactly_its_form),
        cmocka_unit_test(a_tracestate_is_ascii_and_bounded)
    };

    return unit_run(tests);
}
