/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What a zone holds of a task, for operators, who do not name the tenant that
 * is a part of the key: so the whole index is walked, some of it a step.  The
 * operation is that of zone.h.
 */


#include "zone/zone.h"

#include "zone/copy.h"
#include "zone/cursor.h"
#include "zone/queue.h"
#include "zone/result.h"
#include "zone/shm.h"


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

    e = ngx_cs_cursor_step(zone->shm, walk, pool, &rc);

    if (rc == NGX_OK && e->good == 0 && e->error == 0 && e->lease == 0) {
        rc = NGX_AGAIN;
    }

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
