/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * When a tenant's fetches may go out, by the clock: what counts as down,
 * pauses, probes, and tasks that fail by themselves.
 */


#include "breaker.h"


static void
a_new_one_lets_all_go(void **state)
{
    clear_breaker_t  b = { 0 };

    (void) state;

    (void) breaker_enter(&b, 0, GO);
    (void) breaker_enter(&b, 123456789, GO);
    (void) breaker_enter_by(&b, &breaker_conf, 5, breaker_sick, GO);

    assert_int_equal(clear_breaker_idle(&b), 1);
}


static void
pauses_after_so_many_tasks_in_a_row_were_down(void **state)
{
    clear_breaker_t  b = { 0 };

    (void) state;

    breaker_ends(&b, 5000, DOWN, 2);
    (void) breaker_enter(&b, 5000, GO);
    assert_int_equal(clear_breaker_idle(&b), 0);

    breaker_ends(&b, 5000, DOWN, 1);
    assert_int_equal(b.kind, 503);
    (void) breaker_enter(&b, 5000, 1000);
    (void) breaker_enter(&b, 5999, 1);
    (void) breaker_enter(&b, 6000, PROBED);
}


static void
whatever_proves_upstream_alive_begins_the_count_again(void **state)
{
    size_t           i;
    clear_breaker_t  b;

    static const clear_upstream_e  proofs[] = { ALIVE, FORBIDDEN };

    (void) state;

    for (i = 0; i < unit_count(proofs); i++) {
        memset(&b, 0, sizeof(clear_breaker_t));

        breaker_ends(&b, 0, DOWN, 2);
        breaker_ends(&b, 0, proofs[i], 1);
        breaker_ends(&b, 0, DOWN, 2);
        (void) breaker_enter(&b, 0, GO);

        breaker_ends(&b, 0, DOWN, 1);
        (void) breaker_enter(&b, 0, 1000);
    }
}


static void
a_task_counts_only_where_its_own_last_fetch_did_not_fail(void **state)
{
    int              i;
    clear_breaker_t  b = { 0 };

    (void) state;

    for (i = 0; i < 1000; i++) {
        assert_int_equal(breaker_leave(&b, i, breaker_sick, DOWN), 0);
    }

    (void) breaker_enter(&b, 1000, GO);
    assert_int_equal(clear_breaker_idle(&b), 1);

    /* nor does it begin the count of others again */

    breaker_ends(&b, 1000, DOWN, 2);
    (void) breaker_leave(&b, 1000, breaker_sick, DOWN);
    breaker_ends(&b, 1000, DOWN, 1);
    (void) breaker_enter(&b, 1000, 1000);
}


static void
one_probe_goes_and_all_others_wait(void **state)
{
    clear_breaker_t  b = { 0 };

    (void) state;

    breaker_ends(&b, 0, DOWN, 3);
    (void) breaker_enter(&b, 1000, PROBED);
    (void) breaker_enter(&b, 1000, 1000);
    (void) breaker_enter(&b, 1000 + PROBE - 10, 10);

    /* it was never heard of again */

    (void) breaker_enter(&b, 1000 + PROBE, PROBED);
    (void) breaker_enter(&b, 1000 + PROBE, 1000);
}


static void
a_probe_that_succeeds_lets_all_go(void **state)
{
    clear_pass_t     probe;
    clear_breaker_t  b = { 0 };

    (void) state;

    breaker_ends(&b, 0, DOWN, 3);
    probe = breaker_enter(&b, 1000, PROBED);
    (void) breaker_leave(&b, 1001, probe, ALIVE);

    assert_int_equal(clear_breaker_idle(&b), 1);
    (void) breaker_enter(&b, 1001, GO);

    breaker_ends(&b, 2000, DOWN, 3);
    (void) breaker_enter(&b, 2000, 1000);
}


static void
a_probe_that_fails_doubles_the_pause_up_to_30_seconds(void **state)
{
    size_t           i;
    int64_t          now;
    clear_pass_t     probe;
    clear_breaker_t  b = { 0 };

    static const int64_t  pauses[] = {
        1000, 2000, 4000, 8000, 16000, 30000, 30000
    };

    (void) state;

    now = 0;
    breaker_ends(&b, now, DOWN, 3);

    for (i = 0; i < unit_count(pauses); i++) {
        (void) breaker_enter(&b, now, pauses[i]);

        now += pauses[i];
        (void) breaker_enter(&b, now - 1, 1);
        probe = breaker_enter(&b, now, PROBED);

        now += 7;
        assert_int_equal(breaker_leave(&b, now, probe, DOWN),
                         i + 1 < unit_count(pauses) ? pauses[i + 1] : 30000);
    }

    /* and from the beginning after a success */

    probe = breaker_enter(&b, now + 30000, PROBED);
    (void) breaker_leave(&b, now + 30000, probe, ALIVE);
    breaker_ends(&b, now, DOWN, 3);
    (void) breaker_enter(&b, now, 1000);
}


