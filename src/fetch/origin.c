/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What fetches to the same place share; see the header.
 */


#include "fetch/origin.h"


/* connections to a host: where streams share one, and where they cannot */
#define NGX_CS_HOST_H2  2
#define NGX_CS_HOST_H1  NGX_CS_STREAMS

/* timeouts without a byte in a row, before new connections are used */
#define NGX_CS_WEDGED   2


static ngx_uint_t ngx_cs_origin_same(ngx_cs_fetch_conf_t *a,
    ngx_cs_fetch_conf_t *b);
static ngx_uint_t ngx_cs_origin_shares(ngx_cs_origin_t *origin);


/* of this worker */
static ngx_queue_t  ngx_cs_origins;


void
ngx_cs_origin_init(void)
{
    ngx_queue_init(&ngx_cs_origins);
}


void
ngx_cs_origin_exit(void)
{
    ngx_queue_t      *q;
    ngx_cs_origin_t  *origin;

    for (q = ngx_queue_head(&ngx_cs_origins);
         q != ngx_queue_sentinel(&ngx_cs_origins);
         q = ngx_queue_next(q))
    {
        origin = ngx_queue_data(q, ngx_cs_origin_t, queue);

        origin->multi = NULL;
        ngx_cs_handles_exit(&origin->easy);
    }
}


ngx_cs_origin_t *
ngx_cs_origin_get(ngx_cs_fetch_conf_t *conf)
{
    ngx_queue_t      *q;
    ngx_cs_origin_t  *origin;

    for (q = ngx_queue_head(&ngx_cs_origins);
         q != ngx_queue_sentinel(&ngx_cs_origins);
         q = ngx_queue_next(q))
    {
        origin = ngx_queue_data(q, ngx_cs_origin_t, queue);

        if (ngx_cs_origin_same(&origin->conf, conf)) {
            return origin;
        }
    }

    origin = ngx_pcalloc(ngx_cycle->pool, sizeof(ngx_cs_origin_t));
    if (origin == NULL) {
        return NULL;
    }

    origin->conf = *conf;
    origin->max_host = ngx_cs_origin_shares(origin)
                        ? NGX_CS_HOST_H2 : NGX_CS_HOST_H1;

    ngx_queue_insert_head(&ngx_cs_origins, &origin->queue);

    return origin;
}


static ngx_uint_t
ngx_cs_origin_same(ngx_cs_fetch_conf_t *a, ngx_cs_fetch_conf_t *b)
{
    return a->tls == b->tls
           && a->https == b->https
           && a->http_version == b->http_version
           && a->resolver == b->resolver
           && a->authority.len == b->authority.len
           && ngx_strncmp(a->authority.data, b->authority.data,
                          a->authority.len)
              == 0
           && a->proxy.len == b->proxy.len
           && ngx_strncmp(a->proxy.data, b->proxy.data, a->proxy.len) == 0;
}


/* whether HTTP/2 is spoken, if upstream agrees */

static ngx_uint_t
ngx_cs_origin_shares(ngx_cs_origin_t *origin)
{
    return origin->conf.https && origin->conf.http_version == 20;
}


ngx_int_t
ngx_cs_origin_open(ngx_cs_origin_t *origin, ngx_cs_multi_pt handler,
    ngx_cs_multi_broken_pt broken)
{
    ngx_cs_multi_t  *multi;

    if (origin->multi) {
        return NGX_OK;
    }

    multi = ngx_cs_multi_create(ngx_cycle->log, origin->max_host,
                                handler, broken);
    if (multi == NULL) {
        return NGX_ERROR;
    }

    /* the name of a proxy is libcurl's, too */

    if (origin->conf.proxy.len
        || (!origin->conf.fixed && origin->conf.resolver == NULL))
    {
        ngx_cs_multi_threads(multi);
    }

    origin->multi = multi;

    return NGX_OK;
}


void
ngx_cs_origin_version(ngx_cs_origin_t *origin, long version)
{
    if (!ngx_cs_origin_shares(origin)) {
        return;
    }

    switch (version) {

    case CURL_HTTP_VERSION_1_0:
    case CURL_HTTP_VERSION_1_1:
        origin->max_host = NGX_CS_HOST_H1;
        break;

    case CURL_HTTP_VERSION_2_0:
        origin->max_host = NGX_CS_HOST_H2;
        break;

    default:
        return;
    }

    if (origin->multi) {
        ngx_cs_multi_max_host(origin->multi, origin->max_host);
    }
}


/*
 * libcurl goes on using an HTTP/2 connection whose other end is gone without
 * a word: after some timeouts in a row a new multi handle begins without it.
 */

void
ngx_cs_origin_silent(ngx_cs_origin_t *origin, ngx_cs_multi_t *multi,
    ngx_log_t *log)
{
    if (origin->multi != multi) {
        return;
    }

    if (++origin->wedged < NGX_CS_WEDGED) {
        return;
    }

    ngx_log_error(NGX_LOG_NOTICE, log, 0,
                  "upstream connections do not answer, using new ones");

    ngx_cs_origin_drop(multi);
}


/*
 * What libcurl had no memory for it may go on counting as a connection; one
 * whose HTTP/2 broke 8.x may go on using as long as upstream leaves it open.
 */

void
ngx_cs_origin_spoilt(ngx_cs_origin_t *origin, ngx_cs_multi_t *multi)
{
    if (origin->multi == multi) {
        ngx_cs_origin_drop(multi);
    }
}


void
ngx_cs_origin_drop(ngx_cs_multi_t *multi)
{
    ngx_queue_t      *q;
    ngx_cs_origin_t  *origin;

    for (q = ngx_queue_head(&ngx_cs_origins);
         q != ngx_queue_sentinel(&ngx_cs_origins);
         q = ngx_queue_next(q))
    {
        origin = ngx_queue_data(q, ngx_cs_origin_t, queue);

        if (origin->multi == multi) {
            origin->multi = NULL;
            origin->wedged = 0;
            break;
        }
    }

    ngx_cs_multi_retire(multi);
}
