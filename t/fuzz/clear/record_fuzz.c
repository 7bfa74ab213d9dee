/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Bytes as a record: what is read is written as the same bytes, and no clock
 * makes it fresh for longer than its lifetime.
 */


#include "fuzz.h"

#include "clear/record.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t         wall;
    clear_stamp_t   stamp;
    unsigned char  *p;
    clear_record_t  record;

    if (clear_record_read(data, size, &record) != CLEAR_RECORD_OK) {
        return 0;
    }

    fuzz_check(record.body.len == size - CLEAR_RECORD_HEAD);

    p = malloc(size);
    fuzz_check(p != NULL);

    clear_record_write(&record, p);
    fuzz_check(memcmp(p, data, size) == 0);
    free(p);

    for (wall = 0; wall < INT64_MAX / 4; wall = 2 * wall + 1) {
        clear_record_stamp(&record, wall, 1000, &stamp);

        fuzz_check(stamp.fetched <= 1000 && stamp.fetched != 0);
        fuzz_check(record.lifetime == CLEAR_FOREVER
                   || stamp.fresh_until <= 1000 + record.lifetime);
        fuzz_check(wall >= record.fetched || stamp.fresh_until <= 1000);
    }

    return 0;
}
