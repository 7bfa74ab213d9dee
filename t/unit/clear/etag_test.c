/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Whether an entity tag is in a caller's list.
 */


#include "unit.h"

#include "clear/etag.h"


#define listed(line)                                                          \
    clear_etag_listed(unit_bytes(line), (const unsigned char *) "\"ab\"", 4)


static void
a_tag_is_found_by_weak_comparison(void **state)
{
    (void) state;

    assert_int_equal(listed("\"ab\""), CLEAR_ETAG_LISTED);
    assert_int_equal(listed("W/\"ab\""), CLEAR_ETAG_LISTED);
    assert_int_equal(listed(" \"x\" , W/\"y\",\"ab\""), CLEAR_ETAG_LISTED);
    assert_int_equal(listed(",, \"x\\\", \"ab\""), CLEAR_ETAG_LISTED);
    assert_int_equal(listed("\"a,b\", \"ab\" broken"), CLEAR_ETAG_LISTED);
}


static void
others_are_not(void **state)
{
    (void) state;

    assert_int_equal(listed(""), CLEAR_ETAG_OTHER);
    assert_int_equal(listed("ab"), CLEAR_ETAG_OTHER);
    assert_int_equal(listed("\"ab"), CLEAR_ETAG_OTHER);
    assert_int_equal(listed("\"a\", \"b\""), CLEAR_ETAG_OTHER);
    assert_int_equal(listed("w/\"ab\""), CLEAR_ETAG_OTHER);
    assert_int_equal(listed("\"AB\""), CLEAR_ETAG_OTHER);
    assert_int_equal(listed("x, \"ab\""), CLEAR_ETAG_OTHER);
    assert_int_equal(listed("\"x ab\""), CLEAR_ETAG_OTHER);
    assert_int_equal(listed("W/"), CLEAR_ETAG_OTHER);
}


static void
a_star_is_any(void **state)
{
    (void) state;

    assert_int_equal(listed("*"), CLEAR_ETAG_ANY);
    assert_int_equal(listed(" * "), CLEAR_ETAG_ANY);
    assert_int_equal(listed("*, \"ab\""), CLEAR_ETAG_OTHER);
    assert_int_equal(listed("\"*\""), CLEAR_ETAG_OTHER);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_tag_is_found_by_weak_comparison),
        cmocka_unit_test(others_are_not),
        cmocka_unit_test(a_star_is_any)
    };

    return unit_run(tests);
}
