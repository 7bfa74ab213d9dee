/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Who waits for a flight: each for as long as its own location says, counted
 * from its arrival, by a timer of its own.  These timers are what keeps an
 * exiting worker; the flight's own, for what it has to look at, does not.
 */


#include "flight/state.h"


/* waiters told in one turn of the event loop */
#define NGX_CS_BATCH     64

/* whose time is over when the fetch's is has the fetch's result, which may
 * come from another worker, so much later, ms */
#define NGX_CS_GRACE     100

/* whose fetch was never sent may come again after so long, ms */
#define NGX_CS_RETRY     1000


static int64_t ngx_cs_waiters_due(ngx_cs_waiter_t *waiter);
static void ngx_cs_waiters_take(ngx_cs_waiter_t *waiter);
static void ngx_cs_waiters_timer_handler(ngx_event_t *ev);
static void ngx_cs_waiters_late(ngx_cs_flight_t *flight,
    ngx_cs_waiter_t *waiter);
static ngx_uint_t ngx_cs_waiters_unsent(ngx_cs_flight_t *flight);
static void ngx_cs_waiters_late_error(ngx_cs_flight_t *flight,
    ngx_pool_t *pool, ngx_cs_answer_t *answer);
static void ngx_cs_waiters_land_handler(ngx_event_t *ev);


void
ngx_cs_waiters_init(ngx_cs_flight_t *flight)
{
    ngx_queue_init(&flight->waiters);

    flight->land.handler = ngx_cs_waiters_land_handler;
    flight->land.data = flight;
    flight->land.log = &flight->log;
}


void
ngx_cs_waiters_enter(ngx_cs_flight_t *flight, ngx_cs_waiter_t *waiter,
    ngx_msec_t timeout)
{
    int64_t  now;

    now = ngx_current_msec;

    waiter->flight = flight;

    /* from its arrival, also where this is not its first flight */

    if (waiter->deadline == 0) {
        waiter->deadline = now + (int64_t) timeout;
    }

    ngx_queue_insert_tail(&flight->waiters, &waiter->queue);

    waiter->timer.handler = ngx_cs_waiters_timer_handler;
    waiter->timer.data = waiter;
    waiter->timer.log = &flight->log;

    ngx_add_timer(&waiter->timer,
                  (ngx_msec_t) ngx_max(ngx_cs_waiters_due(waiter) - now, 1));

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, &flight->log, 0,
                   "clear status flight %p: a waiter, state:%d",
                   flight, (int) flight->state);

    if (flight->question.background
        && flight->state < NGX_CS_FLIGHT_LANDING)
    {
        ngx_cs_chain_hurry(&flight->asking);
    }
}


void
ngx_cs_flight_leave(ngx_cs_waiter_t *waiter)
{
    ngx_cs_flight_t  *flight;

    flight = waiter->flight;

    if (flight == NULL) {
        return;
    }

    ngx_cs_waiters_take(waiter);

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, &flight->log, 0,
                   "clear status flight %p: a waiter leaves", flight);

    ngx_cs_flight_idle(flight);
}


/* when a waiter's time is over; mono, ms */

static int64_t
ngx_cs_waiters_due(ngx_cs_waiter_t *waiter)
{
    int64_t           ends;
    ngx_cs_flight_t  *flight;

    flight = waiter->flight;

    if (flight->state == NGX_CS_FLIGHT_WATCHING
        || flight->asking.elsewhere)
    {
        return waiter->deadline + NGX_CS_GRACE;
    }

    if (flight->state == NGX_CS_FLIGHT_FLYING) {
        ends = flight->since + (int64_t) flight->question.timeout;

        if (waiter->deadline >= ends) {
            return ngx_max(waiter->deadline, ends + NGX_CS_GRACE);
        }
    }

    return waiter->deadline;
}


static void
ngx_cs_waiters_take(ngx_cs_waiter_t *waiter)
{
    if (waiter->timer.timer_set) {
        ngx_del_timer(&waiter->timer);
    }

    ngx_queue_remove(&waiter->queue);
    waiter->flight = NULL;
}


