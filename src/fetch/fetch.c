/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * One GET to upstream, retries included; see the header.
 *
 * A fetch has its name looked up, waits in a queue of ours until a stream is
 * free, since libcurl's own queue knows no timeout, and then is an easy
 * handle in the multi handle of its origin.
 */


#include "fetch/fetch.h"

#include <ngx_event.h>

#include "fetch/code.h"
#include "fetch/origin.h"
#include "fetch/transfer.h"


/* a retry waits so many ms, plus at most as many again */
#define NGX_CS_RETRY_WAIT   20


static void ngx_cs_fetch_depart(ngx_cs_transfer_t *t);
static void ngx_cs_fetch_resolved(void *data, ngx_int_t rc);
static void ngx_cs_fetch_refuse(ngx_cs_transfer_t *t,
    clear_transport_e transport);
static void ngx_cs_fetch_enqueue(ngx_cs_transfer_t *t);
static void ngx_cs_fetch_next(void);
static ngx_int_t ngx_cs_fetch_launch(ngx_cs_transfer_t *t);
static void ngx_cs_fetch_ended(CURL *easy, CURLcode code);
static void ngx_cs_fetch_stop(ngx_cs_transfer_t *t);
static void ngx_cs_fetch_broken(ngx_cs_multi_t *multi);
static ngx_uint_t ngx_cs_fetch_again(ngx_cs_transfer_t *t, CURLcode code);
static void ngx_cs_fetch_end(ngx_cs_transfer_t *t, CURLcode code);
static void ngx_cs_fetch_finish(ngx_cs_transfer_t *t,
    clear_transport_e transport);
static void ngx_cs_fetch_deadline(ngx_event_t *ev);
static void ngx_cs_fetch_retry(ngx_event_t *ev);
static void ngx_cs_fetch_refused(ngx_event_t *ev);


/* of this worker */
static ngx_queue_t  ngx_cs_waiting;
static ngx_queue_t  ngx_cs_flying;
static ngx_uint_t   ngx_cs_streams;


ngx_int_t
ngx_cs_fetch_start(ngx_cs_fetch_t *fetch)
{
    ngx_cs_transfer_t  *t;

    t = ngx_pcalloc(fetch->pool, sizeof(ngx_cs_transfer_t));
    if (t == NULL) {
        return NGX_ERROR;
    }

    t->fetch = fetch;
    t->start = ngx_current_msec;
    t->origin = ngx_cs_origin_get(fetch->conf);
    t->headers = ngx_cs_fetch_header_list(fetch->pool, fetch->headers,
                                          fetch->nheaders);

    if (t->origin == NULL || t->headers == NULL) {
        return NGX_ERROR;
    }

    t->resolve.host = fetch->conf->host;
    t->resolve.port = fetch->conf->port;
    t->resolve.pool = fetch->pool;
    t->resolve.handler = ngx_cs_fetch_resolved;
    t->resolve.data = t;

    t->deadline.handler = ngx_cs_fetch_deadline;
    t->deadline.data = t;
    t->deadline.log = fetch->log;

    t->again.max = fetch->conf->retries;

    t->refusal.handler = ngx_cs_fetch_refused;
    t->refusal.data = t;
    t->refusal.log = fetch->log;

    t->retry.handler = ngx_cs_fetch_retry;
    t->retry.data = t;
    t->retry.log = fetch->log;

    ngx_add_timer(&t->deadline, fetch->conf->timeout);

    ngx_cs_fetch_depart(t);

    return NGX_OK;
}


/* an attempt begins */

static void
ngx_cs_fetch_depart(ngx_cs_transfer_t *t)
{
    ngx_cs_fetch_conf_t  *conf;

    conf = t->fetch->conf;

    /* a proxy resolves the name itself, and its own name is libcurl's */

    if (conf->resolver == NULL || conf->fixed || conf->proxy.len) {
        ngx_cs_fetch_enqueue(t);
        return;
    }

    if (ngx_cs_resolve_start(&t->resolve, conf->resolver,
                             conf->resolver_timeout)
        != NGX_OK)
    {
        ngx_cs_fetch_refuse(t, CLEAR_TRANSPORT_LOCAL);
    }
}


static void
ngx_cs_fetch_resolved(void *data, ngx_int_t rc)
{
    ngx_cs_transfer_t *t = data;

    u_char  *p;

    if (rc == NGX_OK) {
        ngx_cs_fetch_enqueue(t);
        return;
    }

    if (rc == NGX_ERROR) {
        ngx_cs_fetch_refuse(t, CLEAR_TRANSPORT_LOCAL);
        return;
    }

    p = ngx_snprintf((u_char *) t->text, sizeof(t->text) - 1, "%V: %s",
                     &t->resolve.host, ngx_resolver_strerror(rc));
    *p = '\0';

    ngx_cs_fetch_text(t->fetch->pool, &t->result.text, t->text);
    ngx_cs_fetch_refuse(t, CLEAR_TRANSPORT_RESOLVE);
}


