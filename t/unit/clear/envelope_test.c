/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Bodies from upstream that are good: what is read from them, in any split,
 * and what is an envelope and what only good JSON.
 */


#include "parse.h"


static void
sample(const char *name, parse_t *parse)
{
    char            path[256];
    size_t          len;
    unsigned char  *body;

    (void) snprintf(path, sizeof(path), UNIT_SAMPLES "/%s", name);

    body = unit_read(path, &len);
    parse_all(parse, body, len);
    free(body);
}


static void
the_documented_samples_are_read(void **state)
{
    size_t   i;
    parse_t  parse;

    static const struct {
        const char          *file;
        const char          *message;
        const char          *task_id;
        const char          *name;
        clear_workflow_e     workflow;
    } cases[] = {
        { "processing.json",
          "Status fetched successfully 6988a3bc2e0e5e3c6c9aa6da",
          "6988a3bc2e0e5e3c6c9aa6da", "PROCESSING",
          CLEAR_WORKFLOW_PROCESSING },
        { "success.json",
          "Status fetched successfully 6988a3bc2e0e5e3c6c9aa6da",
          "6988a3bc2e0e5e3c6c9aa6da", "SUCCESS", CLEAR_WORKFLOW_SUCCESS },
        { "failed.json",
          "Status fetched successfully 6988c9f8b359874b346bbe9c",
          "6988c9f8b359874b346bbe9c", "FAILED", CLEAR_WORKFLOW_FAILED }
    };

    (void) state;

    for (i = 0; i < unit_count(cases); i++) {
        sample(cases[i].file, &parse);

        assert_int_equal(parse.rc, CLEAR_ENVELOPE_OK);
        assert_int_equal(parse.answer->status, 200);
        assert_int_equal(parse.answer->success, 1);
        assert_int_equal(parse.answer->result, 1);
        assert_int_equal(parse.answer->result_null, 0);
        assert_int_equal(parse.answer->urls, 0);
        assert_int_equal(parse.answer->urls_expire, -1);
        assert_int_equal(parse.answer->workflow, cases[i].workflow);
        unit_check_str(&parse.answer->workflow_name, cases[i].name);
        unit_check_str(&parse.answer->task_id, cases[i].task_id);
        unit_check_str(&parse.answer->message, cases[i].message);
        unit_check_str(&parse.answer->error_code, NULL);

        parse_end(&parse);
    }
}


static void
the_documented_error_is_read(void **state)
{
    parse_t  parse;

    (void) state;

    sample("missing.json", &parse);

    assert_int_equal(parse.rc, CLEAR_ENVELOPE_OK);
    assert_int_equal(parse.answer->status, 404);
    assert_int_equal(parse.answer->success, 0);
    assert_int_equal(parse.answer->result, 0);
    assert_int_equal(parse.answer->result_null, 1);
    assert_int_equal(parse.answer->workflow, CLEAR_WORKFLOW_NONE);
    unit_check_str(&parse.answer->message,
                   "No task found with taskId: 6988a3bc2e0e5e3c6c9aa6d");
    unit_check_str(&parse.answer->error_code, "404");
    unit_check_str(&parse.answer->error_message, "No Such Element Found");
    unit_check_str(&parse.answer->validation_errors, NULL);

    parse_end(&parse);
}


static void
a_workflow_is_known_by_its_exact_name(void **state)
{
    size_t   i;
    char     body[128];
    parse_t  parse;

    static const struct {
        const char          *sent;
        clear_workflow_e     workflow;
        const char          *name;
    } cases[] = {
        { "\"CREATED\"", CLEAR_WORKFLOW_CREATED, "CREATED" },
        { "\"SUC\\u0043ESS\"", CLEAR_WORKFLOW_SUCCESS, "SUCCESS" },
        { "\"success\"", CLEAR_WORKFLOW_OTHER, "success" },
        { "\"SUCCESS \"", CLEAR_WORKFLOW_OTHER, "SUCCESS " },
        { "\"PAUSED\"", CLEAR_WORKFLOW_OTHER, "PAUSED" },
        { "\"\"", CLEAR_WORKFLOW_OTHER, "" },
        { "null", CLEAR_WORKFLOW_NONE, NULL }
    };

    (void) state;

    for (i = 0; i < unit_count(cases); i++) {
        (void) snprintf(body, sizeof(body),
                        PARSE_RESULT("\"workflowStatus\":%s"), cases[i].sent);

        parse_all(&parse, (unsigned char *) body, strlen(body));
        assert_int_equal(parse.rc, CLEAR_ENVELOPE_OK);
        assert_int_equal(parse.answer->workflow, cases[i].workflow);
        unit_check_str(&parse.answer->workflow_name, cases[i].name);
        parse_end(&parse);
    }
}


