/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * In which of a zone's queues an entry lies; see the header.
 */


#include "zone/queue.h"

#include "clear/table.h"


ngx_str_t  ngx_cs_states[] = {
    ngx_string("none"),
    ngx_string("created"),
    ngx_string("processing"),
    ngx_string("success"),
    ngx_string("failed"),
    ngx_string("other"),
    ngx_string("error")
};

clear_table(ngx_cs_states, NGX_CS_STATE_ERROR);


ngx_uint_t
ngx_cs_entry_state(ngx_cs_shm_t *shm, ngx_cs_entry_t *e)
{
    ngx_cs_result_t  *good;

    if (e->good == 0) {
        return e->error ? NGX_CS_STATE_ERROR : NGX_CS_STATE_NONE;
    }

    good = ngx_cs_at(shm, e->good);

    return (good->answer.workflow == CLEAR_WORKFLOW_NONE)
           ? CLEAR_WORKFLOW_OTHER : good->answer.workflow;
}


ngx_uint_t
ngx_cs_entry_finished(ngx_cs_shm_t *shm, ngx_cs_entry_t *e)
{
    ngx_cs_result_t  *good;

    if (e->good == 0) {
        return 0;
    }

    good = ngx_cs_at(shm, e->good);

    return clear_freshness_terminal(good->answer.workflow);
}


void
ngx_cs_entry_touch(ngx_cs_shm_t *shm, ngx_cs_entry_t *e)
{
    ngx_uint_t  i;

    if (e->lease) {
        return;
    }

    i = ngx_cs_entry_finished(shm, e) ? NGX_CS_FINISHED : NGX_CS_UNFINISHED;

    ngx_queue_remove(&e->lru);

    if (e->unwanted) {
        ngx_queue_insert_tail(&shm->queues[i], &e->lru);

    } else {
        ngx_queue_insert_head(&shm->queues[i], &e->lru);
    }
}


void
ngx_cs_entry_use(ngx_cs_shm_t *shm, ngx_cs_entry_t *e)
{
    ngx_queue_remove(&e->lru);
    ngx_queue_insert_head(&shm->queues[NGX_CS_IN_USE], &e->lru);
}
