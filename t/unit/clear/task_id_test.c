/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The task id in a query string: which argument it is, how it is decoded,
 * what is refused, and how it is written again.
 */


#include "unit.h"

#include "clear/task_id.h"


typedef struct {
    const char              *args;
    clear_task_id_e          rc;
    const char              *id;
} task_id_case_t;


static void
check(const task_id_case_t *c)
{
    size_t           len;
    clear_task_id_e  rc;
    unsigned char    id[CLEAR_TASK_ID_MAX];

    rc = clear_task_id_parse((const unsigned char *) c->args, strlen(c->args),
                             id, &len);

    if (rc != c->rc) {
        fail_msg("\"%s\" gives %d, not %d", c->args, rc, c->rc);
    }

    if (rc == CLEAR_TASK_ID_OK) {
        assert_int_equal(len, strlen(c->id));
        assert_memory_equal(id, c->id, len);
    }
}


static void
check_plain(const char *args, size_t len)
{
    size_t                n, id_len;
    clear_task_id_e       rc;
    unsigned char         id[CLEAR_TASK_ID_MAX];
    const unsigned char  *plain;

    n = clear_task_id_plain((const unsigned char *) args, len, &plain);

    if (n) {
        rc = clear_task_id_parse((const unsigned char *) args, len, id,
                                 &id_len);

        assert_int_equal(rc, CLEAR_TASK_ID_OK);
        assert_int_equal(n, id_len);
        assert_memory_equal(plain, id, n);
    }
}


#define check_all(cases)                                                      \
    for (size_t i = 0; i < unit_count(cases); i++) { check(&(cases)[i]); }


/* each byte at each place of ids of several lengths: sure, or left to parse */

static void
is_plain_where_no_byte_needs_a_look(void **state)
{
    int                   c;
    char                  args[7 + CLEAR_TASK_ID_MAX + 1];
    size_t                n, i;
    const unsigned char  *id;

    (void) state;

    for (n = 1; n <= CLEAR_TASK_ID_MAX + 1; n += (n < 33) ? 1 : 56) {
        memcpy(args, "taskId=", 7);
        memset(args + 7, 'a', n);

        assert_int_equal(clear_task_id_plain((unsigned char *) args, 7 + n,
                                             &id),
                         (n <= CLEAR_TASK_ID_MAX) ? n : 0);

        for (i = 7; i < 7 + n && n <= CLEAR_TASK_ID_MAX; i++) {
            for (c = 0; c < 256; c++) {
                args[i] = (char) c;
                check_plain(args, 7 + n);
            }

            args[i] = 'a';
        }
    }

    assert_int_equal(clear_task_id_plain(NULL, 0, &id), 0);
    assert_int_equal(clear_task_id_plain((unsigned char *) "taskId=", 7, &id),
                     0);
    assert_int_equal(clear_task_id_plain((unsigned char *) "taskid=a", 8, &id),
                     0);
}


static void
is_found_among_other_arguments(void **state)
{
    static const task_id_case_t  cases[] = {
        { "taskId=abc", CLEAR_TASK_ID_OK, "abc" },
        { "a=b&taskId=abc", CLEAR_TASK_ID_OK, "abc" },
        { "taskId=abc&a=b", CLEAR_TASK_ID_OK, "abc" },
        { "&&taskId=abc&", CLEAR_TASK_ID_OK, "abc" },
        { "a&=&%&taskId=abc", CLEAR_TASK_ID_OK, "abc" },
        { "taskId=a=b", CLEAR_TASK_ID_OK, "a=b" },
        { "taskId=?taskId#", CLEAR_TASK_ID_OK, "?taskId#" }
    };

    (void) state;
    check_all(cases);
}


static void
is_missing_where_no_name_is_exactly_it(void **state)
{
    size_t                       len;
    unsigned char                id[CLEAR_TASK_ID_MAX];
    static const task_id_case_t  cases[] = {
        { "", CLEAR_TASK_ID_MISSING, NULL },
        { "&", CLEAR_TASK_ID_MISSING, NULL },
        { "=abc", CLEAR_TASK_ID_MISSING, NULL },
        { "taskid=abc", CLEAR_TASK_ID_MISSING, NULL },
        { "taskI=abc", CLEAR_TASK_ID_MISSING, NULL },
        { "taskIdd=abc", CLEAR_TASK_ID_MISSING, NULL },
        { "taskId%00=abc", CLEAR_TASK_ID_MISSING, NULL },
        { "taskId+=abc", CLEAR_TASK_ID_MISSING, NULL },
        { "+taskId=abc", CLEAR_TASK_ID_MISSING, NULL },
        { "taskId%=abc", CLEAR_TASK_ID_MISSING, NULL },
        { "taskI%6=abc", CLEAR_TASK_ID_MISSING, NULL },
        { "taskI%25%36%34=abc", CLEAR_TASK_ID_MISSING, NULL },
        { "a=taskId=abc", CLEAR_TASK_ID_MISSING, NULL },
        { "a=b;taskId=abc", CLEAR_TASK_ID_MISSING, NULL }
    };

    (void) state;
    check_all(cases);

    assert_int_equal(clear_task_id_parse(NULL, 0, id, &len),
                     CLEAR_TASK_ID_MISSING);
}


