/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Who waits for what; see the header.
 *
 * A flight's life: created and entered in the table; flying (the chain of
 * tiers is asked) or watching (another worker has the lease); landing (out of
 * the table, its waiters are told by and by); gone with its last reference.
 */


#include "flight/flight.h"

#include <ngx_event.h>

#include "core/counters.h"
#include "flight/table.h"
#include "tier/chain.h"


/* a watcher looks this often for what no wake-up told it, ms */
#define NGX_CS_WATCH     250

/* over the fetch's own timeout, until a lease counts as lost, ms */
#define NGX_CS_LEASE     2000

/* waiters told in one turn of the event loop, and what keeps an exiting
 * worker alive until all are told, ms */
#define NGX_CS_BATCH     64
#define NGX_CS_LANDING   60000


struct ngx_cs_flight_s {
    ngx_cs_node_t                node;      /* first; with zone and key */
    ngx_queue_t                  queue;     /* of those that watch */
    ngx_queue_t                  waiters;
    ngx_pool_t                  *pool;
    ngx_cs_question_t            question;
    ngx_cs_asking_t              asking;
    ngx_cs_lookup_t              lookup;    /* and the result */
    ngx_atomic_uint_t            stripe;    /* seen last */
    ngx_event_t                  timer;     /* watch, waiters' deadlines */
    ngx_event_t                  land;
    ngx_log_t                    log;
    ngx_uint_t                   refs;
    int64_t                      expires;   /* the exchange ends before it */
    unsigned                     watching:1;
    unsigned                     landing:1;
    unsigned                     removed:1; /* from the table */
};


static void ngx_cs_flight_enter(ngx_cs_flight_t *flight,
    ngx_cs_waiter_t *waiter, ngx_msec_t timeout);
static ngx_cs_flight_t *ngx_cs_flight_create(ngx_cs_question_t *question,
    ngx_cs_lookup_t *lookup);
static ngx_int_t ngx_cs_flight_depart(ngx_cs_flight_t *flight,
    ngx_cs_lookup_t *lookup, ngx_int_t rc);
static ngx_int_t ngx_cs_flight_fly(ngx_cs_flight_t *flight);
static void ngx_cs_flight_answered(void *data, ngx_cs_answer_t *answer);
static void ngx_cs_flight_landed(ngx_cs_flight_t *flight,
    ngx_cs_answer_t *answer);
static void ngx_cs_flight_watch(ngx_cs_flight_t *flight);
static void ngx_cs_flight_collect(ngx_cs_flight_t *flight);
static void ngx_cs_flight_take_over(ngx_cs_flight_t *flight);
static void ngx_cs_flight_land(ngx_cs_flight_t *flight);
static void ngx_cs_flight_land_handler(ngx_event_t *ev);
static void ngx_cs_flight_timer_handler(ngx_event_t *ev);
static void ngx_cs_flight_timer(ngx_cs_flight_t *flight);
static void ngx_cs_flight_expire(ngx_cs_flight_t *flight);
static ngx_uint_t ngx_cs_flight_idle(ngx_cs_flight_t *flight);
static void ngx_cs_flight_remove(ngx_cs_flight_t *flight);
static u_char *ngx_cs_flight_log(ngx_log_t *log, u_char *buf, size_t len);


/* of this worker */
static ngx_cs_table_t            ngx_cs_flights;
static ngx_queue_t               ngx_cs_watching;
static ngx_cs_flight_listen_pt   ngx_cs_flight_listener;


ngx_int_t
ngx_cs_flight_init_process(ngx_cycle_t *cycle,
    ngx_cs_flight_listen_pt listener)
{
    ngx_cs_flight_listener = listener;

    ngx_cs_table_init(&ngx_cs_flights);
    ngx_queue_init(&ngx_cs_watching);

    return NGX_OK;
}


