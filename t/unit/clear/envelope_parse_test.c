/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Bodies from upstream that are refused, in any split: what RFC 8259 forbids,
 * and what a parser in the way would read in another way than ours.
 */


#include "parse.h"


#define GOOD(s)                                                               \
    parse_check(unit_bytes(s), CLEAR_ENVELOPE_OK, "is an envelope")

#define BAD(s)                                                                \
    parse_check(unit_bytes(s), CLEAR_ENVELOPE_BAD, NULL)

#define BAD_FOR(s, reason)                                                    \
    parse_check(unit_bytes(s), CLEAR_ENVELOPE_BAD, reason)


static void
what_is_no_json_is_refused(void **state)
{
    (void) state;

    BAD_FOR("", "is not JSON");
    BAD_FOR(" \r\n\t", "is not JSON");
    BAD_FOR("<html></html>", "is not JSON");
    BAD("{");
    BAD("{\"status\":200");
    BAD("\"abc");
    BAD("tru");
    BAD(PARSE_ROOT("\"x\":01"));
    BAD(PARSE_ROOT("\"x\":1."));
    BAD(PARSE_ROOT("\"x\":.5"));
    BAD(PARSE_ROOT("\"x\":+1"));
    BAD(PARSE_ROOT("\"x\":-"));
    BAD(PARSE_ROOT("\"x\":1e"));
    BAD(PARSE_ROOT("\"x\":NaN"));
    BAD(PARSE_ROOT("\"x\":'y'"));
    BAD(PARSE_ROOT("x:1"));
    BAD(PARSE_ROOT("\"x\":[1,]"));
    BAD(PARSE_ROOT("\"x\":1,"));
    BAD(PARSE_ROOT("\"x\":\"\\x41\""));
    BAD(PARSE_ROOT("\"x\":\"\\u00g0\""));
    BAD(PARSE_ROOT("\"x\":/* */1"));
    BAD(PARSE_ROOT("\"x\":1//\n"));
}


static void
bytes_after_the_value_are_refused(void **state)
{
    (void) state;

    GOOD(PARSE_RESULT("") " \t\r\n");
    GOOD(" \t\r\n" PARSE_RESULT(""));

    BAD(PARSE_RESULT("") "x");
    BAD_FOR(PARSE_RESULT("") "\"", "is not JSON");
    BAD_FOR(PARSE_RESULT("") "\n\"x\\", "is not JSON");
    BAD(PARSE_RESULT("") "}");
    BAD(PARSE_RESULT("") ",");
    BAD(PARSE_RESULT("") "\n{}");
    BAD("1 2");
}


static void
nul_bom_and_control_bytes_are_refused(void **state)
{
    (void) state;

    BAD("\xef\xbb\xbf" PARSE_RESULT(""));
    BAD("\xff\xfe{\0}\0");
    BAD_FOR(PARSE_RESULT("") "\0", "is not UTF-8, or has control bytes");
    BAD("\0" PARSE_RESULT(""));
    BAD(PARSE_ROOT("\"x\":\"a\0b\""));
    BAD(PARSE_ROOT("\f\"x\":1"));
    BAD(PARSE_ROOT("\v\"x\":1"));
    BAD(PARSE_RESULT("") "\f");
    BAD(PARSE_ROOT("\"x\":\"a\nb\""));
    BAD(PARSE_ROOT("\"x\":\"a\tb\""));
    BAD(PARSE_ROOT("\"x\":\"a\x1f" "b\""));

    GOOD(PARSE_ROOT("\"x\":\"\xef\xbb\xbf\x7f\""));
}


static void
invalid_utf8_is_refused_everywhere(void **state)
{
    (void) state;

    BAD(PARSE_ROOT("\"x\":\"\x80\""));
    BAD(PARSE_ROOT("\"x\":\"\xc0\xaf\""));
    BAD(PARSE_ROOT("\"x\":\"\xe0\x80\xaf\""));
    BAD(PARSE_ROOT("\"x\":\"\xf0\x80\x80\xaf\""));
    BAD(PARSE_ROOT("\"x\":\"\xed\xa0\xbd\xed\xb8\x80\""));
    BAD(PARSE_ROOT("\"x\":\"\xf4\x90\x80\x80\""));
    BAD(PARSE_ROOT("\"x\":\"\xe2\x82\""));
    BAD(PARSE_ROOT("\"x\":\"\xfe\""));
    BAD(PARSE_ROOT("\"\xc3\":1"));
    BAD(PARSE_ROOT("\"message\":\"\xc3(\""));
    BAD(PARSE_RESULT("") "\xc3\xa9");
    BAD(PARSE_RESULT("") "\xc3");
}


