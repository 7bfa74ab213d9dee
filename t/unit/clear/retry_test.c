/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Whether a fetch is tried again: what is safe, what is worth it, the time
 * that is left, and connections that had died.
 */


#include "unit.h"

#include "clear/retry.h"


#define LEFT   10000
#define PAUSE  30


static clear_retry_e
asked(clear_retry_t *retry, clear_attempt_t attempt)
{
    return clear_retry(retry, &attempt, LEFT, PAUSE);
}


static void
a_failure_that_is_safe_is_repeated_as_often_as_configured(void **state)
{
    clear_retry_t    r = { 2, 0, 0 };
    clear_attempt_t  a = { .safe = 1, .sent = 1, .opened = 1 };

    (void) state;

    assert_int_equal(asked(&r, a), CLEAR_RETRY_LATER);
    assert_int_equal(asked(&r, a), CLEAR_RETRY_LATER);
    assert_int_equal(asked(&r, a), CLEAR_RETRY_NO);
}


static void
a_whole_response_is_repeated_for_502_to_504_alone(void **state)
{
    int              status;
    clear_retry_t    r;
    clear_attempt_t  a = { .sent = 1, .bytes = 1, .opened = 1 };

    (void) state;

    for (status = 200; status < 600; status++) {
        memset(&r, 0, sizeof(r));
        r.max = 1;
        a.status = status;

        assert_int_equal(asked(&r, a), (status >= 502 && status <= 504)
                                       ? CLEAR_RETRY_LATER : CLEAR_RETRY_NO);
    }
}


static void
one_that_says_when_to_come_back_is_not_repeated(void **state)
{
    clear_retry_t    r = { 3, 0, 0 };
    clear_attempt_t  a = { .status = 503, .retry_after = 1, .sent = 1,
                           .bytes = 1 };

    (void) state;

    assert_int_equal(asked(&r, a), CLEAR_RETRY_NO);
}


static void
a_time_out_is_repeated_only_where_nothing_was_sent(void **state)
{
    clear_retry_t    r = { 3, 0, 0 };
    clear_attempt_t  a = { .timeout = 1 };

    (void) state;

    assert_int_equal(asked(&r, a), CLEAR_RETRY_LATER);

    a.sent = 1;
    assert_int_equal(asked(&r, a), CLEAR_RETRY_NO);
}


static void
what_is_not_safe_is_not_repeated(void **state)
{
    clear_retry_t    r = { 3, 0, 0 };
    clear_attempt_t  a = { .sent = 1 };

    (void) state;

    assert_int_equal(asked(&r, a), CLEAR_RETRY_NO);
}


static void
nothing_is_repeated_that_does_not_fit_into_the_time(void **state)
{
    clear_retry_t    r = { 3, 0, 0 };
    clear_attempt_t  a = { .safe = 1, .sent = 1, .opened = 1 };

    (void) state;

    assert_int_equal(clear_retry(&r, &a, 0, PAUSE), CLEAR_RETRY_NO);
    assert_int_equal(clear_retry(&r, &a, PAUSE, PAUSE), CLEAR_RETRY_NO);
    assert_int_equal(clear_retry(&r, &a, PAUSE + 1, PAUSE), CLEAR_RETRY_LATER);

    a.opened = 0;
    assert_int_equal(clear_retry(&r, &a, 0, PAUSE), CLEAR_RETRY_NO);
    assert_int_equal(clear_retry(&r, &a, 1, PAUSE), CLEAR_RETRY_FRESH);
    assert_int_equal(r.counted, 2);
}


static void
a_dead_connection_is_replaced_by_a_fresh_one_which_counts(void **state)
{
    clear_retry_t    r = { 1, 0, 0 };
    clear_attempt_t  a = { .safe = 1, .sent = 1 };

    (void) state;

    assert_int_equal(asked(&r, a), CLEAR_RETRY_FRESH);
    assert_int_equal(r.counted, 1);

    /* the fresh one fails too */

    a.opened = 1;
    assert_int_equal(asked(&r, a), CLEAR_RETRY_NO);

    memset(&r, 0, sizeof(r));
    a.opened = 0;
    assert_int_equal(asked(&r, a), CLEAR_RETRY_NO);
}


