/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * How long an answer may be served: whose rule counts, how presigned URLs
 * shorten it, and what is served at the borders, a millisecond apart.
 */


#include "unit.h"

#include "clear/freshness.h"


#define DAY   86400000LL
#define HOUR  3600000LL
#define MIN   60000LL

/* the wall clock, ms */
#define WALL  1795515630000LL


static const clear_freshness_conf_t  defaults = {
    NULL, 0, HOUR, 5 * MIN, 10 * MIN, 0
};


static void
answer_of(clear_task_t *a, const char *workflow)
{
    memset(a, 0, sizeof(clear_task_t));

    a->status = 200;
    a->success = 1;
    a->result = 1;
    a->urls_expire = -1;
    a->urls_span = -1;

    if (workflow == NULL) {
        return;
    }

    a->workflow_name.data = (const unsigned char *) workflow;
    a->workflow_name.len = strlen(workflow);

    a->workflow = !strcmp(workflow, "CREATED") ? CLEAR_WORKFLOW_CREATED
                  : !strcmp(workflow, "PROCESSING") ? CLEAR_WORKFLOW_PROCESSING
                  : !strcmp(workflow, "SUCCESS") ? CLEAR_WORKFLOW_SUCCESS
                  : !strcmp(workflow, "FAILED") ? CLEAR_WORKFLOW_FAILED
                                                : CLEAR_WORKFLOW_OTHER;
}


static int64_t
lifetime(const clear_valid_t *valid, size_t n, const char *workflow)
{
    clear_task_t          a;
    clear_freshness_conf_t  conf = defaults;

    conf.valid = valid;
    conf.nvalid = n;
    answer_of(&a, workflow);

    return clear_freshness_lifetime(&conf, 200, &a, WALL, 0);
}


static int64_t
lifetime_of_error(const clear_valid_t *valid, size_t n, int status)
{
    clear_freshness_conf_t  conf = defaults;

    conf.valid = valid;
    conf.nvalid = n;

    return clear_freshness_lifetime(&conf, status, NULL, WALL, 0);
}


static void
the_defaults_are_those_documented(void **state)
{
    (void) state;

    assert_int_equal(lifetime(NULL, 0, "SUCCESS"), CLEAR_FOREVER);
    assert_int_equal(lifetime(NULL, 0, "FAILED"), CLEAR_FOREVER);
    assert_int_equal(lifetime(NULL, 0, "CREATED"), 2000);
    assert_int_equal(lifetime(NULL, 0, "PROCESSING"), 2000);
    assert_int_equal(lifetime(NULL, 0, "PAUSED"), 2000);
    assert_int_equal(lifetime(NULL, 0, NULL), 2000);

    assert_int_equal(lifetime_of_error(NULL, 0, 404), 1000);
    assert_int_equal(lifetime_of_error(NULL, 0, 403), 1000);
    assert_int_equal(lifetime_of_error(NULL, 0, 502), 1000);
}


static void
any_is_for_all_but_terminal_answers(void **state)
{
    static const clear_valid_t  any[] = { { { NULL, 0 }, 0, 7000, 0, 0 } };

    (void) state;

    assert_int_equal(lifetime(any, 1, "SUCCESS"), CLEAR_FOREVER);
    assert_int_equal(lifetime(any, 1, "FAILED"), CLEAR_FOREVER);
    assert_int_equal(lifetime(any, 1, "CREATED"), 7000);
    assert_int_equal(lifetime(any, 1, "PAUSED"), 7000);
    assert_int_equal(lifetime(any, 1, NULL), 7000);
    assert_int_equal(lifetime_of_error(any, 1, 404), 7000);
    assert_int_equal(lifetime_of_error(any, 1, 500), 7000);
}


static void
an_entry_of_a_name_counts_before_any_and_the_last_of_them(void **state)
{
    static const clear_valid_t  valid[] = {
        { unit_str("CREATED"), 0, 1, 0, 0 },
        { unit_str("CREATED"), 0, 2, 0, 0 },
        { unit_str("SUCCESS"), 0, 3, 0, 0 },
        { unit_str("PAUSED"), 0, 4, 0, 0 },
        { { NULL, 0 }, 404, 5, 0, 0 },
        { { NULL, 0 }, 0, 6, 0, 0 },
        { { NULL, 0 }, 0, 7, 0, 0 }
    };

    (void) state;

    assert_int_equal(lifetime(valid, 7, "CREATED"), 2);
    assert_int_equal(lifetime(valid, 7, "SUCCESS"), 3);
    assert_int_equal(lifetime(valid, 7, "PAUSED"), 4);
    assert_int_equal(lifetime(valid, 7, "PROCESSING"), 7);
    assert_int_equal(lifetime(valid, 7, "CREATE"), 7);
    assert_int_equal(lifetime(valid, 7, "CREATED2"), 7);
    assert_int_equal(lifetime(valid, 7, "created"), 7);
    assert_int_equal(lifetime(valid, 7, "FAILED"), CLEAR_FOREVER);
    assert_int_equal(lifetime_of_error(valid, 7, 404), 5);
    assert_int_equal(lifetime_of_error(valid, 7, 403), 7);
}