static void
strings_are_decoded(void **state)
{
    parse_t  parse;

    (void) state;

    parse_all(&parse, unit_bytes(PARSE_ROOT("\"me\\u0073sage\":"
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\xc3\xa9\x7f\"")));

    assert_int_equal(parse.rc, CLEAR_ENVELOPE_OK);
    unit_check_str(&parse.answer->message,
                   "\"\\/\b\f\n\r\t\xc3\xa9\xf0\x9f\x98\x80\xc3\xa9\x7f");

    parse_end(&parse);
}


static void
a_string_of_another_type_is_not_there(void **state)
{
    parse_t  parse;

    (void) state;

    parse_all(&parse, unit_bytes(
        "{\"status\":400,\"success\":false,\"message\":7,\"error\":{"
        "\"code\":404,\"message\":[\"x\"],\"validationErrors\":{\"a\":[1]}}}"));

    assert_int_equal(parse.rc, CLEAR_ENVELOPE_OK);
    unit_check_str(&parse.answer->message, NULL);
    unit_check_str(&parse.answer->error_code, NULL);
    unit_check_str(&parse.answer->error_message, NULL);
    unit_check_str(&parse.answer->validation_errors, NULL);

    parse_end(&parse);
}


static void
only_strings_at_their_place_count(void **state)
{
    parse_t  parse;

    (void) state;

    parse_all(&parse, unit_bytes(
        "{\"taskId\":\"root\",\"code\":\"root\",\"workflowStatus\":7,"
        "\"status\":200,\"success\":true,\"metadata\":{\"status\":\"x\","
        "\"success\":1,\"message\":\"m\",\"result\":[]},\"result\":{"
        "\"status\":\"s\",\"message\":\"r\",\"x\":{\"taskId\":\"deep\"}}}"));

    assert_int_equal(parse.rc, CLEAR_ENVELOPE_OK);
    assert_int_equal(parse.answer->status, 200);
    unit_check_str(&parse.answer->task_id, NULL);
    unit_check_str(&parse.answer->message, NULL);
    unit_check_str(&parse.answer->error_code, NULL);
    unit_check_str(&parse.answer->workflow_name, NULL);

    parse_end(&parse);
}


static void
validation_errors_are_kept_as_json_with_their_numbers(void **state)
{
    size_t   i;
    char     body[512];
    parse_t  parse;

    static const struct {
        const char          *sent;
        const char          *kept;
    } cases[] = {
        { "[]", "[]" },
        { " [ ] ", "[]" },
        { "[1.0, 1e400, -0, 12345678901234567890123]",
          "[1.0,1e400,-0,12345678901234567890123]" },
        { "[{ \"a\" : [ null, true, false ], \"b\": {} }, [[]]]",
          "[{\"a\":[null,true,false],\"b\":{}},[[]]]" },
        { "[\"\\u00e9\\n\\u0001\\/\"]", "[\"\xc3\xa9\\n\\u0001/\"]" },
        { "[{\"field\":\"taskId\",\"message\":\"must be \\\"short\\\"\"}]",
          "[{\"field\":\"taskId\",\"message\":\"must be \\\"short\\\"\"}]" },
        { "[],\"x\":[1,2]", "[]" },
        { "[3],\"code\":\"c\",\"x\":{\"validationErrors\":[4]}", "[3]" },
        { "null", NULL },
        { "\"[]\"", NULL },
        { "7", NULL },
        { "true", NULL }
    };

    (void) state;

    for (i = 0; i < unit_count(cases); i++) {
        (void) snprintf(body, sizeof(body),
                        PARSE_ERROR("\"validationErrors\":%s"), cases[i].sent);

        parse_all(&parse, (unsigned char *) body, strlen(body));
        assert_int_equal(parse.rc, CLEAR_ENVELOPE_OK);
        unit_check_str(&parse.answer->validation_errors, cases[i].kept);
        parse_end(&parse);
    }
}