static void
half_a_surrogate_pair_is_refused_where_it_is_kept(void **state)
{
    (void) state;

    BAD_FOR(PARSE_ROOT("\"message\":\"\\ud83d\""), "has a broken string");
    BAD(PARSE_ROOT("\"message\":\"\\ude00\""));
    BAD(PARSE_ROOT("\"message\":\"\\ude00\\ud83d\""));
    BAD(PARSE_ROOT("\"message\":\"\\ud83d\\u0041\""));
    BAD(PARSE_ROOT("\"message\":\"\\ud83d\\ud83d\\ude00\""));
    BAD(PARSE_RESULT("\"taskId\":\"a\\ud83d\""));
    BAD(PARSE_RESULT("\"workflowStatus\":\"SUCCESS\\udfff\""));
    BAD(PARSE_ERROR("\"code\":\"\\ud83dx\\ude00\""));
    BAD(PARSE_ERROR("\"message\":\"\\udbff\""));
    BAD(PARSE_ERROR("\"validationErrors\":[\"\\ud83d\"]"));
    BAD(PARSE_ERROR("\"validationErrors\":[{\"\\ud83d\":1}]"));
    BAD_FOR(PARSE_ROOT("\"message\":\"a\\u0000b\""), "has a broken string");
    BAD(PARSE_RESULT("\"taskId\":\"\\u0000\""));
    BAD(PARSE_ERROR("\"validationErrors\":[\"\\u0000\"]"));
}


static void
half_a_surrogate_pair_is_fine_elsewhere(void **state)
{
    (void) state;

    GOOD(PARSE_ROOT("\"x\":\"\\ud83d\""));
    GOOD(PARSE_ROOT("\"x\":\"\\u0000\""));
    GOOD(PARSE_ROOT("\"\\ud83d\":1"));
    GOOD(PARSE_RESULT("\"message\":\"\\ude00\""));
    GOOD(PARSE_ROOT("\"x\":\"\\ud83d\",\"message\":\"\\ud83d\\ude00\""));
    GOOD(PARSE_ROOT("\"x\\ud83d\":\"y\",\"message\":\"\\\\ud83d\""));
    GOOD(PARSE_ERROR("\"validationErrors\":[\"\\ud83d\\ude00\"]"));
}


static void
a_key_that_we_read_is_refused_twice(void **state)
{
    (void) state;

    BAD_FOR("{\"status\":200,\"status\":404,\"success\":false}",
            "has a key twice");
    BAD("{\"status\":404,\"st\\u0061tus\":404,\"success\":false}");
    BAD("{\"status\":404,\"success\":false,\"success\":false}");
    BAD(PARSE_ROOT("\"result\":{}"));
    BAD(PARSE_ROOT("\"message\":1,\"message\":2"));
    BAD(PARSE_ROOT("\"error\":null,\"error\":null"));
    BAD(PARSE_ROOT("\"metadata\":null,\"metadata\":null"));
    BAD(PARSE_RESULT("\"taskId\":\"a\",\"taskId\":\"b\""));
    BAD(PARSE_RESULT("\"workflowStatus\":null,\"workflowStatus\":null"));
    BAD(PARSE_RESULT("\"preSignedUrls\":[],\"preSignedUrls\":[]"));
    BAD(PARSE_RESULT("\"activityStatusList\":[{\"errorReportPreSign\":null,"
                     "\"errorReportPreSign\":null}]"));
    BAD(PARSE_ERROR("\"code\":\"1\",\"code\":\"1\""));
    BAD(PARSE_ERROR("\"validationErrors\":[],\"validationErrors\":[]"));
}


static void
other_keys_may_come_twice(void **state)
{
    (void) state;

    GOOD(PARSE_ROOT("\"x\":1,\"x\":2"));
    GOOD(PARSE_ROOT("\"metadata\":{\"status\":1,\"status\":2}"));
    GOOD(PARSE_RESULT("\"status\":1,\"status\":2,\"code\":3,\"code\":4"));
    GOOD(PARSE_RESULT("\"activityStatusList\":[{\"errorReportPreSign\":null},"
                      "{\"errorReportPreSign\":null}]"));
    GOOD(PARSE_ERROR("\"validationErrors\":[{\"a\":1,\"a\":2}]"));
}