static int64_t
at_age(const clear_valid_t *valid, size_t n, const char *workflow, int64_t age)
{
    clear_task_t            a;
    clear_freshness_conf_t  conf = defaults;

    conf.valid = valid;
    conf.nvalid = n;
    answer_of(&a, workflow);

    return clear_freshness_lifetime(&conf, 200, &a, WALL, age);
}


static void
an_unfinished_answer_lives_longer_as_its_task_ages(void **state)
{
    static const clear_valid_t  valid[] = {
        { unit_str("PROCESSING"), 0, 1000, 4000, 50 },
        { unit_str("PAUSED"), 0, 1000, 0, 0 },
        { { NULL, 0 }, 0, 3000, 5000, 1 }
    };

    (void) state;

    assert_int_equal(at_age(NULL, 0, "CREATED", 20000), 2000);
    assert_int_equal(at_age(NULL, 0, "CREATED", 20010), 2001);
    assert_int_equal(at_age(NULL, 0, "PROCESSING", 99990), 9999);
    assert_int_equal(at_age(NULL, 0, "PAUSED", 100000), 10000);
    assert_int_equal(at_age(NULL, 0, NULL, DAY), 10000);
    assert_int_equal(at_age(NULL, 0, "SUCCESS", DAY), CLEAR_FOREVER);

    assert_int_equal(at_age(valid, 3, "PROCESSING", 2000), 1000);
    assert_int_equal(at_age(valid, 3, "PROCESSING", 6000), 3000);
    assert_int_equal(at_age(valid, 3, "PROCESSING", DAY), 4000);
    assert_int_equal(at_age(valid, 3, "PAUSED", DAY), 1000);
    assert_int_equal(at_age(valid, 3, "CREATED", 400000), 4000);
    assert_int_equal(at_age(valid, 3, "FAILED", DAY), CLEAR_FOREVER);
}


static void
an_age_counts_for_no_error(void **state)
{
    clear_freshness_conf_t  conf = defaults;

    static const clear_valid_t  any[] = { { { NULL, 0 }, 0, 3000, 5000, 50 } };

    (void) state;

    assert_int_equal(clear_freshness_lifetime(&conf, 404, NULL, WALL, DAY),
                     1000);

    conf.valid = any;
    conf.nvalid = 1;

    assert_int_equal(clear_freshness_lifetime(&conf, 404, NULL, WALL, DAY),
                     3000);
    assert_int_equal(clear_freshness_lifetime(&conf, 503, NULL, WALL, DAY),
                     3000);
}


static void
a_state_says_nothing_of_an_error(void **state)
{
    clear_task_t          a;
    clear_freshness_conf_t  conf = defaults;

    static const clear_valid_t  valid[] = {
        { unit_str("FAILED"), 0, 9, 0, 0 }
    };

    (void) state;

    conf.valid = valid;
    conf.nvalid = 1;
    answer_of(&a, "FAILED");

    assert_int_equal(clear_freshness_lifetime(&conf, 500, &a, WALL, 0), 1000);
    assert_int_equal(clear_freshness_lifetime(&conf, 200, &a, WALL, 0), 9);
}


/* a finished answer's, with a URL that has so long to live, ms */

static int64_t
lifetime_of_url(const clear_freshness_conf_t *conf, int64_t left)
{
    clear_task_t  a;

    answer_of(&a, "SUCCESS");
    a.urls = 1;
    a.urls_expire = (WALL + left) / 1000;

    return clear_freshness_lifetime(conf, 200, &a, WALL, 0);
}


static void
a_url_ends_the_life_by_the_margin_but_not_in_its_first_half(void **state)
{
    (void) state;

    assert_int_equal(lifetime_of_url(&defaults, HOUR), 55 * MIN);
    assert_int_equal(lifetime_of_url(&defaults, 11 * MIN), 6 * MIN);
    assert_int_equal(lifetime_of_url(&defaults, 10 * MIN), 5 * MIN);
    assert_int_equal(lifetime_of_url(&defaults, 9 * MIN), 270000);
    assert_int_equal(lifetime_of_url(&defaults, 4 * MIN), 2 * MIN);
    assert_int_equal(lifetime_of_url(&defaults, 4000), 2000);
}