static void
one_that_we_declined_is_replaced_and_does_not_count(void **state)
{
    clear_retry_t    r = { 0, 0, 0 };
    clear_attempt_t  a = { .safe = 1, .sent = 1, .declined = 1 };

    (void) state;

    assert_int_equal(asked(&r, a), CLEAR_RETRY_FRESH);
    assert_int_equal(r.counted, 0);
}


static void
one_that_is_shared_is_shared_once_more_before_that(void **state)
{
    clear_retry_t    r = { 0, 0, 0 };
    clear_attempt_t  a = { .safe = 1, .sent = 1, .shared = 1 };

    (void) state;

    assert_int_equal(asked(&r, a), CLEAR_RETRY_NOW);
    assert_int_equal(asked(&r, a), CLEAR_RETRY_FRESH);
    assert_int_equal(asked(&r, a), CLEAR_RETRY_NO);
}


static void
each_retry_may_find_a_dead_connection_again(void **state)
{
    clear_retry_t    r = { 3, 0, 0 };
    clear_attempt_t  dead = { .safe = 1, .sent = 1 };
    clear_attempt_t  failed = { .safe = 1, .sent = 1, .opened = 1 };

    (void) state;

    assert_int_equal(asked(&r, dead), CLEAR_RETRY_FRESH);
    assert_int_equal(asked(&r, failed), CLEAR_RETRY_LATER);
    assert_int_equal(asked(&r, dead), CLEAR_RETRY_FRESH);
    assert_int_equal(asked(&r, failed), CLEAR_RETRY_NO);
}


static void
a_connection_that_brought_bytes_was_not_dead(void **state)
{
    clear_retry_t    r = { 0, 0, 0 };
    clear_attempt_t  a = { .safe = 1, .sent = 1, .bytes = 1 };

    (void) state;

    assert_int_equal(asked(&r, a), CLEAR_RETRY_NO);
}


static void
a_408_on_a_kept_connection_means_that_it_had_died(void **state)
{
    clear_retry_t    r = { 1, 0, 0 };
    clear_attempt_t  a = { .status = 408, .sent = 1, .bytes = 1 };

    (void) state;

    assert_int_equal(asked(&r, a), CLEAR_RETRY_FRESH);

    r = (clear_retry_t) { 1, 0, 0 };
    a.shared = 1;
    assert_int_equal(asked(&r, a), CLEAR_RETRY_NO);

    a.shared = 0;
    a.opened = 1;
    assert_int_equal(asked(&r, a), CLEAR_RETRY_NO);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(
            a_failure_that_is_safe_is_repeated_as_often_as_configured),
        cmocka_unit_test(a_whole_response_is_repeated_for_502_to_504_alone),
        cmocka_unit_test(one_that_says_when_to_come_back_is_not_repeated),
        cmocka_unit_test(a_time_out_is_repeated_only_where_nothing_was_sent),
        cmocka_unit_test(what_is_not_safe_is_not_repeated),
        cmocka_unit_test(nothing_is_repeated_that_does_not_fit_into_the_time),
        cmocka_unit_test(
            a_dead_connection_is_replaced_by_a_fresh_one_which_counts),
        cmocka_unit_test(one_that_we_declined_is_replaced_and_does_not_count),
        cmocka_unit_test(one_that_is_shared_is_shared_once_more_before_that),
        cmocka_unit_test(each_retry_may_find_a_dead_connection_again),
        cmocka_unit_test(a_connection_that_brought_bytes_was_not_dead),
        cmocka_unit_test(a_408_on_a_kept_connection_means_that_it_had_died)
    };

    return unit_run(tests);
}
