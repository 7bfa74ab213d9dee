/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The URL of a Redis: its parts lie in it and within their bounds, and without
 * it nothing is read.
 */


#include "fuzz.h"

#include "clear/redis_url.h"


static void
inside(const char *part, size_t len, const char *text, size_t size)
{
    fuzz_check(len > 0 && part >= text && part + len <= text + size);
    fuzz_check(memchr(part, '\0', len) == NULL);
    fuzz_check(memchr(part, '@', len) == NULL);
    fuzz_check(memchr(part, '/', len) == NULL);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char               *text;
    size_t              i;
    const char         *err;
    clear_redis_url_t   url;

    text = malloc(size ? size : 1);
    fuzz_check(text != NULL);

    memcpy(text, data, size);

    err = clear_redis_url(text, size, &url);

    if (err) {
        fuzz_check(strlen(err) > 0);
        free(text);
        return 0;
    }

    fuzz_check(url.nhosts >= 1 && url.nhosts <= CLEAR_REDIS_HOSTS);
    fuzz_check(url.nhosts == 1 || url.master);
    fuzz_check(url.db <= CLEAR_REDIS_DB_MAX);

    for (i = 0; i < url.nhosts; i++) {
        inside(url.hosts[i].name, url.hosts[i].len, text, size);
        fuzz_check(url.hosts[i].port >= 1 && url.hosts[i].port <= 65535);
    }

    if (url.master) {
        inside(url.master, url.master_len, text, size);
        fuzz_check(url.master_len <= CLEAR_REDIS_MASTER_MAX);
    }

    free(text);

    return 0;
}
