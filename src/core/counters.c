/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Counters over all workers; see the header.
 *
 * A worker counts in the set of its number, which it shares with the workers
 * that had the number before: what they counted stays.  Flights are a gauge,
 * so they are noted with their process, and those of a process that died do
 * not count.
 */


#include "core/counters.h"

#include "clear/table.h"
#include "core/alive.h"


#define NGX_CS_COUNTERS_SETS       64
#define NGX_CS_COUNTERS_PROCESSES  256


typedef struct {
    ngx_atomic_t                 pid;      /* 0: free */
    ngx_atomic_t                 flights;
    ngx_atomic_t                 queued;
    ngx_atomic_t                 held[NGX_CS_COUNTERS_KINDS];
    ngx_atomic_t                 oldest;
} ngx_cs_counters_process_t;


typedef struct {
    ngx_atomic_t                 started;  /* mono ms; 0: not yet */
    ngx_cs_counters_process_t
                              processes[NGX_CS_COUNTERS_PROCESSES];
    ngx_cs_counters_t            sets[NGX_CS_COUNTERS_SETS];
} ngx_cs_counters_shared_t;


static void ngx_cs_counters_add_process(ngx_cs_counters_t *sum,
    ngx_cs_counters_process_t *process);
static void ngx_cs_counters_clear(ngx_cs_counters_process_t *process);


ngx_cs_block_t  ngx_cs_counters_block = {
    ngx_string("clear_status metrics"),
    sizeof(ngx_cs_counters_shared_t),
    NULL
};


static ngx_msec_t  ngx_cs_counters_bounds[] = NGX_CS_COUNTERS_BOUNDS;

clear_table(ngx_cs_counters_bounds, NGX_CS_COUNTERS_BUCKETS - 2);

/* of this worker; NULL: nothing is counted */
static ngx_cs_counters_shared_t   *ngx_cs_counters_shared;
static ngx_cs_counters_t          *ngx_cs_counters;
static ngx_cs_counters_process_t  *ngx_cs_counters_process;


void
ngx_cs_counters_response(ngx_uint_t status, ngx_uint_t cache,
    ngx_uint_t collapsed, ngx_uint_t stale)
{
    ngx_cs_counters_t  *m;

    m = ngx_cs_counters;

    if (m == NULL) {
        return;
    }

    if (cache < NGX_CS_COUNTERS_CACHES) {
        (void) ngx_atomic_fetch_add(&m->requests[cache], 1);
    }

    if (status - 100 < NGX_CS_COUNTERS_CODES) {
        (void) ngx_atomic_fetch_add(&m->responses[status - 100], 1);
    }

    if (collapsed) {
        (void) ngx_atomic_fetch_add(&m->collapsed, 1);
    }

    if (stale) {
        (void) ngx_atomic_fetch_add(&m->stale, 1);
    }
}


void
ngx_cs_counters_fetch(ngx_uint_t outcome, ngx_msec_t elapsed,
    ngx_uint_t connections)
{
    ngx_uint_t         i;
    ngx_cs_counters_t  *m;

    m = ngx_cs_counters;

    if (m == NULL) {
        return;
    }

    if (outcome < NGX_CS_COUNTERS_OUTCOMES) {
        (void) ngx_atomic_fetch_add(&m->fetches[outcome], 1);
    }

    for (i = 0; i < NGX_CS_COUNTERS_BUCKETS - 1; i++) {
        if (elapsed <= ngx_cs_counters_bounds[i]) {
            break;
        }
    }

    (void) ngx_atomic_fetch_add(&m->buckets[i], 1);
    (void) ngx_atomic_fetch_add(&m->fetch_ms, elapsed);
    (void) ngx_atomic_fetch_add(&m->connections, connections);
}


void
ngx_cs_counters_refused(void)
{
    if (ngx_cs_counters) {
        (void) ngx_atomic_fetch_add(&ngx_cs_counters->refused, 1);
    }
}


void
ngx_cs_counters_unknown(void)
{
    if (ngx_cs_counters) {
        (void) ngx_atomic_fetch_add(&ngx_cs_counters->unknown, 1);
    }
}


void
ngx_cs_counters_flight(ngx_int_t n)
{
    if (ngx_cs_counters_process) {
        (void) ngx_atomic_fetch_add(&ngx_cs_counters_process->flights, n);
    }
}


void
ngx_cs_counters_queued(ngx_int_t n)
{
    if (ngx_cs_counters_process) {
        (void) ngx_atomic_fetch_add(&ngx_cs_counters_process->queued, n);
    }
}