/* told from the event loop: this may be within start() */

static void
ngx_cs_fetch_refuse(ngx_cs_transfer_t *t, clear_transport_e transport)
{
    t->refused = transport;
    ngx_post_event(&t->refusal, &ngx_posted_next_events);
}


static void
ngx_cs_fetch_enqueue(ngx_cs_transfer_t *t)
{
    t->queued = 1;
    ngx_queue_insert_tail(&ngx_cs_waiting, &t->queue);

    ngx_cs_fetch_next();
}


static void
ngx_cs_fetch_next(void)
{
    ngx_int_t           rc;
    ngx_queue_t        *q;
    ngx_cs_transfer_t  *t;

    while (ngx_cs_streams < NGX_CS_STREAMS
           && !ngx_queue_empty(&ngx_cs_waiting))
    {
        q = ngx_queue_head(&ngx_cs_waiting);
        t = ngx_queue_data(q, ngx_cs_transfer_t, queue);

        rc = ngx_cs_fetch_launch(t);

        /* no connection of nginx's free: there is one when a transfer ends */

        if (rc == NGX_AGAIN && ngx_cs_streams) {
            return;
        }

        ngx_queue_remove(&t->queue);
        t->queued = 0;

        if (rc != NGX_OK) {
            ngx_cs_fetch_refuse(t, CLEAR_TRANSPORT_LOCAL);
            continue;
        }

        ngx_queue_insert_tail(&ngx_cs_flying, &t->queue);
        ngx_cs_streams++;
    }
}


static ngx_int_t
ngx_cs_fetch_launch(ngx_cs_transfer_t *t)
{
    ngx_cs_origin_t  *origin;

    origin = t->origin;

    if (ngx_cs_origin_open(origin, ngx_cs_fetch_ended,
                           ngx_cs_fetch_broken)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (!ngx_cs_multi_room(origin->multi)) {
        ngx_log_error(NGX_LOG_WARN, t->fetch->log, 0,
                      "worker_connections are not enough for upstream");
        return NGX_AGAIN;
    }

    t->easy = ngx_cs_handles_get(&origin->easy, &origin->conf);
    if (t->easy == NULL) {
        return NGX_ERROR;
    }

    t->fetch->begin(t->fetch->data);

    if (ngx_cs_transfer_setup(t) != NGX_OK
        || ngx_cs_multi_add(origin->multi, t->easy) != NGX_OK)
    {
        ngx_cs_handles_put(&origin->easy, t->easy);
        t->easy = NULL;
        return NGX_ERROR;
    }

    t->multi = origin->multi;

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, t->fetch->log, 0,
                   "clear status fetch %p: attempt %ui", t,
                   t->result.attempts);

    return NGX_OK;
}


static void
ngx_cs_fetch_ended(CURL *easy, CURLcode code)
{
    ngx_cs_transfer_t  *t;

    (void) curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **) &t);

    ngx_cs_transfer_info(t, code);
    ngx_cs_fetch_stop(t);

    if (code == CURLE_OUT_OF_MEMORY || (code == CURLE_HTTP2 && !t->opened)) {
        ngx_cs_origin_spoilt(t->origin, t->multi);
    }

    if (code == CURLE_FILESIZE_EXCEEDED) {
        t->refused = CLEAR_TRANSPORT_TOO_LARGE;
    }

    if (!ngx_cs_fetch_again(t, code)) {
        ngx_cs_fetch_end(t, code);
    }
}


static void
ngx_cs_fetch_stop(ngx_cs_transfer_t *t)
{
    /* whoever has an easy handle is in the queue of those that fly */

    ngx_queue_remove(&t->queue);   /* NOLINT(clang-analyzer-core.*) */
    ngx_cs_streams--;

    ngx_cs_handles_put(&t->origin->easy, t->easy);
    t->easy = NULL;
}


/* all that are in it end; first of all they leave it, while it is there */

