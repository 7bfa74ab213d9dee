/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * An error reply of Redis: it is one of those that are known, by the bytes
 * that there are, and what a script wraps is the same error.
 */


#include "fuzz.h"

#include "clear/redis_error.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char                 *text;
    clear_redis_error_e   error, wrapped;

    static const char  wrap[] = "ERR Error running script: -";

    text = malloc(sizeof(wrap) - 1 + size);
    fuzz_check(text != NULL);

    memcpy(text, wrap, sizeof(wrap) - 1);
    memcpy(text + sizeof(wrap) - 1, data, size);

    error = clear_redis_error(text + sizeof(wrap) - 1, size);
    wrapped = clear_redis_error(text, sizeof(wrap) - 1 + size);

    fuzz_check(error > CLEAR_REDIS_FINE && error < CLEAR_REDIS_ERRORS);
    fuzz_check(strlen(clear_redis_error_text(error)) > 0);
    fuzz_check(error == CLEAR_REDIS_OTHER || wrapped == error);

    free(text);

    return 0;
}
