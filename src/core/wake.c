/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Wake-ups between workers; see the header.
 *
 * With an edge-triggered event method the counter of an eventfd is never
 * read: each write is an edge for every process that has the descriptor, so
 * that workers of two generations with the same number are both woken, which
 * a reader who is faster could prevent.
 */


#include "core/wake.h"

#include <ngx_event.h>
#include <sys/eventfd.h>


/* as many as nginx can have */
#define NGX_CS_WAKE_MAX   NGX_MAX_PROCESSES

/* bits of a mask */
#define NGX_CS_WAKE_BITS  64


typedef struct {
    ngx_fd_t                     fds[NGX_CS_WAKE_MAX];
    ngx_uint_t                   n;
    ngx_uint_t                   refs;     /* configurations */
    ngx_connection_t            *connection;
    void                       (*handler)(void);
    void                       (*quit)(void);
} ngx_cs_wakes_t;


static void ngx_cs_wake_close(void *data);
static void ngx_cs_wake_handler(ngx_event_t *ev);
static void ngx_cs_wake_drain(ngx_fd_t fd);


static ngx_cs_wakes_t            ngx_cs_wakes;


ngx_int_t
ngx_cs_wake_init_module(ngx_cycle_t *cycle)
{
    ngx_fd_t             fd;
    ngx_uint_t           n, had;
    ngx_core_conf_t     *ccf;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(cycle->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_cs_wake_close;
    ngx_cs_wakes.refs++;

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    n = ngx_min(ngx_max(ccf->worker_processes, 1), NGX_CS_WAKE_MAX);

    had = ngx_cs_wakes.n;

    while (ngx_cs_wakes.n < n) {

        fd = eventfd(0, EFD_NONBLOCK|EFD_CLOEXEC);

        if (fd == -1) {
            ngx_log_error(NGX_LOG_ALERT, cycle->log, ngx_errno,
                          "eventfd() failed, workers from number %ui on look "
                          "for themselves", had);

            /* nginx needs some for its workers */

            while (ngx_cs_wakes.n > had) {
                (void) close(ngx_cs_wakes.fds[--ngx_cs_wakes.n]);
            }

            break;
        }

        ngx_cs_wakes.fds[ngx_cs_wakes.n++] = fd;
    }

    return NGX_OK;
}


/* with the last configuration that uses them */

static void
ngx_cs_wake_close(void *data)
{
    if (--ngx_cs_wakes.refs) {
        return;
    }

    while (ngx_cs_wakes.n) {
        (void) close(ngx_cs_wakes.fds[--ngx_cs_wakes.n]);
    }
}


ngx_int_t
ngx_cs_wake_init_process(ngx_cycle_t *cycle, void (*handler)(void),
    void (*quit)(void))
{
    ngx_int_t          event;
    ngx_connection_t  *c;

    if (ngx_worker >= ngx_cs_wakes.n) {
        return NGX_OK;
    }

    c = ngx_get_connection(ngx_cs_wakes.fds[ngx_worker], cycle->log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    /* neither an alert of an open socket, nor a reason to stay */

    c->read->channel = 1;
    c->read->log = cycle->log;
    c->read->handler = ngx_cs_wake_handler;
    c->write->log = cycle->log;
    c->write->channel = 1;

    /*
     * nginx tells the connections that are idle when it is to leave: no other
     * word of it reaches a module in time
     */

    c->idle = 1;

    ngx_cs_wakes.connection = c;
    ngx_cs_wakes.handler = handler;
    ngx_cs_wakes.quit = quit;

    event = (ngx_event_flags & NGX_USE_CLEAR_EVENT) ? NGX_CLEAR_EVENT
                                                    : NGX_LEVEL_EVENT;

    return ngx_add_event(c->read, NGX_READ_EVENT, event);
}


static void
ngx_cs_wake_handler(ngx_event_t *ev)
{
    ngx_connection_t  *c;

    c = ev->data;

    if (c->close) {
        c->close = 0;
        ngx_cs_wakes.quit();
        return;
    }

    if (!(ngx_event_flags & NGX_USE_CLEAR_EVENT)) {
        ngx_cs_wake_drain(c->fd);
    }

    ngx_cs_wakes.handler();
}


static void
ngx_cs_wake_drain(ngx_fd_t fd)
{
    uint64_t  count;

    if (read(fd, &count, sizeof(uint64_t)) == -1 && ngx_errno != NGX_EAGAIN) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, ngx_errno,
                      "read() from an eventfd failed");
    }
}


void
ngx_cs_wake(uint64_t mask)
{
    uint64_t    one;
    ngx_uint_t  i;

    one = 1;

    for (i = 0; mask && i < ngx_cs_wakes.n; i++) {

        if (!(mask >> (i % NGX_CS_WAKE_BITS) & 1)) {
            continue;
        }

        /* it can only fail where its counter is full: then nobody misses it */

        if (write(ngx_cs_wakes.fds[i], &one, sizeof(uint64_t)) == -1) {
            ngx_cs_wake_drain(ngx_cs_wakes.fds[i]);
        }
    }
}


void
ngx_cs_wake_exit_process(ngx_cycle_t *cycle)
{
    ngx_connection_t  *c;

    c = ngx_cs_wakes.connection;

    if (c == NULL) {
        return;
    }

    ngx_cs_wakes.connection = NULL;

    (void) ngx_del_event(c->read, NGX_READ_EVENT, 0);

    ngx_free_connection(c);
    c->fd = (ngx_socket_t) -1;
}