static void
the_probe_is_the_first_task_whose_last_fetch_did_not_fail(void **state)
{
    clear_breaker_t  b = { 0 };

    (void) state;

    breaker_ends(&b, 0, DOWN, 3);

    (void) breaker_enter_by(&b, &breaker_conf, 1000, breaker_sick, 1000);
    (void) breaker_enter_by(&b, &breaker_conf, 1999, breaker_sick, 1);
    (void) breaker_enter(&b, 1999, PROBED);
}


static void
if_none_comes_within_the_pauses_length_again_any_is(void **state)
{
    clear_pass_t     probe;
    clear_breaker_t  b = { 0 };

    (void) state;

    breaker_ends(&b, 0, DOWN, 3);
    probe = breaker_enter_by(&b, &breaker_conf, 2000, breaker_sick, PROBED);

    /* it failed before: that repeats the pause */

    assert_int_equal(breaker_leave(&b, 2005, probe, DOWN), 1000);
    probe = breaker_enter(&b, 3005, PROBED);
    assert_int_equal(breaker_leave(&b, 3005, probe, DOWN), 2000);

    probe = breaker_enter_by(&b, &breaker_conf, 3005 + 4000, breaker_sick,
                             PROBED);
    assert_int_equal(breaker_leave(&b, 7005, probe, DOWN), 2000);

    probe = breaker_enter_by(&b, &breaker_conf, 7005 + 4000, breaker_sick,
                             PROBED);
    (void) breaker_leave(&b, 11005, probe, ALIVE);
    (void) breaker_enter(&b, 11005, GO);
}


static void
failures_of_fetches_from_before_change_nothing(void **state)
{
    clear_pass_t     probe, late;
    clear_breaker_t  b = { 0 };

    (void) state;

    late = breaker_enter(&b, 0, GO);
    breaker_ends(&b, 0, DOWN, 3);
    breaker_ends(&b, 500, DOWN, 10);
    (void) breaker_enter(&b, 500, 500);

    breaker_ends(&b, 1500, DOWN, 10);
    probe = breaker_enter(&b, 1500, PROBED);

    (void) breaker_leave(&b, 1501, late, DOWN);
    (void) breaker_enter(&b, 1502, 1000);
    assert_int_equal(breaker_leave(&b, 1503, probe, DOWN), 2000);

    /* the same probe twice: its worker was slow, another one went */

    assert_int_equal(breaker_leave(&b, 1504, probe, DOWN), 0);
}


static void
a_success_of_a_fetch_from_before_ends_a_pause_as_upstream_is_up(void **state)
{
    clear_breaker_t  b = { 0 };

    (void) state;

    breaker_ends(&b, 0, DOWN, 3);
    breaker_ends(&b, 10, ALIVE, 1);
    (void) breaker_enter(&b, 10, GO);

    /* but not one for another cause, nor one that upstream asked for */

    breaker_ends(&b, 20, UNAUTHORIZED, 1);
    breaker_ends(&b, 21, ALIVE, 1);
    (void) breaker_enter(&b, 21, 999);
}


static void
a_fetch_that_was_never_sent_counts_for_nobody(void **state)
{
    clear_pass_t     probe;
    clear_breaker_t  b = { 0 };

    (void) state;

    breaker_ends(&b, 0, UNKNOWN, 100);
    assert_int_equal(clear_breaker_idle(&b), 1);

    breaker_ends(&b, 0, DOWN, 2);
    breaker_ends(&b, 0, UNKNOWN, 1);
    breaker_ends(&b, 0, DOWN, 1);

    probe = breaker_enter(&b, 1000, PROBED);
    (void) breaker_leave(&b, 1000, probe, UNKNOWN);

    probe = breaker_enter(&b, 1001, PROBED);
    assert_int_equal(breaker_leave(&b, 1002, probe, DOWN), 2000);
}


