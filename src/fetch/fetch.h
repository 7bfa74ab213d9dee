/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * One GET to upstream, retries included: libcurl's multi interface on nginx's
 * event loop.  It knows URLs, header fields, time and bytes; nothing of
 * requests, zones or JSON.  It never blocks, and never calls back from within
 * one of these.
 */


#ifndef _NGX_CS_FETCH_FETCH_H_INCLUDED_
#define _NGX_CS_FETCH_FETCH_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "fetch/types.h"


/* of libcurl, as it is loaded */
const char *ngx_cs_fetch_version(void);

/* where the system's trusted certificates are, if they are in a file */
void ngx_cs_fetch_trusted(ngx_str_t *path);

/* tells of files that workers will not be able to read again */
void ngx_cs_fetch_init_module(ngx_cycle_t *cycle);

ngx_int_t ngx_cs_fetch_init_process(ngx_cycle_t *cycle);
void ngx_cs_fetch_exit_process(ngx_cycle_t *cycle);

/*
 * Takes a place and waits for a turn (fetch/queue.h); conf->timeout is
 * upstream's and runs from the turn on.  Who waits for so long is the
 * caller's to say: by cancel, until which it waits.  Nothing of a fetch keeps
 * an exiting worker alive.
 *
 * NGX_OK     done() will be called, unless it is cancelled
 * NGX_BUSY   its tenant has as many places as it may, nothing is started
 * NGX_ERROR  no memory, nothing is started
 */
ngx_int_t ngx_cs_fetch_start(ngx_cs_fetch_t *fetch);

/* somebody waits for it now */
void ngx_cs_fetch_hurry(ngx_cs_fetch_t *fetch);

/*
 * Ends a fetch that still waits for its first turn; done() is not called.
 * NGX_OK, or NGX_DECLINED: it was sent, or is about to end.
 */
ngx_int_t ngx_cs_fetch_cancel(ngx_cs_fetch_t *fetch);


#endif /* _NGX_CS_FETCH_FETCH_H_INCLUDED_ */
