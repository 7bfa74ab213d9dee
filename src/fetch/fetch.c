/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * One GET to upstream, retries included; see the header.
 *
 * A fetch waits in a queue of ours for its turn, since libcurl's own knows
 * neither timeout nor tenant; then its time begins, it has its name looked up,
 * and is an easy handle in the multi handle of its origin.
 */


#include "fetch/fetch.h"

#include <ngx_event.h>

#include "fetch/code.h"
#include "fetch/origin.h"
#include "fetch/queue.h"
#include "fetch/tls.h"
#include "fetch/transfer.h"


/* a retry waits so many ms, plus at most as many again */
#define NGX_CS_RETRY_WAIT   20

/* ms for the look-up of a name whose address is known */
#define NGX_CS_PATIENCE     1000


static ngx_int_t ngx_cs_fetch_turn(void *data, ngx_msec_t *wait);
static void ngx_cs_fetch_run(ngx_cs_transfer_t *t);
static ngx_int_t ngx_cs_fetch_depart(ngx_cs_transfer_t *t);
static void ngx_cs_fetch_resolved(void *data, ngx_int_t rc);
static void ngx_cs_fetch_refuse(ngx_cs_transfer_t *t,
    clear_transport_e transport);
static ngx_int_t ngx_cs_fetch_room(ngx_cs_transfer_t *t);
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
static ngx_queue_t  ngx_cs_flying;


ngx_int_t
ngx_cs_fetch_start(ngx_cs_fetch_t *fetch)
{
    ngx_int_t           rc;
    ngx_cs_transfer_t  *t;

    t = ngx_pcalloc(fetch->pool, sizeof(ngx_cs_transfer_t));
    if (t == NULL) {
        return NGX_ERROR;
    }

    t->fetch = fetch;
    t->origin = ngx_cs_origin_get(fetch->conf);
    t->headers = ngx_cs_fetch_header_list(fetch->pool, fetch->conf,
                                          fetch->headers, fetch->nheaders);

    if (t->origin == NULL || t->headers == NULL) {
        return NGX_ERROR;
    }

    t->resolve.host = fetch->conf->peer;
    t->resolve.port = fetch->conf->peer_port;
    t->resolve.known = &t->origin->known;
    t->resolve.pool = fetch->pool;
    t->resolve.log = fetch->log;
    t->resolve.handler = ngx_cs_fetch_resolved;
    t->resolve.data = t;

    t->deadline.handler = ngx_cs_fetch_deadline;
    t->deadline.data = t;
    t->deadline.log = fetch->log;
    t->deadline.cancelable = 1;

    t->again.max = fetch->conf->retries;

    t->refusal.handler = ngx_cs_fetch_refused;
    t->refusal.data = t;
    t->refusal.log = fetch->log;

    t->retry.handler = ngx_cs_fetch_retry;
    t->retry.data = t;
    t->retry.log = fetch->log;
    t->retry.cancelable = 1;

    t->place.handler = ngx_cs_fetch_turn;
    t->place.data = t;

    rc = ngx_cs_queue_enter(&t->place, fetch->conf, &fetch->tenant);

    if (rc != NGX_OK) {
        return rc;
    }

    fetch->transfer = t;

    if (fetch->begun) {
        ngx_cs_fetch_run(t);
    }

    ngx_cs_queue_wait(&t->place, fetch->begun ? NGX_CS_QUEUE_FIRST
                                 : fetch->background ? NGX_CS_QUEUE_LAST
                                                     : NGX_CS_QUEUE_NEXT);

    return NGX_OK;
}


void
ngx_cs_fetch_hurry(ngx_cs_fetch_t *fetch)
{
    ngx_cs_transfer_t  *t;

    t = fetch->transfer;

    /* one that was refused, and is yet to be told, waits no more */

    if (t->place.waiting && !t->begun && fetch->background) {
        ngx_cs_queue_wait(&t->place, NGX_CS_QUEUE_NEXT);
    }

    fetch->background = 0;
}


ngx_int_t
ngx_cs_fetch_cancel(ngx_cs_fetch_t *fetch)
{
    ngx_cs_transfer_t  *t;

    t = fetch->transfer;

    if (t->begun || !t->place.waiting) {
        return NGX_DECLINED;
    }

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, fetch->log, 0,
                   "clear status fetch %p: cancelled", t);

    ngx_cs_queue_leave(&t->place);

    return NGX_OK;
}


/* an attempt may begin: the first time, so does the fetch */

