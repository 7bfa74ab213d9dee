/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * An If-None-Match line: a tag is listed only where its bytes are, a list that
 * is behind it changes nothing, and blanks before it do not.
 */


#include "fuzz.h"

#include "clear/etag.h"


static const char  tag[] = "\"t\"";


static int
has_tag(const unsigned char *line, size_t len)
{
    size_t  i;

    for (i = 0; i + sizeof(tag) - 1 <= len; i++) {
        if (memcmp(line + i, tag, sizeof(tag) - 1) == 0) {
            return 1;
        }
    }

    return 0;
}


static clear_etag_e
listed(const unsigned char *line, size_t len)
{
    return clear_etag_listed(line, len, (const unsigned char *) tag,
                             sizeof(tag) - 1);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    clear_etag_e    rc;
    unsigned char  *line;

    static const char  first[] = "W/\"t\" ,";

    line = malloc(size + sizeof(first));
    fuzz_check(line != NULL);

    memcpy(line, data, size);
    rc = listed(line, size);

    fuzz_check(rc == CLEAR_ETAG_OTHER || rc == CLEAR_ETAG_LISTED
               || rc == CLEAR_ETAG_ANY);
    fuzz_check(rc != CLEAR_ETAG_LISTED || has_tag(data, size));
    fuzz_check(rc != CLEAR_ETAG_ANY || memchr(data, '*', size) != NULL);

    line[0] = ' ';
    memcpy(line + 1, data, size);
    fuzz_check(listed(line, size + 1) == rc);

    memcpy(line, first, sizeof(first) - 1);
    memcpy(line + sizeof(first) - 1, data, size);
    fuzz_check(listed(line, size + sizeof(first) - 1) == CLEAR_ETAG_LISTED);

    free(line);

    return 0;
}
