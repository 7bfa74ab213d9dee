/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The state of an envelope that is being parsed, and the functions that yajl
 * calls back for its tokens.  For clear/envelope.c alone.
 */


#ifndef _CLEAR_ENVELOPE_PARSE_H_INCLUDED_
#define _CLEAR_ENVELOPE_PARSE_H_INCLUDED_


#include <stddef.h>
#include <yajl/yajl_gen.h>
#include <yajl/yajl_parse.h>

#include "clear/envelope_arena.h"
#include "clear/scan.h"
#include "clear/task.h"


#define CLEAR_ENVELOPE_DEPTH_MAX  64


/* where an open object or array is */

typedef enum {
    CLEAR_IN_NOTHING = 0,          /* around the root */
    CLEAR_IN_ROOT,
    CLEAR_IN_RESULT,
    CLEAR_IN_ERROR,
    CLEAR_IN_ACTIVITY,
    CLEAR_IN_ACTIVITIES,           /* result.activityStatusList */
    CLEAR_IN_URLS,                 /* result.preSignedUrls, generatedURLs */
    CLEAR_IN_VALIDATION,           /* error.validationErrors */
    CLEAR_IN_OTHER
} clear_parse_in_e;


/* what we read; the order is that of clear_keys */

typedef enum {
    CLEAR_KEY_STATUS = 0,
    CLEAR_KEY_SUCCESS,
    CLEAR_KEY_MESSAGE,
    CLEAR_KEY_RESULT,
    CLEAR_KEY_ERROR,
    CLEAR_KEY_METADATA,
    CLEAR_KEY_WORKFLOW,
    CLEAR_KEY_TASK_ID,
    CLEAR_KEY_ACTIVITIES,
    CLEAR_KEY_PRESIGNED,
    CLEAR_KEY_GENERATED,
    CLEAR_KEY_ERROR_CODE,
    CLEAR_KEY_ERROR_MESSAGE,
    CLEAR_KEY_VALIDATION,
    CLEAR_KEY_REPORT,
    CLEAR_KEY_NONE
} clear_key_e;


/* a string in the buffer */

typedef struct {
    size_t                   offset;
    size_t                   len;
    unsigned                 set:1;
} clear_slot_t;


typedef struct {
    clear_arena_t            arena;
    yajl_handle              yajl;
    yajl_gen                 gen;         /* for validationErrors */
    clear_scan_t             scan;
    const unsigned char     *chunk;       /* at hand, and how far its strings
                                             are scanned */
    size_t                   scanned;

    unsigned char           *text;        /* the buffer */
    size_t                   len;
    size_t                   size;
    clear_slot_t             slots[CLEAR_KEY_NONE];

    clear_task_t             answer;      /* without its strings */
    const char              *reason;      /* why the parse ended, or NULL */

    unsigned                 depth;
    unsigned char            in[CLEAR_ENVELOPE_DEPTH_MAX + 1];
    clear_key_e              key;         /* the value at hand belongs to */
    unsigned                 seen;        /* keys, a bit each */
    unsigned                 wrong:1;     /* a type that no envelope has */
    unsigned                 object:1;    /* the root is one */
    unsigned                 pieces:1;    /* a long string is being told */
} clear_parse_t;


/* for yajl_alloc(), with a clear_parse_t as the context */
extern const yajl_callbacks  clear_parse_callbacks;


#endif /* _CLEAR_ENVELOPE_PARSE_H_INCLUDED_ */