ngx_int_t
ngx_cs_flight_join(ngx_cs_question_t *question, ngx_cs_lookup_t *lookup,
    ngx_cs_waiter_t *waiter)
{
    ngx_int_t         rc;
    ngx_cs_flight_t  *flight;

    flight = (ngx_cs_flight_t *)
                 ngx_cs_table_find(&ngx_cs_flights, lookup->shm_zone,
                                   lookup->key);

    if (flight) {
        ngx_cs_flight_enter(flight, waiter, question->timeout);
        return NGX_AGAIN;
    }

    flight = ngx_cs_flight_create(question, lookup);
    if (flight == NULL) {
        return NGX_ERROR;
    }

    rc = NGX_DECLINED;

    if (lookup->shm_zone) {
        flight->stripe = ngx_cs_zone_stripe(lookup);

        rc = ngx_cs_zone_acquire(lookup, flight->expires, 1);
    }

    if (rc == NGX_OK || rc == NGX_ERROR) {
        ngx_cs_flight_release(flight);
        return rc;
    }

    if (ngx_cs_flight_depart(flight, lookup, rc) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_cs_flight_enter(flight, waiter, question->timeout);

    waiter->leader = (rc != NGX_AGAIN);

    return NGX_AGAIN;
}


void
ngx_cs_flight_refresh(ngx_cs_question_t *question, ngx_cs_lookup_t *lookup)
{
    ngx_cs_lookup_t   refresh;
    ngx_cs_flight_t  *flight;

    if (ngx_cs_table_find(&ngx_cs_flights, lookup->shm_zone, lookup->key)) {
        return;
    }

    flight = ngx_cs_flight_create(question, lookup);
    if (flight == NULL) {
        return;
    }

    /* what the caller found is not to be lost */

    refresh = *lookup;

    if (ngx_cs_zone_acquire(&refresh, flight->expires, 0) == NGX_DONE) {
        (void) ngx_cs_flight_depart(flight, &refresh, NGX_DONE);
        return;
    }

    ngx_cs_flight_release(flight);
}


void
ngx_cs_flight_leave(ngx_cs_waiter_t *waiter)
{
    ngx_cs_flight_t  *flight;

    flight = waiter->flight;

    if (flight == NULL) {
        return;
    }

    ngx_queue_remove(&waiter->queue);
    waiter->flight = NULL;

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, &flight->log, 0,
                   "clear status flight %p: a waiter leaves", flight);

    (void) ngx_cs_flight_idle(flight);
}


static void
ngx_cs_flight_enter(ngx_cs_flight_t *flight, ngx_cs_waiter_t *waiter,
    ngx_msec_t timeout)
{
    waiter->flight = flight;

    /* from its arrival, also where this is not its first flight */

    if (waiter->deadline == 0) {
        waiter->deadline = (int64_t) ngx_current_msec + timeout;
    }

    ngx_queue_insert_tail(&flight->waiters, &waiter->queue);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, &flight->log, 0,
                   "clear status flight %p: a waiter, watching:%d",
                   flight, flight->watching);

    if (!flight->landing
        && waiter->deadline < flight->expires - NGX_CS_LEASE
        && (!flight->timer.timer_set
            || waiter->deadline < (int64_t) flight->timer.timer.key))
    {
        ngx_cs_flight_timer(flight);
    }
}


