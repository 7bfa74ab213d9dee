/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A libcurl multi handle on nginx's event loop; see fetch/multi.h.
 *
 * libcurl tells by callbacks which sockets and which time it waits for, and
 * is driven by curl_multi_socket_action() alone.  It owns its sockets: it
 * closes them right after CURL_POLL_REMOVE, so that a number comes back as
 * another connection; nothing of the old one may be left in epoll, nor a
 * posted event.
 *
 * Some it closes before, without a word: those that it gives up while they
 * connect.  Then epoll has forgotten them, and the next socket may have the
 * same number and, for libcurl, still be the one that was there.  It goes on
 * to the next address of the name, but only when something wakes it up.
 */


#include "fetch/multi_state.h"

#include <openssl/err.h>
#include <signal.h>


/* CURLMOPT_QUICK_EXIT, which there is from 8.20 on */
#define NGX_CS_MULTI_QUICK_EXIT  ((CURLMoption) 21)


static void ngx_cs_multi_options(ngx_cs_multi_t *m);
static int ngx_cs_multi_socket(CURL *easy, curl_socket_t s, int what,
    void *data, void *socket);
static curl_socket_t ngx_cs_multi_open(void *data, curlsocktype purpose,
    struct curl_sockaddr *address);
static int ngx_cs_multi_close(void *data, curl_socket_t s);
static int ngx_cs_multi_fail(ngx_cs_multi_t *m);
static void ngx_cs_multi_disarm(ngx_cs_multi_t *m);
static int ngx_cs_multi_timer(CURLM *multi, long ms, void *data);
static void ngx_cs_multi_timer_handler(ngx_event_t *ev);
static void ngx_cs_multi_died(void *data);
static void ngx_cs_multi_drive(void *data, curl_socket_t s, int what);
static CURLMcode ngx_cs_multi_blocked(ngx_cs_multi_t *m, curl_socket_t s,
    int what);
static CURLMcode ngx_cs_multi_perform(ngx_cs_multi_t *m, curl_socket_t s,
    int what);
static void ngx_cs_multi_finish(ngx_cs_multi_t *m);
static void ngx_cs_multi_end_handler(ngx_event_t *ev);


/* of this worker */
ngx_queue_t  ngx_cs_multis;


ngx_cs_multi_t *
ngx_cs_multi_create(ngx_cs_multi_conf_t *conf)
{
    CURLM           *multi;
    ngx_cs_multi_t  *m;

    m = ngx_calloc(sizeof(ngx_cs_multi_t), conf->log);
    multi = curl_multi_init();

    if (m == NULL || multi == NULL) {
        (void) curl_multi_cleanup(multi);
        ngx_free(m);
        return NULL;
    }

    m->multi = multi;
    m->conf = *conf;
    m->log = conf->log;

    m->sockets.keepalive_time = conf->keepalive_time;
    m->sockets.handler = ngx_cs_multi_drive;
    m->sockets.died = ngx_cs_multi_died;
    m->sockets.data = m;
    m->sockets.log = conf->log;

    ngx_cs_sockets_init(&m->sockets);

    m->flood.sockets = &m->sockets;

    m->timer.handler = ngx_cs_multi_timer_handler;
    m->timer.data = m;
    m->timer.log = m->log;
    m->timer.cancelable = 1;

    m->now.handler = ngx_cs_multi_timer_handler;
    m->now.data = m;
    m->now.log = m->log;

    m->end.handler = ngx_cs_multi_end_handler;
    m->end.data = m;
    m->end.log = m->log;

    if (ngx_cs_multis.next == NULL) {
        ngx_queue_init(&ngx_cs_multis);
    }

    ngx_queue_insert_tail(&ngx_cs_multis, &m->queue);

    ngx_cs_multi_options(m);

    return m;
}


