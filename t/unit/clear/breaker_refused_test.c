/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * When a tenant's fetches may go out, by the clock: credentials that upstream
 * refuses, and what it asks for.
 */


#include "breaker.h"


static void
a_401_and_a_429_pause_at_once_and_as_failures_do(void **state)
{
    size_t           i;
    clear_pass_t     probe;
    clear_breaker_t  b;

    static const struct {
        clear_upstream_e     upstream;
        clear_pause_e        kind;
    } cases[] = {
        { UNAUTHORIZED, CLEAR_PAUSE_CREDENTIAL },
        { LIMITED, CLEAR_PAUSE_LIMITED }
    };

    (void) state;

    for (i = 0; i < unit_count(cases); i++) {
        memset(&b, 0, sizeof(clear_breaker_t));

        breaker_ends(&b, 0, cases[i].upstream, 1);
        assert_int_equal(b.kind, cases[i].kind);
        (void) breaker_enter(&b, 0, 1000);

        /* those that were out already */

        breaker_ends(&b, 100, cases[i].upstream, 50);
        (void) breaker_enter(&b, 100, 900);

        probe = breaker_enter(&b, 1000, PROBED);
        assert_int_equal(breaker_leave(&b, 1000, probe, cases[i].upstream),
                         2000);

        /* up again, but no better */

        probe = breaker_enter(&b, 3000, PROBED);
        assert_int_equal(breaker_leave(&b, 3000, probe, DOWN), 4000);
        assert_int_equal(b.kind, CLEAR_PAUSE_DOWN);

        probe = breaker_enter(&b, 7000, PROBED);
        (void) breaker_leave(&b, 7000, probe, ALIVE);
        (void) breaker_enter(&b, 7000, GO);
    }
}


static void
a_refusal_takes_the_place_of_a_pause_as_upstream_is_up(void **state)
{
    clear_breaker_t  b = { 0 };

    (void) state;

    breaker_ends(&b, 0, DOWN, 3);
    breaker_ends(&b, 500, UNAUTHORIZED, 1);

    assert_int_equal(b.kind, CLEAR_PAUSE_CREDENTIAL);
    (void) breaker_enter(&b, 500, 1000);
}


static void
a_403_pauses_when_it_came_for_different_tasks_in_a_row(void **state)
{
    int              i;
    clear_pass_t     probe;
    clear_breaker_t  b = { 0 };

    (void) state;

    for (i = 0; i < 1000; i++) {
        breaker_ends(&b, i, FORBIDDEN, 2);
    }

    (void) breaker_enter(&b, 1000, GO);

    breaker_ends(&b, 1000, FORBIDDEN, 3);
    assert_int_equal(b.kind, CLEAR_PAUSE_CREDENTIAL);
    (void) breaker_enter(&b, 1000, 1000);

    probe = breaker_enter(&b, 2000, PROBED);
    assert_int_equal(breaker_leave(&b, 2000, probe, FORBIDDEN), 2000);

    probe = breaker_enter(&b, 4000, PROBED);
    (void) breaker_leave(&b, 4000, probe, ALIVE);
    (void) breaker_enter(&b, 4000, GO);

    /* a success between */

    breaker_ends(&b, 4000, FORBIDDEN, 2);
    breaker_ends(&b, 4000, ALIVE, 1);
    breaker_ends(&b, 4000, FORBIDDEN, 2);
    (void) breaker_enter(&b, 4000, GO);
}


static void
of_many_tasks_refused_each_counts_once(void **state)
{
    clear_pass_t          pass = { 0, 0, 0, 0, 0, 0, 0 };
    clear_breaker_t       b = { 0 };
    clear_breaker_conf_t  many = { 40, 1000, 0 };

    (void) state;

    for (pass.task = 1; pass.task < 40; pass.task++) {
        assert_int_equal(clear_breaker_leave(&b, &many, 0, &pass, FORBIDDEN,
                                             0), 0);
        assert_int_equal(clear_breaker_leave(&b, &many, 0, &pass, FORBIDDEN,
                                             0), 0);
    }

    assert_int_equal(clear_breaker_leave(&b, &many, 0, &pass, FORBIDDEN, 0),
                     1000);
}


static void
a_row_of_refusals_has_its_lines_in_the_log_and_is_counted(void **state)
{
    int              i;
    clear_pass_t     pass = { 1, 0, 0, 0, 0, 0, 0 };
    clear_breaker_t  b = { 0 };

    (void) state;

    (void) clear_breaker_leave(&b, &breaker_conf, 0, &pass, UNAUTHORIZED, 0);
    assert_int_equal(pass.quiet, 0);

    for (i = 0; i < 60; i++) {
        (void) clear_breaker_leave(&b, &breaker_conf, 0, &pass, UNAUTHORIZED,
                                   0);
        assert_int_equal(pass.quiet, 1);
    }

    /* also without pauses, and in the row of a 401 a 403 too */

    (void) clear_breaker_leave(&b, &breaker_off, 0, &pass, UNAUTHORIZED, 0);
    assert_int_equal(pass.quiet, 1);
    (void) clear_breaker_leave(&b, &breaker_off, 0, &pass, FORBIDDEN, 0);
    assert_int_equal(pass.quiet, 1);

    (void) clear_breaker_leave(&b, &breaker_conf, 2000, &pass, ALIVE, 0);
    assert_int_equal(pass.unlogged, 62);
    assert_int_equal(pass.quiet, 0);
    assert_int_equal(clear_breaker_idle(&b), 1);

    /* a 403 may be its task's: as many lines as it takes to see */

    for (i = 0; i < 10; i++) {
        (void) clear_breaker_leave(&b, &breaker_conf, 3000, &pass, FORBIDDEN,
                                   0);
        assert_int_equal(pass.quiet, i >= 3);
    }
}


