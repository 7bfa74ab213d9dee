/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The names of a task's states, and what of them is a name.
 */


#include "unit.h"

#include "clear/task.h"


static clear_workflow_e
state_of(const char *name)
{
    clear_str_t  s;

    s.data = (const unsigned char *) name;
    s.len = name ? strlen(name) : 0;

    return clear_workflow(&s);
}


static void
each_name_is_its_state(void **state)
{
    clear_workflow_e  w;

    (void) state;

    for (w = CLEAR_WORKFLOW_NONE; w <= CLEAR_WORKFLOW_OTHER; w++) {
        assert_int_equal(clear_workflow(&clear_workflow_names[w]), w);
    }

    assert_int_equal(state_of("CREATED"), CLEAR_WORKFLOW_CREATED);
    assert_int_equal(state_of("PROCESSING"), CLEAR_WORKFLOW_PROCESSING);
    assert_int_equal(state_of("SUCCESS"), CLEAR_WORKFLOW_SUCCESS);
    assert_int_equal(state_of("FAILED"), CLEAR_WORKFLOW_FAILED);
}


static void
what_is_no_name_is_another_state(void **state)
{
    (void) state;

    assert_int_equal(state_of(NULL), CLEAR_WORKFLOW_NONE);
    assert_int_equal(state_of(""), CLEAR_WORKFLOW_OTHER);
    assert_int_equal(state_of("SUCCES"), CLEAR_WORKFLOW_OTHER);
    assert_int_equal(state_of("SUCCESSS"), CLEAR_WORKFLOW_OTHER);
    assert_int_equal(state_of("success"), CLEAR_WORKFLOW_OTHER);
}


static void
only_strings_with_data_are_equal(void **state)
{
    clear_str_t  a = { (const unsigned char *) "ab", 2 };
    clear_str_t  b = { (const unsigned char *) "abc", 2 };
    clear_str_t  none = { NULL, 0 };
    clear_str_t  empty = { (const unsigned char *) "", 0 };

    (void) state;

    assert_true(clear_str_eq(&a, &b));
    b.len = 3;
    assert_false(clear_str_eq(&a, &b));
    assert_true(clear_str_eq(&empty, &empty));
    assert_false(clear_str_eq(&none, &none));
    assert_false(clear_str_eq(&none, &empty));
    assert_false(clear_str_eq(&empty, &none));
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(each_name_is_its_state),
        cmocka_unit_test(what_is_no_name_is_another_state),
        cmocka_unit_test(only_strings_with_data_are_equal)
    };

    return unit_run(tests);
}