static void
ngx_cs_multi_options(ngx_cs_multi_t *m)
{
    CURLM  *multi;

    multi = m->multi;

    (void) curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION,
                             ngx_cs_multi_socket);
    (void) curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, m);
    (void) curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION,
                             ngx_cs_multi_timer);
    (void) curl_multi_setopt(multi, CURLMOPT_TIMERDATA, m);
    (void) curl_multi_setopt(multi, CURLMOPT_PIPELINING,
                             (long) CURLPIPE_MULTIPLEX);

    /* else all but four are closed when a crowd of transfers has ended */

    (void) curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS,
                             (long) NGX_CS_MULTI_IDLE);

    (void) curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                             (long) m->conf.max_host);

    /*
     * Its end waits for no look-up that hangs.  Before 8.20, which says that it
     * knows no such option, a transfer has its own (fetch/options.c).
     */

    (void) curl_multi_setopt(multi, NGX_CS_MULTI_QUICK_EXIT, 1L);
}


void
ngx_cs_multi_destroy(ngx_cs_multi_t *m)
{
    (void) curl_multi_cleanup(m->multi);

    /* its last words over TLS may leave errors too */

    ERR_clear_error();

    if (m->sockets.nbusy) {
        ngx_log_error(NGX_LOG_ALERT, m->log, 0,
                      "libcurl left %ui sockets", m->sockets.nbusy);
    }

    ngx_cs_sockets_free(&m->sockets);

    if (m->timer.timer_set) {
        ngx_del_timer(&m->timer);
    }

    if (m->now.posted) {
        ngx_delete_posted_event(&m->now);
    }

    if (m->end.posted) {
        ngx_delete_posted_event(&m->end);
    }

    ngx_queue_remove(&m->queue);

    m->conf.freed(m->conf.data);

    ngx_free(m);
}


void
ngx_cs_multi_exit(void)
{
    ngx_queue_t  *q;

    while (ngx_cs_multis.next && !ngx_queue_empty(&ngx_cs_multis)) {
        q = ngx_queue_head(&ngx_cs_multis);

        ngx_cs_multi_destroy(ngx_queue_data(q, ngx_cs_multi_t, queue));
    }
}


void
ngx_cs_multi_retire(ngx_cs_multi_t *m)
{
    m->retired = 1;

    if (m->active == 0) {
        ngx_post_event(&m->end, &ngx_posted_events);
    }
}


static void
ngx_cs_multi_end_handler(ngx_event_t *ev)
{
    ngx_cs_multi_t  *m;

    m = ev->data;

    /* whoever looked for room retired it, and a transfer has begun since */

    if (m->active == 0) {
        ngx_cs_multi_destroy(m);
    }
}


ngx_int_t
ngx_cs_multi_add(ngx_cs_multi_t *m, CURL *easy,
    ngx_cs_multi_opening_t *opening)
{
    opening->multi = m;
    opening->admit.n = 0;
    opening->err = 0;

    (void) curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION,
                            ngx_cs_multi_open);
    (void) curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, opening);
    (void) curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION,
                            ngx_cs_multi_close);
    (void) curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, m);

    if (curl_multi_add_handle(m->multi, easy) != CURLM_OK) {
        return NGX_ERROR;
    }

    m->active++;
    m->begun++;

    return NGX_OK;
}


void
ngx_cs_multi_remove(ngx_cs_multi_t *m, CURL *easy)
{
    (void) curl_multi_remove_handle(m->multi, easy);
    ERR_clear_error();

    m->active--;

    if (m->retired && m->active == 0) {
        ngx_post_event(&m->end, &ngx_posted_events);
    }
}


void
ngx_cs_multi_max_host(ngx_cs_multi_t *m, ngx_uint_t max_host)
{
    if (m->conf.max_host == max_host) {
        return;
    }

    m->conf.max_host = max_host;

    (void) curl_multi_setopt(m->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                             (long) max_host);
}


void
ngx_cs_multi_threads(ngx_cs_multi_t *m)
{
    m->threads = 1;
}


void
ngx_cs_multi_watch(ngx_cs_multi_t *m, void *ctx)
{
    ngx_cs_flood_watch(&m->flood, ctx);
}


