/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Errors for callers: the six keys in their order, the defaults, and that a
 * parser reads from them what was written.
 */


#include "parse.h"

#include "answer.h"


static void
write_error(const clear_error_t *error, const char *expected)
{
    clear_str_t    out;
    unit_memory_t  memory;
    clear_alloc_t  alloc;

    memset(&memory, 0, sizeof(unit_memory_t));
    unit_alloc_init(&alloc, &memory);

    assert_int_equal(clear_envelope_write(&alloc, error, &out),
                     CLEAR_ENVELOPE_OK);

    if (out.len != strlen(expected)
        || memcmp(out.data, expected, out.len) != 0)
    {
        fail_msg("%.*s\nis not\n%s", (int) out.len, out.data, expected);
    }

    alloc.free(alloc.ctx, (void *) out.data);
    assert_int_equal(memory.live, 0);
}


static void
the_six_keys_are_there_in_their_order(void **state)
{
    static const clear_error_t  error = {
        .status = 404,
        .message = unit_str("No task found with taskId: X")
    };

    (void) state;

    write_error(&error,
        "{\"status\":404,\"success\":false,"
        "\"message\":\"No task found with taskId: X\",\"result\":null,"
        "\"error\":{\"code\":\"404\",\"message\":\"No Such Element Found\","
        "\"validationErrors\":null},\"metadata\":null}");
}


static void
a_field_makes_one_validation_error(void **state)
{
    static const clear_error_t  error = {
        .status = 400,
        .field = unit_str("taskId"),
        .field_message = unit_str("is missing")
    };

    (void) state;

    write_error(&error,
        "{\"status\":400,\"success\":false,"
        "\"message\":\"The request is invalid\",\"result\":null,"
        "\"error\":{\"code\":\"400\",\"message\":\"Bad Request\","
        "\"validationErrors\":[{\"field\":\"taskId\","
        "\"message\":\"is missing\"}]},\"metadata\":null}");
}


static void
a_parsers_validation_errors_stand_as_they_are(void **state)
{
    static const clear_error_t  error = {
        .status = 422,
        .message = unit_str(""),
        .code = unit_str("E1"),
        .error_message = unit_str("\"\\/\n\x01\xc3\xa9"),
        .validation_errors = unit_str("[1.0,{\"a\":\"\xc3\xa9\"}]"),
        .field = unit_str("not this")
    };

    (void) state;

    write_error(&error,
        "{\"status\":422,\"success\":false,\"message\":\"\",\"result\":null,"
        "\"error\":{\"code\":\"E1\","
        "\"message\":\"\\\"\\\\/\\n\\u0001\xc3\xa9\","
        "\"validationErrors\":[1.0,{\"a\":\"\xc3\xa9\"}]},"
        "\"metadata\":null}");
}


static void
text_that_is_not_utf8_becomes_the_default(void **state)
{
    static const clear_error_t  error = {
        .status = 503,
        .message = unit_str("caf\xe9"),
        .code = unit_str("\xc0\x80"),
        .error_message = unit_str("\xed\xa0\x80")
    };

    (void) state;

    write_error(&error,
        "{\"status\":503,\"success\":false,"
        "\"message\":\"The service is not available now\",\"result\":null,"
        "\"error\":{\"code\":\"503\",\"message\":\"Service Unavailable\","
        "\"validationErrors\":null},\"metadata\":null}");
}


/* what a parser reads from what was written */

static void
read_back(const clear_error_t *error, parse_t *parse)
{
    clear_str_t    out;
    unit_memory_t  memory;
    clear_alloc_t  alloc;

    memset(&memory, 0, sizeof(unit_memory_t));
    unit_alloc_init(&alloc, &memory);

    assert_int_equal(clear_envelope_write(&alloc, error, &out),
                     CLEAR_ENVELOPE_OK);

    parse_split(parse, out.data, out.len, out.len);
    assert_int_equal(parse->rc, CLEAR_ENVELOPE_OK);
    assert_int_equal(parse->answer->status, error->status);
    assert_int_equal(parse->answer->success, 0);
    assert_int_equal(parse->answer->result_null, 1);

    alloc.free(alloc.ctx, (void *) out.data);
    assert_int_equal(memory.live, 0);
}


static void
every_status_has_defaults(void **state)
{
    char           code[8];
    parse_t        parse;
    clear_error_t  error;

    (void) state;

    memset(&error, 0, sizeof(clear_error_t));

    for (error.status = 300; error.status < 600; error.status++) {
        read_back(&error, &parse);

        (void) snprintf(code, sizeof(code), "%d", error.status);
        unit_check_str(&parse.answer->error_code, code);
        assert_true(parse.answer->message.len > 0);
        assert_true(parse.answer->error_message.len > 0);
        unit_check_str(&parse.answer->validation_errors, NULL);

        parse_end(&parse);
    }
}


static void
what_is_written_is_read_back(void **state)
{
    parse_t                     parse;
    static const clear_error_t  error = {
        .status = 599,
        .message = unit_str("\x01\x1f\x7f \"quoted\" \\ / \xf0\x9f\x98\x80"),
        .code = unit_str(""),
        .error_message = unit_str("</script>\r\n\t\b\f\xe2\x80\xa8"),
        .validation_errors = unit_str("[{\"a\":[1e400,\"\\\"\",null,[]]}]")
    };

    (void) state;

    read_back(&error, &parse);

    assert_true(answer_same_str(&parse.answer->message, &error.message));
    assert_true(answer_same_str(&parse.answer->error_code, &error.code));
    assert_true(answer_same_str(&parse.answer->error_message,
                                &error.error_message));
    assert_true(answer_same_str(&parse.answer->validation_errors,
                                &error.validation_errors));

    parse_end(&parse);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(the_six_keys_are_there_in_their_order),
        cmocka_unit_test(a_field_makes_one_validation_error),
        cmocka_unit_test(a_parsers_validation_errors_stand_as_they_are),
        cmocka_unit_test(text_that_is_not_utf8_becomes_the_default),
        cmocka_unit_test(every_status_has_defaults),
        cmocka_unit_test(what_is_written_is_read_back)
    };

    return unit_run(tests);
}