static void
check_urls(const unsigned char *body, size_t len, int urls, int silent,
    int64_t expire)
{
    parse_t  parse;

    parse_all(&parse, body, len);

    assert_int_equal(parse.rc, CLEAR_ENVELOPE_OK);
    assert_int_equal(parse.answer->urls, urls);
    assert_int_equal(parse.answer->urls_silent, silent);
    assert_int_equal(parse.answer->urls_expire, expire);

    parse_end(&parse);
}


static void
presigned_urls_are_found_wherever_they_may_be(void **state)
{
    (void) state;

    check_urls(unit_bytes(PARSE_RESULT(
        "\"preSignedUrls\":[\"https://h/?Expires=9\"],"
        "\"generatedURLs\":[{\"url\":\"https://h/?Expires=7\"}],"
        "\"activityStatusList\":["
        "{\"errorReportPreSign\":\"https:\\/\\/h\\/?Expires\\u003d8\"},"
        "{\"errorReportPreSign\":null},"
        "{\"errorReportPreSign\":\"http://h/?Expires=6\"}]")), 1, 0, 6);

    check_urls(unit_bytes(PARSE_RESULT(
        "\"preSignedUrls\":\"https://h/?Expires=9\"")), 1, 0, 9);

    check_urls(unit_bytes(PARSE_RESULT(
        "\"generatedURLs\":[\"https://h/\",\"https://h/?Expires=9\"]")),
        1, 1, 9);

    check_urls(unit_bytes(PARSE_RESULT(
        "\"preSignedUrls\":{\"a\":[[\"http://h/\"]]}")), 1, 1, -1);
}


static void
other_urls_are_no_presigned_ones(void **state)
{
    (void) state;

    check_urls(unit_bytes(PARSE_RESULT(
        "\"urlsToNotify\":[\"https://h/?Expires=9\"],"
        "\"message\":\"https://h/?Expires=9\","
        "\"preSignedUrls\":[\"\",\"ftp://h/?Expires=9\",7,null,\"https:/\"],"
        "\"activityStatusList\":[\"https://h/?Expires=9\","
        "{\"errorMessage\":\"https://h/\"},[\"https://h/\"]]")), 0, 0, -1);

    check_urls(unit_bytes(PARSE_ROOT(
        "\"preSignedUrls\":[\"https://h/?Expires=9\"]")), 0, 0, -1);
}


static void
a_status_is_an_integer_that_fits(void **state)
{
    size_t   i;
    char     body[256];
    parse_t  parse;

    static const struct {
        const char          *sent;
        int                  ok;
        int                  status;
    } cases[] = {
        { "200", 1, 200 },
        { "0", 1, 0 },
        { "-404", 1, -404 },
        { "2147483647", 1, 2147483647 },
        { "2147483648", 0, 0 },
        { "-2147483647", 1, -2147483647 },
        { "99999999999999999999999999", 0, 0 },
        { "4294967496", 0, 0 },
        { "18446744073709551816", 0, 0 },
        { "200.0", 0, 0 },
        { "1e2", 0, 0 },
        { "2E2", 0, 0 },
        { "\"200\"", 0, 0 },
        { "true", 0, 0 },
        { "null", 0, 0 },
        { "[200]", 0, 0 },
        { "{\"status\":200}", 0, 0 }
    };

    (void) state;

    for (i = 0; i < unit_count(cases); i++) {
        (void) snprintf(body, sizeof(body),
                        "{\"status\":%s,\"success\":false}", cases[i].sent);

        parse_all(&parse, (unsigned char *) body, strlen(body));

        if (parse.rc != (cases[i].ok ? CLEAR_ENVELOPE_OK
                                     : CLEAR_ENVELOPE_NOT_ENVELOPE))
        {
            fail_msg("%s: %d", body, parse.rc);
        }

        if (parse.answer) {
            assert_int_equal(parse.answer->status, cases[i].status);
        }

        parse_end(&parse);
    }
}


