/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A URL: its end is a time or none, a fragment does not change it, and one
 * that another scheme tells can only bring it nearer.
 */


#include "fuzz.h"

#include "clear/presigned.h"


static int64_t
expires(const uint8_t *data, size_t size)
{
    clear_presigned_t  u;

    clear_presigned(data, size, &u);

    fuzz_check(u.expires >= -1);
    fuzz_check(u.span >= -1);

    return u.expires;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t         end, other;
    unsigned char  *url;

    static const char  fragment[] = "#?Expires=1";
    static const char  soon[] = "&se=1970-01-01T00:00:01Z";

    end = expires(data, size);

    url = malloc(size + sizeof(soon));
    fuzz_check(url != NULL);

    memcpy(url, data, size);
    memcpy(url + size, fragment, sizeof(fragment) - 1);

    fuzz_check(expires(url, size + sizeof(fragment) - 1) == end);

    memcpy(url + size, soon, sizeof(soon) - 1);
    other = expires(url, size + sizeof(soon) - 1);

    if (size && memchr(data, '?', size) && !memchr(data, '#', size)) {
        fuzz_check(other == 0 || other == 1);

    } else {
        fuzz_check(other == end);
    }

    free(url);

    return 0;
}