static void
a_url_that_dies_soon_leaves_a_second(void **state)
{
    clear_freshness_conf_t      conf = defaults;
    static const clear_valid_t  longer[] = { { { NULL, 0 }, 0, 3000, 0, 0 } };
    static const clear_valid_t  shorter[] = { { { NULL, 0 }, 0, 300, 0, 0 } };

    (void) state;

    assert_int_equal(lifetime_of_url(&conf, 1000), 1000);
    assert_int_equal(lifetime_of_url(&conf, 0), 1000);
    assert_int_equal(lifetime_of_url(&conf, -DAY), 1000);

    conf.valid = longer;
    conf.nvalid = 1;

    assert_int_equal(lifetime_of_url(&conf, 4000), 2000);
    assert_int_equal(lifetime_of_url(&conf, -DAY), 1000);
    assert_int_equal(lifetime_of_url(&conf, 8000), 4000);

    conf.valid = shorter;

    assert_int_equal(lifetime_of_url(&conf, -DAY), 300);
}


static void
a_shorter_rule_stays_shorter_with_urls(void **state)
{
    clear_freshness_conf_t      conf = defaults;
    static const clear_valid_t  valid[] = {
        { unit_str("SUCCESS"), 0, 500, 0, 0 },
        { { NULL, 0 }, 0, 3000, 0, 0 }
    };

    (void) state;

    conf.valid = valid;
    conf.nvalid = 2;

    assert_int_equal(lifetime_of_url(&conf, HOUR), 500);
    assert_int_equal(lifetime_of_url(&conf, -HOUR), 500);
}


static void
a_silent_url_lives_as_configured_and_the_first_end_counts(void **state)
{
    clear_task_t  a;

    (void) state;

    answer_of(&a, "FAILED");
    a.urls = 1;
    a.urls_silent = 1;
    assert_int_equal(clear_freshness_lifetime(&defaults, 200, &a, WALL, 0),
                     55 * MIN);

    a.urls_expire = (WALL + DAY) / 1000;
    assert_int_equal(clear_freshness_lifetime(&defaults, 200, &a, WALL, 0),
                     55 * MIN);

    a.urls_expire = (WALL + 20 * MIN) / 1000;
    assert_int_equal(clear_freshness_lifetime(&defaults, 200, &a, WALL, 0),
                     15 * MIN);

    a.urls_span = 40 * MIN / 1000;
    assert_int_equal(clear_freshness_lifetime(&defaults, 200, &a, WALL, 0),
                     15 * MIN);

    a.urls_span = 10 * MIN / 1000;
    assert_int_equal(clear_freshness_lifetime(&defaults, 200, &a, WALL, 0),
                     5 * MIN);
}


static void
urls_count_for_finished_answers_alone(void **state)
{
    clear_task_t  a;

    (void) state;

    answer_of(&a, "PROCESSING");
    a.urls = 1;
    a.urls_expire = WALL / 1000 + 1;
    assert_int_equal(clear_freshness_lifetime(&defaults, 200, &a, WALL, 0),
                     2000);

    answer_of(&a, "SUCCESS");
    a.urls_expire = WALL / 1000 + 1;
    assert_int_equal(clear_freshness_lifetime(&defaults, 200, &a, WALL, 0),
                     CLEAR_FOREVER);
}


static void
a_url_that_outlives_the_clock_does_not_overflow(void **state)
{
    clear_task_t          a;
    clear_freshness_conf_t  conf = defaults;

    (void) state;

    answer_of(&a, "SUCCESS");
    a.urls = 1;
    a.urls_expire = INT64_MAX;
    assert_int_equal(clear_freshness_lifetime(&conf, 200, &a, WALL, 0),
                     CLEAR_FOREVER);

    a.urls_expire = INT64_MAX / 1000;
    assert_true(clear_freshness_lifetime(&conf, 200, &a, WALL, 0) > DAY);

    conf.url_margin = CLEAR_FOREVER;
    assert_true(clear_freshness_lifetime(&conf, 200, &a, WALL, 0) > DAY);

    a.urls_expire = 0;
    assert_int_equal(clear_freshness_lifetime(&conf, 200, &a, WALL, 0), 1000);
}


