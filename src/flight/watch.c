/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Flights of which another worker has the lease: they look for its result when
 * they are woken, and now and then, and take over if that worker is lost or
 * gives the lease back.
 */


#include "flight/state.h"


static void ngx_cs_watch_take_over(ngx_cs_flight_t *flight);


/* of this worker */
static ngx_queue_t  ngx_cs_watching;


void
ngx_cs_watch_init(void)
{
    ngx_queue_init(&ngx_cs_watching);
}


void
ngx_cs_watch_begin(ngx_cs_flight_t *flight)
{
    ngx_cs_flight_become(flight, NGX_CS_FLIGHT_WATCHING);

    ngx_queue_insert_tail(&ngx_cs_watching, &flight->queue);

    ngx_add_timer(&flight->timer, NGX_CS_WATCH);
}


void
ngx_cs_watch_end(ngx_cs_flight_t *flight)
{
    ngx_queue_remove(&flight->queue);
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
            ngx_cs_watch_collect(flight);
        }
    }
}


void
ngx_cs_watch_collect(ngx_cs_flight_t *flight)
{
    ngx_int_t  rc;

    rc = ngx_cs_zone_collect(&flight->lookup);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, &flight->log, 0,
                   "clear status flight %p: looks: %i", flight, rc);

    if (rc == NGX_OK) {
        ngx_cs_flight_land(flight);

    } else if (rc == NGX_DECLINED) {
        ngx_cs_watch_take_over(flight);
    }

    if (flight->state == NGX_CS_FLIGHT_WATCHING && !flight->timer.timer_set) {
        ngx_add_timer(&flight->timer, NGX_CS_WATCH);
    }
}


/* the flight that was watched is lost: somebody has to fly, perhaps we */

static void
ngx_cs_watch_take_over(ngx_cs_flight_t *flight)
{
    ngx_int_t  rc;

    rc = ngx_cs_zone_acquire(&flight->lookup, ngx_cs_flight_deadline(flight),
                             1);
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

    if (ngx_cs_flight_fly(flight) != NGX_OK) {

        /* what a look left there may have no body, for want of memory too */

        ngx_memzero(&flight->lookup.outcome.answer, sizeof(ngx_cs_answer_t));

        ngx_cs_flight_land(flight);
    }
}
