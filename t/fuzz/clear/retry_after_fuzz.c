/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A Retry-After: from 0 to its limit or not valid, whatever the time, and
 * blanks around it change nothing.
 */


#include "fuzz.h"

#include "clear/retry_after.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t          i;
    int64_t         seconds, later;
    unsigned char  *blanks;

    static const int64_t  times[] = { 0, 784111777, 1795515630, 253402300800 };

    blanks = malloc(size + 2);
    fuzz_check(blanks != NULL);

    blanks[0] = '\t';
    memcpy(blanks + 1, data, size);
    blanks[size + 1] = ' ';

    later = INT32_MAX;

    for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        seconds = clear_retry_after_parse(data, size, NULL, 0, times[i]);

        fuzz_check(seconds >= -1 && seconds <= INT32_MAX);
        fuzz_check(clear_retry_after_parse(blanks, size + 2, NULL, 0,
                                           times[i])
                   == seconds);

        /* a date against itself is now, and all else has nothing to do with
         * the Date */

        fuzz_check(clear_retry_after_parse(data, size, blanks, size + 2,
                                           times[i])
                   <= seconds
                   || times[i] != 0);

        /* the later it is, the shorter the wait */

        fuzz_check(seconds <= later);
        fuzz_check(i == 0 || (seconds < 0) == (later < 0));
        later = seconds;
    }

    free(blanks);

    return 0;
}
