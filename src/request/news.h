/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What those who wait for a task are told: the outcome of a look-up or of a
 * flight, once for all of them, so that one body serves everybody.  It is
 * there as long as somebody holds it.
 */


#ifndef _NGX_CS_REQUEST_NEWS_H_INCLUDED_
#define _NGX_CS_REQUEST_NEWS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "flight/flight.h"


typedef struct {
    ngx_pool_t                  *pool;     /* in which it lies */
    ngx_cs_flight_t             *flight;   /* in which its bodies lie; NULL: in
                                              the pool */
    ngx_uint_t                   refs;
    ngx_cs_outcome_t             outcome;
    ngx_cs_answer_t             *answer;   /* in outcome: what a caller gets */
    ngx_atomic_uint_t            stripe;   /* of the zone, when it looked; see
                                              ngx_cs_zone_stripe() */
    int64_t                      due;      /* when there may be others: mono
                                              ms, or CLEAR_FOREVER */
    ngx_str_t                    event;    /* as an event of a stream, once
                                              somebody wanted it so */
    unsigned                     stale:1;  /* the last fetch failed, or none may
                                              go out: answer is older */
    unsigned                     paused:1; /* none may go out */
} ngx_cs_news_t;


/*
 * With one reference; NULL: no memory.  lookup, which may be NULL: a look-up
 * that is to follow, whose bodies come into the news' pool.
 */
ngx_cs_news_t *ngx_cs_news_create(ngx_cs_lookup_t *lookup);

/* after a look-up that brought an outcome, its body in the news' pool */
void ngx_cs_news_found(ngx_cs_news_t *news, ngx_cs_lookup_t *lookup);

/* of a flight, which it holds, with one reference; NULL: no memory */
ngx_cs_news_t *ngx_cs_news_landed(ngx_cs_flight_t *flight,
    ngx_cs_outcome_t *outcome);

/*
 * An error of this gateway's, with one reference; status is its HTTP status.
 * NULL: no memory.
 */
ngx_cs_news_t *ngx_cs_news_error(ngx_uint_t status);

/* a further reference, which goes with the pool; NGX_OK or NGX_ERROR */
ngx_int_t ngx_cs_news_keep(ngx_cs_news_t *news, ngx_pool_t *pool);

void ngx_cs_news_release(ngx_cs_news_t *news);


#endif /* _NGX_CS_REQUEST_NEWS_H_INCLUDED_ */
