/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Who waits for what.  A flight is one upstream fetch for one key, whoever
 * waits for it; a waiter is a request that waits on one.  Each worker has a
 * table of its flights.  Where another worker flies for a key, this worker's
 * flight only watches, and takes over if that worker is lost.
 *
 * A flight belongs to nobody: waiters may leave at any time, and one without
 * waiters still ends and stores.
 */


#ifndef _NGX_CS_FLIGHT_FLIGHT_H_INCLUDED_
#define _NGX_CS_FLIGHT_FLIGHT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "core/question.h"
#include "zone/zone.h"


typedef struct ngx_cs_flight_s            ngx_cs_flight_t;
typedef struct ngx_cs_waiter_s            ngx_cs_waiter_t;


/*
 * Called once for a waiter, from the event loop; it waits no longer then.
 * outcome is the flight's result, and its bodies lie in the flight: who needs
 * them longer, holds the flight.  Or it is that the waiter's time ran out,
 * with bodies in the waiter's pool; NULL where it has none.
 */
typedef void (*ngx_cs_waiter_pt)(ngx_cs_waiter_t *waiter,
    ngx_cs_flight_t *flight, ngx_cs_outcome_t *outcome);


/* embedded in what waits; handler and data are set, and perhaps pool; the
   rest is zero before the first use */

struct ngx_cs_waiter_s {
    ngx_queue_t                  queue;
    ngx_cs_flight_t             *flight;    /* NULL: waits for nothing */
    ngx_cs_waiter_pt             handler;
    void                        *data;
    ngx_pool_t                  *pool;
    ngx_event_t                  timer;
    int64_t                      deadline;  /* mono, ms */
    unsigned                     leader:1;  /* the flight began with it */
};


/* a flight of this worker ends; called before its waiters are */
typedef void (*ngx_cs_flight_listen_pt)(ngx_cs_flight_t *flight,
    ngx_shm_zone_t *shm_zone, ngx_cs_key_t *key, ngx_cs_outcome_t *outcome);


/* in each worker, before any flight; listener: is told of every flight's end */
ngx_int_t ngx_cs_flight_init_process(ngx_cycle_t *cycle,
    ngx_cs_flight_listen_pt listener);

/* after a wake-up: other workers' flights have ended */
void ngx_cs_flight_wake(void);

/* the worker is asked to leave */
void ngx_cs_flight_quit(void);

/*
 * Joins the flight for lookup->key, or starts it.  lookup is the caller's;
 * without a zone in it nothing is cached, and only this worker's flights are
 * shared.
 *
 * NGX_OK     another worker stored an answer just now: serve lookup->outcome
 * NGX_AGAIN  the waiter's handler will be called
 * NGX_ERROR  no memory
 */
ngx_int_t ngx_cs_flight_join(ngx_cs_question_t *question,
    ngx_cs_lookup_t *lookup, ngx_cs_waiter_t *waiter);

/*
 * A flight without waiters, unless one is in the air, in the background of what
 * was found.  Where upstream will not be asked, as the tenant's fetches pause
 * or too many wait for their turn, *found is CLEAR_SERVE_STALE, as for who
 * waits for one.
 */
void ngx_cs_flight_refresh(ngx_cs_question_t *question,
    ngx_cs_lookup_t *lookup, ngx_cs_outcome_t *found);

/*
 * Likewise for a notice.
 *
 * NGX_OK        it flies, or nobody has to
 * NGX_AGAIN     one is in the air; the notice is to come again after its wait
 * NGX_DECLINED  the task is not known
 * NGX_ERROR     no memory
 */
ngx_int_t ngx_cs_flight_notice(ngx_cs_question_t *question,
    ngx_cs_lookup_t *lookup, ngx_cs_notice_t *notice);

/* a waiter goes away; its handler will not be called */
void ngx_cs_flight_leave(ngx_cs_waiter_t *waiter);

void ngx_cs_flight_hold(ngx_cs_flight_t *flight);
void ngx_cs_flight_release(ngx_cs_flight_t *flight);


#endif /* _NGX_CS_FLIGHT_FLIGHT_H_INCLUDED_ */
