/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Bytes as a parcel: what is read is written as the same bytes, is a success
 * or an error and not both, and its body lies within.
 */


#include "fuzz.h"

#include "clear/parcel.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned char   *p;
    clear_parcel_t   parcel;

    if (clear_parcel_read(data, size, &parcel) != CLEAR_RECORD_OK) {
        return 0;
    }

    fuzz_check(parcel.record.body.len == size - CLEAR_PARCEL_HEAD);
    fuzz_check(parcel.record.body.data == data + CLEAR_PARCEL_HEAD);
    fuzz_check((parcel.status == 200)
               == (parcel.record.workflow != CLEAR_WORKFLOW_NONE));
    fuzz_check(parcel.status == 200
               || (parcel.status >= 400 && parcel.status <= 599));

    p = malloc(size);
    fuzz_check(p != NULL);

    clear_parcel_write(&parcel, p);
    fuzz_check(memcmp(p, data, size) == 0);
    free(p);

    return 0;
}
