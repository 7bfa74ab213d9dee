/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * How long a zone's lock is waited for and held, for the benchmarks: a build
 * with -DNGX_CLEAR_STATUS_LOCK_STATS=1 counts in each process, and says it at
 * "notice" when the process leaves.  In any other build nothing is left of it.
 */


#ifndef _NGX_CS_ZONE_LOCK_STATS_H_INCLUDED_
#define _NGX_CS_ZONE_LOCK_STATS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#if (NGX_CS_LOCK_STATS)

/* nanoseconds */

typedef struct {
    uint64_t  since;        /* the wait, then the hold, that goes on */
    uint64_t  taken;        /* how often */
    uint64_t  waited;
    uint64_t  held;
    uint64_t  longest_wait;
    uint64_t  longest_hold;
} ngx_cs_lock_stats_t;


void ngx_cs_lock_stats_waits(ngx_cs_lock_stats_t *clock);
void ngx_cs_lock_stats_holds(ngx_cs_lock_stats_t *clock);
void ngx_cs_lock_stats_leaves(ngx_cs_lock_stats_t *clock);
void ngx_cs_lock_stats_log(ngx_cs_lock_stats_t *clock, ngx_str_t *zone);

#else

#define ngx_cs_lock_stats_waits(clock)
#define ngx_cs_lock_stats_holds(clock)
#define ngx_cs_lock_stats_leaves(clock)
#define ngx_cs_lock_stats_log(clock, zone)

#endif


#endif /* _NGX_CS_ZONE_LOCK_STATS_H_INCLUDED_ */
