/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The body of a notification; see the header.
 */


#include "clear/notice.h"

#include <string.h>
#include <yajl/yajl_parse.h>

#include "clear/envelope_arena.h"
#include "clear/scan.h"
#include "clear/task_id.h"
#include "clear/utf8.h"


typedef struct {
    clear_arena_t            arena;
    yajl_handle              yajl;
    unsigned char           *id;
    size_t                   len;
    unsigned                 depth;
    unsigned                 object:1;    /* the root is one */
    unsigned                 named:1;     /* the value at hand is the id */
    unsigned                 found:1;
    unsigned                 wrong:1;     /* twice, or no string */
    unsigned                 bad:1;
} clear_notice_t;


static clear_notice_e clear_notice_read(clear_notice_t *notice,
    const unsigned char *body, size_t len);
static int clear_notice_null(void *ctx);
static int clear_notice_boolean(void *ctx, int value);
static int clear_notice_number(void *ctx, const char *p, size_t len);
static int clear_notice_string(void *ctx, const unsigned char *p, size_t len);
static int clear_notice_key(void *ctx, const unsigned char *p, size_t len);
static int clear_notice_map(void *ctx);
static int clear_notice_array(void *ctx);
static int clear_notice_end(void *ctx);
static int clear_notice_other(clear_notice_t *notice);
static int clear_notice_open(clear_notice_t *notice);
static int clear_notice_is_id(const unsigned char *p, size_t len);


static const yajl_callbacks  clear_notice_callbacks = {
    clear_notice_null,
    clear_notice_boolean,
    NULL,
    NULL,
    clear_notice_number,
    clear_notice_string,
    clear_notice_map,
    clear_notice_key,
    clear_notice_end,
    clear_notice_array,
    clear_notice_end
};


clear_notice_e
clear_notice_parse(const clear_alloc_t *alloc, const unsigned char *body,
    size_t len, unsigned char *id, size_t *id_len)
{
    clear_notice_e  rc;
    clear_notice_t  notice;

    memset(&notice, 0, sizeof(clear_notice_t));
    notice.id = id;

    clear_arena_init(&notice.arena, alloc);

    rc = clear_notice_read(&notice, body, len);

    clear_arena_destroy(&notice.arena);

    if (rc != CLEAR_NOTICE_OK) {
        return rc;
    }

    if (!notice.object) {
        return CLEAR_NOTICE_BROKEN;
    }

    if (!notice.found || notice.wrong) {
        return CLEAR_NOTICE_NO_ID;
    }

    *id_len = notice.len;

    return notice.bad ? CLEAR_NOTICE_BAD_ID : CLEAR_NOTICE_OK;
}


static clear_notice_e
clear_notice_read(clear_notice_t *notice, const unsigned char *body,
    size_t len)
{
    clear_scan_t      scan;
    yajl_alloc_funcs  funcs;

    memset(&scan, 0, sizeof(clear_scan_t));

    if (!clear_scan_bytes(&scan, body, len) || !clear_scan_done(&scan)) {
        return CLEAR_NOTICE_BROKEN;
    }

    if (setjmp(notice->arena.failed)) {
        return CLEAR_NOTICE_NO_MEMORY;
    }

    clear_arena_funcs(&notice->arena, &funcs);

    notice->yajl = yajl_alloc(&clear_notice_callbacks, &funcs, notice);

    if (yajl_parse(notice->yajl, body, len) != yajl_status_ok
        || yajl_complete_parse(notice->yajl) != yajl_status_ok)
    {
        return CLEAR_NOTICE_BROKEN;
    }

    /* yajl waits for the end of a string that begins behind the object */

    clear_scan_strings(&scan, body, len);

    return scan.string ? CLEAR_NOTICE_BROKEN : CLEAR_NOTICE_OK;
}


static int
clear_notice_null(void *ctx)
{
    return clear_notice_other(ctx);
}


static int
clear_notice_boolean(void *ctx, int value)
{
    (void) value;

    return clear_notice_other(ctx);
}


static int
clear_notice_number(void *ctx, const char *p, size_t len)
{
    (void) p;
    (void) len;

    return clear_notice_other(ctx);
}


static int
clear_notice_string(void *ctx, const unsigned char *p, size_t len)
{
    clear_notice_t  *notice = ctx;

    if (!notice->named) {
        return 1;
    }

    notice->named = 0;

    if (!clear_notice_is_id(p, len)) {
        notice->bad = 1;
        return 1;
    }

    memcpy(notice->id, p, len);
    notice->len = len;

    return 1;
}


static int
clear_notice_key(void *ctx, const unsigned char *p, size_t len)
{
    clear_notice_t  *notice = ctx;

    if (notice->depth != 1 || len != sizeof("taskId") - 1
        || memcmp(p, "taskId", len) != 0)
    {
        return 1;
    }

    if (notice->found) {
        notice->wrong = 1;
    }

    notice->found = 1;
    notice->named = 1;

    return 1;
}


static int
clear_notice_map(void *ctx)
{
    clear_notice_t  *notice = ctx;

    if (notice->depth == 0) {
        notice->object = 1;
    }

    return clear_notice_open(notice);
}


static int
clear_notice_array(void *ctx)
{
    return clear_notice_open(ctx);
}


static int
clear_notice_end(void *ctx)
{
    clear_notice_t  *notice = ctx;

    notice->depth--;

    return 1;
}


/* a value that is no string: no id either */

static int
clear_notice_other(clear_notice_t *notice)
{
    if (notice->named) {
        notice->named = 0;
        notice->wrong = 1;
    }

    return 1;
}


static int
clear_notice_open(clear_notice_t *notice)
{
    (void) clear_notice_other(notice);

    return ++notice->depth <= CLEAR_NOTICE_DEPTH;
}


/* as it may stand in a query string */

static int
clear_notice_is_id(const unsigned char *p, size_t len)
{
    size_t  i;

    if (len == 0 || len > CLEAR_TASK_ID_MAX || !clear_utf8_valid(p, len)) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        if (p[i] < 0x20 || p[i] == 0x7f) {
            return 0;
        }
    }

    return 1;
}


const char *
clear_notice_strerror(clear_notice_e rc)
{
    switch (rc) {

    case CLEAR_NOTICE_BROKEN:
        return "the body is no JSON object, or nested too deep";

    case CLEAR_NOTICE_NO_ID:
        return "is neither in the query string nor once, as a string, at the "
               "top of the body";

    case CLEAR_NOTICE_BAD_ID:
        return "must have 1 to 256 bytes without control characters";

    case CLEAR_NOTICE_NO_MEMORY:
        return "no memory";

    default:
        return NULL;
    }
}
