/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A flight as those see it who make it one: life.c its life, waiters.c who
 * waits for it, watch.c where another worker flies.  For this room alone.
 */


#ifndef _NGX_CS_FLIGHT_STATE_H_INCLUDED_
#define _NGX_CS_FLIGHT_STATE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "flight/flight.h"
#include "flight/table.h"
#include "tier/chain.h"


/* over twice the fetch's own timeout, until a lease counts as lost, ms */
#define NGX_CS_LEASE     2000

/* a watcher looks this often for what no wake-up told it, ms */
#define NGX_CS_WATCH     250


typedef enum {
    NGX_CS_FLIGHT_NEW = 0,        /* not in the table yet */
    NGX_CS_FLIGHT_WATCHING,       /* another worker has the lease */
    NGX_CS_FLIGHT_QUEUED,         /* tiers are asked, upstream was not yet */
    NGX_CS_FLIGHT_FLYING,         /* upstream was asked */
    NGX_CS_FLIGHT_LANDING,        /* out of the table, waiters are told */
    NGX_CS_FLIGHT_GONE            /* out of the table, nobody is told */
} ngx_cs_flight_e;


struct ngx_cs_flight_s {
    ngx_cs_node_t                node;      /* first; with zone and key */
    ngx_queue_t                  queue;     /* of those that watch */
    ngx_queue_t                  waiters;
    ngx_pool_t                  *pool;
    ngx_cs_question_t            question;
    ngx_cs_asking_t              asking;
    ngx_cs_lookup_t              lookup;    /* and the result */
    ngx_atomic_uint_t            stripe;    /* seen last */
    ngx_event_t                  timer;     /* what the state waits for */
    ngx_event_t                  land;
    ngx_log_t                    log;
    ngx_uint_t                   refs;
    int64_t                      since;     /* in this state; mono, ms */
    ngx_cs_flight_e              state;
};


/* life.c */

/* asks the tiers; NGX_OK, or NGX_ERROR: no memory, the lease is given back */
ngx_int_t ngx_cs_flight_fly(ngx_cs_flight_t *flight);

/*
 * The look-up has the result.  Nobody joins from here on, and waiters are
 * told from the event loop.
 */
void ngx_cs_flight_land(ngx_cs_flight_t *flight);

void ngx_cs_flight_become(ngx_cs_flight_t *flight, ngx_cs_flight_e state);

/* from acquire on: when a lease counts as lost */
int64_t ngx_cs_flight_deadline(ngx_cs_flight_t *flight);

/* perhaps nobody waits any more: what nobody needs then ends and is gone */
void ngx_cs_flight_idle(ngx_cs_flight_t *flight);


/* waiters.c */

void ngx_cs_waiters_init(ngx_cs_flight_t *flight);
void ngx_cs_waiters_enter(ngx_cs_flight_t *flight, ngx_cs_waiter_t *waiter,
    ngx_msec_t timeout);

/* tells them all, some at a time, and releases the flight */
void ngx_cs_waiters_land(ngx_cs_flight_t *flight);


/* watch.c */

void ngx_cs_watch_init(void);
void ngx_cs_watch_begin(ngx_cs_flight_t *flight);
void ngx_cs_watch_end(ngx_cs_flight_t *flight);

/* looks for the result, which may end it */
void ngx_cs_watch_collect(ngx_cs_flight_t *flight);


#endif /* _NGX_CS_FLIGHT_STATE_H_INCLUDED_ */
