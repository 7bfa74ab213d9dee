/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Memory that runs out at each allocation in turn: said, and nothing leaks.
 */


#include "parse.h"


static const char  body[] =
    "{\"status\":422,\"success\":false,\"message\":\"a \\u00e9 message\","
    "\"result\":{\"taskId\":\"t\\n\",\"workflowStatus\":\"FAILED\","
    "\"preSignedUrls\":[\"https:\\/\\/h/?Expires=9\"]},"
    "\"error\":{\"code\":\"c\",\"message\":\"m\",\"validationErrors\":"
    "[{\"field\":\"taskId\",\"message\":\"is bad\"},1.5,[[[[]]]],null]}}";


/* with the n-th allocation failing; 1 where none was so late */

static int
parse_with(size_t n, size_t step)
{
    size_t                 at, len;
    unit_memory_t          memory;
    clear_alloc_t          alloc;
    clear_envelope_e       rc, end;
    clear_envelope_t      *env;
    const clear_task_t  *answer;

    memset(&memory, 0, sizeof(unit_memory_t));
    memory.fail_at = n;
    unit_alloc_init(&alloc, &memory);

    env = clear_envelope_create(&alloc);

    if (env == NULL) {
        assert_int_equal(memory.live, 0);
        return 0;
    }

    rc = CLEAR_ENVELOPE_OK;
    answer = NULL;

    for (at = 0; at < sizeof(body) - 1; at += len) {
        len = sizeof(body) - 1 - at;
        len = (len < step) ? len : step;
        rc = clear_envelope_feed(env, (const unsigned char *) body + at, len);
    }

    end = clear_envelope_finish(env, &answer);

    if (memory.asked >= n) {
        assert_int_equal(end, CLEAR_ENVELOPE_NO_MEMORY);
        assert_null(answer);
        assert_string_equal(clear_envelope_strerror(env),
                            "needs more memory than there is");

    } else {
        assert_int_equal(rc, CLEAR_ENVELOPE_OK);
        assert_int_equal(end, CLEAR_ENVELOPE_OK);
        assert_non_null(answer);
    }

    clear_envelope_destroy(env);
    assert_int_equal(memory.live, 0);

    return memory.asked < n;
}


static void
a_parse_that_runs_out_says_so_and_leaks_nothing(void **state)
{
    size_t  n;

    (void) state;

    for (n = 1; !parse_with(n, sizeof(body)); n++) { /* void */ }
    assert_in_range(n, 8, 1000);

    for (n = 1; !parse_with(n, 1); n++) { /* void */ }
    assert_in_range(n, 8, 5000);
}


static void
a_write_that_runs_out_says_so_and_leaks_nothing(void **state)
{
    size_t            n;
    clear_str_t       out;
    unit_memory_t     memory;
    clear_alloc_t     alloc;
    clear_envelope_e  rc;
    char              text[4000];
    clear_error_t     error = {
        .status = 400, .field = unit_str("taskId"),
        .field_message = unit_str("is missing")
    };

    (void) state;

    memset(text, 'x', sizeof(text));
    error.message.data = (unsigned char *) text;
    error.message.len = sizeof(text);

    for (n = 1; /* void */ ; n++) {
        memset(&memory, 0, sizeof(unit_memory_t));
        memory.fail_at = n;
        unit_alloc_init(&alloc, &memory);

        rc = clear_envelope_write(&alloc, &error, &out);

        if (memory.asked < n) {
            break;
        }

        assert_int_equal(rc, CLEAR_ENVELOPE_NO_MEMORY);
        assert_int_equal(memory.live, 0);
    }

    assert_int_equal(rc, CLEAR_ENVELOPE_OK);
    assert_int_equal(memory.live, 1);
    assert_in_range(n, 3, 100);

    alloc.free(alloc.ctx, (void *) out.data);
    assert_int_equal(memory.live, 0);
}


static void
a_parse_that_is_given_up_leaks_nothing(void **state)
{
    size_t             len;
    unit_memory_t      memory;
    clear_alloc_t      alloc;
    clear_envelope_t  *env;

    (void) state;

    for (len = 0; len < sizeof(body); len++) {
        memset(&memory, 0, sizeof(unit_memory_t));
        unit_alloc_init(&alloc, &memory);

        env = clear_envelope_create(&alloc);
        assert_non_null(env);

        (void) clear_envelope_feed(env, (const unsigned char *) body, len);

        clear_envelope_destroy(env);
        assert_int_equal(memory.live, 0);
    }
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_parse_that_runs_out_says_so_and_leaks_nothing),
        cmocka_unit_test(a_write_that_runs_out_says_so_and_leaks_nothing),
        cmocka_unit_test(a_parse_that_is_given_up_leaks_nothing)
    };

    return unit_run(tests);
}
