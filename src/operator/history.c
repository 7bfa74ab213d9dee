/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The last two minutes of the counters; see the header.
 *
 * During a reload two generations have a first worker: who comes within the
 * same second writes nothing.  What is written is not yet among those that are
 * kept, so a worker that dies at it leaves nothing that is half there.
 */


#include "operator/history.h"

#include <ngx_event.h>

#include "upstream/breakers.h"


/* from one to the next, and the least between two, ms */
#define NGX_CS_HISTORY_STEP   1000
#define NGX_CS_HISTORY_LEAST  900


typedef struct {
    ngx_uint_t                   n;        /* so many were written */
    ngx_cs_moment_t              ring[NGX_CS_HISTORY + 1];
} ngx_cs_history_t;


static void ngx_cs_history_timer(ngx_event_t *ev);
static ngx_cs_moment_t *ngx_cs_history_moment(ngx_cs_history_t *history,
    ngx_uint_t back);


ngx_cs_block_t  ngx_cs_history_block = {
    ngx_string("clear_status history"),
    sizeof(ngx_cs_history_t),
    NULL
};


static ngx_event_t  ngx_cs_history_event;


static void
ngx_cs_history_timer(ngx_event_t *ev)
{
    int64_t             since;
    ngx_cs_moment_t     now;
    ngx_cs_history_t   *history;
    ngx_cs_counters_t   m;

    ngx_cs_counters_sum(&m);
    ngx_cs_history_now(&m, &now);

    history = ngx_cs_history_block.zone->data;

    ngx_cs_block_lock(ngx_cs_history_block.zone);

    since = history->n ? now.at - ngx_cs_history_moment(history, 1)->at
                       : NGX_CS_HISTORY_STEP;

    /* the counters began anew */

    if (since < 0) {
        history->n = 0;
    }

    if (since < 0 || since >= NGX_CS_HISTORY_LEAST) {
        *ngx_cs_history_moment(history, 0) = now;
        ngx_memory_barrier();
        history->n++;
    }

    ngx_cs_block_unlock(ngx_cs_history_block.zone);

    ngx_add_timer(ev, NGX_CS_HISTORY_STEP);
}


/* back: 1 is the newest, 0 the next to be written */

static ngx_cs_moment_t *
ngx_cs_history_moment(ngx_cs_history_t *history, ngx_uint_t back)
{
    return &history->ring[(history->n - back) % (NGX_CS_HISTORY + 1)];
}


void
ngx_cs_history_now(ngx_cs_counters_t *m, ngx_cs_moment_t *moment)
{
    ngx_uint_t  i;

    ngx_memzero(moment, sizeof(ngx_cs_moment_t));

    moment->at = ngx_cs_counters_age();

    for (i = 0; i < NGX_CS_COUNTERS_CACHES; i++) {
        moment->requests += (i == NGX_CS_NONE) ? 0 : m->requests[i];
    }

    moment->hits = m->requests[NGX_CS_HIT]
                   + m->requests[NGX_CS_STALE]
                   + m->requests[NGX_CS_UPDATING];

    for (i = 0; i < NGX_CS_COUNTERS_OUTCOMES; i++) {
        moment->fetches += m->fetches[i];
    }

    moment->failed = moment->fetches - m->fetches[CLEAR_TRANSPORT_OK]
                     - ngx_min(m->unknown, m->fetches[NGX_CS_COUNTERS_ERROR]);
    moment->fetch_ms = m->fetch_ms;

    for (i = 0; i < NGX_CS_COUNTERS_BUCKETS; i++) {
        moment->buckets[i] = m->buckets[i];
    }

    moment->collapsed = m->collapsed;
    moment->flights = m->flights;
    moment->held = m->held[NGX_CS_COUNTERS_WAIT];
    moment->streams = m->held[NGX_CS_COUNTERS_STREAM];
    moment->paused = ngx_cs_breakers_paused(ngx_current_msec);
}


ngx_uint_t
ngx_cs_history_get(ngx_cs_moment_t *moments)
{
    ngx_uint_t         i, n;
    ngx_cs_history_t  *history;

    if (ngx_cs_history_block.zone == NULL) {
        return 0;
    }

    history = ngx_cs_history_block.zone->data;

    ngx_cs_block_lock(ngx_cs_history_block.zone);

    n = ngx_min(history->n, NGX_CS_HISTORY);

    for (i = 0; i < n; i++) {
        moments[i] = *ngx_cs_history_moment(history, n - i);
    }

    ngx_cs_block_unlock(ngx_cs_history_block.zone);

    return n;
}


void
ngx_cs_history_init_process(ngx_cycle_t *cycle, ngx_uint_t shown)
{
    ngx_event_t  *ev;

    if (!shown || ngx_worker != 0) {
        return;
    }

    ev = &ngx_cs_history_event;

    ev->handler = ngx_cs_history_timer;
    ev->data = cycle;   /* the debug log looks there */
    ev->log = cycle->log;
    ev->cancelable = 1;

    ngx_add_timer(ev, NGX_CS_HISTORY_STEP);
}
