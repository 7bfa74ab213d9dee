/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * An answer as bytes and back, over clocks that go on, stand still or are set.
 */


#include "unit.h"

#include "clear/record.h"


/* a second of 2026, ms since the epoch; and when the machine is up 1000 s */
#define WALL  INT64_C(1795590030000)
#define MONO  INT64_C(1000000)

#define TAG   "0123456789abcdef"
#define BODY  "{\"success\":true}"
#define SIZE  (CLEAR_RECORD_HEAD + sizeof(BODY) - 1)


static void
make(clear_record_t *record, int64_t fetched, int64_t lifetime)
{
    static const clear_str_t  body = unit_str(BODY);

    memset(record, 0, sizeof(clear_record_t));

    record->body = body;
    record->fetched = fetched;
    record->lifetime = lifetime;
    record->workflow = CLEAR_WORKFLOW_SUCCESS;
    record->urls = 1;
    memcpy(record->etag, TAG, CLEAR_RECORD_ETAG);
}


static void
what_was_written_is_read(void **state)
{
    static const int64_t  lifetimes[] = { 0, 1, 2000, CLEAR_FOREVER };

    size_t          i;
    clear_record_t  record, read;
    unsigned char   p[SIZE];

    (void) state;

    for (i = 0; i < unit_count(lifetimes); i++) {
        make(&record, WALL, lifetimes[i]);
        clear_record_write(&record, p);

        assert_int_equal(clear_record_read(p, SIZE, &read), CLEAR_RECORD_OK);
        assert_int_equal(read.fetched, WALL);
        assert_int_equal(read.lifetime, lifetimes[i]);
        assert_int_equal(read.workflow, CLEAR_WORKFLOW_SUCCESS);
        assert_int_equal(read.urls, 1);
        assert_memory_equal(read.etag, TAG, CLEAR_RECORD_ETAG);
        unit_check_str(&read.body, BODY);
    }
}


static void
what_is_cut_or_longer_is_broken(void **state)
{
    size_t          len;
    clear_record_t  record, read;
    unsigned char   p[SIZE + 1];

    (void) state;

    make(&record, WALL, 2000);
    clear_record_write(&record, p);
    p[SIZE] = 'x';

    for (len = 0; len <= SIZE + 1; len++) {
        assert_int_equal(clear_record_read(p, len, &read),
                         len == SIZE ? CLEAR_RECORD_OK : CLEAR_RECORD_BROKEN);
    }
}


static void
a_later_version_is_not_broken(void **state)
{
    clear_record_t  record, read;
    unsigned char   p[SIZE];

    (void) state;

    make(&record, WALL, 2000);
    clear_record_write(&record, p);

    p[0] = CLEAR_RECORD_VERSION + 1;
    assert_int_equal(clear_record_read(p, SIZE, &read), CLEAR_RECORD_NEWER);
    assert_int_equal(clear_record_read(p, 1, &read), CLEAR_RECORD_NEWER);

    p[0] = 0;
    assert_int_equal(clear_record_read(p, SIZE, &read), CLEAR_RECORD_BROKEN);
}


static void
values_that_nobody_writes_are_broken(void **state)
{
    static const struct {
        size_t         at;
        unsigned char  value;
    } bad[] = {
        { 1, CLEAR_WORKFLOW_OTHER + 1 },
        { 2, 2 },
        { 3, 1 },
        { 4, 0x80 },             /* fetched */
        { 12, 0x70 },            /* the lifetime */
        { 39, sizeof(BODY) }     /* the body's length */
    };

    size_t          i;
    clear_record_t  record, read;
    unsigned char   p[SIZE];

    (void) state;

    for (i = 0; i < unit_count(bad); i++) {
        make(&record, WALL, 2000);
        clear_record_write(&record, p);
        p[bad[i].at] = bad[i].value;

        assert_int_equal(clear_record_read(p, SIZE, &read),
                         CLEAR_RECORD_BROKEN);
    }
}


static void
times_come_from_a_stamp(void **state)
{
    clear_stamp_t   stamp;
    clear_record_t  record;

    (void) state;

    clear_freshness_stamp(&stamp, MONO - 500, 2000, 1);
    clear_record_times(&record, &stamp, WALL, MONO);
    assert_int_equal(record.fetched, WALL - 500);
    assert_int_equal(record.lifetime, 2000);

    clear_freshness_stamp(&stamp, MONO, CLEAR_FOREVER, 1);
    clear_record_times(&record, &stamp, WALL, MONO);
    assert_int_equal(record.fetched, WALL);
    assert_int_equal(record.lifetime, CLEAR_FOREVER);

    /* a clock that says 1970 */

    clear_freshness_stamp(&stamp, MONO - 500, 2000, 1);
    clear_record_times(&record, &stamp, 100, MONO);
    assert_int_equal(record.fetched, 0);
}


static void
a_stamp_goes_on_where_it_was(void **state)
{
    clear_stamp_t   stamp;
    clear_record_t  record;

    (void) state;

    make(&record, WALL, 5000);

    clear_record_stamp(&record, WALL + 1000, MONO, &stamp);
    assert_int_equal(stamp.fetched, MONO - 1000);
    assert_int_equal(stamp.fresh_until, MONO + 4000);
    assert_int_equal(stamp.terminal, 1);

    clear_record_stamp(&record, WALL + 6000, MONO, &stamp);
    assert_int_equal(stamp.fresh_until, MONO - 1000);

    /* from before the machine was up; and 0 is no time */

    clear_record_stamp(&record, WALL + 2 * MONO, MONO, &stamp);
    assert_int_equal(stamp.fetched, -MONO);

    clear_record_stamp(&record, WALL + MONO, MONO, &stamp);
    assert_int_equal(stamp.fetched, -1);

    make(&record, WALL, CLEAR_FOREVER);
    clear_record_stamp(&record, WALL + 6000, MONO, &stamp);
    assert_int_equal(stamp.fresh_until, CLEAR_FOREVER);
}


static void
no_clock_makes_it_fresh_for_longer(void **state)
{
    int64_t         wall;
    clear_stamp_t   stamp;
    clear_record_t  record;

    (void) state;

    make(&record, WALL, 5000);

    for (wall = WALL - 10000; wall <= WALL + 10000; wall += 100) {
        clear_record_stamp(&record, wall, MONO, &stamp);

        assert_true(stamp.fresh_until <= MONO + 5000);
        assert_true(stamp.fetched <= MONO);
    }
}


static void
what_was_fetched_in_the_future_is_not_fresh(void **state)
{
    clear_stamp_t   stamp;
    clear_record_t  record;

    (void) state;

    make(&record, WALL, 5000);
    clear_record_stamp(&record, WALL - 1, MONO, &stamp);
    assert_true(stamp.fresh_until <= MONO);

    make(&record, WALL, CLEAR_FOREVER);
    clear_record_stamp(&record, WALL - 1, MONO, &stamp);
    assert_true(stamp.fresh_until <= MONO);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(what_is_cut_or_longer_is_broken),
        cmocka_unit_test(a_later_version_is_not_broken),
        cmocka_unit_test(values_that_nobody_writes_are_broken),
        cmocka_unit_test(times_come_from_a_stamp),
        cmocka_unit_test(a_stamp_goes_on_where_it_was),
        cmocka_unit_test(no_clock_makes_it_fresh_for_longer),
        cmocka_unit_test(what_was_fetched_in_the_future_is_not_fresh)
    };

    return unit_run(tests);
}
