/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What operators ask of a zone: numbers, what is stored for a key, and to
 * drop it.  The operations are those of ngx_clear_status_zone.h.
 */


#include "ngx_clear_status_zone.h"

#include "ngx_clear_status_zone_entry.h"
#include "ngx_clear_status_zone_result.h"
#include "ngx_clear_status_zone_shm.h"


/* entries that one critical section of a purge looks at */
#define NGX_CLEAR_STATUS_ZONE_BATCH  64


typedef ngx_uint_t (*ngx_clear_status_match_pt)(ngx_str_t *tenant,
    void *data);


static ngx_uint_t ngx_clear_status_zone_drop(ngx_clear_status_zone_t *zone,
    ngx_clear_status_entry_t *e);
static ngx_uint_t ngx_clear_status_zone_purge(ngx_clear_status_zone_t *zone,
    ngx_uint_t finished, ngx_uint_t *left, ngx_clear_status_match_pt match,
    void *data);
static ngx_uint_t ngx_clear_status_zone_matches(
    ngx_clear_status_zone_t *zone, ngx_clear_status_entry_t *e,
    ngx_clear_status_match_pt match, void *data);


void
ngx_clear_status_zone_stat(ngx_shm_zone_t *shm_zone,
    ngx_clear_status_zone_stat_t *stat)
{
    uint64_t                  left;
    ngx_clear_status_shm_t   *shm;
    ngx_clear_status_zone_t  *zone;

    zone = shm_zone->data;
    shm = zone->shm;

    ngx_clear_status_shm_lock(zone);

    *stat = shm->stat;

    left = ngx_clear_status_chunks_left(&shm->chunks);

    stat->free = left * NGX_CLEAR_STATUS_CHUNK_SIZE;
    stat->used = (shm->chunks.total - left) * NGX_CLEAR_STATUS_CHUNK_SIZE;

    ngx_clear_status_shm_unlock(zone, NULL);
}


ngx_int_t
ngx_clear_status_zone_inspect(ngx_shm_zone_t *shm_zone,
    ngx_clear_status_key_t *key, clear_freshness_conf_t *conf, int64_t now,
    ngx_pool_t *pool, ngx_clear_status_info_t *info)
{
    uint32_t                    i;
    ngx_int_t                   rc;
    clear_stamp_t               good, error, *g, *r;
    ngx_clear_status_shm_t     *shm;
    ngx_clear_status_zone_t    *zone;
    ngx_clear_status_entry_t   *e;
    ngx_clear_status_lease_t   *lease;

    zone = shm_zone->data;
    shm = zone->shm;
    rc = NGX_DECLINED;

    ngx_memzero(info, sizeof(ngx_clear_status_info_t));

    ngx_clear_status_shm_lock(zone);

    e = ngx_clear_status_entry_find(shm, key);

    if (e) {
        for (i = e->lease; i; i = lease->next) {
            lease = ngx_clear_status_at(shm, i);
            info->flying |= !lease->landed;
        }

        g = ngx_clear_status_result_stamp(shm, e->good, &good);
        r = ngx_clear_status_result_stamp(shm, e->error, &error);

        info->state = ngx_clear_status_entry_state(shm, e);
        info->found.choice = clear_freshness_choose(conf, g, r, now);
        rc = NGX_OK;

        if (g || r) {
            rc = ngx_clear_status_result_copy(zone, g ? e->good : e->error,
                                              pool, &info->found.answer);
        }
    }

    ngx_clear_status_shm_unlock(zone, NULL);

    return rc;
}


ngx_uint_t
ngx_clear_status_zone_delete(ngx_shm_zone_t *shm_zone,
    ngx_clear_status_key_t *key)
{
    ngx_uint_t                 n;
    ngx_clear_status_zone_t   *zone;
    ngx_clear_status_entry_t  *e;

    zone = shm_zone->data;

    ngx_clear_status_shm_lock(zone);

    e = ngx_clear_status_entry_find(zone->shm, key);
    n = e ? ngx_clear_status_zone_drop(zone, e) : 0;

    ngx_clear_status_shm_unlock(zone, NULL);

    return n;
}


