/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * When a tenant's fetches may go out: failures in a row, pauses, probes, and
 * what upstream asked for.
 */


#include "unit.h"

#include "clear/breaker.h"


/* how long a probe may be out, ms */
#define PROBE  15000


static const clear_breaker_conf_t  conf = { 3, 1000 };


static void
enters(clear_breaker_t *b, int64_t now, clear_breaker_e expected, int64_t left)
{
    int64_t          wait;
    clear_breaker_e  rc;

    wait = 0;
    rc = clear_breaker_enter(b, &conf, now, PROBE, &wait);

    if (rc != expected || wait != left) {
        fail_msg("at %lld: %d, %lld left, not %d, %lld", (long long) now, rc,
                 (long long) wait, expected, (long long) left);
    }
}


static void
fails(clear_breaker_t *b, int64_t now, int times)
{
    while (times--) {
        clear_breaker_failure(b, &conf, now);
    }
}


static void
a_new_one_lets_all_go(void **state)
{
    clear_breaker_t  b = { 0 };

    (void) state;

    enters(&b, 0, CLEAR_BREAKER_GO, 0);
    enters(&b, 123456789, CLEAR_BREAKER_GO, 0);
}


static void
pauses_after_so_many_failures_in_a_row(void **state)
{
    clear_breaker_t  b = { 0 };

    (void) state;

    fails(&b, 5000, 2);
    enters(&b, 5000, CLEAR_BREAKER_GO, 0);

    fails(&b, 5000, 1);
    enters(&b, 5000, CLEAR_BREAKER_PAUSED, 1000);
    enters(&b, 5999, CLEAR_BREAKER_PAUSED, 1);
    enters(&b, 6000, CLEAR_BREAKER_PROBE, 0);
}


static void
a_success_between_begins_the_count_again(void **state)
{
    clear_breaker_t  b = { 0 };

    (void) state;

    fails(&b, 0, 2);
    clear_breaker_success(&b);
    fails(&b, 0, 2);
    enters(&b, 0, CLEAR_BREAKER_GO, 0);

    fails(&b, 0, 1);
    enters(&b, 0, CLEAR_BREAKER_PAUSED, 1000);
}


static void
one_probe_goes_and_all_others_wait(void **state)
{
    clear_breaker_t  b = { 0 };

    (void) state;

    fails(&b, 0, 3);
    enters(&b, 1000, CLEAR_BREAKER_PROBE, 0);
    enters(&b, 1000, CLEAR_BREAKER_PAUSED, 1000);
    enters(&b, 1000 + PROBE - 10, CLEAR_BREAKER_PAUSED, 10);

    /* it was never heard of again */

    enters(&b, 1000 + PROBE, CLEAR_BREAKER_PROBE, 0);
    enters(&b, 1000 + PROBE, CLEAR_BREAKER_PAUSED, 1000);
}


static void
a_probe_that_succeeds_lets_all_go(void **state)
{
    clear_breaker_t  b = { 0 };

    (void) state;

    fails(&b, 0, 3);
    enters(&b, 1000, CLEAR_BREAKER_PROBE, 0);

    clear_breaker_success(&b);
    enters(&b, 1001, CLEAR_BREAKER_GO, 0);

    fails(&b, 2000, 3);
    enters(&b, 2000, CLEAR_BREAKER_PAUSED, 1000);
}


static void
a_probe_that_fails_doubles_the_pause_up_to_30_seconds(void **state)
{
    size_t           i;
    int64_t          now;
    clear_breaker_t  b = { 0 };

    static const int64_t  pauses[] = {
        1000, 2000, 4000, 8000, 16000, 30000, 30000
    };

    (void) state;

    now = 0;
    fails(&b, now, 3);

    for (i = 0; i < unit_count(pauses); i++) {
        enters(&b, now, CLEAR_BREAKER_PAUSED, pauses[i]);

        now += pauses[i];
        enters(&b, now - 1, CLEAR_BREAKER_PAUSED, 1);
        enters(&b, now, CLEAR_BREAKER_PROBE, 0);

        now += 7;
        fails(&b, now, 1);
    }

    /* and from the beginning after a success */

    clear_breaker_success(&b);
    fails(&b, now, 3);
    enters(&b, now, CLEAR_BREAKER_PAUSED, 1000);
}


static void
failures_of_fetches_from_before_change_nothing(void **state)
{
    clear_breaker_t  b = { 0 };

    (void) state;

    fails(&b, 0, 3);
    fails(&b, 500, 10);
    enters(&b, 500, CLEAR_BREAKER_PAUSED, 500);

    fails(&b, 1500, 10);
    enters(&b, 1500, CLEAR_BREAKER_PROBE, 0);
}


static void
a_probe_that_never_went_leaves_the_next_one_free(void **state)
{
    clear_breaker_t  b = { 0 };

    (void) state;

    fails(&b, 0, 3);
    enters(&b, 1000, CLEAR_BREAKER_PROBE, 0);

    clear_breaker_abandon(&b);
    enters(&b, 1001, CLEAR_BREAKER_PROBE, 0);

    fails(&b, 1002, 1);
    enters(&b, 1002, CLEAR_BREAKER_PAUSED, 2000);
}


static void
upstream_is_waited_for_and_health_does_not_shorten_it(void **state)
{
    clear_breaker_t  b = { 0 };

    (void) state;

    clear_breaker_wait(&b, 429, 1000, 5000);
    assert_int_equal(b.status, 429);

    enters(&b, 1000, CLEAR_BREAKER_WAIT, 5000);
    clear_breaker_success(&b);
    enters(&b, 5999, CLEAR_BREAKER_WAIT, 1);
    enters(&b, 6000, CLEAR_BREAKER_GO, 0);
}


