/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The connections of a worker that the same fetches may use: those to one
 * origin for one tenant, since what arrives over HTTP/1.1 is told from the
 * next answer by nothing but its time; or for all tenants, once the origin has
 * shown HTTP/2.  Each pool is a multi handle of libcurl's.
 */


#ifndef _NGX_CS_FETCH_POOL_H_INCLUDED_
#define _NGX_CS_FETCH_POOL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "fetch/multi.h"
#include "fetch/origin.h"


typedef struct {
    ngx_queue_t                  queue;     /* of those that are used, the one
                                               used last first */
    ngx_cs_origin_t             *origin;
    ngx_cs_multi_t              *multi;
    ngx_str_t                    tenant;    /* empty: all, over HTTP/2 */
    ngx_msec_t                   created;
    ngx_uint_t                   fresh;     /* connections of their own that
                                               transfers in it want */
    ngx_uint_t                   silent;    /* timeouts without a byte, in a
                                               row */
    unsigned                     retired:1;
} ngx_cs_pool_t;


void ngx_cs_pool_init(void);
void ngx_cs_pool_exit(void);

/*
 * The one for a tenant's next fetch, made where there is none.  It lives as
 * long as a transfer is in it.  NULL: no memory.
 */
ngx_cs_pool_t *ngx_cs_pool_get(ngx_cs_origin_t *origin, ngx_str_t *tenant,
    void (*ended)(CURL *easy, CURLcode code),
    void (*broken)(ngx_cs_multi_t *multi));

/* a transfer in it wants a connection that nobody used, or does no more */
void ngx_cs_pool_fresh(ngx_cs_pool_t *pool, ngx_uint_t wanted);

/* a transfer in it was answered in this version, CURL_HTTP_VERSION_... */
void ngx_cs_pool_version(ngx_cs_pool_t *pool, long version);

/* a transfer in it timed out, and no byte had come */
void ngx_cs_pool_silent(ngx_cs_pool_t *pool, ngx_log_t *log);

/* nobody begins in it any more */
void ngx_cs_pool_retire(ngx_cs_pool_t *pool);

/* a transfer has left: keeps as many idle connections as a worker may have */
void ngx_cs_pool_trim(void);


#endif /* _NGX_CS_FETCH_POOL_H_INCLUDED_ */
