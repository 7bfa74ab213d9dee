/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * How watchers come to the result of another worker's flight.  The operations
 * are those of zone.h.
 */


#include "zone/zone.h"

#include "zone/copy.h"
#include "zone/entry.h"
#include "zone/lease.h"
#include "zone/lookup.h"
#include "zone/shm.h"
#include "zone/slot.h"
#include "zone/spill.h"


static ngx_int_t ngx_cs_zone_hand_over(ngx_cs_zone_t *zone,
    ngx_cs_lease_t *lease, ngx_cs_lookup_t *lookup);
static void ngx_cs_zone_collected(ngx_cs_zone_t *zone,
    ngx_cs_lookup_t *lookup, ngx_cs_deferred_t *after);


ngx_int_t
ngx_cs_zone_collect(ngx_cs_lookup_t *lookup)
{
    ngx_int_t           rc;
    ngx_cs_zone_t      *zone;
    ngx_cs_entry_t     *e;
    ngx_cs_lease_t     *lease;
    ngx_cs_deferred_t   after;
    ngx_atomic_uint_t   stripe;

    zone = lookup->shm_zone->data;
    stripe = ngx_cs_zone_stripe(lookup);
    rc = NGX_DECLINED;

    lookup->outcome.stale.body.data = NULL;

    ngx_memzero(&after, sizeof(ngx_cs_deferred_t));

    ngx_cs_shm_lock(zone);

    lease = ngx_cs_lookup_lease(zone->shm, lookup);

    if (lease && !lease->landed) {

        if (lease->until > (int64_t) ngx_current_msec
            && ngx_cs_slot_alive(&zone->shm->slots[lease->slot]))
        {
            rc = NGX_AGAIN;
        }

    } else if (lease) {
        rc = ngx_cs_zone_hand_over(zone, lease, lookup);
    }

    if (rc == NGX_OK) {
        lookup->outcome.stripe = stripe;
        ngx_cs_zone_collected(zone, lookup, &after);

        e = ngx_cs_entry_find(zone->shm, lookup->key);

        if (e) {
            (void) ngx_cs_result_copy_stale(zone, e, lookup);
        }
    }

    ngx_cs_shm_unlock(zone, &after);

    return rc;
}


/*
 * Copies the flight's result.  May leave the lock and take it again: nothing
 * of entry or lease counts after.
 */

static ngx_int_t
ngx_cs_zone_hand_over(ngx_cs_zone_t *zone, ngx_cs_lease_t *lease,
    ngx_cs_lookup_t *lookup)
{
    u_char            *body;
    uint32_t           result;
    uint64_t           spill, len;
    ngx_int_t          rc;
    ngx_cs_entry_t    *e;
    ngx_cs_outcome_t  *outcome;

    e = ngx_cs_at(zone->shm, lease->entry);
    outcome = &lookup->outcome;
    outcome->stored = (lease->good || lease->error);
    spill = lease->spill;
    len = lease->spill_len;

    result = outcome->stored ? (lease->error && e->error) ? e->error : e->good
                             : lease->result;
    if (result == 0) {
        return NGX_DECLINED;
    }

    rc = ngx_cs_result_copy(zone, result, lookup->pool, &outcome->answer);

    if (rc != NGX_OK || len == 0) {
        return rc;
    }

    ngx_cs_shm_unlock(zone, NULL);

#if (NGX_CS_FAULTS)
    ngx_cs_shm_stop(lookup->key);
#endif

    body = ngx_pnalloc(lookup->pool, len);

    rc = body ? ngx_cs_spill_get(spill, body, len) : NGX_ERROR;

    outcome->answer.body.data = body;
    outcome->answer.body.len = len;

    ngx_cs_shm_lock(zone);

    /* whoever freed the lease meanwhile has punched out what was read */

    lease = ngx_cs_lookup_lease(zone->shm, lookup);

    return (lease && lease->spill == spill) ? rc : NGX_DECLINED;
}


/* this worker has what it watched for, or wants it no more */

static void
ngx_cs_zone_collected(ngx_cs_zone_t *zone, ngx_cs_lookup_t *lookup,
    ngx_cs_deferred_t *after)
{
    ngx_cs_entry_t  *e;
    ngx_cs_lease_t  *lease;

    lease = ngx_cs_lookup_lease(zone->shm, lookup);

    if (lease == NULL) {
        return;
    }

    if (lease->watchers) {
        lease->watchers--;
    }

    if (lease->landed && lease->watchers == 0) {
        e = ngx_cs_at(zone->shm, lease->entry);

        ngx_cs_lease_free(zone->shm, lease, after);
        ngx_cs_entry_trim(zone->shm, e, after);
    }
}


void
ngx_cs_zone_unwatch(ngx_cs_lookup_t *lookup)
{
    ngx_cs_zone_t      *zone;
    ngx_cs_deferred_t   after;

    zone = lookup->shm_zone->data;

    ngx_memzero(&after, sizeof(ngx_cs_deferred_t));

    ngx_cs_shm_lock(zone);
    ngx_cs_zone_collected(zone, lookup, &after);
    ngx_cs_shm_unlock(zone, &after);
}
