/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A Prefer line: seconds within their bounds, blanks around it change
 * nothing, and a wait before it is the one that counts.
 */


#include "fuzz.h"

#include "clear/prefer.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int             found;
    int64_t         seconds, other;
    unsigned char  *line;

    static const char  first[] = "wait=7,";

    line = malloc(size + sizeof(first));
    fuzz_check(line != NULL);

    seconds = -1;
    found = clear_prefer_wait(data, size, &seconds);

    fuzz_check(found == 0 || found == 1);
    fuzz_check(found ? (seconds >= 0 && seconds <= CLEAR_PREFER_MAX)
                     : seconds == -1);

    line[0] = ' ';
    memcpy(line + 1, data, size);
    other = -1;

    fuzz_check(clear_prefer_wait(line, size + 1, &other) == found);
    fuzz_check(other == seconds);

    memcpy(line, first, sizeof(first) - 1);
    memcpy(line + sizeof(first) - 1, data, size);

    fuzz_check(clear_prefer_wait(line, size + sizeof(first) - 1, &other) == 1);
    fuzz_check(other == 7);

    free(line);

    return 0;
}
