/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A libcurl multi handle on nginx's event loop; see the header.
 *
 * libcurl tells by callbacks which sockets and which time it waits for, and
 * is driven by curl_multi_socket_action() alone.  It owns its sockets: it
 * closes them right after CURL_POLL_REMOVE, so that a number comes back as
 * another connection; nothing of the old one may be left in epoll, nor a
 * posted event.
 */


#include "ngx_clear_status_multi.h"

#include <ngx_event.h>
#include <openssl/err.h>


struct ngx_clear_status_multi_s {
    CURLM                       *multi;
    ngx_event_t                  timer;
    ngx_event_t                  now;      /* a timer of no time */
    ngx_log_t                   *log;
    ngx_uint_t                   active;
    ngx_clear_status_multi_pt    handler;
    unsigned                     driving:1;
};


static int ngx_clear_status_multi_socket(CURL *easy, curl_socket_t s, int what,
    void *data, void *socket);
static ngx_connection_t *ngx_clear_status_multi_connection(
    ngx_clear_status_multi_t *m, curl_socket_t s);
static ngx_int_t ngx_clear_status_multi_events(ngx_connection_t *c, int what);
static void ngx_clear_status_multi_forget(ngx_connection_t *c);
static int ngx_clear_status_multi_timer(CURLM *multi, long ms, void *data);
static void ngx_clear_status_multi_timer_handler(ngx_event_t *ev);
static void ngx_clear_status_multi_socket_handler(ngx_event_t *ev);
static void ngx_clear_status_multi_drive(ngx_clear_status_multi_t *m,
    curl_socket_t s, int what);
static void ngx_clear_status_multi_finish(ngx_clear_status_multi_t *m);


ngx_clear_status_multi_t *
ngx_clear_status_multi_create(ngx_log_t *log, long max_host,
    ngx_clear_status_multi_pt handler)
{
    CURLM                     *multi;
    ngx_clear_status_multi_t  *m;

    m = ngx_calloc(sizeof(ngx_clear_status_multi_t), log);
    multi = curl_multi_init();

    if (m == NULL || multi == NULL) {
        (void) curl_multi_cleanup(multi);
        ngx_free(m);
        return NULL;
    }

    m->multi = multi;
    m->log = log;
    m->handler = handler;

    m->timer.handler = ngx_clear_status_multi_timer_handler;
    m->timer.data = m;
    m->timer.log = log;
    m->timer.cancelable = 1;

    m->now.handler = ngx_clear_status_multi_timer_handler;
    m->now.data = m;
    m->now.log = log;

    (void) curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION,
                             ngx_clear_status_multi_socket);
    (void) curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, m);
    (void) curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION,
                             ngx_clear_status_multi_timer);
    (void) curl_multi_setopt(multi, CURLMOPT_TIMERDATA, m);
    (void) curl_multi_setopt(multi, CURLMOPT_PIPELINING,
                             (long) CURLPIPE_MULTIPLEX);
    (void) curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, max_host);

    return m;
}


void
ngx_clear_status_multi_destroy(ngx_clear_status_multi_t *m)
{
    (void) curl_multi_cleanup(m->multi);

    if (m->timer.timer_set) {
        ngx_del_timer(&m->timer);
    }

    if (m->now.posted) {
        ngx_delete_posted_event(&m->now);
    }

    ngx_free(m);
}


ngx_int_t
ngx_clear_status_multi_add(ngx_clear_status_multi_t *m, CURL *easy)
{
    /*
     * A socket callback that fails kills all transfers of the multi, so
     * there has to be room before one begins: its socket, and the second
     * that a name with two address families takes.
     */

    if (ngx_cycle->free_connection_n < 4
        || curl_multi_add_handle(m->multi, easy) != CURLM_OK)
    {
        return NGX_ERROR;
    }

    m->active++;

    return NGX_OK;
}


void
ngx_clear_status_multi_remove(ngx_clear_status_multi_t *m, CURL *easy)
{
    (void) curl_multi_remove_handle(m->multi, easy);

    m->active--;
}


void
ngx_clear_status_multi_max_host(ngx_clear_status_multi_t *m, long max_host)
{
    (void) curl_multi_setopt(m->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                             max_host);
}


ngx_uint_t
ngx_clear_status_multi_active(ngx_clear_status_multi_t *m)
{
    return m->active;
}


