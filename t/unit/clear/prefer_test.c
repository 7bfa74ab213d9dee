/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The "wait" of a Prefer line: where it stands, and what it may look like.
 */


#include "unit.h"

#include "clear/prefer.h"


/* the seconds, or -1 where the line has no wait */

#define wait_of(line)  wait_in(unit_bytes(line))


static int64_t
wait_in(const unsigned char *line, size_t len)
{
    int64_t  seconds;

    seconds = -2;

    return clear_prefer_wait(line, len, &seconds) ? seconds : -1;
}


static void
a_wait_is_found_wherever_it_stands(void **state)
{
    (void) state;

    assert_int_equal(wait_of("wait=10"), 10);
    assert_int_equal(wait_of("  wait=10\t"), 10);
    assert_int_equal(wait_of("respond-async, wait=10"), 10);
    assert_int_equal(wait_of("wait=10, respond-async"), 10);
    assert_int_equal(wait_of("return=minimal; foo=\"a, wait=3\", wait=10"), 10);
    assert_int_equal(wait_of(", ,wait=10,"), 10);
    assert_int_equal(wait_of("foo; wait=3, wait=10"), 10);
    assert_int_equal(wait_of("=broken, wait=10"), 10);
    assert_int_equal(wait_of("foo=@, wait=10"), 10);
}


static void
it_is_any_case_with_blanks_quotes_and_parameters(void **state)
{
    (void) state;

    assert_int_equal(wait_of("WAIT=10"), 10);
    assert_int_equal(wait_of("Wait = 10"), 10);
    assert_int_equal(wait_of("wait=\"10\""), 10);
    assert_int_equal(wait_of("wait=10;foo=bar"), 10);
    assert_int_equal(wait_of("wait=10 ; foo = \"x;,y\" ;; bar ;"), 10);
    assert_int_equal(wait_of("wait=0010"), 10);
}


static void
the_first_counts(void **state)
{
    (void) state;

    assert_int_equal(wait_of("wait=10, wait=20"), 10);
    assert_int_equal(wait_of("wait=x, wait=20"), 0);
    assert_int_equal(wait_of("wait=0, wait=20"), 0);
}


static void
a_malformed_one_is_none(void **state)
{
    (void) state;

    assert_int_equal(wait_of("wait"), 0);
    assert_int_equal(wait_of("wait="), 0);
    assert_int_equal(wait_of("wait=,"), 0);
    assert_int_equal(wait_of("wait=\"\""), 0);
    assert_int_equal(wait_of("wait=-1"), 0);
    assert_int_equal(wait_of("wait=+1"), 0);
    assert_int_equal(wait_of("wait=1.5"), 0);
    assert_int_equal(wait_of("wait=10s"), 0);
    assert_int_equal(wait_of("wait=0x10"), 0);
    assert_int_equal(wait_of("wait=10 20"), 0);
    assert_int_equal(wait_of("wait=10=20"), 0);
    assert_int_equal(wait_of("wait:10"), 0);
    assert_int_equal(wait_of("wait=10;=x"), 0);
    assert_int_equal(wait_of("wait=10;x=\"y"), 0);
    assert_int_equal(wait_of("wait=\"10"), 0);
    assert_int_equal(wait_of("wait=\"1\\0\""), 0);
    assert_int_equal(wait_of("wait=1\0" "0"), 0);
}


static void
what_is_called_otherwise_is_none(void **state)
{
    (void) state;

    assert_int_equal(wait_of(""), -1);
    assert_int_equal(wait_of(" , ,"), -1);
    assert_int_equal(wait_of("respond-async"), -1);
    assert_int_equal(wait_of("await=10"), -1);
    assert_int_equal(wait_of("wait-for=10"), -1);
    assert_int_equal(wait_of("waits=10"), -1);
    assert_int_equal(wait_of("\"wait\"=10"), -1);
    assert_int_equal(wait_of("foo=\"wait=10"), -1);
    assert_int_equal(wait_of("foo wait=10"), -1);
    assert_int_equal(clear_prefer_wait(NULL, 0, NULL), 0);
}


static void
a_huge_one_is_cut(void **state)
{
    (void) state;

    assert_int_equal(wait_of("wait=1000000000"), CLEAR_PREFER_MAX);
    assert_int_equal(wait_of("wait=1000000001"), CLEAR_PREFER_MAX);
    assert_int_equal(wait_of("wait=99999999999999999999999999999999999999"),
                     CLEAR_PREFER_MAX);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_wait_is_found_wherever_it_stands),
        cmocka_unit_test(it_is_any_case_with_blanks_quotes_and_parameters),
        cmocka_unit_test(the_first_counts),
        cmocka_unit_test(a_malformed_one_is_none),
        cmocka_unit_test(what_is_called_otherwise_is_none),
        cmocka_unit_test(a_huge_one_is_cut)
    };

    return unit_run(tests);
}