void
ngx_cs_multi_heard(ngx_cs_multi_t *m)
{
    m->flood.barren = 0;
}


ngx_uint_t
ngx_cs_multi_flooded(ngx_cs_multi_t *m)
{
    return m->flood.over;
}


ngx_uint_t
ngx_cs_multi_active(ngx_cs_multi_t *m)
{
    return m->active;
}


ngx_uint_t
ngx_cs_multi_idle(ngx_cs_multi_t *m)
{
    return m->sockets.nidle;
}


ngx_uint_t
ngx_cs_multi_dead(ngx_cs_multi_t *m)
{
    return m->sockets.ndead;
}


void
ngx_cs_multi_shut_oldest(ngx_cs_multi_t *m)
{
    ngx_cs_sockets_shut_oldest(&m->sockets);
}


void *
ngx_cs_multi_data(ngx_cs_multi_t *m)
{
    return m->conf.data;
}


void
ngx_cs_multi_share(ngx_cs_multi_t *m)
{
    ngx_cs_sockets_share(&m->sockets, 1);
}


ngx_int_t
ngx_cs_multi_admit(ngx_cs_multi_opening_t *opening)
{
    return ngx_cs_admit(&opening->multi->sockets, &opening->admit);
}


static int
ngx_cs_multi_socket(CURL *easy, curl_socket_t s, int what, void *data,
    void *record)
{
    ngx_cs_multi_t *m = data;
    ngx_cs_socket_t *socket = record;

    ngx_log_debug3(NGX_LOG_DEBUG_EVENT, m->log, 0,
                   "clear status multi %p: socket:%d what:%d", m, s, what);

    if (what == CURL_POLL_REMOVE) {
        if (socket) {
            if (ngx_cs_sockets_rest(socket)) {
                m->given_up = 1;
                ngx_post_event(&m->now, &ngx_posted_next_events);
            }

            (void) curl_multi_assign(m->multi, s, NULL);
        }

        return 0;
    }

    if (m->failed) {
        return -1;
    }

    if (socket == NULL) {
        socket = ngx_cs_sockets_busy(&m->sockets, s);
        if (socket == NULL) {
            return ngx_cs_multi_fail(m);
        }

        (void) curl_multi_assign(m->multi, s, socket);
    }

    if (ngx_cs_sockets_wait(socket, what) != NGX_OK) {
        return ngx_cs_multi_fail(m);
    }

    return 0;
}


static curl_socket_t
ngx_cs_multi_open(void *data, curlsocktype purpose,
    struct curl_sockaddr *address)
{
    ngx_cs_multi_opening_t *opening = data;

    curl_socket_t    s;
    ngx_cs_multi_t  *m;

    m = opening->multi;

    s = ngx_cs_multi_new(address, m->log, &opening->err);

    if (s == CURL_SOCKET_BAD) {
        return s;
    }

    opening->admit.s[opening->admit.n++ % NGX_CS_ADMIT_OPENED] = s;

    if (ngx_cs_sockets_opened(&m->sockets, s) != NGX_OK) {
        (void) ngx_cs_multi_fail(m);
    }

    return s;
}


/* by libcurl, after what it has to say over TLS */

static int
ngx_cs_multi_close(void *data, curl_socket_t s)
{
    ngx_cs_multi_t *m = data;

    ngx_cs_sockets_closed(&m->sockets, s);

    return ngx_close_socket(s);
}


/* for libcurl the multi is dead now; the next drive tells its owner */

static int
ngx_cs_multi_fail(ngx_cs_multi_t *m)
{
    m->failed = 1;

    ngx_post_event(&m->now, &ngx_posted_next_events);

    return -1;
}


/* a dead multi does not tell in time which sockets it closes */

