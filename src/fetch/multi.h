/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A libcurl multi handle on nginx's event loop: sockets, timers, and the
 * drive.  It knows easy handles, not what they are for.
 */


#ifndef _NGX_CS_FETCH_MULTI_H_INCLUDED_
#define _NGX_CS_FETCH_MULTI_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include <curl/curl.h>


typedef struct ngx_cs_multi_s            ngx_cs_multi_t;

/* a transfer ended; the easy handle is out of the multi already */
typedef void (*ngx_cs_multi_pt)(CURL *easy, CURLcode code);

/*
 * libcurl will not go on with any transfer in it: they have to be removed,
 * and the multi retired.
 */
typedef void (*ngx_cs_multi_broken_pt)(ngx_cs_multi_t *multi);


/*
 * max_host: connections to a host.  NULL: no memory.
 */
ngx_cs_multi_t *ngx_cs_multi_create(ngx_log_t *log, ngx_uint_t max_host,
    ngx_cs_multi_pt handler, ngx_cs_multi_broken_pt broken);

/* no easy handle may be in it; not from within a handler */
void ngx_cs_multi_destroy(ngx_cs_multi_t *multi);

/* destroys all there are, the retired ones too; nothing may be in them */
void ngx_cs_multi_exit(void);

/* destroys it as soon as no transfer is in it, never before this returns */
void ngx_cs_multi_retire(ngx_cs_multi_t *multi);

/* whether nginx has connections enough for one more transfer */
ngx_uint_t ngx_cs_multi_room(ngx_cs_multi_t *multi);

ngx_int_t ngx_cs_multi_add(ngx_cs_multi_t *multi, CURL *easy);

/* stops a transfer; not from within a callback of libcurl's */
void ngx_cs_multi_remove(ngx_cs_multi_t *multi, CURL *easy);

void ngx_cs_multi_max_host(ngx_cs_multi_t *multi, ngx_uint_t max_host);

/* libcurl looks names up in it, in threads that must not take signals */
void ngx_cs_multi_threads(ngx_cs_multi_t *multi);

/* transfers in it */
ngx_uint_t ngx_cs_multi_active(ngx_cs_multi_t *multi);


#endif /* _NGX_CS_FETCH_MULTI_H_INCLUDED_ */
