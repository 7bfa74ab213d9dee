/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The last fetches that failed; see the header.
 *
 * A worker that dies while it writes leaves a slot whose time is still 0, so
 * what is half there is not shown.
 */


#include "core/failures.h"

#include "core/wall.h"


typedef struct {
    ngx_uint_t                   next;     /* the slot to write, modulo */
    ngx_cs_error_t               slots[NGX_CS_FAILURES];
} ngx_cs_failures_t;


static size_t ngx_cs_failures_copy(u_char *dst, size_t size, u_char *src,
    size_t len);


ngx_cs_block_t  ngx_cs_failures_block = {
    ngx_string("clear_status errors"),
    sizeof(ngx_cs_failures_t),
    NULL
};


void
ngx_cs_failures_note(ngx_str_t *task_id, ngx_str_t *host, in_port_t port,
    const char *cause, ngx_uint_t status, ngx_uint_t upstream_status)
{
    ngx_cs_error_t     *e;
    ngx_cs_failures_t  *errors;

    if (ngx_cs_failures_block.zone == NULL) {
        return;
    }

    errors = ngx_cs_failures_block.zone->data;

    ngx_cs_block_lock(ngx_cs_failures_block.zone);

    e = &errors->slots[errors->next++ % NGX_CS_FAILURES];

    e->time = 0;
    ngx_memory_barrier();

    e->status = status;
    e->upstream_status = upstream_status;
    e->port = port;

    e->task_id_len = ngx_cs_failures_copy(e->task_id, CLEAR_TASK_ID_MAX,
                                          task_id->data, task_id->len);
    e->host_len = ngx_cs_failures_copy(e->host, NGX_CS_FAILURES_HOST,
                                       host->data, host->len);
    e->cause_len = ngx_cs_failures_copy(e->cause, NGX_CS_FAILURES_CAUSE,
                                        (u_char *) cause, ngx_strlen(cause));

    ngx_memory_barrier();
    e->time = (uint64_t) ngx_cs_wall();

    ngx_cs_block_unlock(ngx_cs_failures_block.zone);
}


static size_t
ngx_cs_failures_copy(u_char *dst, size_t size, u_char *src, size_t len)
{
    len = ngx_min(len, size);

    ngx_memcpy(dst, src, len);

    return len;
}


ngx_uint_t
ngx_cs_failures_get(ngx_cs_error_t *errors)
{
    ngx_uint_t          i, n;
    ngx_cs_error_t     *e;
    ngx_cs_failures_t  *shared;

    if (ngx_cs_failures_block.zone == NULL) {
        return 0;
    }

    shared = ngx_cs_failures_block.zone->data;
    n = 0;

    ngx_cs_block_lock(ngx_cs_failures_block.zone);

    for (i = 1; i <= NGX_CS_FAILURES; i++) {
        e = &shared->slots[(shared->next - i) % NGX_CS_FAILURES];

        if (e->time) {
            errors[n++] = *e;
        }
    }

    ngx_cs_block_unlock(ngx_cs_failures_block.zone);

    return n;
}
