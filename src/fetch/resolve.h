/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A name's addresses by nginx's own resolver, handed to libcurl in its own
 * form; where that fails, the one that is known.  Nothing blocks; no thread.
 */


#ifndef _NGX_CS_FETCH_RESOLVE_H_INCLUDED_
#define _NGX_CS_FETCH_RESOLVE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include <curl/curl.h>

#include "fetch/known.h"


typedef struct ngx_cs_resolve_s            ngx_cs_resolve_t;

/* how it ended: NGX_OK, NGX_ERROR: no memory, or the resolver's code */
typedef void (*ngx_cs_resolve_pt)(void *data, ngx_int_t rc);

/* the caller's, all zero at first; may be used again when it has ended */

struct ngx_cs_resolve_s {
    ngx_resolver_ctx_t           *ctx;      /* while it runs */
    struct curl_slist             entry;    /* data NULL: no addresses */

    ngx_str_t                     host;
    in_port_t                     port;
    ngx_cs_known_t               *known;    /* of that host */
    ngx_pool_t                   *pool;
    ngx_log_t                    *log;
    ngx_cs_resolve_pt             handler;
    void                         *data;
};


/*
 * timeout: ms; patience: the same where an address is known.
 *
 * NGX_OK: handler is or was called, maybe before this returns.
 * NGX_ERROR: no memory, or no socket to ask over; handler is not called.
 */
ngx_int_t ngx_cs_resolve_start(ngx_cs_resolve_t *resolve,
    ngx_resolver_t *resolver, ngx_msec_t timeout, ngx_msec_t patience);

/*
 * The name could not be looked up, for that reason.  NGX_OK: the address that
 * is known stands for it, which is logged; NGX_DECLINED: none is; NGX_ERROR:
 * no memory.
 */
ngx_int_t ngx_cs_resolve_failed(ngx_cs_resolve_t *resolve, const char *why);

/* as when libcurl looks it up, or where that just failed, what is known */
ngx_int_t ngx_cs_resolve_known(ngx_cs_resolve_t *resolve);

/* the handler will not be called any more */
void ngx_cs_resolve_cancel(ngx_cs_resolve_t *resolve);

/* gives the addresses to a transfer, in place of any that libcurl knew */
void ngx_cs_resolve_set(ngx_cs_resolve_t *resolve, CURL *easy);


#endif /* _NGX_CS_FETCH_RESOLVE_H_INCLUDED_ */
