/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * libcurl's sockets as nginx connections; see the header.
 */


#include "fetch/sockets.h"

#include <fcntl.h>


static ngx_cs_socket_t *ngx_cs_sockets_by_fd(ngx_queue_t *queue,
    curl_socket_t s);
static ngx_cs_socket_t *ngx_cs_sockets_create(ngx_cs_sockets_t *sockets,
    curl_socket_t s);
static void ngx_cs_sockets_wake(ngx_cs_socket_t *socket);
static void ngx_cs_sockets_event(ngx_event_t *ev);
static ngx_int_t ngx_cs_sockets_reopened(ngx_cs_socket_t *socket);
static void ngx_cs_sockets_unwatch(ngx_cs_socket_t *socket, ngx_uint_t closed);
static void ngx_cs_sockets_count(ngx_cs_socket_t *socket, ngx_int_t n);
static void ngx_cs_sockets_remove(ngx_cs_socket_t *socket);
static void ngx_cs_sockets_hold(ngx_queue_t *queue, int (*hold)(ngx_socket_t));


/* of this worker */
static ngx_uint_t  ngx_cs_sockets_nidle;


void
ngx_cs_sockets_init(ngx_cs_sockets_t *sockets)
{
    ngx_queue_init(&sockets->busy);
    ngx_queue_init(&sockets->idle);
    ngx_queue_init(&sockets->dead);
}


void
ngx_cs_sockets_free(ngx_cs_sockets_t *sockets)
{
    ngx_queue_t      *q, *next;
    ngx_uint_t        i;
    ngx_cs_socket_t  *socket;
    ngx_queue_t      *queues[] = {
        &sockets->busy, &sockets->idle, &sockets->dead
    };

    for (i = 0; i < 3; i++) {
        for (q = ngx_queue_head(queues[i]);
             q != ngx_queue_sentinel(queues[i]);
             q = next)
        {
            next = ngx_queue_next(q);
            socket = ngx_queue_data(q, ngx_cs_socket_t, queue);

            ngx_cs_sockets_unwatch(socket, 1);
            ngx_cs_sockets_remove(socket);
        }
    }
}


ngx_cs_socket_t *
ngx_cs_sockets_busy(ngx_cs_sockets_t *sockets, curl_socket_t s)
{
    ngx_cs_socket_t  *socket;

    socket = ngx_cs_sockets_by_fd(&sockets->idle, s);

    if (socket) {
        ngx_cs_sockets_wake(socket);
        return socket;
    }

    socket = ngx_cs_sockets_by_fd(&sockets->busy, s);

    if (socket) {
        return socket;
    }

    /* one that libcurl goes on with although it was shut down */

    socket = ngx_cs_sockets_by_fd(&sockets->dead, s);

    if (socket) {
        ngx_cs_sockets_remove(socket);
    }

    return ngx_cs_sockets_create(sockets, s);
}


static ngx_cs_socket_t *
ngx_cs_sockets_by_fd(ngx_queue_t *queue, curl_socket_t s)
{
    ngx_queue_t      *q;
    ngx_cs_socket_t  *socket;

    for (q = ngx_queue_head(queue);
         q != ngx_queue_sentinel(queue);
         q = ngx_queue_next(q))
    {
        socket = ngx_queue_data(q, ngx_cs_socket_t, queue);

        if (socket->fd == s) {
            return socket;
        }
    }

    return NULL;
}


static ngx_cs_socket_t *
ngx_cs_sockets_create(ngx_cs_sockets_t *sockets, curl_socket_t s)
{
    ngx_cs_socket_t   *socket;
    ngx_connection_t  *c;

    socket = ngx_calloc(sizeof(ngx_cs_socket_t), sockets->log);
    if (socket == NULL) {
        return NULL;
    }

    c = ngx_get_connection(s, sockets->log);
    if (c == NULL) {
        ngx_free(socket);
        return NULL;
    }

    c->data = socket;
    c->read->handler = ngx_cs_sockets_event;
    c->write->handler = ngx_cs_sockets_event;
    c->read->log = sockets->log;
    c->write->log = sockets->log;
    c->read->cancelable = 1;

    socket->sockets = sockets;
    socket->connection = c;
    socket->fd = s;
    socket->opened = ngx_current_msec;

    ngx_queue_insert_head(&sockets->busy, &socket->queue);
    ngx_cs_sockets_count(socket, 1);

    return socket;
}


static void
ngx_cs_sockets_wake(ngx_cs_socket_t *socket)
{
    ngx_event_t  *rev;

    rev = socket->connection->read;

    if (rev->timer_set) {
        ngx_del_timer(rev);
    }

    ngx_cs_sockets_count(socket, -1);
    ngx_queue_remove(&socket->queue);

    socket->idle = 0;

    ngx_queue_insert_head(&socket->sockets->busy, &socket->queue);
    ngx_cs_sockets_count(socket, 1);
}


