/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * One GET to upstream, retries included: libcurl's multi interface on nginx's
 * event loop.  It knows URLs, header fields, time and bytes; nothing of
 * requests, zones or JSON.  It never blocks, and never calls back from within
 * ngx_cs_fetch_start().
 */


#ifndef _NGX_CS_FETCH_FETCH_H_INCLUDED_
#define _NGX_CS_FETCH_FETCH_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "fetch/types.h"


ngx_int_t ngx_cs_fetch_init_process(ngx_cycle_t *cycle);
void ngx_cs_fetch_exit_process(ngx_cycle_t *cycle);

/*
 * Starts a fetch; NGX_OK, or NGX_ERROR with nothing started (no memory).
 * A fetch that has to wait for a free stream waits in a queue, with its
 * timeout running; while it lives it holds a timer that keeps an exiting
 * worker alive.
 */
ngx_int_t ngx_cs_fetch_start(ngx_cs_fetch_t *fetch);


#endif /* _NGX_CS_FETCH_FETCH_H_INCLUDED_ */
