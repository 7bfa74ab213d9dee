/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Retry-After: seconds, dates in three forms, and what is neither.
 */


#include "unit.h"

#include "clear/retry_after.h"


/* Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110 */
#define RFC_DATE  784111777


typedef struct {
    const char              *value;
    int64_t                  now;
    int64_t                  seconds;
} retry_case_t;


static void
check_all(const retry_case_t *cases, size_t n)
{
    size_t   i;
    int64_t  seconds;

    for (i = 0; i < n; i++) {
        seconds = clear_retry_after_parse(
                                  (const unsigned char *) cases[i].value,
                                  strlen(cases[i].value), NULL, 0,
                                  cases[i].now);

        if (seconds != cases[i].seconds) {
            fail_msg("\"%s\" gives %lld, not %lld", cases[i].value,
                     (long long) seconds, (long long) cases[i].seconds);
        }
    }
}


static void
seconds_are_taken_however_many(void **state)
{
    static const retry_case_t  cases[] = {
        { "0", 0, 0 },
        { "1", 0, 1 },
        { "007", 0, 7 },
        { "3600", 0, 3600 },
        { "86399", 0, 86399 },
        { "86400", 0, 86400 },
        { "86401", 0, 86401 },
        { "2147483648", 0, INT32_MAX },
        { "9223372036854775808", 0, INT32_MAX },
        { "99999999999999999999999999999999999999999999", 0, INT32_MAX }
    };

    (void) state;
    check_all(cases, unit_count(cases));
}


static void
a_fraction_is_rounded_up(void **state)
{
    static const retry_case_t  cases[] = {
        { "1.5", 0, 2 },
        { "1.0", 0, 1 },
        { "1.000", 0, 1 },
        { "0.001", 0, 1 },
        { "0.0", 0, 0 },
        { "59.999999999999999999999999", 0, 60 },
        { " 2.5 ", 0, 3 }
    };

    (void) state;
    check_all(cases, unit_count(cases));
}


static void
a_date_is_measured_against_upstreams_own(void **state)
{
    size_t   i;
    int64_t  seconds;

    static const struct {
        const char          *value;
        const char          *date;
        int64_t              seconds;
    } cases[] = {
        { "Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:07 GMT",
          30 },
        { "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:07 GMT",
          30 },
        { "Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:38 GMT",
          0 },
        { "Sun, 06 Nov 1994 08:49:37 GMT", "yesterday", 100 },
        { "Sun, 06 Nov 1994 08:49:37 GMT", "", 100 },
        { "7", "Sun, 06 Nov 1994 08:49:07 GMT", 7 }
    };

    (void) state;

    for (i = 0; i < unit_count(cases); i++) {
        seconds = clear_retry_after_parse(
                                  (const unsigned char *) cases[i].value,
                                  strlen(cases[i].value),
                                  (const unsigned char *) cases[i].date,
                                  strlen(cases[i].date), RFC_DATE - 100);

        assert_int_equal(seconds, cases[i].seconds);
    }
}


static void
dates_are_taken_in_all_three_forms(void **state)
{
    static const retry_case_t  cases[] = {
        { "Sun, 06 Nov 1994 08:49:37 GMT", RFC_DATE - 120, 120 },
        { "Sunday, 06-Nov-94 08:49:37 GMT", RFC_DATE - 120, 120 },
        { "Sun Nov  6 08:49:37 1994", RFC_DATE - 120, 120 },
        { "Wed Nov 16 08:49:37 1994", RFC_DATE + 864000 - 9, 9 },
        { "Tue, 29 Feb 2028 00:00:00 GMT", 1835395190, 10 },
        { "Tuesday, 24-Nov-26 10:20:30 GMT", 1795515629, 1 },
        { "Sat, 31 Dec 2016 23:59:60 GMT", 1483228799, 1 }
    };

    (void) state;
    check_all(cases, unit_count(cases));
}


