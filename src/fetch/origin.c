/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What fetches to the same place share; see the header.
 */


#include "fetch/origin.h"

#include "core/str.h"


/* connections to a host: where streams share one, and where they cannot */
#define NGX_CS_HOST_H2  2
#define NGX_CS_HOST_H1  NGX_CS_STREAMS


static ngx_uint_t ngx_cs_origin_same(ngx_cs_fetch_conf_t *a,
    ngx_cs_fetch_conf_t *b);


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

        ngx_cs_handles_exit(&origin->easy);
        ngx_cs_known_free(&origin->known);
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

    /* where it may turn out to speak HTTP/2, its connections are few */

    origin->max_host = (conf->https && conf->http_version == 20)
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
           && a->keepalive_time == b->keepalive_time
           && ngx_cs_str_eq(&a->authority, &b->authority)
           && ngx_cs_str_eq(&a->route, &b->route)
           && ngx_cs_str_eq(&a->ssl_name, &b->ssl_name)
           && ngx_cs_str_eq(&a->proxy, &b->proxy)
           && a->proxy_password == b->proxy_password;
}


/* the name of a proxy is libcurl's, too */

ngx_uint_t
ngx_cs_origin_looks_up(ngx_cs_origin_t *origin)
{
    return origin->conf.proxy.len
           || (!origin->conf.fixed && origin->conf.resolver == NULL);
}


ngx_uint_t
ngx_cs_origin_may_share(ngx_cs_origin_t *origin)
{
    return origin->max_host == NGX_CS_HOST_H2;
}


void
ngx_cs_origin_shares(ngx_cs_origin_t *origin, ngx_uint_t shares)
{
    origin->shared = shares ? 1 : 0;
    origin->max_host = shares ? NGX_CS_HOST_H2 : NGX_CS_HOST_H1;
}