static void
what_is_forever_ends_never(void **state)
{
    clear_stamp_t           good;
    clear_freshness_conf_t  conf = defaults;

    (void) state;

    conf.stale_if_error = CLEAR_FOREVER;
    conf.stale_while_revalidate = CLEAR_FOREVER;

    clear_freshness_stamp(&good, 12345, CLEAR_FOREVER, 1);
    assert_int_equal(good.fetched, 12345);
    assert_int_equal(good.fresh_until, CLEAR_FOREVER);
    assert_int_equal(good.terminal, 1);
    assert_int_equal(good.definite, 0);

    assert_int_equal(clear_freshness_choose(&conf, &good, NULL,
                                            CLEAR_FOREVER - 1),
                     CLEAR_SERVE_FRESH);

    clear_freshness_stamp(&good, 12345, CLEAR_FOREVER - 12345, 0);
    assert_int_equal(good.fresh_until, CLEAR_FOREVER);

    clear_freshness_stamp(&good, 0, 1000, 0);
    assert_int_equal(clear_freshness_choose(&conf, &good, NULL,
                                            CLEAR_FOREVER - 1),
                     CLEAR_SERVE_REVALIDATE);
}


static void
an_answer_is_fresh_to_the_last_millisecond(void **state)
{
    clear_stamp_t  good;

    (void) state;

    clear_freshness_stamp(&good, 0, 1000, 0);

    assert_int_equal(clear_freshness_choose(&defaults, &good, NULL, 999),
                     CLEAR_SERVE_FRESH);
    assert_int_equal(clear_freshness_choose(&defaults, &good, NULL, 1000),
                     CLEAR_FETCH);
    assert_int_equal(clear_freshness_choose(&defaults, &good, NULL, 1001),
                     CLEAR_FETCH);
    assert_int_equal(clear_freshness_choose(&defaults, NULL, NULL, 0),
                     CLEAR_FETCH);
}


static void
a_stale_answer_is_served_while_one_fetch_refreshes_it(void **state)
{
    clear_stamp_t           good;
    clear_freshness_conf_t  conf = defaults;

    (void) state;

    conf.stale_while_revalidate = 500;
    clear_freshness_stamp(&good, 0, 1000, 0);

    assert_int_equal(clear_freshness_choose(&conf, &good, NULL, 999),
                     CLEAR_SERVE_FRESH);
    assert_int_equal(clear_freshness_choose(&conf, &good, NULL, 1000),
                     CLEAR_SERVE_REVALIDATE);
    assert_int_equal(clear_freshness_choose(&conf, &good, NULL, 1499),
                     CLEAR_SERVE_REVALIDATE);
    assert_int_equal(clear_freshness_choose(&conf, &good, NULL, 1500),
                     CLEAR_FETCH);
}


static void
an_error_takes_no_place_of_what_may_be_served_meanwhile(void **state)
{
    clear_stamp_t           good, error;
    clear_freshness_conf_t  conf = defaults;

    (void) state;

    conf.stale_if_error = 0;
    conf.stale_while_revalidate = 500;
    clear_freshness_stamp(&good, 0, 1000, 0);
    clear_freshness_stamp(&error, 1100, 1000, 0);
    error.definite = 1;

    assert_int_equal(clear_freshness_choose(&conf, &good, &error, 1499),
                     CLEAR_SERVE_STALE);
    assert_int_equal(clear_freshness_choose(&conf, &good, &error, 1500),
                     CLEAR_SERVE_ERROR);
}


static void
an_error_is_served_while_it_is_fresh(void **state)
{
    clear_stamp_t  error;

    (void) state;

    clear_freshness_stamp(&error, 100, 1000, 0);

    assert_int_equal(clear_freshness_choose(&defaults, NULL, &error, 1099),
                     CLEAR_SERVE_ERROR);
    assert_int_equal(clear_freshness_choose(&defaults, NULL, &error, 1100),
                     CLEAR_FETCH);
}


static void
a_good_answer_stands_in_for_an_error_as_long_as_it_may(void **state)
{
    clear_stamp_t           good, error;
    clear_freshness_conf_t  conf = defaults;

    (void) state;

    conf.stale_if_error = 5000;
    clear_freshness_stamp(&good, 0, 1000, 0);
    clear_freshness_stamp(&error, 5500, 1000, 0);

    assert_int_equal(clear_freshness_choose(&conf, &good, &error, 5999),
                     CLEAR_SERVE_STALE);
    assert_int_equal(clear_freshness_choose(&conf, &good, &error, 6000),
                     CLEAR_SERVE_ERROR);
    assert_int_equal(clear_freshness_choose(&conf, &good, &error, 6500),
                     CLEAR_FETCH);

    conf.stale_if_error = 0;
    assert_int_equal(clear_freshness_choose(&conf, &good, &error, 5999),
                     CLEAR_SERVE_ERROR);

    conf.stale_if_error = CLEAR_FOREVER;
    assert_int_equal(clear_freshness_choose(&conf, &good, &error, 6499),
                     CLEAR_SERVE_STALE);
}