/* the answers, not the flights: whoever waits is answered */

static ngx_uint_t
ngx_clear_status_zone_drop(ngx_clear_status_zone_t *zone,
    ngx_clear_status_entry_t *e)
{
    ngx_uint_t               n;
    ngx_clear_status_shm_t  *shm;

    shm = zone->shm;
    n = (e->good || e->error);

    shm->stat.entries[ngx_clear_status_entry_state(shm, e)]--;

    ngx_clear_status_result_free(shm, &e->good);
    ngx_clear_status_result_free(shm, &e->error);

    shm->stat.entries[ngx_clear_status_entry_state(shm, e)]++;

    ngx_clear_status_entry_trim(shm, e);

    return n;
}


ngx_uint_t
ngx_clear_status_zone_delete_tenants(ngx_shm_zone_t *shm_zone,
    ngx_uint_t (*match)(ngx_str_t *tenant, void *data), void *data)
{
    ngx_uint_t                i, n, left;
    ngx_clear_status_zone_t  *zone;

    zone = shm_zone->data;
    n = 0;

    /*
     * Each entry is looked at once: what was looked at goes to the head of
     * its queue, and there are as many steps as there are entries now.
     */

    for (i = 0; i < 2; i++) {
        left = NGX_MAX_UINT32_VALUE;

        do {
            ngx_clear_status_shm_lock(zone);

            n += ngx_clear_status_zone_purge(zone, i, &left, match, data);

            ngx_clear_status_shm_unlock(zone, NULL);

        } while (left);
    }

    return n;
}


static ngx_uint_t
ngx_clear_status_zone_purge(ngx_clear_status_zone_t *zone, ngx_uint_t finished,
    ngx_uint_t *left, ngx_clear_status_match_pt match, void *data)
{
    ngx_uint_t                 i, n, state;
    ngx_queue_t               *q, *lru;
    ngx_clear_status_shm_t    *shm;
    ngx_clear_status_entry_t  *e;

    shm = zone->shm;
    lru = &shm->lru[finished];
    n = 0;

    if (*left == NGX_MAX_UINT32_VALUE) {
        *left = 0;

        for (state = 0; state < NGX_CLEAR_STATUS_STATES; state++) {
            *left += shm->stat.entries[state];
        }
    }

    for (i = 0; i < NGX_CLEAR_STATUS_ZONE_BATCH; i++) {

        if (*left == 0 || ngx_queue_empty(lru)) {
            *left = 0;
            break;
        }

        (*left)--;

        q = ngx_queue_last(lru);
        e = ngx_queue_data(q, ngx_clear_status_entry_t, lru);

        ngx_queue_remove(q);
        ngx_queue_insert_head(lru, q);

        if (ngx_clear_status_zone_matches(zone, e, match, data)) {
            n += ngx_clear_status_zone_drop(zone, e);
        }
    }

    return n;
}


static ngx_uint_t
ngx_clear_status_zone_matches(ngx_clear_status_zone_t *zone,
    ngx_clear_status_entry_t *e, ngx_clear_status_match_pt match, void *data)
{
    u_char     buf[NGX_CLEAR_STATUS_TENANT_SHOWN];
    ngx_str_t  tenant;

    if (match == NULL) {
        return 1;
    }

    tenant.data = buf;
    tenant.len = ngx_min(e->tenant_len, NGX_CLEAR_STATUS_TENANT_SHOWN);

    ngx_clear_status_chunks_read(&zone->shm->chunks, e->chain.head,
                                 sizeof(ngx_clear_status_entry_t)
                                 + e->task_id_len,
                                 buf, tenant.len);

    return match(&tenant, data);
}