static ngx_cs_flight_t *
ngx_cs_flight_create(ngx_cs_question_t *question, ngx_cs_lookup_t *lookup)
{
    ngx_pool_t       *pool;
    ngx_cs_flight_t  *flight;

    pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE / 4, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    flight = ngx_pcalloc(pool, sizeof(ngx_cs_flight_t));
    if (flight == NULL
        || ngx_cs_question_copy(pool, &flight->question, question) != NGX_OK)
    {
        ngx_destroy_pool(pool);
        return NULL;
    }

    ngx_queue_init(&flight->waiters);

    flight->pool = pool;
    flight->refs = 1;
    flight->node.shm_zone = lookup->shm_zone;
    flight->node.key.tenant = flight->question.tenant;
    flight->node.key.task_id = flight->question.task_id;
    flight->node.key.hash = lookup->key->hash;
    flight->lookup.shm_zone = lookup->shm_zone;
    flight->lookup.key = &flight->node.key;
    flight->lookup.freshness = question->freshness;
    flight->lookup.limits = &flight->question.limits;
    flight->lookup.pool = pool;
    flight->expires = (int64_t) ngx_current_msec + question->timeout
                      + NGX_CS_LEASE;

    flight->log = *question->log;
    flight->log.handler = ngx_cs_flight_log;
    flight->log.data = flight;
    flight->log.action = NULL;

    flight->asking.question = &flight->question;
    flight->asking.shm_zone = lookup->shm_zone;
    flight->asking.pool = pool;
    flight->asking.log = &flight->log;
    flight->asking.data = flight;
    flight->asking.done = ngx_cs_flight_answered;

    flight->timer.handler = ngx_cs_flight_timer_handler;
    flight->timer.data = flight;
    flight->timer.log = &flight->log;

    flight->land.handler = ngx_cs_flight_land_handler;
    flight->land.data = flight;
    flight->land.log = &flight->log;

    return flight;
}


/*
 * Enters a new flight in the table and lets it fly or watch, as the zone's
 * word rc on its lease says, which is in the caller's look-up.
 */

static ngx_int_t
ngx_cs_flight_depart(ngx_cs_flight_t *flight, ngx_cs_lookup_t *lookup,
    ngx_int_t rc)
{
    flight->lookup.ticket = lookup->ticket;
    flight->lookup.purges = lookup->purges;
    flight->lookup.outcome.seen = lookup->outcome.seen;
    flight->lookup.outcome.down = lookup->outcome.down;
    flight->question.seen = lookup->shm_zone ? lookup->outcome.seen : 0;

    ngx_cs_table_insert(&ngx_cs_flights, &flight->node);

    if (rc == NGX_AGAIN) {
        ngx_cs_flight_watch(flight);
        return NGX_OK;
    }

    if (ngx_cs_flight_fly(flight) != NGX_OK) {
        ngx_cs_flight_remove(flight);
        ngx_cs_flight_release(flight);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_cs_flight_fly(ngx_cs_flight_t *flight)
{
    ngx_int_t        rc;
    ngx_cs_answer_t  answer;

    ngx_memzero(&answer, sizeof(ngx_cs_answer_t));

    flight->expires = (int64_t) ngx_current_msec
                      + flight->question.timeout + NGX_CS_LEASE;

    flight->question.seen = flight->lookup.ticket ? flight->lookup.outcome.seen
                                                  : 0;

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, &flight->log, 0,
                   "clear status flight %p: flies", flight);

    rc = ngx_cs_chain_ask(&flight->asking, &answer);
    switch (rc) {

    case NGX_OK:
        ngx_cs_counters_flight(1);

        if (flight->lookup.ticket) {
            ngx_cs_zone_sent(&flight->lookup);
        }

        return NGX_OK;

    case NGX_DONE:
        ngx_cs_flight_landed(flight, &answer);
        return NGX_OK;

    default:

        if (flight->lookup.ticket) {
            ngx_cs_zone_release(&flight->lookup);
        }

        return NGX_ERROR;
    }
}


static void
ngx_cs_flight_answered(void *data, ngx_cs_answer_t *answer)
{
    ngx_cs_flight_t *flight = data;

    ngx_cs_counters_flight(-1);

    ngx_cs_flight_landed(flight, answer);
}


/* what the chain told, then or at once */

static void
ngx_cs_flight_landed(ngx_cs_flight_t *flight, ngx_cs_answer_t *answer)
{
    flight->lookup.outcome.answer = *answer;

    if (flight->lookup.shm_zone) {
        ngx_cs_zone_complete(&flight->lookup);
    }

    ngx_cs_flight_land(flight);
}


static void
ngx_cs_flight_watch(ngx_cs_flight_t *flight)
{
    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, &flight->log, 0,
                   "clear status flight %p: watches", flight);

    flight->watching = 1;
    ngx_queue_insert_tail(&ngx_cs_watching, &flight->queue);

    ngx_cs_flight_timer(flight);
}


