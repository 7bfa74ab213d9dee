/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The body of upstream's response: collected as it comes, and parsed when it
 * is whole, in slices between which the worker does other things.  One slice
 * of all large bodies is parsed in a turn of the event loop.
 */


#ifndef _NGX_CS_UPSTREAM_BODY_H_INCLUDED_
#define _NGX_CS_UPSTREAM_BODY_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "clear/envelope.h"


typedef struct {
    ngx_pool_t                  *pool;      /* the caller's, of a zeroed one */
    void                       (*parsed)(void *data);
    void                        *data;

    u_char                      *bytes;
    size_t                       len;
    size_t                       size;      /* of what bytes has room for */

    clear_envelope_e             rc;        /* once it is parsed */
    const clear_task_t          *task;      /* for CLEAR_ENVELOPE_OK */

    clear_envelope_t            *envelope;
    size_t                       at;        /* so much of it is parsed */
    ngx_queue_t                  queue;
} ngx_cs_body_t;


/* the next bytes; NGX_OK, or NGX_ERROR: no memory */
ngx_int_t ngx_cs_body_append(ngx_cs_body_t *body, u_char *p, size_t len);

/*
 * The body is whole.  NGX_OK: it is parsed; NGX_AGAIN: parsed() will be called
 * from the event loop.  Where memory ran out, rc says so.
 */
ngx_int_t ngx_cs_body_parse(ngx_cs_body_t *body);

/* what is wrong with one that was parsed, for a log line; NULL: nothing */
const char *ngx_cs_body_strerror(ngx_cs_body_t *body);

/* forgets the bytes, and frees what task points to */
void ngx_cs_body_reset(ngx_cs_body_t *body);


#endif /* _NGX_CS_UPSTREAM_BODY_H_INCLUDED_ */