static void
is_empty_with_or_without_an_equals_sign(void **state)
{
    static const task_id_case_t  cases[] = {
        { "taskId", CLEAR_TASK_ID_EMPTY, NULL },
        { "taskId=", CLEAR_TASK_ID_EMPTY, NULL },
        { "taskId&a=b", CLEAR_TASK_ID_EMPTY, NULL },
        { "a=b&taskId=", CLEAR_TASK_ID_EMPTY, NULL }
    };

    (void) state;
    check_all(cases);
}


static void
is_refused_when_repeated_also_in_disguise(void **state)
{
    static const task_id_case_t  cases[] = {
        { "taskId=a&taskId=a", CLEAR_TASK_ID_REPEATED, NULL },
        { "taskId=a&b&taskId", CLEAR_TASK_ID_REPEATED, NULL },
        { "taskId&taskId=a", CLEAR_TASK_ID_REPEATED, NULL },
        { "taskId=a&task%49d=b", CLEAR_TASK_ID_REPEATED, NULL },
        { "%74%61%73%6B%49%64=a&taskId=b", CLEAR_TASK_ID_REPEATED, NULL },
        { "taskId=%zz&taskId=a", CLEAR_TASK_ID_REPEATED, NULL },
        { "taskId=a&taskid=b", CLEAR_TASK_ID_OK, "a" },
        { "task%49d=b", CLEAR_TASK_ID_OK, "b" }
    };

    (void) state;
    check_all(cases);
}


static void
is_decoded_once(void **state)
{
    static const task_id_case_t  cases[] = {
        { "taskId=%41%6a%6A", CLEAR_TASK_ID_OK, "Ajj" },
        { "taskId=%2541", CLEAR_TASK_ID_OK, "%41" },
        { "taskId=a%26b%3dc", CLEAR_TASK_ID_OK, "a&b=c" },
        { "taskId=a+b%2Bc", CLEAR_TASK_ID_OK, "a b+c" },
        { "taskId=+", CLEAR_TASK_ID_OK, " " },
        { "taskId=%", CLEAR_TASK_ID_BAD_ESCAPE, NULL },
        { "taskId=a%4", CLEAR_TASK_ID_BAD_ESCAPE, NULL },
        { "taskId=%4&b=1", CLEAR_TASK_ID_BAD_ESCAPE, NULL },
        { "taskId=%g1", CLEAR_TASK_ID_BAD_ESCAPE, NULL },
        { "taskId=%1g", CLEAR_TASK_ID_BAD_ESCAPE, NULL },
        { "taskId=%+1", CLEAR_TASK_ID_BAD_ESCAPE, NULL },
        { "taskId=%u0041", CLEAR_TASK_ID_BAD_ESCAPE, NULL }
    };

    (void) state;
    check_all(cases);
}


static void
has_no_control_bytes(void **state)
{
    unsigned  c;
    char      args[32];

    (void) state;

    for (c = 0; c < 0x80; c++) {
        (void) snprintf(args, sizeof(args), "taskId=a%%%02xb", c);

        assert_int_equal(clear_task_id_parse((unsigned char *) args,
                                             strlen(args),
                                             (unsigned char [256]) { 0 },
                                             &(size_t) { 0 }),
                         (c < 0x20 || c == 0x7f) ? CLEAR_TASK_ID_CONTROL
                                                 : CLEAR_TASK_ID_OK);
    }

    check(&(task_id_case_t) { "taskId=a\tb", CLEAR_TASK_ID_CONTROL, NULL });
}


