/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Which Accept lines want a stream of events.
 */


#include "unit.h"

#include "clear/accept.h"


#define events(line)  clear_accept_events(unit_bytes(line))


static void
who_names_the_type_wants_events(void **state)
{
    (void) state;

    assert_int_equal(events("text/event-stream"), 1);
    assert_int_equal(events("  text/event-stream  "), 1);
    assert_int_equal(events("Text/Event-Stream"), 1);
    assert_int_equal(events("application/json, text/event-stream"), 1);
    assert_int_equal(events("text/event-stream,application/json"), 1);
    assert_int_equal(events("text/event-stream;charset=utf-8"), 1);
    assert_int_equal(events("text/event-stream ; q=0.001"), 1);
    assert_int_equal(events("text/event-stream;q=1"), 1);
    assert_int_equal(events("text/event-stream;Q=1.000"), 1);
    assert_int_equal(events("text/event-stream;q=0.5;x=\"a,b\""), 1);
    assert_int_equal(events("a/b;x=\"\\\",\", text/event-stream;;"), 1);
    assert_int_equal(events("text/event-stream;q=0, text/event-stream"), 1);
}


static void
all_others_do_not(void **state)
{
    (void) state;

    assert_int_equal(events(""), 0);
    assert_int_equal(events("*/*"), 0);
    assert_int_equal(events("text/*"), 0);
    assert_int_equal(events("application/json"), 0);
    assert_int_equal(events("text/event-streams"), 0);
    assert_int_equal(events("text/event"), 0);
    assert_int_equal(events("xtext/event-stream"), 0);
    assert_int_equal(events("text /event-stream"), 0);
    assert_int_equal(events("a/b;x=\"text/event-stream\""), 0);
    assert_int_equal(events("a/b;x=\", text/event-stream"), 0);
    assert_int_equal(clear_accept_events(NULL, 0), 0);
}


static void
a_weight_of_0_or_a_broken_one_is_a_no(void **state)
{
    (void) state;

    assert_int_equal(events("text/event-stream;q=0"), 0);
    assert_int_equal(events("text/event-stream; q=0.0"), 0);
    assert_int_equal(events("text/event-stream;q=0.000"), 0);
    assert_int_equal(events("text/event-stream;q=0."), 0);
    assert_int_equal(events("text/event-stream;q=2"), 0);
    assert_int_equal(events("text/event-stream;q=1.001"), 0);
    assert_int_equal(events("text/event-stream;q=0.0001"), 0);
    assert_int_equal(events("text/event-stream;q=-1"), 0);
    assert_int_equal(events("text/event-stream;q=x"), 0);
    assert_int_equal(events("text/event-stream;q"), 0);
    assert_int_equal(events("text/event-stream q=1"), 0);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(who_names_the_type_wants_events),
        cmocka_unit_test(all_others_do_not),
        cmocka_unit_test(a_weight_of_0_or_a_broken_one_is_a_no)
    };

    return unit_run(tests);
}