static void
ngx_cs_fetch_broken(ngx_cs_multi_t *multi)
{
    ngx_queue_t        *q, *next, lost;
    ngx_cs_transfer_t  *t;

    ngx_queue_init(&lost);

    for (q = ngx_queue_head(&ngx_cs_flying);
         q != ngx_queue_sentinel(&ngx_cs_flying);
         q = next)
    {
        next = ngx_queue_next(q);
        t = ngx_queue_data(q, ngx_cs_transfer_t, queue);

        if (t->multi == multi) {
            ngx_cs_multi_remove(multi, t->easy);
            ngx_cs_fetch_stop(t);
            ngx_queue_insert_tail(&lost, &t->queue);
        }
    }

    ngx_cs_origin_drop(multi);

    while (!ngx_queue_empty(&lost)) {
        q = ngx_queue_head(&lost);
        ngx_queue_remove(q);

        t = ngx_queue_data(q, ngx_cs_transfer_t, queue);
        ngx_cs_fetch_finish(t, CLEAR_TRANSPORT_LOCAL);
    }
}


/* whether another attempt follows, which is then on its way */

static ngx_uint_t
ngx_cs_fetch_again(ngx_cs_transfer_t *t, CURLcode code)
{
    int64_t          left, pause;
    clear_attempt_t  attempt;

    if (t->refused != CLEAR_TRANSPORT_OK) {
        return 0;
    }

    ngx_cs_transfer_attempt(t, code, &attempt);

    left = (int64_t) t->fetch->conf->timeout
           - (int64_t) (ngx_current_msec - t->start);
    pause = NGX_CS_RETRY_WAIT + ngx_random() % NGX_CS_RETRY_WAIT;

    switch (clear_retry(&t->again, &attempt, left, pause)) {

    case CLEAR_RETRY_NO:
        return 0;

    case CLEAR_RETRY_LATER:
        ngx_add_timer(&t->retry, (ngx_msec_t) pause);
        ngx_cs_fetch_next();
        return 1;

    case CLEAR_RETRY_FRESH:
        t->fresh = 1;
        break;

    case CLEAR_RETRY_NOW:
        break;
    }

    ngx_cs_fetch_enqueue(t);

    return 1;
}


static void
ngx_cs_fetch_end(ngx_cs_transfer_t *t, CURLcode code)
{
    clear_transport_e  transport;

    transport = CLEAR_TRANSPORT_OK;

    if (t->refused != CLEAR_TRANSPORT_OK) {
        transport = t->refused;

    } else if (code != CURLE_OK) {
        transport = t->tunnel ? CLEAR_TRANSPORT_CONNECT
                              : ngx_cs_fetch_transport(code);
        ngx_cs_fetch_text(t->fetch->pool, &t->result.text,
                          t->text[0] ? t->text
                                     : curl_easy_strerror(code));
    }

    ngx_cs_fetch_finish(t, transport);
}


static void
ngx_cs_fetch_finish(ngx_cs_transfer_t *t, clear_transport_e transport)
{
    if (t->deadline.timer_set) {
        ngx_del_timer(&t->deadline);
    }

    if (t->retry.timer_set) {
        ngx_del_timer(&t->retry);
    }

    if (t->refusal.posted) {
        ngx_delete_posted_event(&t->refusal);
    }

    t->result.transport = transport;
    t->result.retry_after = t->header.retry_after;
    t->result.elapsed = ngx_current_msec - t->start;

    ngx_cs_fetch_next();

    t->fetch->done(t->fetch->data, &t->result);
}


static void
ngx_cs_fetch_deadline(ngx_event_t *ev)
{
    ngx_cs_transfer_t *t = ev->data;

    ngx_cs_resolve_cancel(&t->resolve);

    if (t->queued) {
        ngx_queue_remove(&t->queue);
        t->queued = 0;
    }

    if (t->easy) {
        ngx_cs_transfer_info(t, CURLE_OPERATION_TIMEDOUT);
        ngx_cs_multi_remove(t->multi, t->easy);
        ngx_cs_fetch_stop(t);
    }

    ngx_cs_fetch_finish(t, CLEAR_TRANSPORT_TIMEOUT);
}


static void
ngx_cs_fetch_retry(ngx_event_t *ev)
{
    ngx_cs_transfer_t *t = ev->data;

    ngx_cs_fetch_depart(t);
}


static void
ngx_cs_fetch_refused(ngx_event_t *ev)
{
    ngx_cs_transfer_t *t = ev->data;

    ngx_cs_fetch_finish(t, t->refused);
}


ngx_int_t
ngx_cs_fetch_init_process(ngx_cycle_t *cycle)
{
    ngx_queue_init(&ngx_cs_waiting);
    ngx_queue_init(&ngx_cs_flying);
    ngx_cs_origin_init();

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "curl_global_init() failed");
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_cs_fetch_exit_process(ngx_cycle_t *cycle)
{
    ngx_cs_origin_exit();
}
