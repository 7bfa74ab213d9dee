/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What came from upstream -> what the caller gets: every row of the table of
 * errors in docs/http.md.
 */


#include "unit.h"

#include "clear/verdict.h"


#define UNKNOWN       CLEAR_UPSTREAM_UNKNOWN
#define ALIVE         CLEAR_UPSTREAM_ALIVE
#define DOWN          CLEAR_UPSTREAM_DOWN
#define LIMITED       CLEAR_UPSTREAM_LIMITED
#define UNAUTHORIZED  CLEAR_UPSTREAM_UNAUTHORIZED
#define FORBIDDEN     CLEAR_UPSTREAM_FORBIDDEN


typedef struct {
    int                      http;
    int                      success;     /* the envelope's; -1: none */
    int                      status;      /* the envelope's */
    const char              *result;      /* "{}", "null" or "" */
    int                      expected;    /* 200, or the error's */
    clear_upstream_e         upstream;
    int                      credentials;
} verdict_case_t;


static void
verdict_of(const verdict_case_t *c, clear_verdict_t *v)
{
    clear_task_t           a;
    static const clear_str_t  message = unit_str("its message");

    memset(&a, 0, sizeof(clear_task_t));

    a.status = c->status;
    a.success = (c->success == 1);
    a.result = !strcmp(c->result, "{}");
    a.result_null = !strcmp(c->result, "null");
    a.message = message;

    clear_verdict(CLEAR_TRANSPORT_OK, c->http,
                  c->success < 0 ? CLEAR_ENVELOPE_BAD : CLEAR_ENVELOPE_OK, &a,
                  v);
}


static void
check_all(const verdict_case_t *cases, size_t n)
{
    size_t           i;
    clear_verdict_t  v;

    for (i = 0; i < n; i++) {
        verdict_of(&cases[i], &v);

        if (v.success != (cases[i].expected == 200)
            || (!v.success && v.error.status != cases[i].expected)
            || v.upstream != cases[i].upstream
            || v.credentials != cases[i].credentials
            || (v.reason == NULL) != v.success)
        {
            fail_msg("HTTP %d, envelope %d %d %s: %d, upstream %d, "
                     "credentials %d", cases[i].http, cases[i].success,
                     cases[i].status, cases[i].result, v.error.status,
                     v.upstream, v.credentials);
        }
    }
}


static void
a_success_is_passed_under_any_2xx_but_206(void **state)
{
    static const verdict_case_t  cases[] = {
        { 200, 1, 200, "{}", 200, ALIVE, 0 },
        { 201, 1, 200, "{}", 200, ALIVE, 0 },
        { 203, 1, 200, "{}", 200, ALIVE, 0 },
        { 299, 1, 200, "{}", 200, ALIVE, 0 },
        { 206, 1, 200, "{}", 502, ALIVE, 0 },
        { 199, 1, 200, "{}", 502, ALIVE, 0 }
    };

    (void) state;
    check_all(cases, unit_count(cases));
}


static void
a_null_result_is_a_task_that_nobody_knows(void **state)
{
    static const verdict_case_t  cases[] = {
        { 200, 1, 200, "null", 404, ALIVE, 0 }
    };

    (void) state;
    check_all(cases, unit_count(cases));
}


static void
an_envelopes_error_is_believed_whatever_the_http_status(void **state)
{
    static const verdict_case_t  cases[] = {
        { 200, 0, 404, "null", 404, ALIVE, 0 },
        { 404, 0, 404, "null", 404, ALIVE, 0 },
        { 500, 0, 404, "null", 404, ALIVE, 0 },
        { 200, 1, 404, "{}", 404, ALIVE, 0 },
        { 200, 0, 400, "null", 400, ALIVE, 0 },
        { 200, 0, 418, "null", 418, ALIVE, 0 },
        { 200, 0, 429, "null", 429, LIMITED, 0 },
        { 200, 0, 500, "null", 500, ALIVE, 0 },
        { 200, 0, 501, "null", 501, ALIVE, 0 },
        { 200, 0, 502, "null", 502, ALIVE, 0 },
        { 200, 0, 503, "null", 503, ALIVE, 0 },
        { 200, 0, 504, "null", 504, ALIVE, 0 },
        { 200, 0, 599, "", 599, ALIVE, 0 }
    };

    (void) state;
    check_all(cases, unit_count(cases));
}