ngx_int_t
ngx_cs_sockets_wait(ngx_cs_socket_t *socket, int what)
{
    ngx_int_t          rc;
    ngx_connection_t  *c;

    rc = NGX_OK;
    c = socket->connection;

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


/*
 * With a closed socket epoll would not be content.  What carried no request,
 * one that lost the race of two addresses or tells that a name was looked up,
 * libcurl closes without a word.
 */

ngx_uint_t
ngx_cs_sockets_rest(ngx_cs_socket_t *socket)
{
    ngx_msec_t         age;
    ngx_uint_t         closed;
    ngx_cs_sockets_t  *sockets;

    sockets = socket->sockets;
    closed = (fcntl(socket->fd, F_GETFD) == -1);

    if (closed || !socket->used) {
        ngx_cs_sockets_unwatch(socket, closed);
        ngx_cs_sockets_remove(socket);
        return closed;
    }

    ngx_cs_sockets_count(socket, -1);
    ngx_queue_remove(&socket->queue);

    socket->idle = 1;

    ngx_queue_insert_head(&sockets->idle, &socket->queue);
    ngx_cs_sockets_count(socket, 1);

    /* no event is a connection that cannot be trusted */

    if (ngx_cs_sockets_wait(socket, sockets->shared ? CURL_POLL_NONE
                                                    : CURL_POLL_IN)
        != NGX_OK)
    {
        ngx_cs_sockets_shut(socket);
        return 0;
    }

    age = ngx_current_msec - socket->opened;

    ngx_add_timer(socket->connection->read,
                  (age < sockets->keepalive_time)
                  ? sockets->keepalive_time - age : 1);

    return 0;
}


/* an event may have been for what was read meanwhile */

static void
ngx_cs_sockets_event(ngx_event_t *ev)
{
    ngx_cs_socket_t   *socket;
    ngx_connection_t  *c;

    c = ev->data;
    socket = c->data;

    if (!socket->idle) {
        socket->sockets->handler(socket->sockets->data, c->fd,
                                 ev->write ? CURL_CSELECT_OUT
                                           : CURL_CSELECT_IN);
        return;
    }

    if (ev->timedout || c->close || !ngx_cs_sockets_silent(socket)) {
        ngx_cs_sockets_shut(socket);
        socket->sockets->died(socket->sockets->data);
    }
}


/* also of the other end's close nothing has come */

ngx_uint_t
ngx_cs_sockets_silent(ngx_cs_socket_t *socket)
{
    char  byte;

    return recv(socket->fd, &byte, 1, MSG_PEEK|MSG_DONTWAIT) == -1
           && (ngx_socket_errno == NGX_EAGAIN
               || ngx_socket_errno == NGX_EINTR);
}


ngx_int_t
ngx_cs_sockets_opened(ngx_cs_sockets_t *sockets, curl_socket_t s)
{
    ngx_cs_socket_t  *socket;

    socket = ngx_cs_sockets_by_fd(&sockets->busy, s);

    return socket ? ngx_cs_sockets_reopened(socket) : NGX_OK;
}


static ngx_int_t
ngx_cs_sockets_reopened(ngx_cs_socket_t *socket)
{
    int                what;
    ngx_connection_t  *c;

    c = socket->connection;

    what = (c->read->active ? CURL_POLL_IN : 0)
           | (c->write->active ? CURL_POLL_OUT : 0);

    c->read->active = 0;
    c->write->active = 0;

    socket->opened = ngx_current_msec;
    socket->port = 0;

    return ngx_cs_sockets_wait(socket, what);
}


void
ngx_cs_sockets_closed(ngx_cs_sockets_t *sockets, curl_socket_t s)
{
    ngx_uint_t        i;
    ngx_cs_socket_t  *socket;
    ngx_queue_t      *queues[] = {
        &sockets->idle, &sockets->dead, &sockets->busy
    };

    for (i = 0; i < 3; i++) {
        socket = ngx_cs_sockets_by_fd(queues[i], s);

        if (socket) {
            ngx_cs_sockets_unwatch(socket, 0);
            ngx_cs_sockets_remove(socket);
            return;
        }
    }
}


void
ngx_cs_sockets_forget_busy(ngx_cs_sockets_t *sockets)
{
    ngx_queue_t      *q, *next;
    ngx_cs_socket_t  *socket;

    for (q = ngx_queue_head(&sockets->busy);
         q != ngx_queue_sentinel(&sockets->busy);
         q = next)
    {
        next = ngx_queue_next(q);
        socket = ngx_queue_data(q, ngx_cs_socket_t, queue);

        ngx_cs_sockets_unwatch(socket, fcntl(socket->fd, F_GETFD) == -1);
        ngx_cs_sockets_remove(socket);
    }
}


void
ngx_cs_sockets_shut_oldest(ngx_cs_sockets_t *sockets)
{
    ngx_queue_t  *q;

    if (!ngx_queue_empty(&sockets->idle)) {
        q = ngx_queue_last(&sockets->idle);
        ngx_cs_sockets_shut(ngx_queue_data(q, ngx_cs_socket_t, queue));
    }
}


void
ngx_cs_sockets_shut_all(ngx_cs_sockets_t *sockets)
{
    ngx_queue_t  *q;

    while (!ngx_queue_empty(&sockets->idle)) {
        ngx_cs_sockets_shut_oldest(sockets);
    }

    for (q = ngx_queue_head(&sockets->busy);
         q != ngx_queue_sentinel(&sockets->busy);
         q = ngx_queue_next(q))
    {
        ngx_cs_sockets_shut(ngx_queue_data(q, ngx_cs_socket_t, queue));
    }
}


void
ngx_cs_sockets_share(ngx_cs_sockets_t *sockets, ngx_uint_t shared)
{
    ngx_queue_t      *q, *next;
    ngx_cs_socket_t  *socket;

    sockets->shared = shared;

    for (q = ngx_queue_head(&sockets->idle);
         q != ngx_queue_sentinel(&sockets->idle);
         q = next)
    {
        next = ngx_queue_next(q);
        socket = ngx_queue_data(q, ngx_cs_socket_t, queue);

        if (ngx_cs_sockets_wait(socket, shared ? CURL_POLL_NONE : CURL_POLL_IN)
            != NGX_OK)
        {
            ngx_cs_sockets_shut(socket);
        }
    }
}


ngx_uint_t
ngx_cs_sockets_idle(void)
{
    return ngx_cs_sockets_nidle;
}


/*
 * Shut down first: after that nothing more comes in, and what is there already
 * would still be read, so it is thrown away.  An error is told but once, so
 * that libcurl then sees the end.  How much there can be is bounded by the
 * socket's buffer.
 */

void
ngx_cs_sockets_shut(ngx_cs_socket_t *socket)
{
    char               waste[4096];
    ssize_t            n;
    ngx_uint_t         errors;
    ngx_cs_sockets_t  *sockets;

    errors = 0;
    sockets = socket->sockets;

    ngx_log_debug1(NGX_LOG_DEBUG_EVENT, sockets->log, 0,
                   "clear status socket:%d is shut down", socket->fd);

    (void) shutdown(socket->fd, SHUT_RDWR);

    do {
        n = recv(socket->fd, waste, sizeof(waste), MSG_DONTWAIT);
    } while (n > 0 || (n == -1 && errors++ == 0));

    /* a busy one libcurl has events for, and will close */

    if (!socket->idle) {
        return;
    }

    ngx_cs_sockets_unwatch(socket, 0);

    ngx_queue_remove(&socket->queue);
    ngx_queue_insert_head(&sockets->dead, &socket->queue);
}


static void
ngx_cs_sockets_unwatch(ngx_cs_socket_t *socket, ngx_uint_t closed)
{
    ngx_connection_t  *c;

    c = socket->connection;

    if (c == NULL) {
        return;
    }

    if (c->read->timer_set) {
        ngx_del_timer(c->read);
    }

    if (!closed) {
        (void) ngx_cs_sockets_wait(socket, CURL_POLL_NONE);
    }

    ngx_cs_sockets_count(socket, -1);
    socket->connection = NULL;
    ngx_cs_sockets_count(socket, 1);

    if (c->read->posted) {
        ngx_delete_posted_event(c->read);
    }

    if (c->write->posted) {
        ngx_delete_posted_event(c->write);
    }

    ngx_free_connection(c);
    c->fd = (ngx_socket_t) -1;
}


/* in the number of its kind */

static void
ngx_cs_sockets_count(ngx_cs_socket_t *socket, ngx_int_t n)
{
    if (socket->connection == NULL) {
        socket->sockets->ndead += n;

    } else if (socket->idle) {
        socket->sockets->nidle += n;
        ngx_cs_sockets_nidle += n;

    } else {
        socket->sockets->nbusy += n;
    }
}


static void
ngx_cs_sockets_remove(ngx_cs_socket_t *socket)
{
    ngx_cs_sockets_count(socket, -1);
    ngx_queue_remove(&socket->queue);
    ngx_free(socket);
}


ngx_uint_t
ngx_cs_sockets_cork(ngx_cs_sockets_t *sockets)
{
    if (sockets->nbusy + sockets->nidle > NGX_CS_SOCKETS_SHARED) {
        return 0;
    }

    ngx_cs_sockets_hold(&sockets->busy, ngx_tcp_nopush);
    ngx_cs_sockets_hold(&sockets->idle, ngx_tcp_nopush);

    return 1;
}


/* one that was opened meanwhile was never corked, which does no harm */

void
ngx_cs_sockets_uncork(ngx_cs_sockets_t *sockets)
{
    ngx_cs_sockets_hold(&sockets->busy, ngx_tcp_push);
    ngx_cs_sockets_hold(&sockets->idle, ngx_tcp_push);
}


/* best effort: what is no TCP socket refuses */

static void
ngx_cs_sockets_hold(ngx_queue_t *queue, int (*hold)(ngx_socket_t s))
{
    ngx_queue_t      *q;
    ngx_cs_socket_t  *socket;

    for (q = ngx_queue_head(queue);
         q != ngx_queue_sentinel(queue);
         q = ngx_queue_next(q))
    {
        socket = ngx_queue_data(q, ngx_cs_socket_t, queue);

        (void) hold(socket->fd);
    }
}
