/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The time of a zone's lock; see the header.  All is called by the one thread
 * of a process, so that nothing here needs a lock of its own.
 */


#include "zone/lock_stats.h"


#if (NGX_CS_LOCK_STATS)

static uint64_t ngx_cs_lock_stats_lap(ngx_cs_lock_stats_t *clock);


void
ngx_cs_lock_stats_waits(ngx_cs_lock_stats_t *clock)
{
    (void) ngx_cs_lock_stats_lap(clock);
}


void
ngx_cs_lock_stats_holds(ngx_cs_lock_stats_t *clock)
{
    uint64_t  waited;

    waited = ngx_cs_lock_stats_lap(clock);

    clock->taken++;
    clock->waited += waited;
    clock->longest_wait = ngx_max(clock->longest_wait, waited);
}


void
ngx_cs_lock_stats_leaves(ngx_cs_lock_stats_t *clock)
{
    uint64_t  held;

    held = ngx_cs_lock_stats_lap(clock);

    clock->held += held;
    clock->longest_hold = ngx_max(clock->longest_hold, held);
}


/* the time since the last call */

static uint64_t
ngx_cs_lock_stats_lap(ngx_cs_lock_stats_t *clock)
{
    uint64_t         now, since;
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    now = (uint64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
    since = clock->since;
    clock->since = now;

    return now - since;
}


void
ngx_cs_lock_stats_log(ngx_cs_lock_stats_t *clock, ngx_str_t *zone)
{
    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "zone \"%V\": lock taken %uL times, waited %uL ns, "
                  "held %uL ns, longest wait %uL ns, longest hold %uL ns",
                  zone, clock->taken, clock->waited, clock->held,
                  clock->longest_wait, clock->longest_hold);
}

#endif