#define IS_ENVELOPE(s)                                                        \
    parse_check(unit_bytes(s), CLEAR_ENVELOPE_OK, "is an envelope")

#define NO_ENVELOPE(s)                                                        \
    parse_check(unit_bytes(s), CLEAR_ENVELOPE_NOT_ENVELOPE,                   \
                "is JSON, but no envelope")


static void
an_envelope_has_a_status_a_success_and_with_it_a_result(void **state)
{
    (void) state;

    IS_ENVELOPE("{\"status\":200,\"success\":true,\"result\":{}}");
    IS_ENVELOPE("{\"result\":null,\"success\":true,\"status\":200}");
    IS_ENVELOPE("{\"status\":404,\"success\":false}");
    IS_ENVELOPE("{\"status\":404,\"success\":false,\"error\":\"x\"}");

    NO_ENVELOPE("{}");
    NO_ENVELOPE("[]");
    NO_ENVELOPE("7");
    NO_ENVELOPE("null");
    NO_ENVELOPE("\"\"");
    NO_ENVELOPE("\"status\"");
    NO_ENVELOPE("[{\"status\":404,\"success\":false}]");
    NO_ENVELOPE("{\"a\":{\"status\":404,\"success\":false}}");
    NO_ENVELOPE("{\"status\":200}");
    NO_ENVELOPE("{\"success\":false}");
    NO_ENVELOPE("{\"status\":200,\"success\":true}");
    NO_ENVELOPE("{\"Status\":404,\"success\":false}");
}


static void
types_that_no_envelope_has_make_it_none(void **state)
{
    (void) state;

    NO_ENVELOPE("{\"status\":404,\"success\":\"false\"}");
    NO_ENVELOPE("{\"status\":404,\"success\":0}");
    NO_ENVELOPE("{\"status\":404,\"success\":null}");
    NO_ENVELOPE("{\"status\":404,\"success\":[]}");
    NO_ENVELOPE("{\"status\":404,\"success\":{}}");
    NO_ENVELOPE("{\"status\":200,\"success\":true,\"result\":[]}");
    NO_ENVELOPE("{\"status\":200,\"success\":true,\"result\":\"\"}");
    NO_ENVELOPE("{\"status\":200,\"success\":true,\"result\":0}");
    NO_ENVELOPE("{\"status\":200,\"success\":true,\"result\":true}");
    NO_ENVELOPE(PARSE_RESULT("\"workflowStatus\":7"));
    NO_ENVELOPE(PARSE_RESULT("\"workflowStatus\":true"));
    NO_ENVELOPE(PARSE_RESULT("\"workflowStatus\":[\"SUCCESS\"]"));
    NO_ENVELOPE(PARSE_RESULT("\"workflowStatus\":{}"));
}


static void
an_errors_result_may_be_anything(void **state)
{
    (void) state;

    IS_ENVELOPE("{\"status\":404,\"success\":false,\"result\":[]}");
    IS_ENVELOPE("{\"status\":404,\"success\":false,\"result\":\"\"}");
    IS_ENVELOPE("{\"result\":0,\"status\":404,\"success\":false}");
    IS_ENVELOPE("{\"status\":404,\"success\":false,\"result\":false}");
    IS_ENVELOPE("{\"status\":404,\"success\":false,\"result\":{}}");
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(the_documented_samples_are_read),
        cmocka_unit_test(the_documented_error_is_read),
        cmocka_unit_test(a_workflow_is_known_by_its_exact_name),
        cmocka_unit_test(strings_are_decoded),
        cmocka_unit_test(a_string_of_another_type_is_not_there),
        cmocka_unit_test(only_strings_at_their_place_count),
        cmocka_unit_test(validation_errors_are_kept_as_json_with_their_numbers),
        cmocka_unit_test(presigned_urls_are_found_wherever_they_may_be),
        cmocka_unit_test(other_urls_are_no_presigned_ones),
        cmocka_unit_test(a_status_is_an_integer_that_fits),
        cmocka_unit_test(
            an_envelope_has_a_status_a_success_and_with_it_a_result),
        cmocka_unit_test(types_that_no_envelope_has_make_it_none),
        cmocka_unit_test(an_errors_result_may_be_anything)
    };

    return unit_run(tests);
}