static void
an_envelopes_impossible_status_is_502(void **state)
{
    static const verdict_case_t  cases[] = {
        { 200, 0, 200, "{}", 502, ALIVE, 0 },
        { 200, 0, 399, "null", 502, ALIVE, 0 },
        { 200, 0, 600, "null", 502, ALIVE, 0 },
        { 200, 0, 0, "null", 502, ALIVE, 0 },
        { 200, 0, -404, "null", 502, ALIVE, 0 },
        { 200, 0, INT32_MAX, "null", 502, ALIVE, 0 },
        { 200, 1, 201, "{}", 502, ALIVE, 0 },
        { 200, 1, 302, "{}", 502, ALIVE, 0 }
    };

    (void) state;
    check_all(cases, unit_count(cases));
}


static void
credentials_that_upstream_refuses_are_403_for_the_caller(void **state)
{
    static const verdict_case_t  cases[] = {
        { 401, -1, 0, "", 403, UNAUTHORIZED, 1 },
        { 403, -1, 0, "", 403, FORBIDDEN, 1 },
        { 401, 0, 401, "null", 403, UNAUTHORIZED, 1 },
        { 200, 0, 401, "null", 403, UNAUTHORIZED, 1 },
        { 200, 0, 403, "null", 403, FORBIDDEN, 1 },
        { 403, 0, 404, "null", 404, FORBIDDEN, 1 },
        { 407, -1, 0, "", 407, ALIVE, 0 }
    };

    (void) state;
    check_all(cases, unit_count(cases));
}


static void
an_http_error_without_an_envelope_stays_or_is_502(void **state)
{
    static const verdict_case_t  cases[] = {
        { 400, -1, 0, "", 400, ALIVE, 0 },
        { 404, -1, 0, "", 404, ALIVE, 0 },
        { 429, -1, 0, "", 429, LIMITED, 0 },
        { 499, -1, 0, "", 499, ALIVE, 0 },
        { 500, -1, 0, "", 500, ALIVE, 0 },
        { 501, -1, 0, "", 502, ALIVE, 0 },
        { 502, -1, 0, "", 502, DOWN, 0 },
        { 503, -1, 0, "", 503, DOWN, 0 },
        { 504, -1, 0, "", 504, DOWN, 0 },
        { 505, -1, 0, "", 502, ALIVE, 0 },
        { 599, -1, 0, "", 502, ALIVE, 0 },
        { 600, -1, 0, "", 502, ALIVE, 0 },
        { 999, -1, 0, "", 502, ALIVE, 0 }
    };

    (void) state;
    check_all(cases, unit_count(cases));
}


static void
an_http_error_around_a_success_counts(void **state)
{
    static const verdict_case_t  cases[] = {
        { 404, 1, 200, "{}", 404, ALIVE, 0 },
        { 429, 1, 200, "{}", 429, LIMITED, 0 },
        { 500, 1, 200, "{}", 500, ALIVE, 0 },
        { 500, 1, 200, "null", 500, ALIVE, 0 },
        { 503, 1, 200, "{}", 503, ALIVE, 0 },
        { 505, 1, 200, "{}", 502, ALIVE, 0 }
    };

    (void) state;
    check_all(cases, unit_count(cases));
}


static void
a_redirect_is_502_whatever_it_carries(void **state)
{
    static const verdict_case_t  cases[] = {
        { 300, -1, 0, "", 502, ALIVE, 0 },
        { 302, -1, 0, "", 502, ALIVE, 0 },
        { 304, -1, 0, "", 502, ALIVE, 0 },
        { 399, -1, 0, "", 502, ALIVE, 0 },
        { 302, 1, 200, "{}", 502, ALIVE, 0 },
        { 302, 0, 404, "null", 502, ALIVE, 0 }
    };

    (void) state;
    check_all(cases, unit_count(cases));
}


static void
a_2xx_that_is_no_envelope_is_502(void **state)
{
    clear_verdict_t              v;
    static const verdict_case_t  cases[] = {
        { 200, -1, 0, "", 502, ALIVE, 0 },
        { 204, -1, 0, "", 502, ALIVE, 0 }
    };

    (void) state;
    check_all(cases, unit_count(cases));

    clear_verdict(CLEAR_TRANSPORT_OK, 200, CLEAR_ENVELOPE_NOT_ENVELOPE, NULL,
                  &v);
    assert_int_equal(v.error.status, 502);
}


