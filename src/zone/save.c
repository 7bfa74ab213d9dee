/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What is to be saved of a zone, and what is; the operations are those of
 * zone.h.
 *
 * The saver moves entries from one queue to another as it takes them.  If it
 * dies, its successor moves them back; if an entry's answer changes meanwhile,
 * it moves back too.  Over a reload there are two for a while: the new one may
 * save in another place, so the old one is given nothing more.
 */


#include "zone/zone.h"

#include "zone/copy.h"
#include "zone/cursor.h"
#include "zone/queue.h"
#include "zone/shm.h"
#include "zone/unsaved.h"


/* entries that one critical section unmarks */
#define NGX_CS_UNSAVED_BATCH  256


static void ngx_cs_unsaved_again(ngx_cs_shm_t *shm);
static ngx_int_t ngx_cs_unsaved_key(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    ngx_pool_t *pool, ngx_cs_key_t *key);


void
ngx_cs_zone_save(ngx_shm_zone_t *shm_zone)
{
    ngx_cs_zone_t  *zone;

    zone = shm_zone->data;
    zone->saves = 1;
}


void
ngx_cs_zone_saver(ngx_shm_zone_t *shm_zone)
{
    ngx_cs_zone_t  *zone;

    zone = shm_zone->data;

    ngx_cs_shm_lock(zone);

    zone->shm->saver = ngx_pid;
    ngx_cs_unsaved_again(zone->shm);

    ngx_cs_shm_unlock(zone, NULL);
}


/* those that were taken go first */

static void
ngx_cs_unsaved_again(ngx_cs_shm_t *shm)
{
    if (ngx_queue_empty(&shm->saving)) {
        return;
    }

    ngx_queue_add(&shm->saving, &shm->unsaved);
    shm->unsaved = shm->saving;
    shm->unsaved.next->prev = &shm->unsaved;
    shm->unsaved.prev->next = &shm->unsaved;
    ngx_queue_init(&shm->saving);
}


ngx_int_t
ngx_cs_zone_unsaved(ngx_shm_zone_t *shm_zone, ngx_pool_t *pool,
    ngx_cs_key_t *key, ngx_cs_answer_t *answer)
{
    ngx_int_t        rc;
    ngx_queue_t     *q;
    ngx_cs_shm_t    *shm;
    ngx_cs_zone_t   *zone;
    ngx_cs_entry_t  *e;

    zone = shm_zone->data;
    shm = zone->shm;
    rc = NGX_DECLINED;

    ngx_cs_shm_lock(zone);

    while (shm->saver == ngx_pid && !ngx_queue_empty(&shm->unsaved)) {

        q = ngx_queue_head(&shm->unsaved);
        e = ngx_queue_data(q, ngx_cs_entry_t, unsaved);

        ngx_queue_remove(q);
        ngx_queue_insert_tail(&shm->saving, q);

        if (ngx_cs_unsaved_key(shm, e, pool, key) != NGX_OK) {
            rc = NGX_ERROR;
            break;
        }

        /* the last that is done, as it may leave the lock */

        rc = ngx_cs_result_copy(zone, e->good, pool, answer);

        if (rc != NGX_DECLINED) {
            break;
        }
    }

    ngx_cs_shm_unlock(zone, NULL);

    return rc;
}


static ngx_int_t
ngx_cs_unsaved_key(ngx_cs_shm_t *shm, ngx_cs_entry_t *e, ngx_pool_t *pool,
    ngx_cs_key_t *key)
{
    u_char  *p;

    p = ngx_pnalloc(pool, e->task_id_len + e->tenant_len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_cs_chunks_read(&shm->chunks, e->chain.head, sizeof(ngx_cs_entry_t),
                       p, e->task_id_len + e->tenant_len);

    key->hash = (uint32_t) e->node.key;
    key->task_id.data = p;
    key->task_id.len = e->task_id_len;
    key->tenant.data = p + e->task_id_len;
    key->tenant.len = e->tenant_len;

    return NGX_OK;
}


void
ngx_cs_zone_saved(ngx_shm_zone_t *shm_zone, ngx_uint_t saved)
{
    ngx_uint_t      i, more;
    ngx_queue_t    *q;
    ngx_cs_shm_t   *shm;
    ngx_cs_zone_t  *zone;

    zone = shm_zone->data;
    shm = zone->shm;

    do {
        ngx_cs_shm_lock(zone);

        if (shm->saver != ngx_pid) {
            ngx_cs_shm_unlock(zone, NULL);
            return;
        }

        if (!saved) {
            ngx_cs_unsaved_again(shm);
        }

        for (i = 0; i < NGX_CS_UNSAVED_BATCH; i++) {

            if (ngx_queue_empty(&shm->saving)) {
                break;
            }

            q = ngx_queue_head(&shm->saving);

            ngx_cs_unsaved_remove(shm, ngx_queue_data(q, ngx_cs_entry_t,
                                                      unsaved));
        }

        more = !ngx_queue_empty(&shm->saving);

        ngx_cs_shm_unlock(zone, NULL);

    } while (more);
}


uint64_t
ngx_cs_zone_saved_in(ngx_shm_zone_t *shm_zone)
{
    uint64_t        place;
    ngx_cs_zone_t  *zone;

    zone = shm_zone->data;

    ngx_cs_shm_lock(zone);
    place = zone->shm->saved_in;
    ngx_cs_shm_unlock(zone, NULL);

    return place;
}


void
ngx_cs_zone_set_saved_in(ngx_shm_zone_t *shm_zone, uint64_t place)
{
    ngx_cs_zone_t  *zone;

    zone = shm_zone->data;

    ngx_cs_shm_lock(zone);

    if (zone->shm->saver == ngx_pid) {
        zone->shm->saved_in = place;
    }

    ngx_cs_shm_unlock(zone, NULL);
}


ngx_int_t
ngx_cs_zone_save_all(ngx_shm_zone_t *shm_zone, ngx_cs_walk_t *walk,
    ngx_pool_t *pool)
{
    ngx_int_t        rc;
    ngx_cs_zone_t   *zone;
    ngx_cs_entry_t  *e;

    zone = shm_zone->data;

    ngx_cs_shm_lock(zone);

    e = ngx_cs_cursor_step(zone->shm, walk, pool, &rc);

    if (rc == NGX_OK && ngx_cs_entry_finished(zone->shm, e)) {
        ngx_cs_unsaved_insert(zone->shm, e);
    }

    ngx_cs_shm_unlock(zone, NULL);

    return (rc == NGX_OK) ? NGX_AGAIN : rc;
}
