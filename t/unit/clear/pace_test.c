/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * How old a task is, by its id or by when it was seen first, and how long an
 * answer on it is fresh by that.
 */


#include "unit.h"

#include "clear/pace.h"


/* a second of 2026, ms since the epoch */
#define WALL  INT64_C(1795590030000)
#define DAY   INT64_C(86400000)


static int64_t
age(const char *id, int64_t wall, int64_t seen)
{
    return clear_pace_age((const unsigned char *) id, strlen(id), wall, seen);
}


/* an ObjectId of so many seconds since the epoch */

static int64_t
age_of(int64_t seconds, int64_t wall, int64_t seen)
{
    char  id[25];

    (void) snprintf(id, sizeof(id), "%08llxffFF00aa9912CDef",
                    (unsigned long long) seconds);

    return age(id, wall, seen);
}


static void
an_object_id_tells_its_age(void **state)
{
    (void) state;

    assert_int_equal(age_of(WALL / 1000, WALL, 7), 0);
    assert_int_equal(age_of(WALL / 1000, WALL + 999, 7), 999);
    assert_int_equal(age_of(WALL / 1000 - 720, WALL, 7), 720000);
    assert_int_equal(age_of(WALL / 1000 - 30 * 86400, WALL, 7), 30 * DAY);
}


static void
an_id_of_another_time_does_not(void **state)
{
    (void) state;

    /* the future, more than 30 days ago, 1970 */

    assert_int_equal(age_of(WALL / 1000 + 1, WALL, 7), 7);
    assert_int_equal(age_of(WALL / 1000 + 1, WALL + 999, 7), 7);
    assert_int_equal(age_of(WALL / 1000 - 30 * 86400, WALL + 1, 7), 7);
    assert_int_equal(age_of(0, WALL, 7), 7);
    assert_int_equal(age_of(0, 0, 7), 0);
    assert_int_equal(age_of(0xffffffff, WALL, 7), 7);
}


static void
what_is_no_object_id_is_as_old_as_it_was_seen(void **state)
{
    (void) state;

    assert_int_equal(age("", WALL, 7), 7);
    assert_int_equal(age("task-1", WALL, 0), 0);

    /* 23 and 25 digits, and others than hexadecimal ones first and last */

    assert_int_equal(age("6b06860e0000000000000ab", WALL, 7), 7);
    assert_int_equal(age("6b06860e00000000000000abc", WALL, 7), 7);
    assert_int_equal(age("gb06860e0000000000000abc", WALL, 7), 7);
    assert_int_equal(age("6b06860e0000000000000ab ", WALL, 7), 7);
    assert_int_equal(age("6b06860e0000000000000ab@", WALL, 7), 7);
    assert_int_equal(age("6b06860e0000000000000ab`", WALL, 7), 7);
    assert_int_equal(age("6b06860e0000000000000abG", WALL, 7), 7);
    assert_int_equal(age("6b06860e0000000000000ab\xe6", WALL, 7), 7);
}


static void
an_answer_is_fresh_for_a_share_of_the_age(void **state)
{
    (void) state;

    assert_int_equal(clear_pace(2000, 10000, 10, -1), 2000);
    assert_int_equal(clear_pace(2000, 10000, 10, 0), 2000);
    assert_int_equal(clear_pace(2000, 10000, 10, 20009), 2000);
    assert_int_equal(clear_pace(2000, 10000, 10, 20010), 2001);
    assert_int_equal(clear_pace(2000, 10000, 10, 99999), 9999);
    assert_int_equal(clear_pace(2000, 10000, 10, 100000), 10000);
    assert_int_equal(clear_pace(2000, 10000, 10, 100010), 10000);
    assert_int_equal(clear_pace(2000, 10000, 10, INT64_MAX), 10000);

    assert_int_equal(clear_pace(0, 500, 1, 99), 0);
    assert_int_equal(clear_pace(0, 500, 1, 100), 1);
    assert_int_equal(clear_pace(500, 500, 100, 501), 500);
    assert_int_equal(clear_pace(0, INT64_MAX, 100, INT64_MAX), INT64_MAX);
    assert_int_equal(clear_pace(0, INT64_MAX, 33, 199), 65);
}


/* by the clock: an answer is asked for anew when the last is not fresh */

static int
calls(const char *id, int64_t length, int64_t evicted)
{
    int      n;
    int64_t  now, seen;

    n = 0;
    seen = WALL;

    for (now = WALL; now < WALL + length; n++) {

        if (evicted && now >= WALL + evicted) {
            seen = now;
            evicted = 0;
        }

        now += clear_pace(2000, 10000, 10, age(id, now, now - seen));
    }

    return n;
}


static void
a_task_of_twelve_minutes_is_asked_about_ninety_times(void **state)
{
    char  id[25];

    (void) state;

    (void) snprintf(id, sizeof(id), "%08llx0123456789abcdef",
                    (unsigned long long) (WALL / 1000));

    assert_in_range(calls(id, 720000, 0), 80, 92);
    assert_in_range(calls("task-1", 720000, 0), 80, 92);

    /* the id tells its age still, another begins anew */

    assert_int_equal(calls(id, 720000, 360000), calls(id, 720000, 0));
    assert_in_range(calls("task-1", 720000, 360000),
                    calls(id, 720000, 0) + 10, 115);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(an_object_id_tells_its_age),
        cmocka_unit_test(an_id_of_another_time_does_not),
        cmocka_unit_test(what_is_no_object_id_is_as_old_as_it_was_seen),
        cmocka_unit_test(an_answer_is_fresh_for_a_share_of_the_age),
        cmocka_unit_test(a_task_of_twelve_minutes_is_asked_about_ninety_times)
    };

    return unit_run(tests);
}