void
ngx_cs_counters_held(ngx_uint_t kind, ngx_int_t n)
{
    if (ngx_cs_counters_process) {
        (void) ngx_atomic_fetch_add(&ngx_cs_counters_process->held[kind], n);
    }
}


void
ngx_cs_counters_oldest(ngx_msec_t since)
{
    if (ngx_cs_counters_process) {
        ngx_cs_counters_process->oldest = since;
    }
}


void
ngx_cs_counters_hold_ended(ngx_uint_t kind, ngx_uint_t end)
{
    if (ngx_cs_counters) {
        (void) ngx_atomic_fetch_add(&ngx_cs_counters->holds[kind][end], 1);
    }
}


void
ngx_cs_counters_notified(void)
{
    if (ngx_cs_counters) {
        (void) ngx_atomic_fetch_add(&ngx_cs_counters->notified, 1);
    }
}


void
ngx_cs_counters_purged(ngx_uint_t n)
{
    if (ngx_cs_counters) {
        (void) ngx_atomic_fetch_add(&ngx_cs_counters->purged, n);
    }
}


int64_t
ngx_cs_counters_age(void)
{
    if (ngx_cs_counters_shared == NULL) {
        return 0;
    }

    return (int64_t) (ngx_current_msec - ngx_cs_counters_shared->started);
}


void
ngx_cs_counters_sum(ngx_cs_counters_t *sum)
{
    ngx_uint_t                 i, n;
    ngx_atomic_t              *from, *to;
    ngx_cs_counters_process_t  *process;

    ngx_memzero(sum, sizeof(ngx_cs_counters_t));

    if (ngx_cs_counters_shared == NULL) {
        return;
    }

    to = (ngx_atomic_t *) sum;

    for (n = 0; n < NGX_CS_COUNTERS_SETS; n++) {
        from = (ngx_atomic_t *) &ngx_cs_counters_shared->sets[n];

        for (i = 0;
             i < sizeof(ngx_cs_counters_t) / sizeof(ngx_atomic_t);
             i++)
        {
            to[i] += from[i];
        }
    }

    for (n = 0; n < NGX_CS_COUNTERS_PROCESSES; n++) {
        process = &ngx_cs_counters_shared->processes[n];

        if ((process->flights || process->oldest)
            && ngx_cs_alive((ngx_pid_t) process->pid))
        {
            ngx_cs_counters_add_process(sum, process);
        }
    }
}


static void
ngx_cs_counters_add_process(ngx_cs_counters_t *sum,
    ngx_cs_counters_process_t *process)
{
    ngx_uint_t         i;
    ngx_atomic_uint_t  oldest;

    sum->flights += process->flights;
    sum->queued += process->queued;

    for (i = 0; i < NGX_CS_COUNTERS_KINDS; i++) {
        sum->held[i] += process->held[i];
    }

    oldest = process->oldest;

    if (oldest && (sum->oldest == 0 || oldest < sum->oldest)) {
        sum->oldest = oldest;
    }
}


/* the gauges of a process */

static void
ngx_cs_counters_clear(ngx_cs_counters_process_t *process)
{
    process->flights = 0;
    process->queued = 0;
    process->oldest = 0;
    ngx_memzero((void *) process->held, sizeof(process->held));
}


void
ngx_cs_counters_init_process(void)
{
    ngx_uint_t                  n;
    ngx_cs_counters_process_t  *process;

    ngx_cs_counters_shared = ngx_cs_counters_block.zone->data;

    (void) ngx_atomic_cmp_set(&ngx_cs_counters_shared->started, 0,
                              ngx_max(ngx_current_msec, 1));

    ngx_cs_counters =
        &ngx_cs_counters_shared->sets[ngx_worker % NGX_CS_COUNTERS_SETS];

    for (n = 0; n < NGX_CS_COUNTERS_PROCESSES; n++) {
        process = &ngx_cs_counters_shared->processes[n];

        if (ngx_cs_alive_take(&process->pid)) {
            ngx_cs_counters_clear(process);
            ngx_cs_counters_process = process;
            return;
        }
    }
}


void
ngx_cs_counters_exit_process(void)
{
    if (ngx_cs_counters_process) {
        ngx_cs_counters_clear(ngx_cs_counters_process);
        ngx_cs_counters_process->pid = 0;
        ngx_cs_counters_process = NULL;
    }
}
