/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What operators ask of a zone: numbers, and to drop what is stored.  The
 * operations are those of zone.h.
 */


#include "zone/zone.h"

#include "zone/cursor.h"
#include "zone/entry.h"
#include "zone/queue.h"
#include "zone/result.h"
#include "zone/shm.h"
#include "zone/unsaved.h"


/* entries that one critical section of a purge drops */
#define NGX_CS_ZONE_BATCH  8


static ngx_uint_t ngx_cs_zone_drop(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    ngx_cs_deferred_t *after);


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


uint64_t
ngx_cs_zone_purges(ngx_shm_zone_t *shm_zone)
{
    ngx_cs_zone_t  *zone;

    zone = shm_zone->data;

    return zone->shm->purges;
}


ngx_int_t
ngx_cs_zone_purge(ngx_shm_zone_t *shm_zone, ngx_cs_purge_t *purge,
    ngx_pool_t *pool)
{
    ngx_int_t           rc;
    ngx_uint_t          i;
    ngx_cs_shm_t       *shm;
    ngx_cs_zone_t      *zone;
    ngx_cs_entry_t     *e;
    ngx_cs_deferred_t   after;

    zone = shm_zone->data;
    shm = zone->shm;

    ngx_memzero(&after, sizeof(ngx_cs_deferred_t));

    ngx_cs_shm_lock(zone);

    /* for flights without a lease: whatever is purged, they store nothing */

    shm->purges++;

    for (i = 0; i < NGX_CS_ZONE_BATCH; i++) {

        e = ngx_cs_cursor_step(shm, &purge->walk, pool, &rc);

        if (rc != NGX_OK) {
            break;
        }

        if (purge->match == NULL
            || purge->match(&purge->walk.at.tenant, purge->data))
        {
            purge->purged += ngx_cs_zone_drop(shm, e, &after);
        }
    }

    ngx_cs_shm_unlock(zone, &after);

    return (rc == NGX_OK) ? NGX_AGAIN : rc;
}


/*
 * The answers, not the flights: whoever waits for one is answered, and what
 * it brings is not stored.
 */

static ngx_uint_t
ngx_cs_zone_drop(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    ngx_cs_deferred_t *after)
{
    uint32_t         i;
    ngx_uint_t       n;
    ngx_cs_lease_t  *lease;

    n = (e->good || e->error);

    shm->stat.entries[ngx_cs_entry_state(shm, e)]--;

    ngx_cs_unsaved_remove(shm, e);

    ngx_cs_result_free(shm, &e->good);
    ngx_cs_result_free(shm, &e->error);

    shm->stat.entries[ngx_cs_entry_state(shm, e)]++;

    for (i = e->lease; i; i = lease->next) {
        lease = ngx_cs_at(shm, i);
        lease->purged = 1;
    }

    e->down = 0;

    ngx_cs_entry_touch(shm, e);
    ngx_cs_entry_trim(shm, e, after);

    return n;
}