static void
is_well_formed_utf8(void **state)
{
    static const task_id_case_t  cases[] = {
        { "taskId=%c2%80", CLEAR_TASK_ID_OK, "\xc2\x80" },
        { "taskId=\xc3\xa9", CLEAR_TASK_ID_OK, "\xc3\xa9" },
        { "taskId=\xc3%a9", CLEAR_TASK_ID_OK, "\xc3\xa9" },
        { "taskId=%df%bf", CLEAR_TASK_ID_OK, "\xdf\xbf" },
        { "taskId=%e0%a0%80", CLEAR_TASK_ID_OK, "\xe0\xa0\x80" },
        { "taskId=%ed%9f%bf", CLEAR_TASK_ID_OK, "\xed\x9f\xbf" },
        { "taskId=%f4%8f%bf%bf", CLEAR_TASK_ID_OK, "\xf4\x8f\xbf\xbf" },
        { "taskId=%80", CLEAR_TASK_ID_BAD_UTF8, NULL },
        { "taskId=%c1%bf", CLEAR_TASK_ID_BAD_UTF8, NULL },
        { "taskId=%c3", CLEAR_TASK_ID_BAD_UTF8, NULL },
        { "taskId=%c3&x=%a9", CLEAR_TASK_ID_BAD_UTF8, NULL },
        { "taskId=%e0%9f%bf", CLEAR_TASK_ID_BAD_UTF8, NULL },
        { "taskId=%ed%a0%80", CLEAR_TASK_ID_BAD_UTF8, NULL },
        { "taskId=%f0%8f%bf%bf", CLEAR_TASK_ID_BAD_UTF8, NULL },
        { "taskId=%f4%90%80%80", CLEAR_TASK_ID_BAD_UTF8, NULL },
        { "taskId=%ff", CLEAR_TASK_ID_BAD_UTF8, NULL }
    };

    (void) state;
    check_all(cases);
}


/* "taskId=" and n times the unit */

static clear_task_id_e
parse_long(const char *unit, size_t n, size_t *len)
{
    size_t         i, size;
    unsigned char  id[CLEAR_TASK_ID_MAX];
    unsigned char  args[1024];

    size = strlen(unit);
    memcpy(args, "taskId=", 7);

    for (i = 0; i < n; i++) {
        memcpy(args + 7 + i * size, unit, size);
    }

    return clear_task_id_parse(args, 7 + n * size, id, len);
}


static void
is_at_most_256_bytes_after_decoding(void **state)
{
    size_t  len;

    (void) state;

    assert_int_equal(parse_long("x", 256, &len), CLEAR_TASK_ID_OK);
    assert_int_equal(len, 256);
    assert_int_equal(parse_long("x", 257, &len), CLEAR_TASK_ID_TOO_LONG);

    assert_int_equal(parse_long("%41", 256, &len), CLEAR_TASK_ID_OK);
    assert_int_equal(len, 256);
    assert_int_equal(parse_long("%41", 257, &len), CLEAR_TASK_ID_TOO_LONG);

    assert_int_equal(parse_long("\xc3\xa9", 128, &len), CLEAR_TASK_ID_OK);
    assert_int_equal(parse_long("\xc3\xa9", 129, &len),
                     CLEAR_TASK_ID_TOO_LONG);
}


static void
is_written_with_all_but_unreserved_escaped(void **state)
{
    size_t         i, len;
    unsigned char  id[CLEAR_TASK_ID_MAX];
    unsigned char  dst[CLEAR_TASK_ID_ESCAPED_MAX];

    (void) state;

    len = clear_task_id_escape(unit_bytes("aZ09-._~ +/%&\xc3\xa9"), dst);
    assert_int_equal(len, 8 + 3 * 7);
    assert_memory_equal(dst, "aZ09-._~%20%2B%2F%25%26%C3%A9", len);

    assert_int_equal(clear_task_id_escape(id, 0, dst), 0);

    for (i = 0; i < sizeof(id); i++) {
        id[i] = 0xff;
    }

    assert_int_equal(clear_task_id_escape(id, sizeof(id), dst), sizeof(dst));
}


static void
each_refusal_has_its_text(void **state)
{
    clear_task_id_e  i, j;

    (void) state;

    assert_null(clear_task_id_strerror(CLEAR_TASK_ID_OK));

    for (i = CLEAR_TASK_ID_MISSING; i <= CLEAR_TASK_ID_BAD_ESCAPE; i++) {
        assert_non_null(clear_task_id_strerror(i));

        for (j = CLEAR_TASK_ID_MISSING; j < i; j++) {
            assert_string_not_equal(clear_task_id_strerror(i),
                                    clear_task_id_strerror(j));
        }
    }
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(is_plain_where_no_byte_needs_a_look),
        cmocka_unit_test(is_found_among_other_arguments),
        cmocka_unit_test(is_missing_where_no_name_is_exactly_it),
        cmocka_unit_test(is_empty_with_or_without_an_equals_sign),
        cmocka_unit_test(is_refused_when_repeated_also_in_disguise),
        cmocka_unit_test(is_decoded_once),
        cmocka_unit_test(has_no_control_bytes),
        cmocka_unit_test(is_well_formed_utf8),
        cmocka_unit_test(is_at_most_256_bytes_after_decoding),
        cmocka_unit_test(is_written_with_all_but_unreserved_escaped),
        cmocka_unit_test(each_refusal_has_its_text)
    };

    return unit_run(tests);
}