static ngx_int_t
ngx_cs_fetch_turn(void *data, ngx_msec_t *wait)
{
    ngx_cs_transfer_t *t = data;

    ngx_int_t  rc;

    rc = ngx_cs_fetch_room(t);

    if (rc == NGX_OK && !t->turn) {
        rc = t->fetch->turn(t->fetch->data, wait);
        t->turn = (rc == NGX_OK);
    }

    if (rc == NGX_OK) {
        ngx_cs_fetch_run(t);
        rc = ngx_cs_fetch_depart(t);
    }

    if (rc == NGX_ERROR || rc == NGX_DECLINED) {
        ngx_cs_fetch_refuse(t, CLEAR_TRANSPORT_LOCAL);
        return NGX_DECLINED;
    }

    return rc;
}


/* its time begins */

static void
ngx_cs_fetch_run(ngx_cs_transfer_t *t)
{
    if (t->begun) {
        return;
    }

    t->begun = 1;
    t->start = ngx_current_msec;

    ngx_add_timer(&t->deadline, t->fetch->conf->timeout);
}


/* NGX_BUSY: there is one when a transfer of another ends */

static ngx_int_t
ngx_cs_fetch_room(ngx_cs_transfer_t *t)
{
    ngx_cs_pool_t  *pool;

    pool = ngx_cs_pool_get(t->origin, &t->fetch->tenant, ngx_cs_fetch_ended,
                           ngx_cs_fetch_broken);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    t->pool = pool;

    if (ngx_cs_multi_room(pool->multi)) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_WARN, t->fetch->log, 0,
                  "worker_connections are not enough for upstream");

    return (ngx_cs_queue_streams() > 1) ? NGX_BUSY : NGX_ERROR;
}


static ngx_int_t
ngx_cs_fetch_depart(ngx_cs_transfer_t *t)
{
    ngx_cs_fetch_conf_t  *conf;

    conf = t->fetch->conf;

    /* a proxy resolves the name itself, and its own name is libcurl's */

    if (conf->resolver == NULL || conf->fixed || conf->proxy.len) {
        return (ngx_cs_resolve_known(&t->resolve) == NGX_OK)
               ? ngx_cs_fetch_launch(t) : NGX_ERROR;
    }

    return ngx_cs_resolve_start(&t->resolve, conf->resolver,
                                conf->resolver_timeout,
                                ngx_min(NGX_CS_PATIENCE, conf->timeout / 2));
}


static void
ngx_cs_fetch_resolved(void *data, ngx_int_t rc)
{
    ngx_cs_transfer_t *t = data;

    u_char  *p;

    if (rc == NGX_OK) {

        switch (ngx_cs_fetch_launch(t)) {

        case NGX_OK:
            return;

        case NGX_BUSY:
            ngx_cs_queue_wait(&t->place, NGX_CS_QUEUE_FIRST);
            return;

        default:
            ngx_cs_fetch_refuse(t, CLEAR_TRANSPORT_LOCAL);
            return;
        }
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


/* told from the event loop: this may be within its turn */

static void
ngx_cs_fetch_refuse(ngx_cs_transfer_t *t, clear_transport_e transport)
{
    t->refused = transport;
    ngx_post_event(&t->refusal, &ngx_posted_next_events);
}


static ngx_int_t
ngx_cs_fetch_launch(ngx_cs_transfer_t *t)
{
    ngx_int_t         rc;
    ngx_cs_origin_t  *origin;

    /* a multi handle may be gone, or connections taken, since its turn */

    rc = ngx_cs_fetch_room(t);
    if (rc != NGX_OK) {
        return rc;
    }

    origin = t->origin;

    t->easy = ngx_cs_handles_get(&origin->easy, &origin->conf);
    if (t->easy == NULL) {
        return NGX_ERROR;
    }

    t->fetch->begin(t->fetch->data);

    if (ngx_cs_transfer_setup(t) != NGX_OK
        || ngx_cs_multi_add(t->pool->multi, t->easy, &t->opening) != NGX_OK)
    {
        ngx_cs_handles_put(&origin->easy, t->easy);
        t->easy = NULL;
        return NGX_ERROR;
    }

    t->turn = 0;

    ngx_queue_insert_tail(&ngx_cs_flying, &t->queue);

    if (t->fresh) {
        ngx_cs_pool_fresh(t->pool, 1);
    }

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, t->fetch->log, 0,
                   "clear status fetch %p: attempt %ui", t,
                   t->result.attempts);

    return NGX_OK;
}


static void
ngx_cs_fetch_ended(CURL *easy, CURLcode code)
{
    ngx_cs_pool_t      *pool;
    ngx_cs_transfer_t  *t;

    (void) curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **) &t);

    pool = t->pool;

    ngx_cs_transfer_info(t, code);

    t->code = code;

    /*
     * What libcurl had no memory for it may go on counting as a connection;
     * one whose HTTP/2 broke 8.x may go on using as long as upstream leaves it
     * open.
     */

    if ((code == CURLE_OUT_OF_MEMORY && !t->long_line)
        || (code == CURLE_HTTP2 && !t->opened))
    {
        ngx_cs_pool_retire(pool);
    }

    if (code != CURLE_OK && ngx_cs_multi_flooded(pool->multi)) {
        ngx_cs_pool_retire(pool);
        t->refused = CLEAR_TRANSPORT_BROKEN;
    }

    ngx_cs_fetch_stop(t);

    if (code == CURLE_FILESIZE_EXCEEDED || t->long_line) {
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
    ngx_cs_queue_yield(&t->place);

    ngx_cs_handles_put(&t->origin->easy, t->easy);
    t->easy = NULL;

    if (t->fresh) {
        ngx_cs_pool_fresh(t->pool, 0);
        t->fresh = 0;
    }

    ngx_cs_pool_trim();
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

        if (t->pool->multi == multi) {
            ngx_cs_multi_remove(multi, t->easy);
            ngx_cs_fetch_stop(t);
            ngx_queue_insert_tail(&lost, &t->queue);
        }
    }

    ngx_cs_pool_retire(ngx_cs_multi_data(multi));

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

    /* what libcurl could not look up */

    if (ngx_cs_transfer_lost(t, code)
        && ngx_cs_resolve_failed(&t->resolve, curl_easy_strerror(code))
           == NGX_OK)
    {
        ngx_cs_queue_wait(&t->place, NGX_CS_QUEUE_FIRST);
        return 1;
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
        return 1;

    case CLEAR_RETRY_FRESH:
        t->fresh = 1;
        break;

    case CLEAR_RETRY_NOW:
        break;
    }

    ngx_cs_queue_wait(&t->place, NGX_CS_QUEUE_FIRST);

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
                    : ngx_cs_fetch_lacks(t->opening.err)
                      ? CLEAR_TRANSPORT_LOCAL : ngx_cs_fetch_transport(code);
        ngx_cs_fetch_text(t->fetch->pool, &t->result.text,
                          t->died ? "a kept connection had died"
                          : t->text[0] ? t->text
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
    t->result.date = t->header.date;
    t->result.elapsed = t->begun ? ngx_current_msec - t->start : 0;

    ngx_cs_queue_leave(&t->place);
    ngx_cs_tls_release(t->identity);

    t->fetch->done(t->fetch->data, &t->result);
}


