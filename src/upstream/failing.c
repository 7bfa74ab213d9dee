/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Tasks whose fetches go down; see the header.  In a full set the one that
 * failed longest ago is forgotten: then it counts as new once more.
 */


#include "upstream/failing.h"

#include "core/ways.h"


static uint64_t ngx_cs_failing_key(u_char *digest, uint32_t task);
static ngx_cs_failing_task_t *ngx_cs_failing_find(ngx_cs_failing_t *failing,
    uint64_t key);
static int64_t ngx_cs_failing_worth(void *place);


static ngx_cs_ways_t  ngx_cs_failing_ways = {
    NGX_CS_FAILING_SETS,
    NGX_CS_FAILING_WAYS,
    sizeof(ngx_cs_failing_task_t),
    sizeof(uint64_t),
    ngx_cs_failing_worth
};


uint32_t
ngx_cs_failing_get(ngx_cs_failing_t *failing, u_char *digest, uint32_t task)
{
    uint64_t                key;
    ngx_cs_failing_task_t  *t;

    key = ngx_cs_failing_key(digest, task);
    t = ngx_cs_failing_find(failing, key);

    return (t->task == key) ? t->down : 0;
}


void
ngx_cs_failing_set(ngx_cs_failing_t *failing, u_char *digest, uint32_t task,
    uint32_t down, clear_upstream_e upstream)
{
    uint64_t                key;
    ngx_cs_failing_task_t  *t;

    if (down == 0 && upstream != CLEAR_UPSTREAM_DOWN) {
        return;
    }

    key = ngx_cs_failing_key(digest, task);
    t = ngx_cs_failing_find(failing, key);

    if (t->task != key && upstream != CLEAR_UPSTREAM_DOWN) {
        return;
    }

    t->task = key;
    t->down = ngx_cs_failing_next(down, upstream);
    t->used = (uint32_t) (ngx_current_msec / 1000);
}


uint32_t
ngx_cs_failing_next(uint32_t down, clear_upstream_e upstream)
{
    switch (upstream) {

    case CLEAR_UPSTREAM_ALIVE:
    case CLEAR_UPSTREAM_FORBIDDEN:
        return 0;

    case CLEAR_UPSTREAM_DOWN:
        return (down < NGX_CS_FAILING_MAX) ? down + 1 : down;

    default:
        return down;
    }
}


static uint64_t
ngx_cs_failing_key(u_char *digest, uint32_t task)
{
    uint64_t  key;

    ngx_memcpy(&key, digest, sizeof(uint64_t));

    return key ^ task * 0x9e3779b97f4a7c15ULL;
}


/* the task's own place, or the one that it would take */

static ngx_cs_failing_task_t *
ngx_cs_failing_find(ngx_cs_failing_t *failing, uint64_t key)
{
    ngx_cs_failing_task_t  *t;

    t = ngx_cs_ways_find(&ngx_cs_failing_ways, failing->tasks,
                         (u_char *) &key);

    return t ? t : ngx_cs_ways_least(&ngx_cs_failing_ways, failing->tasks,
                                     (u_char *) &key);
}


static int64_t
ngx_cs_failing_worth(void *place)
{
    ngx_cs_failing_task_t *t = place;

    return t->down ? (int64_t) t->used : INT64_MIN;
}
