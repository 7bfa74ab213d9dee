/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Replies of Redis: however the bytes come, they end at the same places or are
 * refused at the same one, and what is let through is small enough.
 */


#include "fuzz.h"

#include "clear/redis_scan.h"


#define MAX  512


/* the place of the n-th end, or of the byte that is refused, as -1 - place */

static ptrdiff_t
walk(const uint8_t *data, size_t size, size_t piece, size_t nth)
{
    int                  whole;
    size_t               i, n, begun;
    ptrdiff_t            used;
    clear_redis_scan_t   scan;

    memset(&scan, 0, sizeof(clear_redis_scan_t));
    scan.max = MAX;
    begun = 0;

    for (i = 0; i < size; i += used) {
        n = (size - i < piece) ? size - i : piece;

        used = clear_redis_scan(&scan, data + i, n, &whole);

        if (used < 0) {
            return -1;
        }

        fuzz_check(used > 0 && (size_t) used <= n);
        fuzz_check(whole || (size_t) used == n);
        fuzz_check(scan.depth <= CLEAR_REDIS_DEPTH);
        fuzz_check(scan.elements <= CLEAR_REDIS_ELEMENTS);

        if (whole) {
            fuzz_check(i + used - begun <= MAX);
            fuzz_check(scan.size == 0 && scan.depth == 0);

            begun = i + used;

            if (nth-- == 0) {
                return begun;
            }
        }
    }

    fuzz_check(scan.size == size - begun);

    return size + 1;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t     nth;
    ptrdiff_t  end;

    for (nth = 0; nth < 16; nth++) {
        end = walk(data, size, size ? size : 1, nth);

        fuzz_check(walk(data, size, 1, nth) == end);
        fuzz_check(walk(data, size, 7, nth) == end);

        if (end < 0 || (size_t) end > size) {
            break;
        }
    }

    return 0;
}
