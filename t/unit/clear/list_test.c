/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What lists in header fields are made of.
 */


#include "unit.h"

#include <string.h>

#include "clear/list.h"


static int
token(clear_list_t *list)
{
    clear_str_t  s;

    return clear_list_token(list, &s);
}


/* what is left of a line behind its parameters; NULL where they are broken */

static const char *
behind_parameters(const char *line)
{
    clear_list_t  list;

    list.p = (const unsigned char *) line;
    list.last = list.p + strlen(line);

    return clear_list_parameters(&list, token) ? (const char *) list.p : NULL;
}


static void
a_token_has_the_characters_of_the_rfc(void **state)
{
    int             c, expected;
    clear_str_t     s;
    clear_list_t    list;
    unsigned char   byte;

    (void) state;

    for (c = 0; c < 256; c++) {
        byte = (unsigned char) c;
        list.p = &byte;
        list.last = &byte + 1;

        expected = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
                   || (c >= 'a' && c <= 'z')
                   || (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);

        assert_int_equal(clear_list_token(&list, &s), expected);
        assert_int_equal(s.len, expected);
    }
}


static void
parameters_end_at_a_comma_or_with_the_line(void **state)
{
    (void) state;

    assert_string_equal(behind_parameters(""), "");
    assert_string_equal(behind_parameters("  , b"), ", b");
    assert_string_equal(behind_parameters(";a;b"), "");
    assert_string_equal(behind_parameters(" ;\ta ; b ,c;d"), ",c;d");
    assert_string_equal(behind_parameters(";;, b"), ", b");
    assert_string_equal(behind_parameters("; ;a;"), "");
}


static void
what_is_no_parameter_breaks_them(void **state)
{
    (void) state;

    assert_null(behind_parameters("a"));
    assert_null(behind_parameters("; a b"));
    assert_null(behind_parameters(";\"a\""));
    assert_null(behind_parameters(";a=b"));
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_token_has_the_characters_of_the_rfc),
        cmocka_unit_test(parameters_end_at_a_comma_or_with_the_line),
        cmocka_unit_test(what_is_no_parameter_breaks_them)
    };

    return unit_run(tests);
}
