/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Requests that stay until there is news of a task.  A hold is one for a key
 * and worker, however many its holders are: it has one look upstream at a
 * time, when an answer is no longer fresh, and goes with its last holder.  By
 * the zone's leases the holds of all workers make one poller.
 *
 * It knows nothing of what a holder makes of the news.
 */


#ifndef _NGX_CS_REQUEST_HOLD_H_INCLUDED_
#define _NGX_CS_REQUEST_HOLD_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "clear/freshness.h"
#include "request/news.h"


typedef struct ngx_cs_hold_s    ngx_cs_hold_t;
typedef struct ngx_cs_holder_s  ngx_cs_holder_t;


/* a location's settings; times in ms, 0: off */

typedef struct {
    ngx_msec_t                   wait;       /* the longest */
    ngx_msec_t                   events;     /* the longest */
    ngx_msec_t                   heartbeat;  /* of a stream */
    ngx_uint_t                   max;        /* holders of this worker */
    ngx_str_t                    vary;       /* the fields that count */
    clear_freshness_conf_t       freshness;  /* the location's, without
                                                stale-while-revalidate */
} ngx_cs_hold_conf_t;


/* why a holder is called */

typedef enum {
    NGX_CS_HOLD_NEWS = 0,
    NGX_CS_HOLD_TIME,                        /* its timer */
    NGX_CS_HOLD_QUIT                         /* this worker leaves */
} ngx_cs_hold_e;


/*
 * Called from the event loop, with the last news.  It leaves, or goes on
 * holding, which is not for HOLD_QUIT: who does at HOLD_TIME sets its timer
 * again.
 */
typedef void (*ngx_cs_holder_pt)(ngx_cs_holder_t *holder, ngx_cs_hold_e why,
    ngx_cs_news_t *news);


/* embedded in what holds; handler, data, kind and log are set before it does */

struct ngx_cs_holder_s {
    ngx_queue_t                  queue;      /* of the hold */
    ngx_queue_t                  all;        /* of the worker, by age */
    ngx_cs_hold_t               *hold;       /* NULL: holds nothing */
    ngx_cs_holder_pt             handler;
    void                        *data;
    ngx_event_t                  timer;      /* the holder sets it */
    int64_t                      since;      /* mono, ms */
    ngx_uint_t                   kind;       /* NGX_CS_COUNTERS_WAIT, ... */
};


void ngx_cs_hold_init_process(void);

/* a flight of this worker ended, whoever began it */
void ngx_cs_hold_landed(ngx_cs_flight_t *flight, ngx_shm_zone_t *shm_zone,
    ngx_cs_key_t *key, ngx_cs_outcome_t *outcome);

/* after a wake-up: other workers' flights have ended */
void ngx_cs_hold_wake(void);

/* this worker is to leave: all holders are told, some in each turn */
void ngx_cs_hold_quit(void);

/*
 * 1 where another holder may come: there are fewer than max, and the worker
 * does not leave.
 */
ngx_uint_t ngx_cs_hold_room(ngx_uint_t max);

/* 1 where somebody in this worker holds the key */
ngx_uint_t ngx_cs_hold_waits(ngx_shm_zone_t *shm_zone, ngx_cs_key_t *key);

/*
 * Becomes a holder of the look-up's key.  news is what the caller knows; the
 * holder is called when there is other news.  The first holder's question is
 * asked for all, without its trace and with conf's freshness; conf is of its
 * location, as a poll outlives the hold.
 *
 * NGX_OK or NGX_ERROR: no memory.
 */
ngx_int_t ngx_cs_hold_join(ngx_cs_holder_t *holder, ngx_cs_hold_conf_t *conf,
    ngx_cs_question_t *question, ngx_cs_lookup_t *lookup,
    ngx_cs_news_t *news);

/* has the holder called with the last news, which it did not take before */
void ngx_cs_hold_again(ngx_cs_holder_t *holder);

/*
 * A holder goes, because of end (NGX_CS_COUNTERS_FINISHED, ...); where it does
 * not hold, nothing happens.
 */
void ngx_cs_hold_leave(ngx_cs_holder_t *holder, ngx_uint_t end);


#endif /* _NGX_CS_REQUEST_HOLD_H_INCLUDED_ */
