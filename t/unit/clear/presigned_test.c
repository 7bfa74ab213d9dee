/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * When a presigned URL says that it dies: each scheme, and what only looks
 * like one.
 */


#include "unit.h"

#include "clear/presigned.h"


/* 2026-11-24T10:20:30Z */
#define TOLD  1795515630

#define HOST  "https://bucket.example/report.xlsx"


typedef struct {
    const char              *url;
    int64_t                  expires;
} presigned_case_t;


static void
check_all(const presigned_case_t *cases, size_t n)
{
    size_t             i;
    clear_presigned_t  u;

    for (i = 0; i < n; i++) {
        clear_presigned((const unsigned char *) cases[i].url,
                        strlen(cases[i].url), &u);

        if (u.expires != cases[i].expires) {
            fail_msg("\"%s\" gives %lld, not %lld", cases[i].url,
                     (long long) u.expires, (long long) cases[i].expires);
        }
    }
}


static void
each_scheme_is_read(void **state)
{
    static const presigned_case_t  cases[] = {
        { HOST "?X-Amz-Date=20261124T102030Z&X-Amz-Expires=3600",
          TOLD + 3600 },
        { HOST "?X-Amz-Expires=3600&a=b&X-Amz-Date=20261124T102030Z&c",
          TOLD + 3600 },
        { HOST "?X-Goog-Date=20261124T102030Z&X-Goog-Expires=900",
          TOLD + 900 },
        { HOST "?AWSAccessKeyId=A&Signature=s&Expires=1795515630", TOLD },
        { HOST "?Expires=0", 0 },
        { HOST "?sv=2024-05-04&se=2026-11-24T10:20:30Z&sp=r", TOLD },
        { HOST "?se=2026-11-24T10:20:30.1234567Z", TOLD },
        { HOST "?se=2026-11-24T10:20Z", TOLD - 30 },
        { HOST "?se=2026-11-24", TOLD - 37230 },
        { HOST "?Expires=1795515630#Expires=1", TOLD }
    };

    (void) state;
    check_all(cases, unit_count(cases));
}


static void
names_count_in_any_case_and_values_decoded(void **state)
{
    static const presigned_case_t  cases[] = {
        { HOST "?x-amz-date=20261124T102030Z&X-AMZ-EXPIRES=60", TOLD + 60 },
        { HOST "?X-GOOG-DATE=20261124T102030Z&x-goog-expires=60", TOLD + 60 },
        { HOST "?EXPIRES=%31%37%395515630", TOLD },
        { HOST "?SE=2026-11-24T10%3A20%3a30Z", TOLD }
    };

    (void) state;
    check_all(cases, unit_count(cases));
}


static void
of_several_ends_the_first_counts(void **state)
{
    static const presigned_case_t  cases[] = {
        { HOST "?Expires=1795515631&se=2026-11-24T10:20:30Z", TOLD },
        { HOST "?se=2026-11-24T10:20:31Z&Expires=1795515630", TOLD },
        { HOST "?Expires=1795515631"
          "&X-Amz-Date=20261124T102030Z&X-Amz-Expires=0", TOLD }
    };

    (void) state;
    check_all(cases, unit_count(cases));
}


static void
a_url_that_does_not_say_is_silent(void **state)
{
    static const presigned_case_t  cases[] = {
        { "", -1 },
        { "?", -1 },
        { HOST, -1 },
        { HOST "?", -1 },
        { HOST "?&&=&", -1 },
        { HOST "#?Expires=1795515630", -1 },
        { HOST "?X-Amz-Date=20261124T102030Z", -1 },
        { HOST "?X-Amz-Expires=3600", -1 },
        { HOST "?X-Amz-Date=20261124T102030Z&X-Goog-Expires=1", -1 },
        { HOST "?Expires", -1 },
        { HOST "?Expires=", -1 },
        { HOST "?xExpires=1795515630", -1 },
        { HOST "?Expires2=1795515630", -1 },
        { HOST "?a=Expires=1795515630", -1 },
        { "https://host/Expires=1795515630", -1 }
    };

    (void) state;
    check_all(cases, unit_count(cases));
}