void
ngx_cs_flight_wake(void)
{
    ngx_queue_t       *q, *next;
    ngx_cs_flight_t   *flight;
    ngx_atomic_uint_t  stripe;

    for (q = ngx_queue_head(&ngx_cs_watching);
         q != ngx_queue_sentinel(&ngx_cs_watching);
         q = next)
    {
        next = ngx_queue_next(q);

        flight = ngx_queue_data(q, ngx_cs_flight_t, queue);

        stripe = ngx_cs_zone_stripe(&flight->lookup);

        if (stripe != flight->stripe) {
            flight->stripe = stripe;
            ngx_cs_flight_collect(flight);
        }
    }
}


static void
ngx_cs_flight_collect(ngx_cs_flight_t *flight)
{
    ngx_int_t  rc;

    rc = ngx_cs_zone_collect(&flight->lookup);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, &flight->log, 0,
                   "clear status flight %p: looks: %i", flight, rc);

    if (rc == NGX_OK) {
        ngx_cs_flight_land(flight);

    } else if (rc == NGX_DECLINED) {
        ngx_cs_flight_take_over(flight);
    }
}


/* the flight that was watched is lost: somebody has to fly, perhaps we */

static void
ngx_cs_flight_take_over(ngx_cs_flight_t *flight)
{
    int64_t    deadline;
    ngx_int_t  rc;

    deadline = (int64_t) ngx_current_msec + flight->question.timeout
               + NGX_CS_LEASE;

    rc = ngx_cs_zone_acquire(&flight->lookup, deadline, 1);
    switch (rc) {

    case NGX_OK:
        ngx_cs_flight_land(flight);
        return;

    case NGX_AGAIN:
    case NGX_ERROR:
        return;

    default:
        break;
    }

    ngx_log_error(NGX_LOG_NOTICE, &flight->log, 0,
                  "another worker's fetch is lost, fetching here");

    flight->watching = 0;
    ngx_queue_remove(&flight->queue);

    if (ngx_cs_flight_fly(flight) != NGX_OK) {
        ngx_cs_flight_land(flight);
    }
}


/*
 * The look-up has the outcome.  Nobody joins from here on.  Waiters
 * told after the events at hand, as this may run inside libcurl's drive.
 */

static void
ngx_cs_flight_land(ngx_cs_flight_t *flight)
{
    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, &flight->log, 0,
                   "clear status flight %p: lands, status:%ui",
                   flight, flight->lookup.outcome.answer.status);

    ngx_cs_flight_remove(flight);

    flight->landing = 1;

    ngx_cs_flight_listener(flight, flight->node.shm_zone, &flight->node.key,
                           &flight->lookup.outcome);

    ngx_post_event(&flight->land, &ngx_posted_events);
}


static void
ngx_cs_flight_land_handler(ngx_event_t *ev)
{
    ngx_uint_t        n;
    ngx_queue_t      *q;
    ngx_cs_flight_t  *flight;
    ngx_cs_waiter_t  *waiter;

    flight = ev->data;

    for (n = 0; n < NGX_CS_BATCH; n++) {

        if (ngx_queue_empty(&flight->waiters)) {

            if (flight->timer.timer_set) {
                ngx_del_timer(&flight->timer);
            }

            ngx_cs_flight_release(flight);
            return;
        }

        q = ngx_queue_head(&flight->waiters);
        ngx_queue_remove(q);

        waiter = ngx_queue_data(q, ngx_cs_waiter_t, queue);
        waiter->flight = NULL;
        waiter->handler(waiter, flight, &flight->lookup.outcome);
    }

    if (!flight->timer.timer_set) {
        ngx_add_timer(&flight->timer, NGX_CS_LANDING);
    }

    ngx_post_event(&flight->land, &ngx_posted_next_events);
}