static void
upstream_is_waited_for_and_nothing_shortens_it(void **state)
{
    clear_pass_t     probe;
    clear_breaker_t  b = { 0 };

    (void) state;

    assert_int_equal(breaker_asks(&b, 1000, LIMITED, 5000), 5000);
    assert_int_equal(b.kind, 429);

    (void) breaker_enter(&b, 1000, 5000);
    breaker_ends(&b, 2000, ALIVE, 1);
    breaker_ends(&b, 2000, UNAUTHORIZED, 1);
    breaker_ends(&b, 2000, LIMITED, 1);
    (void) breaker_enter(&b, 5999, 1);
    assert_int_equal(b.kind, 429);

    probe = breaker_enter(&b, 6000, PROBED);
    (void) breaker_leave(&b, 6001, probe, ALIVE);
    (void) breaker_enter(&b, 6001, GO);
}


static void
a_503_asks_as_well_whether_upstream_is_alive_or_not(void **state)
{
    size_t           i;
    clear_pass_t     probe;
    clear_breaker_t  b;

    static const clear_upstream_e  of[] = { ALIVE, DOWN };

    (void) state;

    for (i = 0; i < unit_count(of); i++) {
        memset(&b, 0, sizeof(clear_breaker_t));

        assert_int_equal(breaker_asks(&b, 0, of[i], 5000), 5000);
        assert_int_equal(b.kind, 503);
        breaker_ends(&b, 100, ALIVE, 1);
        (void) breaker_enter(&b, 100, 4900);

        /* the first pause that we choose is the first */

        probe = breaker_enter(&b, 5000, PROBED);
        assert_int_equal(breaker_leave(&b, 5000, probe, DOWN), 1000);
    }
}


static void
of_two_pauses_the_longer_counts(void **state)
{
    clear_breaker_t  b = { 0 };

    (void) state;

    (void) breaker_asks(&b, 1000, LIMITED, 5000);
    assert_int_equal(breaker_asks(&b, 2000, DOWN, 1000), 0);
    assert_int_equal(b.kind, 429);
    (void) breaker_enter(&b, 2000, 4000);

    assert_int_equal(breaker_asks(&b, 2000, DOWN, 9000), 9000);
    assert_int_equal(b.kind, 503);
    (void) breaker_enter(&b, 2000, 9000);
}


static void
after_a_wait_who_failed_before_is_the_probe_last(void **state)
{
    clear_breaker_t  b = { 0 };

    (void) state;

    (void) breaker_asks(&b, 0, LIMITED, 60000);
    (void) breaker_enter_by(&b, &breaker_conf, 60000, breaker_sick, 1000);
    (void) breaker_enter_by(&b, &breaker_conf, 61000, breaker_sick, PROBED);
}


static void
max_fails_0_pauses_for_retry_after_alone(void **state)
{
    int              i;
    clear_pass_t     pass = { 1, 0, 0, 0, 0, 0, 0 };
    clear_breaker_t  b = { 0 };

    (void) state;

    for (i = 0; i < 1000; i++) {
        pass.task = i;
        (void) clear_breaker_leave(&b, &breaker_off, 0, &pass, DOWN, 0);
        (void) clear_breaker_leave(&b, &breaker_off, 0, &pass, UNAUTHORIZED, 0);
        (void) clear_breaker_leave(&b, &breaker_off, 0, &pass, FORBIDDEN, 0);
        (void) clear_breaker_leave(&b, &breaker_off, 0, &pass, LIMITED, 0);
    }

    (void) breaker_enter_by(&b, &breaker_off, 0, pass, GO);

    assert_int_equal(clear_breaker_leave(&b, &breaker_off, 0, &pass, LIMITED,
                                         50),
                     50);
    (void) breaker_enter_by(&b, &breaker_off, 0, pass, 50);
    (void) breaker_enter_by(&b, &breaker_off, 50, pass, GO);
    (void) breaker_enter_by(&b, &breaker_off, 50, pass, GO);

    /* a reload set it while there was a pause */

    memset(&b, 0, sizeof(clear_breaker_t));
    breaker_ends(&b, 0, DOWN, 3);
    (void) breaker_enter_by(&b, &breaker_off, 0, pass, GO);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_401_and_a_429_pause_at_once_and_as_failures_do),
        cmocka_unit_test(
            a_refusal_takes_the_place_of_a_pause_as_upstream_is_up),
        cmocka_unit_test(
            a_403_pauses_when_it_came_for_different_tasks_in_a_row),
        cmocka_unit_test(of_many_tasks_refused_each_counts_once),
        cmocka_unit_test(
            a_row_of_refusals_has_its_lines_in_the_log_and_is_counted),
        cmocka_unit_test(upstream_is_waited_for_and_nothing_shortens_it),
        cmocka_unit_test(a_503_asks_as_well_whether_upstream_is_alive_or_not),
        cmocka_unit_test(of_two_pauses_the_longer_counts),
        cmocka_unit_test(after_a_wait_who_failed_before_is_the_probe_last),
        cmocka_unit_test(max_fails_0_pauses_for_retry_after_alone)
    };

    return unit_run(tests);
}
