/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * An Accept line and a list of entity tags: the same answer with blanks or an
 * empty element before it, and no tag that is not there is found.
 */


/* memmem() */
#define _GNU_SOURCE

#include "fuzz.h"

#include "clear/accept.h"
#include "clear/etag.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int             events;
    unsigned char  *line;

    static const unsigned char  tag[] = "\"6b06860e\"";

    line = malloc(size + 2);
    fuzz_check(line != NULL);

    line[0] = ',';
    line[1] = ' ';
    memcpy(line + 2, data, size);

    events = clear_accept_events(data, size);

    fuzz_check(events == 0 || events == 1);
    fuzz_check(clear_accept_events(line, size + 2) == events);
    fuzz_check(!events || size >= sizeof("text/event-stream") - 1);

    if (clear_etag_listed(data, size, tag, sizeof(tag) - 1)
        == CLEAR_ETAG_LISTED)
    {
        fuzz_check(clear_etag_listed(line, size + 2, tag, sizeof(tag) - 1)
                   == CLEAR_ETAG_LISTED);
        fuzz_check(memmem(data, size, tag, sizeof(tag) - 1) != NULL);
    }

    free(line);

    return 0;
}