static void
of_two_waits_the_longer_counts(void **state)
{
    clear_breaker_t  b = { 0 };

    (void) state;

    clear_breaker_wait(&b, 429, 1000, 5000);
    clear_breaker_wait(&b, 503, 2000, 1000);
    assert_int_equal(b.status, 429);
    enters(&b, 2000, CLEAR_BREAKER_WAIT, 4000);

    clear_breaker_wait(&b, 503, 2000, 9000);
    assert_int_equal(b.status, 503);
    enters(&b, 2000, CLEAR_BREAKER_WAIT, 9000);

    clear_breaker_wait(&b, 429, 20000, 0);
    enters(&b, 20000, CLEAR_BREAKER_GO, 0);
}


static void
a_wait_comes_before_a_pause_and_takes_no_probe(void **state)
{
    clear_breaker_t  b = { 0 };

    (void) state;

    fails(&b, 0, 3);
    clear_breaker_wait(&b, 503, 0, 5000);

    enters(&b, 500, CLEAR_BREAKER_WAIT, 4500);
    enters(&b, 4999, CLEAR_BREAKER_WAIT, 1);
    enters(&b, 5000, CLEAR_BREAKER_PROBE, 0);
}


static void
max_fails_0_never_pauses_but_waits(void **state)
{
    int                   i;
    int64_t               wait;
    clear_breaker_t       b = { 0 };
    clear_breaker_conf_t  off = { 0, 1000 };

    (void) state;

    for (i = 0; i < 1000; i++) {
        clear_breaker_failure(&b, &off, 0);
    }

    assert_int_equal(clear_breaker_enter(&b, &off, 0, PROBE, &wait),
                     CLEAR_BREAKER_GO);

    clear_breaker_wait(&b, 429, 0, 50);
    assert_int_equal(clear_breaker_enter(&b, &off, 0, PROBE, &wait),
                     CLEAR_BREAKER_WAIT);

    /* a reload set it while there was a pause */

    memset(&b, 0, sizeof(clear_breaker_t));
    fails(&b, 0, 3);
    assert_int_equal(clear_breaker_enter(&b, &off, 0, PROBE, &wait),
                     CLEAR_BREAKER_GO);
}


static void
a_first_pause_is_from_1_ms_to_30_seconds(void **state)
{
    int64_t               wait;
    clear_breaker_t       b = { 0 };
    clear_breaker_conf_t  none = { 1, 0 };
    clear_breaker_conf_t  huge = { 1, INT64_MAX };

    (void) state;

    clear_breaker_failure(&b, &none, 10);
    assert_int_equal(clear_breaker_enter(&b, &none, 10, PROBE, &wait),
                     CLEAR_BREAKER_PAUSED);
    assert_int_equal(wait, 1);

    memset(&b, 0, sizeof(clear_breaker_t));

    clear_breaker_failure(&b, &huge, 10);
    assert_int_equal(clear_breaker_enter(&b, &huge, 10, PROBE, &wait),
                     CLEAR_BREAKER_PAUSED);
    assert_int_equal(wait, CLEAR_BREAKER_PAUSE_MAX);
}


static void
is_paused_while_fetches_are_held_back(void **state)
{
    clear_breaker_t  b = { 0 };

    (void) state;

    assert_int_equal(clear_breaker_paused(&b, 0), 0);

    fails(&b, 0, 2);
    assert_int_equal(clear_breaker_paused(&b, 0), 0);

    fails(&b, 0, 1);
    assert_int_equal(clear_breaker_paused(&b, 999), 1);
    assert_int_equal(clear_breaker_paused(&b, 1000), 0);

    enters(&b, 1000, CLEAR_BREAKER_PROBE, 0);
    assert_int_equal(clear_breaker_paused(&b, 1000), 1);

    clear_breaker_success(&b);
    assert_int_equal(clear_breaker_paused(&b, 1000), 0);

    clear_breaker_wait(&b, 429, 2000, 500);
    assert_int_equal(clear_breaker_paused(&b, 2499), 1);
    assert_int_equal(clear_breaker_paused(&b, 2500), 0);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_new_one_lets_all_go),
        cmocka_unit_test(pauses_after_so_many_failures_in_a_row),
        cmocka_unit_test(a_success_between_begins_the_count_again),
        cmocka_unit_test(one_probe_goes_and_all_others_wait),
        cmocka_unit_test(a_probe_that_succeeds_lets_all_go),
        cmocka_unit_test(a_probe_that_fails_doubles_the_pause_up_to_30_seconds),
        cmocka_unit_test(failures_of_fetches_from_before_change_nothing),
        cmocka_unit_test(a_probe_that_never_went_leaves_the_next_one_free),
        cmocka_unit_test(upstream_is_waited_for_and_health_does_not_shorten_it),
        cmocka_unit_test(of_two_waits_the_longer_counts),
        cmocka_unit_test(a_wait_comes_before_a_pause_and_takes_no_probe),
        cmocka_unit_test(max_fails_0_never_pauses_but_waits),
        cmocka_unit_test(a_first_pause_is_from_1_ms_to_30_seconds),
        cmocka_unit_test(is_paused_while_fetches_are_held_back)
    };

    return unit_run(tests);
}