/* depth levels of open and close within the two or three of the frame */

static void
check_depth(const char *head, char open, char close, const char *tail,
    int depth, clear_envelope_e rc)
{
    int      i;
    size_t   len;
    char     body[512];
    parse_t  parse;

    len = (size_t) snprintf(body, sizeof(body), "%s", head);

    for (i = 0; i < depth; i++) {

        if (open == '{' && i) {
            memcpy(body + len, "\"a\":", 4);
            len += 4;
        }

        body[len++] = open;
    }

    memset(body + len, close, (size_t) depth);
    len += (size_t) depth;

    (void) snprintf(body + len, sizeof(body) - len, "%s", tail);
    len += strlen(tail);

    parse_all(&parse, (unsigned char *) body, len);
    assert_int_equal(parse.rc, rc);

    if (rc != CLEAR_ENVELOPE_OK) {
        assert_string_equal(clear_envelope_strerror(parse.env),
                            "is nested too deeply");
    }

    parse_end(&parse);
}


static void
nesting_goes_to_64_levels(void **state)
{
    static const char  root[] =
        "{\"status\":200,\"success\":true,\"result\":{},\"x\":";
    static const char  error[] =
        "{\"status\":404,\"success\":false,\"error\":{\"validationErrors\":";

    (void) state;

    check_depth(root, '[', ']', "}", 63, CLEAR_ENVELOPE_OK);
    check_depth(root, '[', ']', "}", 64, CLEAR_ENVELOPE_BAD);
    check_depth(root, '{', '}', "}", 63, CLEAR_ENVELOPE_OK);
    check_depth(root, '{', '}', "}", 64, CLEAR_ENVELOPE_BAD);
    check_depth(error, '[', ']', "}}", 62, CLEAR_ENVELOPE_OK);
    check_depth(error, '[', ']', "}}", 63, CLEAR_ENVELOPE_BAD);
}


static void
nothing_after_a_refusal_changes_it(void **state)
{
    parse_t                parse;
    const clear_task_t  *answer;

    (void) state;

    parse_split(&parse, unit_bytes("{\"status\":x"), 3);
    assert_int_equal(parse.rc, CLEAR_ENVELOPE_BAD);

    assert_int_equal(clear_envelope_feed(parse.env, unit_bytes("{}")),
                     CLEAR_ENVELOPE_BAD);
    assert_int_equal(clear_envelope_finish(parse.env, &answer),
                     CLEAR_ENVELOPE_BAD);
    assert_string_equal(clear_envelope_strerror(parse.env), "is not JSON");

    parse_end(&parse);
}


static void
a_long_string_is_checked_in_pieces_and_not_read(void **state)
{
    parse_t  parse;

    (void) state;

    parse_steps(&parse, unit_bytes(PARSE_ROOT("\"x\":\"0123456789abcd\"")), 3);
    assert_int_equal(parse.rc, CLEAR_ENVELOPE_OK);
    parse_end(&parse);

    parse_steps(&parse, unit_bytes(PARSE_ROOT("\"x\":\"0123456789\\x\"")), 3);
    assert_int_equal(parse.rc, CLEAR_ENVELOPE_BAD);
    parse_end(&parse);

    parse_steps(&parse, unit_bytes("{\"x\":\"0123456789abcd"), 3);
    assert_int_equal(parse.rc, CLEAR_ENVELOPE_BAD);
    parse_end(&parse);

    assert_true(parse_steps(&parse,
                    unit_bytes(PARSE_ROOT("\"message\":\"0123456789abcd\"")),
                    3));
    assert_int_equal(parse.rc, CLEAR_ENVELOPE_BAD);
    parse_end(&parse);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(bytes_after_the_value_are_refused),
        cmocka_unit_test(nul_bom_and_control_bytes_are_refused),
        cmocka_unit_test(invalid_utf8_is_refused_everywhere),
        cmocka_unit_test(half_a_surrogate_pair_is_refused_where_it_is_kept),
        cmocka_unit_test(half_a_surrogate_pair_is_fine_elsewhere),
        cmocka_unit_test(a_key_that_we_read_is_refused_twice),
        cmocka_unit_test(other_keys_may_come_twice),
        cmocka_unit_test(nesting_goes_to_64_levels),
        cmocka_unit_test(nothing_after_a_refusal_changes_it),
        cmocka_unit_test(a_long_string_is_checked_in_pieces_and_not_read)
    };

    return unit_run(tests);
}