static void
a_first_pause_is_from_1_ms_to_30_seconds(void **state)
{
    clear_pass_t          pass = { 1, 0, 0, 0, 0, 0, 0 };
    clear_breaker_t       b = { 0 };
    clear_breaker_conf_t  none = { 1, 0, 0 };
    clear_breaker_conf_t  huge = { 1, INT64_MAX, 0 };

    (void) state;

    assert_int_equal(clear_breaker_leave(&b, &none, 10, &pass, DOWN, 0), 1);
    (void) breaker_enter_by(&b, &none, 10, pass, 1);

    memset(&b, 0, sizeof(clear_breaker_t));

    assert_int_equal(clear_breaker_leave(&b, &huge, 10, &pass, DOWN, 0),
                     CLEAR_BREAKER_PAUSE_MAX);
    (void) breaker_enter_by(&b, &huge, 10, pass, CLEAR_BREAKER_PAUSE_MAX);
}


static void
is_paused_while_fetches_are_held_back(void **state)
{
    clear_pass_t     probe;
    clear_breaker_t  b = { 0 };

    (void) state;

    assert_int_equal(clear_breaker_paused(&b, 0), 0);

    breaker_ends(&b, 0, DOWN, 2);
    assert_int_equal(clear_breaker_paused(&b, 0), 0);

    breaker_ends(&b, 0, DOWN, 1);
    assert_int_equal(clear_breaker_paused(&b, 999), 1);
    assert_int_equal(clear_breaker_paused(&b, 1000), 0);

    probe = breaker_enter(&b, 1000, PROBED);
    assert_int_equal(clear_breaker_paused(&b, 1000), 1);

    (void) breaker_leave(&b, 1000, probe, ALIVE);
    assert_int_equal(clear_breaker_paused(&b, 1000), 0);

    (void) breaker_asks(&b, 2000, LIMITED, 500);
    assert_int_equal(clear_breaker_paused(&b, 2499), 1);
    assert_int_equal(clear_breaker_paused(&b, 2500), 0);
}


static void
a_task_that_goes_down_again_is_kept_longer(void **state)
{
    size_t  i;

    static const struct {
        int64_t              lifetime;
        uint32_t             n;
        int64_t              kept;
    } cases[] = {
        { 1000, 0, 1000 },
        { 1000, 1, 1000 },
        { 1000, 2, 2000 },
        { 1000, 3, 4000 },
        { 1000, 5, 16000 },
        { 1000, 6, 30000 },
        { 1000, 7, 30000 },
        { 1000, UINT32_MAX, 30000 },
        { 10, 1, 1000 },
        { 3000, 2, 3000 },
        { 3000, 3, 4000 },
        { 60000, 9, 60000 },
        { INT64_MAX, 9, INT64_MAX },
        { 0, 1, 0 },
        { 0, 100, 0 }
    };

    (void) state;

    for (i = 0; i < unit_count(cases); i++) {
        assert_int_equal(clear_breaker_keep(cases[i].lifetime, cases[i].n),
                         cases[i].kept);
    }
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_new_one_lets_all_go),
        cmocka_unit_test(pauses_after_so_many_tasks_in_a_row_were_down),
        cmocka_unit_test(whatever_proves_upstream_alive_begins_the_count_again),
        cmocka_unit_test(
            a_task_counts_only_where_its_own_last_fetch_did_not_fail),
        cmocka_unit_test(one_probe_goes_and_all_others_wait),
        cmocka_unit_test(a_probe_that_succeeds_lets_all_go),
        cmocka_unit_test(a_probe_that_fails_doubles_the_pause_up_to_30_seconds),
        cmocka_unit_test(
            the_probe_is_the_first_task_whose_last_fetch_did_not_fail),
        cmocka_unit_test(if_none_comes_within_the_pauses_length_again_any_is),
        cmocka_unit_test(failures_of_fetches_from_before_change_nothing),
        cmocka_unit_test(
            a_success_of_a_fetch_from_before_ends_a_pause_as_upstream_is_up),
        cmocka_unit_test(a_fetch_that_was_never_sent_counts_for_nobody),
        cmocka_unit_test(a_first_pause_is_from_1_ms_to_30_seconds),
        cmocka_unit_test(is_paused_while_fetches_are_held_back),
        cmocka_unit_test(a_task_that_goes_down_again_is_kept_longer)
    };

    return unit_run(tests);
}
