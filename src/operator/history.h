/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The last two minutes of the counters, a moment a second, for the charts of
 * the dashboard: a ring in a small shared memory of its own, kept over
 * reloads.  One worker writes it.
 */


#ifndef _NGX_CS_OPERATOR_HISTORY_H_INCLUDED_
#define _NGX_CS_OPERATOR_HISTORY_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "core/block.h"
#include "core/counters.h"


/* moments that are kept */
#define NGX_CS_HISTORY  121


/* counted so far, but for the gauges at its end */

typedef struct {
    int64_t                      at;       /* since there are counters, ms */
    uint64_t                     requests;
    uint64_t                     hits;     /* stale ones too */
    uint64_t                     fetches;
    uint64_t                     failed;   /* of them, without those of tasks
                                              that upstream does not know */
    uint64_t                     fetch_ms;
    uint64_t                     buckets[NGX_CS_COUNTERS_BUCKETS];
    uint64_t                     collapsed;
    uint64_t                     flights;
    uint64_t                     held;
    uint64_t                     streams;
    uint64_t                     paused;   /* tenants */
} ngx_cs_moment_t;


/* without its zone there is none */
extern ngx_cs_block_t  ngx_cs_history_block;

/*
 * In each worker, when the block has its zone and the worker counts; from now
 * on the first of them writes, where somebody is to be shown it.
 */
void ngx_cs_history_init_process(ngx_cycle_t *cycle, ngx_uint_t shown);

/* what these counters are now */
void ngx_cs_history_now(ngx_cs_counters_t *m, ngx_cs_moment_t *moment);

/* copies them, the oldest first; moments: room for all.  Returns how many */
ngx_uint_t ngx_cs_history_get(ngx_cs_moment_t *moments);


#endif /* _NGX_CS_OPERATOR_HISTORY_H_INCLUDED_ */
