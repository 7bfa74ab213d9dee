/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * From a host to a connection: its addresses one after the other, by nginx's
 * resolver where that is configured, and TLS on top.  Of several Sentinels
 * each is tried, and each tells where the master is.
 */


#include "redis/link.h"

#include "redis/tls.h"


static void ngx_cs_redis_connect_copy(ngx_cs_redis_link_t *link,
    ngx_cs_redis_host_t *host);
static void ngx_cs_redis_connect_name(ngx_cs_redis_link_t *link,
    ngx_str_t *name, in_port_t port);
static ngx_int_t ngx_cs_redis_connect_literal(ngx_cs_redis_link_t *link);
static void ngx_cs_redis_connect_resolve(ngx_cs_redis_link_t *link);
static void ngx_cs_redis_connect_resolved(ngx_resolver_ctx_t *ctx);
static void ngx_cs_redis_connect_try(ngx_cs_redis_link_t *link);
static ngx_int_t ngx_cs_redis_connect_peer(ngx_cs_redis_link_t *link);
static void ngx_cs_redis_connect_handler(ngx_event_t *ev);
static void ngx_cs_redis_connect_test(ngx_cs_redis_link_t *link);
static void ngx_cs_redis_connect_done(ngx_cs_redis_link_t *link);
#if (NGX_SSL)
static void ngx_cs_redis_connect_tls(ngx_cs_redis_link_t *link);
static void ngx_cs_redis_connect_shaken(ngx_connection_t *c);
#endif


void
ngx_cs_redis_connect(ngx_cs_redis_link_t *link)
{
    ngx_cs_redis_host_t  *host;

    host = link->redis->hosts.elts;
    host += link->host;

    link->sentinel = (link->redis->master.len != 0);

    ngx_cs_redis_connect_name(link, &host->name, host->port);

    if (host->naddrs == 0) {
        ngx_cs_redis_connect_resolve(link);
        return;
    }

    ngx_cs_redis_connect_copy(link, host);
    ngx_cs_redis_connect_try(link);
}


static void
ngx_cs_redis_connect_copy(ngx_cs_redis_link_t *link, ngx_cs_redis_host_t *host)
{
    ngx_uint_t  i;

    link->naddrs = ngx_min(host->naddrs, NGX_CS_REDIS_ADDRS);

    for (i = 0; i < link->naddrs; i++) {
        link->socklens[i] = host->addrs[i].socklen;
        ngx_memcpy(&link->addrs[i], host->addrs[i].sockaddr,
                   link->socklens[i]);
    }
}


void
ngx_cs_redis_connect_to(ngx_cs_redis_link_t *link, ngx_str_t *name,
    in_port_t port)
{
    ngx_cs_redis_disconnect(link);

    link->sentinel = 0;

    ngx_cs_redis_connect_name(link, name, port);

    if (ngx_cs_redis_connect_literal(link) == NGX_OK) {
        ngx_cs_redis_connect_try(link);

    } else if (link->redis->resolver) {
        ngx_cs_redis_connect_resolve(link);

    } else {
        ngx_cs_redis_link_fail(link, NGX_CS_REDIS_WRONG,
                               "Sentinel tells a name, which needs a "
                               "\"resolver\" in http");
    }
}


ngx_int_t
ngx_cs_redis_connect_next(ngx_cs_redis_link_t *link)
{
    if (++link->addr < link->naddrs) {
        ngx_cs_redis_connect_try(link);
        return NGX_OK;
    }

    if (++link->tried < link->redis->hosts.nelts) {
        link->host = (link->host + 1) % link->redis->hosts.nelts;
        ngx_cs_redis_connect(link);
        return NGX_OK;
    }

    return NGX_DECLINED;
}


/* a longer name was refused before */

static void
ngx_cs_redis_connect_name(ngx_cs_redis_link_t *link, ngx_str_t *name,
    in_port_t port)
{
    link->name.data = link->text;
    link->name.len = ngx_min(name->len, sizeof(link->text));
    ngx_memcpy(link->text, name->data, link->name.len);

    link->port = port;
    link->naddrs = 0;
    link->addr = 0;
}