static void
a_date_in_the_past_is_now_and_a_far_one_has_a_bound(void **state)
{
    static const retry_case_t  cases[] = {
        { "Sun, 06 Nov 1994 08:49:37 GMT", RFC_DATE, 0 },
        { "Sun, 06 Nov 1994 08:49:37 GMT", RFC_DATE + 1, 0 },
        { "Sun, 06 Nov 1994 08:49:37 GMT", 1795515630, 0 },
        { "Sun, 06 Nov 1994 08:49:37 GMT", RFC_DATE - 1, 1 },
        { "Sun, 06 Nov 1994 08:49:37 GMT", RFC_DATE - 3600, 3600 },
        { "Sun, 06 Nov 1994 08:49:37 GMT", RFC_DATE - 86401, 86401 },
        { "Fri, 31 Dec 9999 23:59:59 GMT", 0, INT32_MAX }
    };

    (void) state;
    check_all(cases, unit_count(cases));
}


static void
blanks_around_are_ignored(void **state)
{
    static const retry_case_t  cases[] = {
        { " 5", 0, 5 },
        { "5 \t", 0, 5 },
        { "\t 5 ", 0, 5 },
        { "  Sun, 06 Nov 1994 08:49:37 GMT  ", RFC_DATE - 5, 5 }
    };

    (void) state;
    check_all(cases, unit_count(cases));
}


static void
all_else_is_not_valid(void **state)
{
    static const retry_case_t  cases[] = {
        { "", 0, -1 },
        { " \t ", 0, -1 },
        { "-1", 0, -1 },
        { "+1", 0, -1 },
        { "1.", 0, -1 },
        { ".5", 0, -1 },
        { "1.5.5", 0, -1 },
        { "1.5s", 0, -1 },
        { "1,5", 0, -1 },
        { "1 2", 0, -1 },
        { "1,2", 0, -1 },
        { "5s", 0, -1 },
        { "0x10", 0, -1 },
        { "5\r", 0, -1 },
        { "soon", 0, -1 },
        { "Sun, 06 Nov 1994 08:49:37", 0, -1 },
        { "Sun, 06 Nov 1994 08:49:37 UTC", 0, -1 },
        { "Sun, 06 Nov 1994 08:49:37 GMTx", 0, -1 },
        { "Sun, 6 Nov 1994 08:49:37 GMT", 0, -1 },
        { "Sun,06 Nov 1994 08:49:37 GMT", 0, -1 },
        { "sun, 06 nov 1994 08:49:37 gmt", 0, -1 },
        { "Sun, 06 Nov 94 08:49:37 GMT", 0, -1 },
        { "Sun, 06-Nov-94 08:49:37 GMT", 0, -1 },
        { "Sunday, 06-Nov-1994 08:49:37 GMT", 0, -1 },
        { "Sun Nov 6 08:49:37 1994", 0, -1 },
        { "Sun Nov  6 08:49:37 1994 GMT", 0, -1 },
        { "Xxx, 06 Nov 1994 08:49:37 GMT", 0, -1 },
        { "Sun, 06 Xxx 1994 08:49:37 GMT", 0, -1 }
    };

    (void) state;
    check_all(cases, unit_count(cases));
}


static void
a_date_that_no_calendar_has_is_not_valid(void **state)
{
    static const retry_case_t  cases[] = {
        { "Sun, 00 Nov 1994 08:49:37 GMT", 0, -1 },
        { "Sun, 32 Oct 1994 08:49:37 GMT", 0, -1 },
        { "Sun, 31 Nov 1994 08:49:37 GMT", 0, -1 },
        { "Mon, 29 Feb 2027 08:49:37 GMT", 0, -1 },
        { "Mon, 30 Feb 2028 08:49:37 GMT", 0, -1 },
        { "Sun, 06 Nov 1994 24:00:00 GMT", 0, -1 },
        { "Sun, 06 Nov 1994 08:60:37 GMT", 0, -1 },
        { "Sun, 06 Nov 1994 08:49:61 GMT", 0, -1 },
        { "Sun, 06 Nov 1969 08:49:37 GMT", 0, -1 }
    };

    (void) state;
    check_all(cases, unit_count(cases));
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(seconds_are_taken_however_many),
        cmocka_unit_test(a_fraction_is_rounded_up),
        cmocka_unit_test(a_date_is_measured_against_upstreams_own),
        cmocka_unit_test(dates_are_taken_in_all_three_forms),
        cmocka_unit_test(a_date_in_the_past_is_now_and_a_far_one_has_a_bound),
        cmocka_unit_test(blanks_around_are_ignored),
        cmocka_unit_test(all_else_is_not_valid),
        cmocka_unit_test(a_date_that_no_calendar_has_is_not_valid)
    };

    return unit_run(tests);
}
