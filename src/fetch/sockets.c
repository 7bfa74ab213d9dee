/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * libcurl's sockets as nginx connections; see the header.
 */


#include "fetch/sockets.h"

#include <fcntl.h>


static ngx_int_t ngx_cs_sockets_reopened(ngx_connection_t *c);
static void ngx_cs_sockets_idle(ngx_cs_sockets_t *sockets, curl_socket_t s);
static void ngx_cs_sockets_hold(ngx_cs_sockets_t *sockets,
    int (*hold)(ngx_socket_t s));


void
ngx_cs_sockets_init(ngx_cs_sockets_t *sockets, ngx_event_handler_pt handler,
    void *data, ngx_log_t *log)
{
    ngx_queue_init(&sockets->queue);

    sockets->n = 0;
    sockets->nidle = 0;
    sockets->handler = handler;
    sockets->data = data;
    sockets->log = log;
}


ngx_connection_t *
ngx_cs_sockets_add(ngx_cs_sockets_t *sockets, curl_socket_t s)
{
    ngx_connection_t  *c;

    c = ngx_get_connection(s, sockets->log);
    if (c == NULL) {
        return NULL;
    }

    ngx_cs_sockets_not_idle(sockets, s);

    sockets->n++;
    ngx_queue_insert_tail(&sockets->queue, &c->queue);

    c->data = sockets->data;
    c->read->handler = sockets->handler;
    c->write->handler = sockets->handler;
    c->read->log = sockets->log;
    c->write->log = sockets->log;

    return c;
}


ngx_int_t
ngx_cs_sockets_wait(ngx_connection_t *c, int what)
{
    ngx_int_t  rc;

    rc = NGX_OK;

    if (what & CURL_POLL_IN) {
        if (!c->read->active) {
            rc = ngx_add_event(c->read, NGX_READ_EVENT, NGX_LEVEL_EVENT);
        }

    } else if (c->read->active) {
        rc = ngx_del_event(c->read, NGX_READ_EVENT, 0);
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    if (what & CURL_POLL_OUT) {
        if (!c->write->active) {
            rc = ngx_add_event(c->write, NGX_WRITE_EVENT, NGX_LEVEL_EVENT);
        }

    } else if (c->write->active) {
        rc = ngx_del_event(c->write, NGX_WRITE_EVENT, 0);
    }

    return rc;
}


ngx_int_t
ngx_cs_sockets_opened(ngx_cs_sockets_t *sockets, curl_socket_t s)
{
    ngx_queue_t       *q;
    ngx_connection_t  *c;

    for (q = ngx_queue_head(&sockets->queue);
         q != ngx_queue_sentinel(&sockets->queue);
         q = ngx_queue_next(q))
    {
        c = ngx_queue_data(q, ngx_connection_t, queue);

        if (c->fd == s && ngx_cs_sockets_reopened(c) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_cs_sockets_reopened(ngx_connection_t *c)
{
    int  what;

    what = (c->read->active ? CURL_POLL_IN : 0)
           | (c->write->active ? CURL_POLL_OUT : 0);

    c->read->active = 0;
    c->write->active = 0;

    return ngx_cs_sockets_wait(c, what);
}


ngx_uint_t
ngx_cs_sockets_forget(ngx_cs_sockets_t *sockets, ngx_connection_t *c)
{
    ngx_uint_t  closed;

    closed = (fcntl(c->fd, F_GETFD) == -1);

    sockets->n--;
    ngx_queue_remove(&c->queue);

    /* with a closed socket epoll would not be content */

    if (!closed) {
        (void) ngx_cs_sockets_wait(c, CURL_POLL_NONE);
        ngx_cs_sockets_idle(sockets, c->fd);
    }

    if (c->read->posted) {
        ngx_delete_posted_event(c->read);
    }

    if (c->write->posted) {
        ngx_delete_posted_event(c->write);
    }

    ngx_free_connection(c);
    c->fd = (ngx_socket_t) -1;

    return closed;
}


/* one more than there is room for is never corked, which does no harm */

static void
ngx_cs_sockets_idle(ngx_cs_sockets_t *sockets, curl_socket_t s)
{
    if (sockets->nidle < NGX_CS_SOCKETS_SHARED) {
        sockets->idle[sockets->nidle++] = s;
    }
}


void
ngx_cs_sockets_not_idle(ngx_cs_sockets_t *sockets, curl_socket_t s)
{
    ngx_uint_t  i;

    for (i = 0; i < sockets->nidle; i++) {
        if (sockets->idle[i] == s) {
            sockets->idle[i] = sockets->idle[--sockets->nidle];
            return;
        }
    }
}


ngx_uint_t
ngx_cs_sockets_cork(ngx_cs_sockets_t *sockets)
{
    if (sockets->n > NGX_CS_SOCKETS_SHARED) {
        return 0;
    }

    ngx_cs_sockets_hold(sockets, ngx_tcp_nopush);

    return 1;
}


/* one that was opened meanwhile was never corked, which does no harm */

void
ngx_cs_sockets_uncork(ngx_cs_sockets_t *sockets)
{
    ngx_cs_sockets_hold(sockets, ngx_tcp_push);
}


/* best effort: what is no TCP socket refuses */

static void
ngx_cs_sockets_hold(ngx_cs_sockets_t *sockets, int (*hold)(ngx_socket_t s))
{
    ngx_uint_t         i;
    ngx_queue_t       *q;
    ngx_connection_t  *c;

    for (q = ngx_queue_head(&sockets->queue);
         q != ngx_queue_sentinel(&sockets->queue);
         q = ngx_queue_next(q))
    {
        c = ngx_queue_data(q, ngx_connection_t, queue);

        (void) hold(c->fd);
    }

    for (i = 0; i < sockets->nidle; i++) {
        (void) hold(sockets->idle[i]);
    }
}
