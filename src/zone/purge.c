/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What operators ask of a zone: numbers, and to drop what is stored.  The
 * operations are those of zone/zone.h.
 */


#include "zone/zone.h"

#include "clear/task_id.h"
#include "zone/entry.h"
#include "zone/shm.h"


/* entries that one critical section of a purge looks at */
#define NGX_CS_ZONE_BATCH  64


typedef ngx_uint_t (*ngx_cs_match_pt)(ngx_str_t *tenant, ngx_str_t *task_id,
    void *data);


static ngx_uint_t ngx_cs_zone_drop(ngx_cs_zone_t *zone, ngx_cs_entry_t *e);
static ngx_uint_t ngx_cs_zone_sweep(ngx_cs_zone_t *zone, ngx_uint_t finished,
    ngx_uint_t *left, ngx_cs_match_pt match, void *data);
static ngx_uint_t ngx_cs_zone_matches(ngx_cs_zone_t *zone, ngx_cs_entry_t *e,
    ngx_cs_match_pt match, void *data);


void
ngx_cs_zone_stat(ngx_shm_zone_t *shm_zone, ngx_cs_zone_stat_t *stat)
{
    uint64_t        left;
    ngx_cs_shm_t   *shm;
    ngx_cs_zone_t  *zone;

    zone = shm_zone->data;
    shm = zone->shm;

    ngx_cs_shm_lock(zone);

    *stat = shm->stat;

    left = ngx_cs_chunks_left(&shm->chunks);

    stat->free = left * NGX_CS_CHUNK_SIZE;
    stat->used = (shm->chunks.total - left) * NGX_CS_CHUNK_SIZE;

    ngx_cs_shm_unlock(zone, NULL);
}


/* the answers, not the flights: whoever waits is answered */

static ngx_uint_t
ngx_cs_zone_drop(ngx_cs_zone_t *zone, ngx_cs_entry_t *e)
{
    ngx_uint_t     n;
    ngx_cs_shm_t  *shm;

    shm = zone->shm;
    n = (e->good || e->error);

    shm->stat.entries[ngx_cs_entry_state(shm, e)]--;

    ngx_cs_result_free(shm, &e->good);
    ngx_cs_result_free(shm, &e->error);

    shm->stat.entries[ngx_cs_entry_state(shm, e)]++;

    ngx_cs_entry_trim(shm, e);

    return n;
}


ngx_uint_t
ngx_cs_zone_purge(ngx_shm_zone_t *shm_zone,
    ngx_uint_t (*match)(ngx_str_t *tenant, ngx_str_t *task_id, void *data),
    void *data)
{
    ngx_uint_t      i, n, left;
    ngx_cs_zone_t  *zone;

    zone = shm_zone->data;
    n = 0;

    /*
     * Each entry is looked at once: what was looked at goes to the head of
     * its queue, and there are as many steps as there are entries now.
     */

    for (i = 0; i < 2; i++) {
        left = NGX_MAX_UINT32_VALUE;

        do {
            ngx_cs_shm_lock(zone);

            n += ngx_cs_zone_sweep(zone, i, &left, match, data);

            ngx_cs_shm_unlock(zone, NULL);

        } while (left);
    }

    return n;
}


static ngx_uint_t
ngx_cs_zone_sweep(ngx_cs_zone_t *zone, ngx_uint_t finished, ngx_uint_t *left,
    ngx_cs_match_pt match, void *data)
{
    ngx_uint_t       i, n, state;
    ngx_queue_t     *q, *lru;
    ngx_cs_shm_t    *shm;
    ngx_cs_entry_t  *e;

    shm = zone->shm;
    lru = &shm->lru[finished];
    n = 0;

    if (*left == NGX_MAX_UINT32_VALUE) {
        *left = 0;

        for (state = 0; state < NGX_CS_STATES; state++) {
            *left += shm->stat.entries[state];
        }
    }

    for (i = 0; i < NGX_CS_ZONE_BATCH; i++) {

        if (*left == 0 || ngx_queue_empty(lru)) {
            *left = 0;
            break;
        }

        (*left)--;

        q = ngx_queue_last(lru);
        e = ngx_queue_data(q, ngx_cs_entry_t, lru);

        ngx_queue_remove(q);
        ngx_queue_insert_head(lru, q);

        if (ngx_cs_zone_matches(zone, e, match, data)) {
            n += ngx_cs_zone_drop(zone, e);
        }
    }

    return n;
}


static ngx_uint_t
ngx_cs_zone_matches(ngx_cs_zone_t *zone, ngx_cs_entry_t *e,
    ngx_cs_match_pt match, void *data)
{
    size_t     offset;
    u_char     buf[CLEAR_TASK_ID_MAX + NGX_CS_TENANT_SHOWN];
    ngx_str_t  tenant, task_id;

    offset = sizeof(ngx_cs_entry_t);

    task_id.data = buf;
    task_id.len = ngx_min(e->task_id_len, CLEAR_TASK_ID_MAX);

    ngx_cs_chunks_read(&zone->shm->chunks, e->chain.head, offset,
                       buf, task_id.len);

    offset += e->task_id_len;

    tenant.data = buf + task_id.len;
    tenant.len = ngx_min(e->tenant_len, NGX_CS_TENANT_SHOWN);

    ngx_cs_chunks_read(&zone->shm->chunks, e->chain.head, offset,
                       tenant.data, tenant.len);

    return match(&tenant, &task_id, data);
}