static void
ngx_cs_fetch_deadline(ngx_event_t *ev)
{
    ngx_cs_transfer_t *t = ev->data;

    ngx_cs_resolve_cancel(&t->resolve);

    if (t->easy) {
        ngx_cs_transfer_info(t, CURLE_OPERATION_TIMEDOUT);
        ngx_cs_multi_remove(t->pool->multi, t->easy);
        ngx_cs_fetch_stop(t);
    }

    /* the next attempt had no turn: what the last one brought counts */

    if (t->place.waiting && t->result.attempts) {
        ngx_cs_fetch_end(t, t->code);
        return;
    }

    /* that there was no connection, or no turn, is not upstream's doing */

    ngx_cs_fetch_finish(t, t->place.waiting ? CLEAR_TRANSPORT_LOCAL
                                            : CLEAR_TRANSPORT_TIMEOUT);
}


static void
ngx_cs_fetch_retry(ngx_event_t *ev)
{
    ngx_cs_transfer_t *t = ev->data;

    ngx_cs_queue_wait(&t->place, NGX_CS_QUEUE_FIRST);
}


static void
ngx_cs_fetch_refused(ngx_event_t *ev)
{
    ngx_cs_transfer_t *t = ev->data;

    ngx_cs_fetch_finish(t, t->refused);
}


const char *
ngx_cs_fetch_version(void)
{
    return curl_version_info(CURLVERSION_NOW)->version;
}


void
ngx_cs_fetch_trusted(ngx_str_t *path)
{
    ngx_cs_tls_system(path);
}


void
ngx_cs_fetch_init_module(ngx_cycle_t *cycle)
{
    ngx_cs_tls_check(cycle);
}


ngx_int_t
ngx_cs_fetch_init_process(ngx_cycle_t *cycle)
{
    ngx_queue_init(&ngx_cs_flying);
    ngx_cs_queue_init();
    ngx_cs_origin_init();
    ngx_cs_pool_init();

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "curl_global_init() failed");
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* nobody waits for what is in the air now; nginx looks for open sockets */

void
ngx_cs_fetch_exit_process(ngx_cycle_t *cycle)
{
    ngx_queue_t        *q;
    ngx_cs_transfer_t  *t;

    while (!ngx_queue_empty(&ngx_cs_flying)) {
        q = ngx_queue_head(&ngx_cs_flying);
        t = ngx_queue_data(q, ngx_cs_transfer_t, queue);

        ngx_cs_multi_remove(t->pool->multi, t->easy);
        ngx_cs_fetch_stop(t);
    }

    ngx_cs_pool_exit();
    ngx_cs_origin_exit();
    ngx_cs_multi_exit();
}