static ngx_int_t
ngx_cs_redis_connect_literal(ngx_cs_redis_link_t *link)
{
    in_addr_t             inaddr;
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    ngx_memzero(&link->addrs[0], sizeof(ngx_sockaddr_t));

    inaddr = ngx_inet_addr(link->name.data, link->name.len);

    if (inaddr != INADDR_NONE) {
        sin = &link->addrs[0].sockaddr_in;
        sin->sin_family = AF_INET;
        sin->sin_addr.s_addr = inaddr;
        sin->sin_port = htons(link->port);

        link->socklens[0] = sizeof(struct sockaddr_in);
        link->naddrs = 1;

        return NGX_OK;
    }

#if (NGX_HAVE_INET6)
    sin6 = &link->addrs[0].sockaddr_in6;

    if (ngx_inet6_addr(link->name.data, link->name.len,
                       sin6->sin6_addr.s6_addr)
        == NGX_OK)
    {
        sin6->sin6_family = AF_INET6;
        sin6->sin6_port = htons(link->port);

        link->socklens[0] = sizeof(struct sockaddr_in6);
        link->naddrs = 1;

        return NGX_OK;
    }
#endif

    return NGX_DECLINED;
}


static void
ngx_cs_redis_connect_resolve(ngx_cs_redis_link_t *link)
{
    ngx_resolver_ctx_t  *ctx, temp;

    link->state = NGX_CS_REDIS_RESOLVING;
    link->reason_len = 0;

    ngx_memzero(&temp, sizeof(ngx_resolver_ctx_t));
    temp.name = link->name;

    ctx = ngx_resolve_start(link->redis->resolver, &temp);

    if (ctx == NULL || ctx == NGX_NO_RESOLVER) {
        ngx_cs_redis_link_fail(link, NGX_CS_REDIS_AWAY, "no resolver");
        return;
    }

    ctx->name = link->name;
    ctx->handler = ngx_cs_redis_connect_resolved;
    ctx->data = link;
    ctx->timeout = link->redis->resolver_timeout;
    ctx->cancelable = 1;

    ngx_cs_redis_link_limit(link, link->redis->resolver_timeout);

    link->resolving = ctx;

    /* on an error it has freed the context */

    if (ngx_resolve_name(ctx) != NGX_OK) {
        link->resolving = NULL;
        ngx_cs_redis_link_fail(link, NGX_CS_REDIS_AWAY,
                               "its name cannot be resolved");
    }
}


static void
ngx_cs_redis_connect_resolved(ngx_resolver_ctx_t *ctx)
{
    ngx_uint_t            i;
    ngx_cs_redis_link_t  *link;

    link = ctx->data;
    link->resolving = NULL;

    if (ctx->state) {
        ngx_resolve_name_done(ctx);
        ngx_cs_redis_link_fail(link, NGX_CS_REDIS_AWAY,
                               "its name cannot be resolved");
        return;
    }

    link->naddrs = ngx_min(ctx->naddrs, NGX_CS_REDIS_ADDRS);

    for (i = 0; i < link->naddrs; i++) {
        link->socklens[i] = ctx->addrs[i].socklen;
        ngx_memcpy(&link->addrs[i], ctx->addrs[i].sockaddr,
                   link->socklens[i]);
        ngx_inet_set_port(&link->addrs[i].sockaddr, link->port);
    }

    ngx_resolve_name_done(ctx);

    ngx_cs_redis_connect_try(link);
}


static void
ngx_cs_redis_connect_try(ngx_cs_redis_link_t *link)
{
    link->state = NGX_CS_REDIS_CONNECTING;
    link->reason_len = 0;

    link->shown.data = link->at;
    link->shown.len = ngx_sock_ntop(&link->addrs[link->addr].sockaddr,
                                    link->socklens[link->addr], link->at,
                                    NGX_SOCKADDR_STRLEN, 1);

    ngx_cs_redis_link_limit(link, ngx_cs_redis_link_patience(link));

    switch (ngx_cs_redis_connect_peer(link)) {

    case NGX_OK:
        ngx_cs_redis_connect_done(link);
        break;

    case NGX_AGAIN:
        break;

    default:
        ngx_cs_redis_link_fail(link, NGX_CS_REDIS_AWAY, "no connection");
    }
}


