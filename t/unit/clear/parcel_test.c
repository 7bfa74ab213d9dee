/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * An answer for other gateways as bytes and back, and what of the bytes that
 * somebody else wrote is refused.
 */


#include "unit.h"

#include "clear/parcel.h"


#define TAG   "0123456789abcdef"
#define BODY  "{\"success\":false}"
#define SIZE  (CLEAR_PARCEL_HEAD + sizeof(BODY) - 1)


static void
make(clear_parcel_t *parcel, unsigned status)
{
    static const clear_str_t  body = unit_str(BODY);

    memset(parcel, 0, sizeof(clear_parcel_t));

    parcel->record.body = body;
    parcel->record.fetched = INT64_C(1795590030000);
    parcel->record.lifetime = 1000;
    memcpy(parcel->record.etag, TAG, CLEAR_RECORD_ETAG);

    parcel->status = status;
    parcel->upstream_status = status;
    parcel->upstream_time = 123456;
    parcel->again = 70000;

    if (status == 200) {
        parcel->record.workflow = CLEAR_WORKFLOW_SUCCESS;

    } else {
        parcel->definite = 1;
    }
}


static void
what_was_written_is_read(void **state)
{
    static const unsigned  statuses[] = { 200, 404, 429, 599 };

    size_t          i;
    clear_parcel_t  parcel, read;
    unsigned char   p[SIZE];

    (void) state;

    for (i = 0; i < unit_count(statuses); i++) {
        make(&parcel, statuses[i]);
        clear_parcel_write(&parcel, p);

        assert_int_equal(clear_parcel_read(p, SIZE, &read), CLEAR_RECORD_OK);
        assert_int_equal(read.status, statuses[i]);
        assert_int_equal(read.upstream_status, statuses[i]);
        assert_int_equal(read.upstream_time, 123456);
        assert_int_equal(read.again, 70000);
        assert_int_equal(read.definite, statuses[i] != 200);
        assert_int_equal(read.record.lifetime, 1000);
        assert_int_equal(read.record.workflow, parcel.record.workflow);
        unit_check_str(&read.record.body, BODY);
    }
}


static void
what_is_cut_or_longer_is_broken(void **state)
{
    size_t          len;
    clear_parcel_t  parcel, read;
    unsigned char   p[SIZE + 1];

    (void) state;

    make(&parcel, 200);
    clear_parcel_write(&parcel, p);
    p[SIZE] = 'x';

    for (len = 0; len <= SIZE + 1; len++) {
        assert_int_equal(clear_parcel_read(p, len, &read),
                         len == SIZE ? CLEAR_RECORD_OK : CLEAR_RECORD_BROKEN);
    }
}


static void
a_later_version_is_not_broken(void **state)
{
    clear_parcel_t  parcel, read;
    unsigned char   p[SIZE];

    (void) state;

    make(&parcel, 200);
    clear_parcel_write(&parcel, p);

    p[0] = CLEAR_PARCEL_VERSION + 1;
    assert_int_equal(clear_parcel_read(p, SIZE, &read), CLEAR_RECORD_NEWER);

    p[0] = CLEAR_PARCEL_VERSION;
    p[CLEAR_PARCEL_HEAD - CLEAR_RECORD_HEAD] = CLEAR_RECORD_VERSION + 1;
    assert_int_equal(clear_parcel_read(p, SIZE, &read), CLEAR_RECORD_NEWER);

    p[0] = 0;
    assert_int_equal(clear_parcel_read(p, SIZE, &read), CLEAR_RECORD_BROKEN);
}


static void
values_that_nobody_writes_are_broken(void **state)
{
    static const struct {
        unsigned       status;
        size_t         at;
        unsigned char  value;
    } bad[] = {
        { 200, 1, 1 },                      /* a success is not definite */
        { 404, 1, 2 },                      /* flags */
        { 200, 2, 1 },                      /* the status, 456 */
        { 404, 2, 0 },                      /* 148 */
        { 404, 2, 0xff },
        { 404, 4, 0xff },
        { 200, 6, 1 },
        { 200, 7, 1 },
        { 200, 17, CLEAR_WORKFLOW_NONE },   /* a success without a state */
        { 404, 17, CLEAR_WORKFLOW_SUCCESS },
        { 404, 18, 1 }                      /* an error with URLs */
    };

    size_t          i;
    clear_parcel_t  parcel, read;
    unsigned char   p[SIZE];

    (void) state;

    for (i = 0; i < unit_count(bad); i++) {
        make(&parcel, bad[i].status);
        clear_parcel_write(&parcel, p);
        p[bad[i].at] = bad[i].value;

        assert_int_equal(clear_parcel_read(p, SIZE, &read),
                         CLEAR_RECORD_BROKEN);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(what_is_cut_or_longer_is_broken),
        cmocka_unit_test(a_later_version_is_not_broken),
        cmocka_unit_test(values_that_nobody_writes_are_broken)
    };

    return unit_run(tests);
}