static int
ngx_clear_status_multi_socket(CURL *easy, curl_socket_t s, int what,
    void *data, void *socket)
{
    ngx_clear_status_multi_t *m = data;
    ngx_connection_t *c = socket;

    ngx_log_debug3(NGX_LOG_DEBUG_EVENT, m->log, 0,
                   "clear status multi %p: socket:%d what:%d", m, s, what);

    if (what == CURL_POLL_REMOVE) {
        if (c) {
            ngx_clear_status_multi_forget(c);
            (void) curl_multi_assign(m->multi, s, NULL);
        }

        return 0;
    }

    if (c == NULL) {
        c = ngx_clear_status_multi_connection(m, s);
        if (c == NULL) {
            return -1;
        }

        (void) curl_multi_assign(m->multi, s, c);
    }

    return ngx_clear_status_multi_events(c, what) == NGX_OK ? 0 : -1;
}


static ngx_connection_t *
ngx_clear_status_multi_connection(ngx_clear_status_multi_t *m, curl_socket_t s)
{
    ngx_connection_t  *c;

    c = ngx_get_connection(s, m->log);
    if (c == NULL) {
        return NULL;
    }

    c->data = m;
    c->read->handler = ngx_clear_status_multi_socket_handler;
    c->write->handler = ngx_clear_status_multi_socket_handler;
    c->read->log = m->log;
    c->write->log = m->log;

    return c;
}


static ngx_int_t
ngx_clear_status_multi_events(ngx_connection_t *c, int what)
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


static void
ngx_clear_status_multi_forget(ngx_connection_t *c)
{
    (void) ngx_clear_status_multi_events(c, CURL_POLL_NONE);

    if (c->read->posted) {
        ngx_delete_posted_event(c->read);
    }

    if (c->write->posted) {
        ngx_delete_posted_event(c->write);
    }

    ngx_free_connection(c);
    c->fd = (ngx_socket_t) -1;
}


static int
ngx_clear_status_multi_timer(CURLM *multi, long ms, void *data)
{
    ngx_clear_status_multi_t *m = data;

    /* nginx would leave a timer alone that moves by little */

    if (m->timer.timer_set) {
        ngx_del_timer(&m->timer);
    }

    if (m->now.posted) {
        ngx_delete_posted_event(&m->now);
    }

    if (ms == 0) {
        ngx_post_event(&m->now, &ngx_posted_events);

    } else if (ms > 0) {
        ngx_add_timer(&m->timer, (ngx_msec_t) ms);
    }

    return 0;
}


static void
ngx_clear_status_multi_timer_handler(ngx_event_t *ev)
{
    ngx_clear_status_multi_drive(ev->data, CURL_SOCKET_TIMEOUT, 0);
}


static void
ngx_clear_status_multi_socket_handler(ngx_event_t *ev)
{
    ngx_connection_t  *c;

    c = ev->data;

    ngx_clear_status_multi_drive(c->data, c->fd,
                                 ev->write ? CURL_CSELECT_OUT
                                           : CURL_CSELECT_IN);
}


static void
ngx_clear_status_multi_drive(ngx_clear_status_multi_t *m, curl_socket_t s,
    int what)
{
    int        running;
    CURLMcode  rc;

    rc = curl_multi_socket_action(m->multi, s, what, &running);

    /* what libcurl's TLS left would be logged as an alert of nginx's own */

    ERR_clear_error();

    if (rc != CURLM_OK) {
        ngx_log_error(NGX_LOG_ALERT, m->log, 0,
                      "curl_multi_socket_action() failed: %s",
                      curl_multi_strerror(rc));
    }

    ngx_clear_status_multi_finish(m);
}


static void
ngx_clear_status_multi_finish(ngx_clear_status_multi_t *m)
{
    int        left;
    CURL      *easy;
    CURLMsg   *msg;
    CURLcode   code;

    for ( ;; ) {
        msg = curl_multi_info_read(m->multi, &left);

        if (msg == NULL) {
            return;
        }

        if (msg->msg != CURLMSG_DONE) {
            continue;
        }

        /* the message does not outlive the removal */

        easy = msg->easy_handle;
        code = msg->data.result;

        ngx_clear_status_multi_remove(m, easy);

        m->handler(easy, code);
    }
}