static ngx_int_t
ngx_cs_redis_connect_peer(ngx_cs_redis_link_t *link)
{
    ngx_int_t               rc;
    ngx_connection_t       *c;
    ngx_peer_connection_t  *peer;

    link->pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE / 16, &link->log);
    if (link->pool == NULL) {
        return NGX_ERROR;
    }

    peer = &link->peer;

    ngx_memzero(peer, sizeof(ngx_peer_connection_t));

    peer->sockaddr = &link->addrs[link->addr].sockaddr;
    peer->socklen = link->socklens[link->addr];
    peer->name = &link->shown;
    peer->get = ngx_event_get_peer;
    peer->log = &link->log;
    peer->log_error = NGX_ERROR_ERR;

    rc = ngx_event_connect_peer(peer);

    if (rc != NGX_OK && rc != NGX_AGAIN) {
        return NGX_ERROR;
    }

    c = peer->connection;

    c->data = link;
    c->pool = link->pool;
    c->read->handler = ngx_cs_redis_connect_handler;
    c->write->handler = ngx_cs_redis_connect_handler;

    if (ngx_tcp_nodelay(c) != NGX_OK) {
        return NGX_ERROR;
    }

    return rc;
}


static void
ngx_cs_redis_connect_handler(ngx_event_t *ev)
{
    ngx_connection_t *c = ev->data;

    if (c->close) {
        ngx_cs_redis_link_fail(c->data, NGX_CS_REDIS_AWAY, "it is closed");
        return;
    }

    ngx_cs_redis_connect_test(c->data);
}


/* as ngx_http_upstream_test_connect() */

static void
ngx_cs_redis_connect_test(ngx_cs_redis_link_t *link)
{
    int                err;
    socklen_t          len;
    ngx_connection_t  *c;

    c = link->peer.connection;
    err = 0;
    len = sizeof(int);

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, (void *) &err, &len) == -1) {
        err = ngx_socket_errno;
    }

    if (err) {
        (void) ngx_connection_error(c, err, "connect() failed");
        ngx_cs_redis_link_fail(link, NGX_CS_REDIS_AWAY, "no connection");
        return;
    }

    ngx_cs_redis_connect_done(link);
}


static void
ngx_cs_redis_connect_done(ngx_cs_redis_link_t *link)
{
#if (NGX_SSL)
    if (link->redis->tls) {
        ngx_cs_redis_connect_tls(link);
        return;
    }
#endif

    ngx_cs_redis_login(link);
}


ngx_uint_t
ngx_cs_redis_connect_stands(ngx_cs_redis_link_t *link)
{
#if (NGX_SSL)
    return link->peer.connection && link->peer.connection->ssl;
#else
    return 0;
#endif
}


void
ngx_cs_redis_disconnect(ngx_cs_redis_link_t *link)
{
    ngx_connection_t  *c;

    if (link->resolving) {
        ngx_resolve_name_done(link->resolving);
        link->resolving = NULL;
    }

    ngx_cs_redis_wire_close(link);

    c = link->peer.connection;

    if (c) {
#if (NGX_SSL)
        if (c->ssl) {
            c->ssl->no_wait_shutdown = 1;
            c->ssl->no_send_shutdown = 1;
            (void) ngx_ssl_shutdown(c);
        }
#endif

        ngx_close_connection(c);
        link->peer.connection = NULL;
    }

    if (link->pool) {
        ngx_destroy_pool(link->pool);
        link->pool = NULL;
    }
}


#if (NGX_SSL)

static void
ngx_cs_redis_connect_tls(ngx_cs_redis_link_t *link)
{
    ngx_int_t          rc;
    ngx_connection_t  *c;

    c = link->peer.connection;

    ngx_cs_redis_tls_look(link->redis->tls, link->worker->log);

    rc = ngx_cs_redis_tls_start(link->redis->tls, c, &link->name,
                                ngx_cs_redis_connect_shaken);

    if (rc == NGX_AGAIN) {
        return;
    }

    ngx_cs_redis_connect_shaken(c);
}


static void
ngx_cs_redis_connect_shaken(ngx_connection_t *c)
{
    const char           *wrong;
    ngx_cs_redis_link_t  *link;

    link = c->data;

    if (c->ssl == NULL || !c->ssl->handshaked) {
        ngx_cs_redis_link_fail(link, NGX_CS_REDIS_TLS, "no TLS");
        return;
    }

    wrong = ngx_cs_redis_tls_check(c, &link->name);

    if (wrong) {
        ngx_cs_redis_link_fail(link, NGX_CS_REDIS_TLS, wrong);
        return;
    }

    ngx_cs_redis_login(link);
}

#endif
