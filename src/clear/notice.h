/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The body of a notification: JSON with the task's id at the top.
 */


#ifndef _CLEAR_NOTICE_H_INCLUDED_
#define _CLEAR_NOTICE_H_INCLUDED_


#include <stddef.h>

#include "clear/alloc.h"


/* a longer body is refused before it comes here, in bytes */
#define CLEAR_NOTICE_MAX    65536

/* nesting that is read */
#define CLEAR_NOTICE_DEPTH  64


typedef enum {
    CLEAR_NOTICE_OK = 0,
    CLEAR_NOTICE_BROKEN,       /* not JSON, no object, nested too deep */
    CLEAR_NOTICE_NO_ID,        /* no "taskId", two, or no string */
    CLEAR_NOTICE_BAD_ID,       /* one that no task has */
    CLEAR_NOTICE_NO_MEMORY
} clear_notice_e;


/*
 * alloc: for the parser, which frees all of it.  body, len: all of it.
 * id: receives at most CLEAR_TASK_ID_MAX bytes, not terminated; undefined
 * unless CLEAR_NOTICE_OK is returned.
 */
clear_notice_e clear_notice_parse(const clear_alloc_t *alloc,
    const unsigned char *body, size_t len, unsigned char *id, size_t *id_len);

/* a static text for people, NULL for CLEAR_NOTICE_OK */
const char *clear_notice_strerror(clear_notice_e rc);


#endif /* _CLEAR_NOTICE_H_INCLUDED_ */