static void
an_exchange_that_did_not_work_has_its_status(void **state)
{
    size_t           i;
    clear_verdict_t  v;

    static const struct {
        clear_transport_e    transport;
        int                  status;
        clear_upstream_e     upstream;
    } cases[] = {
        { CLEAR_TRANSPORT_RESOLVE, 502, DOWN },
        { CLEAR_TRANSPORT_CONNECT, 502, DOWN },
        { CLEAR_TRANSPORT_TLS, 502, DOWN },
        { CLEAR_TRANSPORT_TIMEOUT, 504, DOWN },
        { CLEAR_TRANSPORT_BROKEN, 502, DOWN },
        { CLEAR_TRANSPORT_TOO_LARGE, 502, ALIVE },
        { CLEAR_TRANSPORT_LOCAL, 503, UNKNOWN }
    };

    (void) state;

    for (i = 0; i < unit_count(cases); i++) {

        /* what had arrived till then does not count */

        clear_verdict(cases[i].transport, 401, CLEAR_ENVELOPE_OK, NULL, &v);

        assert_int_equal(v.success, 0);
        assert_int_equal(v.error.status, cases[i].status);
        assert_int_equal(v.upstream, cases[i].upstream);
        assert_int_equal(v.waits, 0);
        assert_int_equal(v.credentials, 0);
        assert_non_null(v.reason);
        assert_non_null(v.error.message.data);
    }
}


static void
of_429_and_503_retry_after_counts(void **state)
{
    size_t           i;
    clear_verdict_t  v;

    static const struct {
        verdict_case_t       from;
        unsigned             waits;
    } cases[] = {
        { { 429, -1, 0, "", 429, LIMITED, 0 }, 1 },
        { { 503, -1, 0, "", 503, DOWN, 0 }, 1 },
        { { 200, 0, 429, "null", 429, LIMITED, 0 }, 1 },
        { { 503, 0, 503, "null", 503, ALIVE, 0 }, 1 },
        { { 429, 0, 500, "null", 500, LIMITED, 0 }, 1 },
        { { 200, 1, 200, "{}", 200, ALIVE, 0 }, 0 },
        { { 401, -1, 0, "", 403, UNAUTHORIZED, 1 }, 0 },
        { { 504, -1, 0, "", 504, DOWN, 0 }, 0 }
    };

    (void) state;

    for (i = 0; i < unit_count(cases); i++) {
        check_all(&cases[i].from, 1);

        verdict_of(&cases[i].from, &v);
        assert_int_equal(v.waits, cases[i].waits);
    }
}


static void
what_an_envelope_says_is_kept(void **state)
{
    clear_task_t   a;
    clear_verdict_t  v;

    static const clear_str_t  message = unit_str("m");
    static const clear_str_t  code = unit_str("c");
    static const clear_str_t  text = unit_str("t");
    static const clear_str_t  array = unit_str("[1]");

    (void) state;

    memset(&a, 0, sizeof(clear_task_t));

    a.status = 422;
    a.message = message;
    a.error_code = code;
    a.error_message = text;
    a.validation_errors = array;

    clear_verdict(CLEAR_TRANSPORT_OK, 200, CLEAR_ENVELOPE_OK, &a, &v);

    assert_int_equal(v.error.status, 422);
    unit_check_str(&v.error.message, "m");
    unit_check_str(&v.error.code, "c");
    unit_check_str(&v.error.error_message, "t");
    unit_check_str(&v.error.validation_errors, "[1]");
    unit_check_str(&v.error.field, NULL);

    /* not so what contradicts it */

    a.status = 200;
    a.success = 1;
    a.result = 1;

    clear_verdict(CLEAR_TRANSPORT_OK, 500, CLEAR_ENVELOPE_OK, &a, &v);

    assert_int_equal(v.error.status, 500);
    unit_check_str(&v.error.message, NULL);
    unit_check_str(&v.error.code, NULL);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_success_is_passed_under_any_2xx_but_206),
        cmocka_unit_test(a_null_result_is_a_task_that_nobody_knows),
        cmocka_unit_test(
            an_envelopes_error_is_believed_whatever_the_http_status),
        cmocka_unit_test(an_envelopes_impossible_status_is_502),
        cmocka_unit_test(
            credentials_that_upstream_refuses_are_403_for_the_caller),
        cmocka_unit_test(an_http_error_without_an_envelope_stays_or_is_502),
        cmocka_unit_test(an_http_error_around_a_success_counts),
        cmocka_unit_test(a_redirect_is_502_whatever_it_carries),
        cmocka_unit_test(a_2xx_that_is_no_envelope_is_502),
        cmocka_unit_test(an_exchange_that_did_not_work_has_its_status),
        cmocka_unit_test(of_429_and_503_retry_after_counts),
        cmocka_unit_test(what_an_envelope_says_is_kept)
    };

    return unit_run(tests);
}
