/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A name's addresses by nginx's own resolver, handed to libcurl in its own
 * form.  Nothing blocks; no thread.
 */


#ifndef _NGX_CS_FETCH_RESOLVE_H_INCLUDED_
#define _NGX_CS_FETCH_RESOLVE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include <curl/curl.h>


typedef struct ngx_cs_resolve_s            ngx_cs_resolve_t;

/* how it ended: NGX_OK, NGX_ERROR: no memory, or the resolver's code */
typedef void (*ngx_cs_resolve_pt)(void *data, ngx_int_t rc);

/* the caller's, all zero at first; may be used again when it has ended */

struct ngx_cs_resolve_s {
    ngx_resolver_ctx_t           *ctx;      /* while it runs */
    struct curl_slist             entry;    /* data NULL: no addresses */

    ngx_str_t                     host;
    in_port_t                     port;
    ngx_pool_t                   *pool;
    ngx_cs_resolve_pt             handler;
    void                         *data;
};


/*
 * NGX_OK: handler is or was called, maybe before this returns.
 * NGX_ERROR: no memory, handler is not called.
 */
ngx_int_t ngx_cs_resolve_start(ngx_cs_resolve_t *resolve,
    ngx_resolver_t *resolver, ngx_msec_t timeout);

/* the handler will not be called any more */
void ngx_cs_resolve_cancel(ngx_cs_resolve_t *resolve);

/* gives the addresses to a transfer, in place of any that libcurl knew */
void ngx_cs_resolve_set(ngx_cs_resolve_t *resolve, CURL *easy);


#endif /* _NGX_CS_FETCH_RESOLVE_H_INCLUDED_ */
