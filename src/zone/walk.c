/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What a zone holds of a task, for operators, who do not name the tenant that
 * is a part of the key: so the whole index is walked, some of it a step, and
 * between two steps the bucket and the key of the last entry keep the place.
 * The operation is that of zone/zone.h.
 */


#include "zone/zone.h"

#include "zone/copy.h"
#include "zone/entry.h"
#include "zone/shm.h"


/* what one critical section looks at: empty buckets, or entries, which cost
   more */
#define NGX_CS_ZONE_LOOK        512
#define NGX_CS_ZONE_LOOK_ENTRY  8


static ngx_cs_entry_t *ngx_cs_walk_step(ngx_cs_shm_t *shm,
    ngx_cs_walk_t *walk, ngx_pool_t *pool, ngx_int_t *rc);
static ngx_uint_t ngx_cs_walk_is(ngx_cs_shm_t *shm, ngx_cs_walk_t *walk,
    ngx_cs_entry_t *e);
static ngx_int_t ngx_cs_walk_place(ngx_cs_shm_t *shm, ngx_cs_walk_t *walk,
    ngx_cs_entry_t *e, ngx_pool_t *pool);
static void ngx_cs_walk_see(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    ngx_cs_walked_t *seen);


ngx_int_t
ngx_cs_zone_walk(ngx_shm_zone_t *shm_zone, ngx_cs_walk_t *walk,
    ngx_uint_t body, ngx_pool_t *pool, ngx_cs_walked_t *seen)
{
    ngx_int_t        rc;
    ngx_cs_zone_t   *zone;
    ngx_cs_entry_t  *e;

    zone = shm_zone->data;

    ngx_cs_shm_lock(zone);

    e = ngx_cs_walk_step(zone->shm, walk, pool, &rc);

    if (rc == NGX_OK) {
        ngx_cs_walk_see(zone->shm, e, seen);
        seen->tenant = walk->at.tenant;

        /* the last that is done, as it may leave the lock */

        if (body && seen->has_good) {
            rc = ngx_cs_result_copy(zone, e->good, pool,
                                    &seen->good);

        } else if (body && seen->has_error) {
            rc = ngx_cs_result_copy(zone, e->error, pool,
                                    &seen->error);
        }
    }

    ngx_cs_shm_unlock(zone, NULL);

    /* all was dropped meanwhile, this entry too */

    return (rc == NGX_DECLINED) ? NGX_AGAIN : rc;
}


/* the next entry of the task, if it is near; and keeps the place */

static ngx_cs_entry_t *
ngx_cs_walk_step(ngx_cs_shm_t *shm, ngx_cs_walk_t *walk, ngx_pool_t *pool,
    ngx_int_t *rc)
{
    ngx_uint_t       i;
    ngx_cs_entry_t  *e;

    e = NULL;

    for (i = 0; i < NGX_CS_ZONE_LOOK; i++) {

        e = e ? ngx_cs_entry_next(shm, e)
              : ngx_cs_entry_after(shm, walk->bucket, &walk->at);

        if (e == NULL) {

            ngx_memzero(&walk->at, sizeof(ngx_cs_key_t));

            if (walk->bucket == shm->mask) {
                walk->bucket = 0;
                *rc = NGX_DONE;
                return NULL;
            }

            walk->bucket++;
            continue;
        }

        if (ngx_cs_walk_is(shm, walk, e)) {
            *rc = ngx_cs_walk_place(shm, walk, e, pool);
            return e;
        }

        i += NGX_CS_ZONE_LOOK_ENTRY - 1;
    }

    if (e && ngx_cs_walk_place(shm, walk, e, pool) != NGX_OK) {
        *rc = NGX_ERROR;
        return NULL;
    }

    *rc = NGX_AGAIN;

    return NULL;
}


static ngx_uint_t
ngx_cs_walk_is(ngx_cs_shm_t *shm, ngx_cs_walk_t *walk, ngx_cs_entry_t *e)
{
    return e->task_id_len == walk->task_id.len
           && ngx_cs_chunks_cmp(&shm->chunks, e->chain.head,
                                sizeof(ngx_cs_entry_t),
                                walk->task_id.data,
                                walk->task_id.len)
              == 0;
}


static ngx_int_t
ngx_cs_walk_place(ngx_cs_shm_t *shm, ngx_cs_walk_t *walk, ngx_cs_entry_t *e,
    ngx_pool_t *pool)
{
    size_t         len;
    ngx_cs_key_t  *at;

    len = e->task_id_len + e->tenant_len;

    if (len > walk->size) {
        walk->buf = ngx_pnalloc(pool, 2 * len);
        if (walk->buf == NULL) {
            return NGX_ERROR;
        }

        walk->size = 2 * len;
    }

    /* one after the other, as they are stored */

    ngx_cs_chunks_read(&shm->chunks, e->chain.head,
                       sizeof(ngx_cs_entry_t), walk->buf,
                       len);

    at = &walk->at;

    at->hash = e->node.key;
    at->task_id.data = walk->buf;
    at->task_id.len = e->task_id_len;
    at->tenant.data = walk->buf + e->task_id_len;
    at->tenant.len = e->tenant_len;

    return NGX_OK;
}


static void
ngx_cs_walk_see(ngx_cs_shm_t *shm, ngx_cs_entry_t *e, ngx_cs_walked_t *seen)
{
    uint32_t         i;
    ngx_cs_lease_t  *lease;

    ngx_memzero(seen, sizeof(ngx_cs_walked_t));

    seen->state = ngx_cs_entry_state(shm, e);
    seen->has_good = (e->good != 0);
    seen->has_error = (e->error != 0);

    if (e->good) {
        ngx_cs_result_about(shm, e->good, &seen->good);
    }

    if (e->error) {
        ngx_cs_result_about(shm, e->error, &seen->error);
    }

    for (i = e->lease; i; i = lease->next) {
        lease = ngx_cs_at(shm, i);
        seen->flying |= !lease->landed;
    }
}
