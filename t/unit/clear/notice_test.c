/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The task id in the body of a notification.
 */


#include "unit.h"

#include "clear/notice.h"
#include "clear/task_id.h"


#define notice(body)  parse(unit_bytes(body))


static unsigned char  id[CLEAR_TASK_ID_MAX];
static size_t         id_len;


static clear_notice_e
parse(const unsigned char *body, size_t len)
{
    clear_alloc_t    alloc;
    clear_notice_e   rc;
    unit_memory_t    memory;

    id_len = 0;

    memset(&memory, 0, sizeof(unit_memory_t));
    unit_alloc_init(&alloc, &memory);

    rc = clear_notice_parse(&alloc, body, len, id, &id_len);

    assert_int_equal(memory.live, 0);

    return rc;
}


static void
has(const char *text)
{
    assert_int_equal(id_len, strlen(text));
    assert_memory_equal(id, text, id_len);
}


static void
the_id_is_at_the_top(void **state)
{
    (void) state;

    assert_int_equal(notice("{\"taskId\":\"abc\"}"), CLEAR_NOTICE_OK);
    has("abc");

    assert_int_equal(notice(" { \"x\" : [1, {\"taskId\": null}], "
                            "\"taskId\" : \"a\\u0062\\\"\" }\n"),
                     CLEAR_NOTICE_OK);
    has("ab\"");
}


static void
without_one_there_is_none(void **state)
{
    (void) state;

    assert_int_equal(notice("{}"), CLEAR_NOTICE_NO_ID);
    assert_int_equal(notice("{\"taskid\":\"a\"}"), CLEAR_NOTICE_NO_ID);
    assert_int_equal(notice("{\"a\":{\"taskId\":\"a\"}}"), CLEAR_NOTICE_NO_ID);
    assert_int_equal(notice("{\"taskId\":1}"), CLEAR_NOTICE_NO_ID);
    assert_int_equal(notice("{\"taskId\":null}"), CLEAR_NOTICE_NO_ID);
    assert_int_equal(notice("{\"taskId\":true}"), CLEAR_NOTICE_NO_ID);
    assert_int_equal(notice("{\"taskId\":[\"a\"]}"), CLEAR_NOTICE_NO_ID);
    assert_int_equal(notice("{\"taskId\":{\"b\":\"a\"}}"), CLEAR_NOTICE_NO_ID);
    assert_int_equal(notice("{\"taskId\":\"a\",\"taskId\":\"a\"}"),
                     CLEAR_NOTICE_NO_ID);
}


static void
an_id_that_no_task_has_is_refused(void **state)
{
    char  body[400];

    (void) state;

    assert_int_equal(notice("{\"taskId\":\"\"}"), CLEAR_NOTICE_BAD_ID);
    assert_int_equal(notice("{\"taskId\":\"a\\u0000\"}"), CLEAR_NOTICE_BAD_ID);
    assert_int_equal(notice("{\"taskId\":\"a\\n\"}"), CLEAR_NOTICE_BAD_ID);
    assert_int_equal(notice("{\"taskId\":\"\x7f\"}"), CLEAR_NOTICE_BAD_ID);

    (void) snprintf(body, sizeof(body), "{\"taskId\":\"%0256d\"}", 1);
    assert_int_equal(parse((unsigned char *) body, strlen(body)),
                     CLEAR_NOTICE_OK);

    (void) snprintf(body, sizeof(body), "{\"taskId\":\"%0257d\"}", 1);
    assert_int_equal(parse((unsigned char *) body, strlen(body)),
                     CLEAR_NOTICE_BAD_ID);
}


static void
a_broken_body_is_refused(void **state)
{
    char  deep[CLEAR_NOTICE_DEPTH + 2];

    (void) state;

    assert_int_equal(notice(""), CLEAR_NOTICE_BROKEN);
    assert_int_equal(notice(" "), CLEAR_NOTICE_BROKEN);
    assert_int_equal(notice("\"taskId\""), CLEAR_NOTICE_BROKEN);
    assert_int_equal(notice("[{\"taskId\":\"a\"}]"), CLEAR_NOTICE_BROKEN);
    assert_int_equal(notice("{\"taskId\":\"a\""), CLEAR_NOTICE_BROKEN);
    assert_int_equal(notice("{\"taskId\":\"a\"}x"), CLEAR_NOTICE_BROKEN);
    assert_int_equal(notice("{\"taskId\":\"\xff\"}"), CLEAR_NOTICE_BROKEN);
    assert_int_equal(notice("{'taskId':'a'}"), CLEAR_NOTICE_BROKEN);
    assert_int_equal(notice("{\"taskId\":\"a\"}\""), CLEAR_NOTICE_BROKEN);
    assert_int_equal(notice("{\"taskId\":\"a\"} \"b"), CLEAR_NOTICE_BROKEN);
    assert_int_equal(notice("{\"taskId\":\f\"a\"}"), CLEAR_NOTICE_BROKEN);
    assert_int_equal(notice("{\"a\":\"\xc3"), CLEAR_NOTICE_BROKEN);

    memset(deep, '[', sizeof(deep));
    assert_int_equal(parse((unsigned char *) deep, sizeof(deep)),
                     CLEAR_NOTICE_BROKEN);
}


static void
memory_may_run_out_at_any_call(void **state)
{
    size_t           calls;
    clear_alloc_t    alloc;
    unit_memory_t    memory;
    clear_notice_e   rc;

    static const char  body[] = "{\"a\":[[\"\\u0062\"]],"
                                "\"taskId\":\"\\u0061\"}";

    (void) state;

    calls = 0;

    do {
        memset(&memory, 0, sizeof(unit_memory_t));
        memory.fail_at = ++calls;
        unit_alloc_init(&alloc, &memory);

        rc = clear_notice_parse(&alloc, unit_bytes(body), id, &id_len);

        assert_int_equal(memory.live, 0);
        assert_true(rc == CLEAR_NOTICE_NO_MEMORY || memory.asked < calls);

    } while (rc == CLEAR_NOTICE_NO_MEMORY);

    assert_int_equal(rc, CLEAR_NOTICE_OK);
    has("a");
    assert_true(calls > 3);
}


static void
each_error_has_a_text(void **state)
{
    int  rc;

    (void) state;

    assert_null(clear_notice_strerror(CLEAR_NOTICE_OK));

    for (rc = CLEAR_NOTICE_BROKEN; rc <= CLEAR_NOTICE_NO_MEMORY; rc++) {
        assert_non_null(clear_notice_strerror(rc));
    }
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(the_id_is_at_the_top),
        cmocka_unit_test(without_one_there_is_none),
        cmocka_unit_test(an_id_that_no_task_has_is_refused),
        cmocka_unit_test(a_broken_body_is_refused),
        cmocka_unit_test(memory_may_run_out_at_any_call),
        cmocka_unit_test(each_error_has_a_text)
    };

    return unit_run(tests);
}
