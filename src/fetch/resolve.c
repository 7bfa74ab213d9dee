/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A name's addresses by nginx's own resolver; see the header.
 */


#include "fetch/resolve.h"

#include "fetch/code.h"


/* libcurl tries one after the other: no use in more */
#define NGX_CS_ADDRESSES  8

/*
 * Seconds for which libcurl keeps what it looked up itself: a connection made
 * by it lives for clear_status_keepalive_time after that.
 */
#define NGX_CS_RESOLVE_KEEP  1


static void ngx_cs_resolve_handler(ngx_resolver_ctx_t *ctx);
static u_char *ngx_cs_resolve_name(ngx_cs_resolve_t *resolve, ngx_uint_t n);
static ngx_int_t ngx_cs_resolve_entry(ngx_cs_resolve_t *resolve,
    ngx_resolver_ctx_t *ctx);
static ngx_int_t ngx_cs_resolve_stale(ngx_cs_resolve_t *resolve);
static u_char *ngx_cs_resolve_address(u_char *p, ngx_resolver_addr_t *addr);


ngx_int_t
ngx_cs_resolve_start(ngx_cs_resolve_t *resolve, ngx_resolver_t *resolver,
    ngx_msec_t timeout, ngx_msec_t patience)
{
    ngx_resolver_ctx_t  *ctx, temp;

    if (ngx_cs_resolve_known(resolve) != NGX_OK) {
        return NGX_ERROR;
    }

    if (resolve->entry.data) {
        resolve->handler(resolve->data, NGX_OK);
        return NGX_OK;
    }

    ngx_memzero(&temp, sizeof(ngx_resolver_ctx_t));
    temp.name = resolve->host;

    ctx = ngx_resolve_start(resolver, &temp);

    if (ctx == NULL || ctx == NGX_NO_RESOLVER) {
        return NGX_ERROR;
    }

    ctx->name = resolve->host;
    ctx->handler = ngx_cs_resolve_handler;
    ctx->data = resolve;
    ctx->timeout = resolve->known->address ? ngx_min(timeout, patience)
                                           : timeout;
    ctx->cancelable = 1;

    resolve->ctx = ctx;

    /* on an error it has freed the context */

    if (ngx_resolve_name(ctx) != NGX_OK) {
        resolve->ctx = NULL;
        return NGX_ERROR;
    }

    /* nginx would wait for an answer to what it could not send */

    if (resolve->ctx && ngx_cs_fetch_lacking()) {
        ngx_cs_resolve_cancel(resolve);

        if (ngx_cs_resolve_failed(resolve, "no socket is left") != NGX_OK) {
            return NGX_ERROR;
        }

        resolve->handler(resolve->data, NGX_OK);
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

    /* that there is no such name is an answer too */

    if (rc > 0 && rc != NGX_RESOLVE_NXDOMAIN) {

        switch (ngx_cs_resolve_failed(resolve, ngx_resolver_strerror(rc))) {

        case NGX_OK:
            rc = NGX_OK;
            break;

        case NGX_ERROR:
            rc = NGX_ERROR;
            break;

        default:
            break;
        }
    }

    resolve->handler(resolve->data, rc);
}


/* room for so many addresses, and what stands before them */

static u_char *
ngx_cs_resolve_name(ngx_cs_resolve_t *resolve, ngx_uint_t n)
{
    u_char  *p;

    p = ngx_pnalloc(resolve->pool, sizeof("+::65535") + resolve->host.len
                                   + n * (sizeof(",[]") + NGX_SOCKADDR_STRLEN));
    if (p == NULL) {
        return NULL;
    }

    resolve->entry.data = (char *) p;
    resolve->entry.next = NULL;

    return ngx_sprintf(p, "+%V:%d:", &resolve->host, (int) resolve->port);
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

    p = ngx_cs_resolve_name(resolve, n);
    if (p == NULL) {
        return NGX_ERROR;
    }

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


ngx_int_t
ngx_cs_resolve_failed(ngx_cs_resolve_t *resolve, const char *why)
{
    if (resolve->known->address == NULL) {
        return NGX_DECLINED;
    }

    ngx_log_error(NGX_LOG_WARN, resolve->log, 0,
                  "%V could not be resolved (%s), going on with %s, where it "
                  "was before", &resolve->host, why, resolve->known->address);

    ngx_cs_known_failed(resolve->known);

    return ngx_cs_resolve_stale(resolve);
}


ngx_int_t
ngx_cs_resolve_known(ngx_cs_resolve_t *resolve)
{
    resolve->entry.data = NULL;

    return ngx_cs_known_at_once(resolve->known)
           ? ngx_cs_resolve_stale(resolve) : NGX_OK;
}


static ngx_int_t
ngx_cs_resolve_stale(ngx_cs_resolve_t *resolve)
{
    u_char      *p, *address;
    ngx_uint_t   ipv6;

    address = resolve->known->address;
    ipv6 = (ngx_strchr(address, ':') != NULL);

    p = ngx_cs_resolve_name(resolve, 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_sprintf(p, "%s%s%s%Z", ipv6 ? "[" : "", address,
                       ipv6 ? "]" : "");

    return NGX_OK;
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
        (void) curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT,
                                (long) NGX_CS_RESOLVE_KEEP);
        return;
    }

    /* how long an answer is good is nginx's to say: each transfer has a new */

    (void) curl_easy_setopt(easy, CURLOPT_RESOLVE, &resolve->entry);
    (void) curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, -1L);
}
