/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A name's addresses by nginx's own resolver; see the header.
 */


#include "fetch/resolve.h"


/* libcurl tries one after the other: no use in more */
#define NGX_CS_ADDRESSES  8


static void ngx_cs_resolve_handler(ngx_resolver_ctx_t *ctx);
static ngx_int_t ngx_cs_resolve_entry(ngx_cs_resolve_t *resolve,
    ngx_resolver_ctx_t *ctx);
static u_char *ngx_cs_resolve_address(u_char *p, ngx_resolver_addr_t *addr);


ngx_int_t
ngx_cs_resolve_start(ngx_cs_resolve_t *resolve, ngx_resolver_t *resolver,
    ngx_msec_t timeout)
{
    ngx_resolver_ctx_t  *ctx, temp;

    resolve->entry.data = NULL;

    ngx_memzero(&temp, sizeof(ngx_resolver_ctx_t));
    temp.name = resolve->host;

    ctx = ngx_resolve_start(resolver, &temp);

    if (ctx == NULL || ctx == NGX_NO_RESOLVER) {
        return NGX_ERROR;
    }

    ctx->name = resolve->host;
    ctx->handler = ngx_cs_resolve_handler;
    ctx->data = resolve;
    ctx->timeout = timeout;

    resolve->ctx = ctx;

    /* on an error it has freed the context */

    if (ngx_resolve_name(ctx) != NGX_OK) {
        resolve->ctx = NULL;
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_cs_resolve_handler(ngx_resolver_ctx_t *ctx)
{
    ngx_int_t          rc;
    ngx_cs_resolve_t  *resolve;

    resolve = ctx->data;
    rc = ctx->state;

    if (rc == NGX_OK) {
        rc = ngx_cs_resolve_entry(resolve, ctx);
    }

    resolve->ctx = NULL;
    ngx_resolve_name_done(ctx);

    resolve->handler(resolve->data, rc);
}


/*
 * "+" makes libcurl treat an entry as one that it has looked up itself; an
 * older one of the same name and port goes.
 */

static ngx_int_t
ngx_cs_resolve_entry(ngx_cs_resolve_t *resolve, ngx_resolver_ctx_t *ctx)
{
    u_char     *p;
    ngx_uint_t  i, n;

    n = ngx_min(ctx->naddrs, NGX_CS_ADDRESSES);

    p = ngx_pnalloc(resolve->pool, sizeof("+::65535") + resolve->host.len
                                   + n * (sizeof(",[]") + NGX_SOCKADDR_STRLEN));
    if (p == NULL) {
        return NGX_ERROR;
    }

    resolve->entry.data = (char *) p;
    resolve->entry.next = NULL;

    p = ngx_sprintf(p, "+%V:%d:", &resolve->host, (int) resolve->port);

    for (i = 0; i < n; i++) {

        if (i) {
            *p++ = ',';
        }

        p = ngx_cs_resolve_address(p, &ctx->addrs[i]);
    }

    *p = '\0';

    return NGX_OK;
}


static u_char *
ngx_cs_resolve_address(u_char *p, ngx_resolver_addr_t *addr)
{
    ngx_uint_t  ipv6;

    ipv6 = (addr->sockaddr->sa_family != AF_INET);

    if (ipv6) {
        *p++ = '[';
    }

    p += ngx_sock_ntop(addr->sockaddr, addr->socklen, p, NGX_SOCKADDR_STRLEN,
                       0);

    if (ipv6) {
        *p++ = ']';
    }

    return p;
}


void
ngx_cs_resolve_cancel(ngx_cs_resolve_t *resolve)
{
    if (resolve->ctx) {
        ngx_resolve_name_done(resolve->ctx);
        resolve->ctx = NULL;
    }
}


void
ngx_cs_resolve_set(ngx_cs_resolve_t *resolve, CURL *easy)
{
    if (resolve->entry.data == NULL) {
        return;
    }

    /* how long an answer is good is nginx's to say: each transfer has a new */

    (void) curl_easy_setopt(easy, CURLOPT_RESOLVE, &resolve->entry);
    (void) curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, -1L);
}