static void
a_url_that_says_nonsense_is_silent(void **state)
{
    static const presigned_case_t  cases[] = {
        { HOST "?Expires=soon", -1 },
        { HOST "?Expires=-5", -1 },
        { HOST "?Expires=+5", -1 },
        { HOST "?Expires=1795515630.5", -1 },
        { HOST "?Expires=%", -1 },
        { HOST "?Expires=1%2", -1 },
        { HOST "?Expires=1%zz", -1 },
        { HOST "?Expires=1%00", -1 },
        { HOST "?Expires=99999999999999999999999", -1 },
        { HOST "?Expires=0000000000000000000000000000000000000000001", -1 },
        { HOST "?X-Amz-Date=20261124T102030Z&X-Amz-Expires=99999999999", -1 },
        { HOST "?X-Amz-Date=20261124T102030Z&X-Amz-Expires=-1", -1 },
        { HOST "?X-Amz-Date=20261124T102030&X-Amz-Expires=1", -1 },
        { HOST "?X-Amz-Date=20261124 102030Z&X-Amz-Expires=1", -1 },
        { HOST "?X-Amz-Date=20261124T10203xZ&X-Amz-Expires=1", -1 },
        { HOST "?se=2026-11-24T10:20:30", -1 },
        { HOST "?se=2026-11-24T10:20:30+01:00", -1 },
        { HOST "?se=2026-11-24T10Z", -1 },
        { HOST "?se=2026-11-24Z", -1 },
        { HOST "?se=2026-11", -1 },
        { HOST "?se=2026-11-24T10:20:30Zx", -1 },
        { HOST "?se=2026/11/24T10:20:30Z", -1 }
    };

    (void) state;
    check_all(cases, unit_count(cases));
}


static void
a_date_that_no_calendar_has_is_nonsense(void **state)
{
    static const presigned_case_t  cases[] = {
        { HOST "?se=1969-12-31T23:59:59Z", -1 },
        { HOST "?se=2026-00-24T10:20:30Z", -1 },
        { HOST "?se=2026-13-24T10:20:30Z", -1 },
        { HOST "?se=2026-11-00T10:20:30Z", -1 },
        { HOST "?se=2026-11-32T10:20:30Z", -1 },
        { HOST "?se=2026-11-31T10:20:30Z", -1 },
        { HOST "?se=2027-02-29T10:20:30Z", -1 },
        { HOST "?se=2026-11-24T24:20:30Z", -1 },
        { HOST "?se=2026-11-24T10:60:30Z", -1 },
        { HOST "?se=2026-11-24T10:20:61Z", -1 },
        { HOST "?se=2028-02-29T00:00:00Z", 1835395200 }
    };

    (void) state;
    check_all(cases, unit_count(cases));
}


static void
no_byte_after_the_end_is_read(void **state)
{
    size_t              len;
    unsigned char      *p;
    clear_presigned_t   u;

    (void) state;

    for (len = 0; len < sizeof(HOST "?Expires=1795515630%2"); len++) {
        p = malloc(len + 1);
        assert_non_null(p);

        memcpy(p + 1, HOST "?Expires=1795515630%2", len);
        clear_presigned(p + 1, len, &u);

        free(p);
    }
}


static clear_presigned_t
presigned(const char *url)
{
    clear_presigned_t  u;

    clear_presigned((const unsigned char *) url, strlen(url), &u);

    return u;
}


static void
a_url_says_how_long_it_lives(void **state)
{
    (void) state;

    assert_int_equal(presigned(HOST "?X-Amz-Date=20261124T102030Z"
                               "&X-Amz-Expires=3600").span, 3600);
    assert_int_equal(presigned(HOST "?X-Goog-Expires=60").span, 60);
    assert_int_equal(presigned(HOST "?st=2026-11-24T10:20:30Z"
                               "&se=2026-11-24T10:30:30Z").span, 600);
    assert_int_equal(presigned(HOST "?Expires=1795515630").span, -1);
    assert_int_equal(presigned(HOST "?st=2026-11-24T10:30:30Z"
                               "&se=2026-11-24T10:20:30Z").span, -1);
}


static void
an_azure_url_dies_with_its_key(void **state)
{
    (void) state;

    assert_int_equal(presigned(HOST "?se=2026-11-25T10:20:30Z"
                               "&ske=2026-11-24T10:20:30Z").expires, TOLD);
    assert_int_equal(presigned(HOST "?se=2026-11-24T10:20:30Z"
                               "&ske=2026-11-25T10:20:30Z").expires, TOLD);
}


static void
a_session_token_is_seen_whatever_its_length(void **state)
{
    (void) state;

    assert_true(presigned(HOST "?X-Amz-Security-Token=IQoJb3JpZ2luX2VjEAAAAAAAA"
                          "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%2F&Expires=1")
                .session);
    assert_true(presigned(HOST "?x-amz-security-token=a").session);
    assert_false(presigned(HOST "?Security-Token=a").session);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(each_scheme_is_read),
        cmocka_unit_test(names_count_in_any_case_and_values_decoded),
        cmocka_unit_test(of_several_ends_the_first_counts),
        cmocka_unit_test(a_url_that_does_not_say_is_silent),
        cmocka_unit_test(a_url_that_says_nonsense_is_silent),
        cmocka_unit_test(a_date_that_no_calendar_has_is_nonsense),
        cmocka_unit_test(no_byte_after_the_end_is_read),
        cmocka_unit_test(a_url_says_how_long_it_lives),
        cmocka_unit_test(an_azure_url_dies_with_its_key),
        cmocka_unit_test(a_session_token_is_seen_whatever_its_length)
    };

    return unit_run(tests);
}
