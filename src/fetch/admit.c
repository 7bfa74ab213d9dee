/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Whether a request may go out over a connection; see the header.
 */


#include "fetch/admit.h"


static ngx_cs_socket_t *ngx_cs_admit_socket(ngx_cs_sockets_t *sockets,
    ngx_cs_admit_t *admit);
static ngx_cs_socket_t *ngx_cs_admit_find(ngx_cs_sockets_t *sockets,
    char *address, in_port_t port);
static void ngx_cs_admit_name(curl_socket_t s, sa_family_t *family,
    in_port_t *port);
static ngx_uint_t ngx_cs_admit_is(curl_socket_t s, char *address,
    in_port_t port);
static ngx_uint_t ngx_cs_admit_clean(ngx_cs_socket_t *socket, ngx_uint_t tls);


ngx_int_t
ngx_cs_admit(ngx_cs_sockets_t *sockets, ngx_cs_admit_t *admit)
{
    ngx_cs_socket_t  *socket;

    socket = ngx_cs_admit_socket(sockets, admit);

    if (socket == NULL) {
        return (admit->h2 || admit->n) ? NGX_OK : NGX_DECLINED;
    }

    /*
     * Frames say whose they are.  What TLS has read of a new connection may be
     * tickets.
     */

    if (!admit->h2
        && ((socket->used && sockets->shared)
            || admit->pending
            || (socket->used && (admit->ahead || admit->veiled))
            || !ngx_cs_admit_clean(socket, admit->tls)))
    {
        ngx_cs_sockets_shut(socket);
        return NGX_DECLINED;
    }

    socket->used = 1;

    return NGX_OK;
}


static ngx_cs_socket_t *
ngx_cs_admit_socket(ngx_cs_sockets_t *sockets, ngx_cs_admit_t *admit)
{
    ngx_uint_t        i;
    ngx_cs_socket_t  *socket;

    socket = ngx_cs_admit_find(sockets, admit->address, admit->port);

    if (socket) {
        return socket;
    }

    /* one that was connected so soon that libcurl never waited for it */

    for (i = 0; i < ngx_min(admit->n, NGX_CS_ADMIT_OPENED); i++) {
        if (ngx_cs_admit_is(admit->s[i], admit->address, admit->port)) {
            return ngx_cs_sockets_busy(sockets, admit->s[i]);
        }
    }

    return NULL;
}


static ngx_cs_socket_t *
ngx_cs_admit_find(ngx_cs_sockets_t *sockets, char *address, in_port_t port)
{
    ngx_uint_t        i;
    ngx_queue_t      *q;
    sa_family_t       family;
    ngx_cs_socket_t  *socket;
    ngx_queue_t      *queues[] = { &sockets->idle, &sockets->busy };

    family = ngx_strchr(address, ':') ? AF_INET6 : AF_INET;

    for (i = 0; i < 2; i++) {
        for (q = ngx_queue_head(queues[i]);
             q != ngx_queue_sentinel(queues[i]);
             q = ngx_queue_next(q))
        {
            socket = ngx_queue_data(q, ngx_cs_socket_t, queue);

            if (socket->port == 0) {
                ngx_cs_admit_name(socket->fd, &socket->family,
                                    &socket->port);
            }

            if (socket->port == port && socket->family == family) {
                return socket;
            }
        }
    }

    return NULL;
}


static void
ngx_cs_admit_name(curl_socket_t s, sa_family_t *family, in_port_t *port)
{
    socklen_t       len;
    ngx_sockaddr_t  sa;

    len = sizeof(ngx_sockaddr_t);

    if (getsockname(s, &sa.sockaddr, &len) == 0) {
        *port = ngx_inet_get_port(&sa.sockaddr);
        *family = sa.sockaddr.sa_family;
    }
}


static ngx_uint_t
ngx_cs_admit_is(curl_socket_t s, char *address, in_port_t port)
{
    in_port_t    own;
    sa_family_t  family;

    own = 0;
    family = AF_UNSPEC;

    ngx_cs_admit_name(s, &family, &own);

    return own == port
           && family == (ngx_strchr(address, ':') ? AF_INET6 : AF_INET);
}


/*
 * On a new connection a TLS server may have sent session tickets already, and
 * a close tells libcurl more than it would tell us.
 */

static ngx_uint_t
ngx_cs_admit_clean(ngx_cs_socket_t *socket, ngx_uint_t tls)
{
    char  byte;

    if (!socket->used) {
        return tls || recv(socket->fd, &byte, 1, MSG_PEEK|MSG_DONTWAIT) <= 0;
    }

    return ngx_current_msec - socket->opened < socket->sockets->keepalive_time
           && ngx_cs_sockets_silent(socket);
}