static void
ngx_cs_waiters_timer_handler(ngx_event_t *ev)
{
    int64_t           left;
    ngx_cs_flight_t  *flight;
    ngx_cs_waiter_t  *waiter;

    waiter = ev->data;
    flight = waiter->flight;

    /* the flight's state may be another one by now */

    left = ngx_cs_waiters_due(waiter) - (int64_t) ngx_current_msec;

    if (left > 0) {
        ngx_add_timer(&waiter->timer, (ngx_msec_t) left);
        return;
    }

    ngx_cs_flight_hold(flight);
    ngx_cs_waiters_take(waiter);

    if (flight->state == NGX_CS_FLIGHT_LANDING) {
        waiter->handler(waiter, flight, &flight->lookup.outcome);

    } else {
        ngx_cs_waiters_late(flight, waiter);
    }

    ngx_cs_flight_idle(flight);
    ngx_cs_flight_release(flight);
}


/* the last success, while it may still be served, is better than no answer */

static void
ngx_cs_waiters_late(ngx_cs_flight_t *flight, ngx_cs_waiter_t *waiter)
{
    ngx_cs_lookup_t  lookup;

    if (waiter->pool == NULL) {
        waiter->handler(waiter, flight, NULL);
        return;
    }

    lookup = flight->lookup;
    lookup.pool = waiter->pool;
    lookup.ticket = 0;

    ngx_memzero(&lookup.outcome, sizeof(ngx_cs_outcome_t));

    ngx_cs_waiters_late_error(flight, waiter->pool, &lookup.outcome.answer);

    if (lookup.shm_zone) {
        ngx_cs_zone_complete(&lookup);
    }

    waiter->handler(waiter, flight, &lookup.outcome);
}


/* whether neither this worker nor the one that it watches asked upstream */

static ngx_uint_t
ngx_cs_waiters_unsent(ngx_cs_flight_t *flight)
{
    if (flight->asking.elsewhere) {
        return 0;
    }

    switch (flight->state) {

    case NGX_CS_FLIGHT_QUEUED:
        return 1;

    case NGX_CS_FLIGHT_WATCHING:
        return ngx_cs_zone_unsent(&flight->lookup);

    default:
        return 0;
    }
}


/* without memory there is no body, and it is told so */

static void
ngx_cs_waiters_late_error(ngx_cs_flight_t *flight, ngx_pool_t *pool,
    ngx_cs_answer_t *answer)
{
    clear_error_t  error;
    static u_char  unsent[] = "This gateway could not ask upstream in time, "
                              "ask again later";
    static u_char  unanswered[] = "Upstream did not answer in time";

    ngx_memzero(&error, sizeof(clear_error_t));

    if (ngx_cs_waiters_unsent(flight)) {
        error.status = NGX_CS_UNAVAILABLE;
        error.message.data = unsent;
        error.message.len = sizeof(unsent) - 1;

        answer->source = NGX_CS_SOURCE_QUEUE;
        answer->retry_until = (int64_t) ngx_current_msec + NGX_CS_RETRY;

    } else {
        error.status = NGX_CS_TIMED_OUT;
        error.message.data = unanswered;
        error.message.len = sizeof(unanswered) - 1;
    }

    (void) ngx_cs_answer_error(pool, &error, answer);
}


/* after the events at hand, as this may run inside libcurl's drive */

void
ngx_cs_waiters_land(ngx_cs_flight_t *flight)
{
    ngx_post_event(&flight->land, &ngx_posted_events);
}


static void
ngx_cs_waiters_land_handler(ngx_event_t *ev)
{
    ngx_uint_t        n;
    ngx_queue_t      *q;
    ngx_cs_flight_t  *flight;
    ngx_cs_waiter_t  *waiter;

    flight = ev->data;

    for (n = 0; n < NGX_CS_BATCH; n++) {

        if (ngx_queue_empty(&flight->waiters)) {
            ngx_cs_flight_release(flight);
            return;
        }

        q = ngx_queue_head(&flight->waiters);
        waiter = ngx_queue_data(q, ngx_cs_waiter_t, queue);

        ngx_cs_waiters_take(waiter);
        waiter->handler(waiter, flight, &flight->lookup.outcome);
    }

    ngx_post_event(&flight->land, &ngx_posted_next_events);
}
