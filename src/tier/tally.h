/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * How look-ups in a tier ended and how long they took, counted by all workers
 * in shared memory, without a lock.
 */


#ifndef _NGX_CS_TIER_TALLY_H_INCLUDED_
#define _NGX_CS_TIER_TALLY_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* upper bounds of the histogram, us, and one more for what is over them */
#define NGX_CS_TALLY_BOUNDS                                                  \
    { 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000 }
#define NGX_CS_TALLY_BUCKETS  10


typedef enum {
    NGX_CS_TALLY_HIT = 0,
    NGX_CS_TALLY_STALE,
    NGX_CS_TALLY_MISS,
    NGX_CS_TALLY_TIMEOUT,
    NGX_CS_TALLY_ERROR,
    NGX_CS_TALLY_OFF
} ngx_cs_tally_e;

#define NGX_CS_TALLY_OUTCOMES  (NGX_CS_TALLY_OFF + 1)

/* what they are called */
extern ngx_str_t  ngx_cs_tally_outcomes[];


typedef struct {
    ngx_atomic_t                 lookups[NGX_CS_TALLY_OUTCOMES];
    ngx_atomic_t                 buckets[NGX_CS_TALLY_BUCKETS];
    ngx_atomic_t                 us;       /* the sum */
} ngx_cs_tally_t;


/* a look-up begins now, by a clock that nobody sets */
void ngx_cs_tally_begin(struct timespec *begun);

/* it ended; begun: of the above, or NULL where there was none */
void ngx_cs_tally_count(ngx_cs_tally_t *tally, ngx_cs_tally_e outcome,
    struct timespec *begun);


#endif /* _NGX_CS_TIER_TALLY_H_INCLUDED_ */