static void
ngx_cs_flight_timer_handler(ngx_event_t *ev)
{
    ngx_cs_flight_t  *flight;

    flight = ev->data;

    if (flight->landing) {
        return;
    }

    if (flight->watching) {
        ngx_cs_flight_collect(flight);

        if (flight->landing) {
            return;
        }
    }

    ngx_cs_flight_expire(flight);
}


/* tells the waiters whose time ran out, and waits for the next */

static void
ngx_cs_flight_expire(ngx_cs_flight_t *flight)
{
    ngx_queue_t      *q;
    ngx_cs_waiter_t  *waiter;

    ngx_cs_flight_hold(flight);

again:

    for (q = ngx_queue_head(&flight->waiters);
         q != ngx_queue_sentinel(&flight->waiters);
         q = ngx_queue_next(q))
    {
        waiter = ngx_queue_data(q, ngx_cs_waiter_t, queue);

        if (waiter->deadline > (int64_t) ngx_current_msec) {
            continue;
        }

        /* whoever is told may take others with it, so begin again */

        ngx_queue_remove(q);
        waiter->flight = NULL;
        waiter->handler(waiter, flight, NULL);

        goto again;
    }

    if (!flight->removed && !ngx_cs_flight_idle(flight)) {
        ngx_cs_flight_timer(flight);
    }

    ngx_cs_flight_release(flight);
}


/* nobody needs to watch for nobody; returns 1 where the flight is gone */

static ngx_uint_t
ngx_cs_flight_idle(ngx_cs_flight_t *flight)
{
    if (!flight->watching || !ngx_queue_empty(&flight->waiters)) {
        return 0;
    }

    ngx_cs_zone_unwatch(&flight->lookup);
    ngx_cs_flight_remove(flight);
    ngx_cs_flight_release(flight);

    return 1;
}


/*
 * For the earliest of: the next look of a watcher, and a waiter's deadline
 * before the exchange's own end.
 */

static void
ngx_cs_flight_timer(ngx_cs_flight_t *flight)
{
    int64_t           now, end, next;
    ngx_queue_t      *q;
    ngx_cs_waiter_t  *waiter;

    now = ngx_current_msec;
    end = flight->expires - NGX_CS_LEASE;
    next = flight->watching ? now + NGX_CS_WATCH : end;

    for (q = ngx_queue_head(&flight->waiters);
         q != ngx_queue_sentinel(&flight->waiters);
         q = ngx_queue_next(q))
    {
        waiter = ngx_queue_data(q, ngx_cs_waiter_t, queue);
        next = ngx_min(next, waiter->deadline);
    }

    if (flight->watching || next < end) {

        if (flight->timer.timer_set) {
            ngx_del_timer(&flight->timer);
        }

        ngx_add_timer(&flight->timer, (ngx_msec_t) ngx_max(next - now, 1));
    }
}


/* out of the table: new requests do not find it */

static void
ngx_cs_flight_remove(ngx_cs_flight_t *flight)
{
    ngx_cs_table_delete(&ngx_cs_flights, &flight->node);
    flight->removed = 1;

    if (flight->watching) {
        flight->watching = 0;
        ngx_queue_remove(&flight->queue);
    }

    if (flight->timer.timer_set) {
        ngx_del_timer(&flight->timer);
    }
}


void
ngx_cs_flight_hold(ngx_cs_flight_t *flight)
{
    flight->refs++;
}


void
ngx_cs_flight_release(ngx_cs_flight_t *flight)
{
    if (--flight->refs) {
        return;
    }

    ngx_explicit_memzero(flight->question.token.data,
                         flight->question.token.len);

    ngx_destroy_pool(flight->pool);
}


static u_char *
ngx_cs_flight_log(ngx_log_t *log, u_char *buf, size_t len)
{
    ngx_cs_flight_t  *flight;

    flight = log->data;

    return ngx_snprintf(buf, len, " while fetching task \"%V\" from \"%V\"",
                        &flight->node.key.task_id, flight->question.url);
}