static void
ngx_cs_multi_disarm(ngx_cs_multi_t *m)
{
    ngx_queue_t      *q;
    ngx_cs_socket_t  *socket;

    for (q = ngx_queue_head(&m->sockets.busy);
         q != ngx_queue_sentinel(&m->sockets.busy);
         q = ngx_queue_next(q))
    {
        socket = ngx_queue_data(q, ngx_cs_socket_t, queue);

        (void) curl_multi_assign(m->multi, socket->fd, NULL);
    }

    ngx_cs_sockets_forget_busy(&m->sockets);
}


static int
ngx_cs_multi_timer(CURLM *multi, long ms, void *data)
{
    ngx_cs_multi_t *m = data;

    /* nginx would leave a timer alone that moves by little */

    if (m->timer.timer_set) {
        ngx_del_timer(&m->timer);
    }

    if (m->now.posted && !m->failed && !m->given_up) {
        ngx_delete_posted_event(&m->now);
    }

    /*
     * Never into the queue that is being worked off: a transfer that has
     * something to do each time would keep all others from their turn.
     */

    if (ms == 0) {
        ngx_post_event(&m->now, &ngx_posted_next_events);

    } else if (ms > 0) {
        ngx_add_timer(&m->timer, (ngx_msec_t) ms);
    }

    return 0;
}


static void
ngx_cs_multi_timer_handler(ngx_event_t *ev)
{
    ngx_cs_multi_drive(ev->data, CURL_SOCKET_TIMEOUT, 0);
}


static void
ngx_cs_multi_died(void *data)
{
    ngx_cs_multi_t *m = data;

    m->conf.died(m);
}


static void
ngx_cs_multi_drive(void *data, curl_socket_t s, int what)
{
    ngx_cs_multi_t *m = data;

    CURLMcode   rc;
    ngx_uint_t  corked;

    /* libcurl sends each request by itself */

    corked = (s == CURL_SOCKET_TIMEOUT && m->begun > 1)
             ? ngx_cs_sockets_cork(&m->sockets) : 0;

    m->begun = 0;

    rc = ngx_cs_multi_blocked(m, s, what);

    if (corked) {
        ngx_cs_sockets_uncork(&m->sockets);
    }

    /* what libcurl's TLS left would be logged as an alert of nginx's own */

    ERR_clear_error();

    ngx_cs_multi_finish(m);

    if ((rc != CURLM_OK || m->failed) && (m->active || !m->retired)) {
        ngx_log_error(NGX_LOG_ERR, m->log, 0,
                      "upstream connections are given up: %s",
                      m->failed ? "no event for a socket"
                                : curl_multi_strerror(rc));
        ngx_cs_multi_disarm(m);
        m->conf.broken(m);
    }
}


/*
 * A thread that libcurl starts has the signals of who starts it.  One that
 * nginx's signals reach would take them from the event loop, which would then
 * go on sleeping.
 */

static CURLMcode
ngx_cs_multi_blocked(ngx_cs_multi_t *m, curl_socket_t s, int what)
{
    sigset_t   all, old;
    CURLMcode  rc;

    if (!m->threads) {
        return ngx_cs_multi_perform(m, s, what);
    }

    (void) sigfillset(&all);
    (void) pthread_sigmask(SIG_SETMASK, &all, &old);

    rc = ngx_cs_multi_perform(m, s, what);

    (void) pthread_sigmask(SIG_SETMASK, &old, NULL);

    return rc;
}


static CURLMcode
ngx_cs_multi_perform(ngx_cs_multi_t *m, curl_socket_t s, int what)
{
    int        running;
    CURLMcode  rc;

    if (m->given_up && s == CURL_SOCKET_TIMEOUT) {
        m->given_up = 0;

        CURL_IGNORE_DEPRECATION(
            rc = curl_multi_socket_all(m->multi, &running);
        )

        if (rc != CURLM_OK) {
            return rc;
        }
    }

    return curl_multi_socket_action(m->multi, s, what, &running);
}


static void
ngx_cs_multi_finish(ngx_cs_multi_t *m)
{
    int       left;
    CURL     *easy;
    CURLMsg  *msg;
    CURLcode  code;

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

        ngx_cs_multi_remove(m, easy);

        m->conf.ended(easy, code);
    }
}
