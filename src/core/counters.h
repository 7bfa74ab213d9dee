/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Counters over all workers, kept over reloads, in a small shared memory of
 * their own: atomic, without a lock, and each worker has its own cache lines.
 * Everybody may count; what the numbers look like outside is none of its
 * business.
 */


#ifndef _NGX_CS_CORE_COUNTERS_H_INCLUDED_
#define _NGX_CS_CORE_COUNTERS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "clear/verdict.h"
#include "core/block.h"


/* the HTTP statuses that are counted apart: 100 to 599 */
#define NGX_CS_COUNTERS_CODES    500

/* how the cache handled a request: the values of $clear_status_cache */

typedef enum {
    NGX_CS_NONE = 0,
    NGX_CS_HIT,
    NGX_CS_MISS,
    NGX_CS_EXPIRED,
    NGX_CS_STALE,
    NGX_CS_UPDATING,
    NGX_CS_COLLAPSED,
    NGX_CS_BYPASS
} ngx_cs_cache_e;

#define NGX_CS_COUNTERS_CACHES   (NGX_CS_BYPASS + 1)

/* how a fetch ended: clear_transport_e, or upstream answered with an error */
#define NGX_CS_COUNTERS_ERROR    (CLEAR_TRANSPORT_LOCAL + 1)
#define NGX_CS_COUNTERS_OUTCOMES (NGX_CS_COUNTERS_ERROR + 1)

/* upper bounds of the histogram, ms, and one more for what is over them */
#define NGX_CS_COUNTERS_BOUNDS                                               \
    { 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 15000 }
#define NGX_CS_COUNTERS_BUCKETS  13


/* who stays for news, and why that ends */

#define NGX_CS_COUNTERS_WAIT     0
#define NGX_CS_COUNTERS_STREAM   1
#define NGX_CS_COUNTERS_KINDS    2

#define NGX_CS_COUNTERS_FINISHED 0
#define NGX_CS_COUNTERS_CHANGED  1
#define NGX_CS_COUNTERS_TIME     2
#define NGX_CS_COUNTERS_LEFT     3
#define NGX_CS_COUNTERS_FAILED   4
#define NGX_CS_COUNTERS_QUIT     5
#define NGX_CS_COUNTERS_ENDS     6


typedef struct {
    ngx_atomic_t  requests[NGX_CS_COUNTERS_CACHES];
    ngx_atomic_t  responses[NGX_CS_COUNTERS_CODES];
    ngx_atomic_t  fetches[NGX_CS_COUNTERS_OUTCOMES];
    ngx_atomic_t  buckets[NGX_CS_COUNTERS_BUCKETS];
    ngx_atomic_t  fetch_ms;          /* the sum */
    ngx_atomic_t  connections;
    ngx_atomic_t  refused;           /* for their credentials */
    ngx_atomic_t  unknown;           /* tasks, fetched, that upstream does not
                                        know: errors that are answers */
    ngx_atomic_t  collapsed;
    ngx_atomic_t  stale;
    ngx_atomic_t  holds[NGX_CS_COUNTERS_KINDS][NGX_CS_COUNTERS_ENDS];
    ngx_atomic_t  notified;
    ngx_atomic_t  purged;            /* answers, from zones */
    ngx_atomic_t  flights;           /* in the air now; only summed up */
    ngx_atomic_t  queued;            /* of these, not yet sent; likewise */
    ngx_atomic_t  held[NGX_CS_COUNTERS_KINDS];  /* now; only summed up */
    ngx_atomic_t  oldest;            /* of those held, since when, mono ms; or
                                        0 */
} ngx_cs_counters_t;


/* without its zone nothing is counted */
extern ngx_cs_block_t  ngx_cs_counters_block;

/* in each worker, when the block has its zone */
void ngx_cs_counters_init_process(void);

/* when a worker leaves: its flights are none of the gauge's any more */
void ngx_cs_counters_exit_process(void);

/* a response went out; cache: ngx_cs_cache_e */
void ngx_cs_counters_response(ngx_uint_t status, ngx_uint_t cache,
    ngx_uint_t collapsed, ngx_uint_t stale);

/* an exchange with upstream ended; outcome as above */
void ngx_cs_counters_fetch(ngx_uint_t outcome, ngx_msec_t elapsed,
    ngx_uint_t connections);

/* upstream refused our credentials, or there are none */
void ngx_cs_counters_refused(void);

/* upstream does not know the task */
void ngx_cs_counters_unknown(void);

/* flights of this worker, and those that are queued: 1 more or 1 less */
void ngx_cs_counters_flight(ngx_int_t n);
void ngx_cs_counters_queued(ngx_int_t n);

/* requests that are held by this worker: 1 more or 1 less */
void ngx_cs_counters_held(ngx_uint_t kind, ngx_int_t n);

/* since when the oldest of this worker's is held, mono ms; 0: none is */
void ngx_cs_counters_oldest(ngx_msec_t since);

/* one was held; end as above */
void ngx_cs_counters_hold_ended(ngx_uint_t kind, ngx_uint_t end);

/* a notification for a task that is known */
void ngx_cs_counters_notified(void);

/* n answers were purged from a zone */
void ngx_cs_counters_purged(ngx_uint_t n);

/* for how long there are counters, ms: since nginx was started */
int64_t ngx_cs_counters_age(void);

/* the sum over all workers, those that have left included */
void ngx_cs_counters_sum(ngx_cs_counters_t *sum);


#endif /* _NGX_CS_CORE_COUNTERS_H_INCLUDED_ */
