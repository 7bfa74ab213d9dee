/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The body of a notification: an id that is read is one that a task may have,
 * blanks around the body change nothing, and neither does a body that is cut
 * short have one.
 */


#include "fuzz.h"

#include "clear/notice.h"
#include "clear/task_id.h"
#include "clear/utf8.h"


static void *
fuzz_alloc(void *ctx, size_t size)
{
    (void) ctx;

    return malloc(size);
}


static void *
fuzz_realloc(void *ctx, void *p, size_t size)
{
    (void) ctx;

    return realloc(p, size);
}


static void
fuzz_free(void *ctx, void *p)
{
    (void) ctx;

    free(p);
}


static const clear_alloc_t  fuzz_memory = {
    fuzz_alloc, fuzz_realloc, fuzz_free, NULL
};


static void
check_id(const unsigned char *id, size_t len)
{
    size_t  i;

    fuzz_check(len > 0 && len <= CLEAR_TASK_ID_MAX);
    fuzz_check(clear_utf8_valid(id, len));

    for (i = 0; i < len; i++) {
        fuzz_check(id[i] >= 0x20 && id[i] != 0x7f);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t           len, other_len;
    unsigned char   *body, *id, *other;
    clear_notice_e   rc, other_rc;

    if (size > CLEAR_NOTICE_MAX) {
        return 0;
    }

    /* of their sizes, so that a byte too much is seen */

    body = malloc(size + 2);
    id = malloc(CLEAR_TASK_ID_MAX);
    other = malloc(CLEAR_TASK_ID_MAX);
    fuzz_check(body != NULL && id != NULL && other != NULL);

    rc = clear_notice_parse(&fuzz_memory, data, size, id, &len);

    fuzz_check(rc != CLEAR_NOTICE_NO_MEMORY);
    fuzz_check((rc == CLEAR_NOTICE_OK) == (clear_notice_strerror(rc) == NULL));

    if (rc == CLEAR_NOTICE_OK) {
        check_id(id, len);
    }

    body[0] = '\n';
    memcpy(body + 1, data, size);
    body[size + 1] = ' ';

    other_rc = clear_notice_parse(&fuzz_memory, body, size + 2, other,
                                  &other_len);

    fuzz_check(other_rc == rc);
    fuzz_check(rc != CLEAR_NOTICE_OK
               || (other_len == len && memcmp(other, id, len) == 0));

    /* without its last brace, where nothing stands behind it */

    if (rc == CLEAR_NOTICE_OK && data[size - 1] == '}') {
        other_rc = clear_notice_parse(&fuzz_memory, data, size - 1, other,
                                      &other_len);
        fuzz_check(other_rc == CLEAR_NOTICE_BROKEN);
    }

    free(body);
    free(id);
    free(other);

    return 0;
}