static void
upstreams_own_word_is_not_hidden_unless_the_task_is_finished(void **state)
{
    clear_stamp_t  good, error;

    (void) state;

    clear_freshness_stamp(&good, 0, 1000, 0);
    clear_freshness_stamp(&error, 1500, 1000, 0);
    error.definite = 1;

    assert_false(clear_freshness_usable(&defaults, &good, &error, 1600));
    assert_int_equal(clear_freshness_choose(&defaults, &good, &error, 1600),
                     CLEAR_SERVE_ERROR);

    good.terminal = 1;
    assert_true(clear_freshness_usable(&defaults, &good, &error, 1600));
    assert_int_equal(clear_freshness_choose(&defaults, &good, &error, 1600),
                     CLEAR_SERVE_STALE);
    assert_true(clear_freshness_usable(&defaults, &good, &error, 9000 * DAY));

    assert_false(clear_freshness_usable(&defaults, NULL, &error, 1600));
}


static void
an_error_older_than_the_good_answer_is_over(void **state)
{
    clear_stamp_t  good, error;

    (void) state;

    clear_freshness_stamp(&error, 100, 60000, 0);
    clear_freshness_stamp(&good, 200, 1000, 0);

    assert_int_equal(clear_freshness_choose(&defaults, &good, &error, 1199),
                     CLEAR_SERVE_FRESH);
    assert_int_equal(clear_freshness_choose(&defaults, &good, &error, 1200),
                     CLEAR_FETCH);
}


static void
success_and_failed_are_terminal_and_nothing_else(void **state)
{
    (void) state;

    assert_true(clear_freshness_terminal(CLEAR_WORKFLOW_SUCCESS));
    assert_true(clear_freshness_terminal(CLEAR_WORKFLOW_FAILED));
    assert_false(clear_freshness_terminal(CLEAR_WORKFLOW_CREATED));
    assert_false(clear_freshness_terminal(CLEAR_WORKFLOW_PROCESSING));
    assert_false(clear_freshness_terminal(CLEAR_WORKFLOW_OTHER));
    assert_false(clear_freshness_terminal(CLEAR_WORKFLOW_NONE));
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(the_defaults_are_those_documented),
        cmocka_unit_test(any_is_for_all_but_terminal_answers),
        cmocka_unit_test(
            an_entry_of_a_name_counts_before_any_and_the_last_of_them),
        cmocka_unit_test(an_unfinished_answer_lives_longer_as_its_task_ages),
        cmocka_unit_test(an_age_counts_for_no_error),
        cmocka_unit_test(a_state_says_nothing_of_an_error),
        cmocka_unit_test(
            a_url_ends_the_life_by_the_margin_but_not_in_its_first_half),
        cmocka_unit_test(a_url_that_dies_soon_leaves_a_second),
        cmocka_unit_test(a_shorter_rule_stays_shorter_with_urls),
        cmocka_unit_test(
            a_silent_url_lives_as_configured_and_the_first_end_counts),
        cmocka_unit_test(urls_count_for_finished_answers_alone),
        cmocka_unit_test(a_url_that_outlives_the_clock_does_not_overflow),
        cmocka_unit_test(what_is_forever_ends_never),
        cmocka_unit_test(an_answer_is_fresh_to_the_last_millisecond),
        cmocka_unit_test(
            a_stale_answer_is_served_while_one_fetch_refreshes_it),
        cmocka_unit_test(
            an_error_takes_no_place_of_what_may_be_served_meanwhile),
        cmocka_unit_test(an_error_is_served_while_it_is_fresh),
        cmocka_unit_test(
            a_good_answer_stands_in_for_an_error_as_long_as_it_may),
        cmocka_unit_test(
            upstreams_own_word_is_not_hidden_unless_the_task_is_finished),
        cmocka_unit_test(an_error_older_than_the_good_answer_is_over),
        cmocka_unit_test(success_and_failed_are_terminal_and_nothing_else)
    };

    return unit_run(tests);
}
