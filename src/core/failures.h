/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The last fetches that failed, over all workers and reloads, for people: a
 * ring in a small shared memory of its own.  A fetch that goes well does not
 * come here.  It holds what the error log may hold: no credential, and
 * nothing that upstream wrote.
 */


#ifndef _NGX_CS_CORE_FAILURES_H_INCLUDED_
#define _NGX_CS_CORE_FAILURES_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "clear/task_id.h"
#include "core/block.h"


/* how many are kept */
#define NGX_CS_FAILURES          16

/* what is longer is cut */
#define NGX_CS_FAILURES_HOST     256
#define NGX_CS_FAILURES_CAUSE    96


typedef struct {
    uint64_t                     time;         /* wall, ms; 0: none */
    ngx_uint_t                   status;       /* sent to the caller */
    ngx_uint_t                   upstream_status;  /* HTTP; 0: no response */
    in_port_t                    port;
    size_t                       task_id_len;
    size_t                       host_len;
    size_t                       cause_len;
    u_char                       task_id[CLEAR_TASK_ID_MAX];
    u_char                       host[NGX_CS_FAILURES_HOST];
    u_char                       cause[NGX_CS_FAILURES_CAUSE];
} ngx_cs_error_t;


/* without its zone none is kept */
extern ngx_cs_block_t  ngx_cs_failures_block;

/* cause: one of the module's own texts; time is set here */
void ngx_cs_failures_note(ngx_str_t *task_id, ngx_str_t *host, in_port_t port,
    const char *cause, ngx_uint_t status, ngx_uint_t upstream_status);

/* copies them out, the newest first; errors: room for all.  Returns how many */
ngx_uint_t ngx_cs_failures_get(ngx_cs_error_t *errors);


#endif /* _NGX_CS_CORE_FAILURES_H_INCLUDED_ */
