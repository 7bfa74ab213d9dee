/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * How a flight ends in the zone: its result is stored or kept for those who
 * watch, and the lease given back.  The operations are those of zone.h; how
 * watchers collect is in collect.c.
 */


#include "zone/zone.h"

#include "zone/alloc.h"
#include "zone/copy.h"
#include "zone/entry.h"
#include "zone/lease.h"
#include "zone/lookup.h"
#include "zone/queue.h"
#include "zone/result.h"
#include "zone/shm.h"
#include "zone/spill.h"
#include "zone/unsaved.h"


/* how long a result is kept for those that watch, ms */
#define NGX_CS_ZONE_KEEP   5000


/* what was made of an answer before it was known where it will be */

typedef struct {
    uint32_t                     result;     /* in the zone; or 0 */
    uint64_t                     spill;      /* its body; or 0 */
} ngx_cs_made_t;


static ngx_uint_t ngx_cs_zone_worth(ngx_cs_shm_t *shm,
    ngx_cs_lookup_t *lookup);
static void ngx_cs_zone_make(ngx_cs_zone_t *zone, ngx_cs_outcome_t *outcome,
    ngx_cs_made_t *made, ngx_cs_deferred_t *after);
static void ngx_cs_zone_spill(ngx_cs_zone_t *zone, ngx_cs_outcome_t *outcome,
    ngx_cs_made_t *made, ngx_cs_deferred_t *after);
static void ngx_cs_zone_unspill(ngx_cs_zone_t *zone,
    ngx_cs_outcome_t *outcome, ngx_cs_made_t *made);
static void ngx_cs_zone_settle(ngx_cs_zone_t *zone, ngx_cs_entry_t *e,
    ngx_cs_lookup_t *lookup, ngx_cs_made_t *made, ngx_cs_deferred_t *after);
static ngx_uint_t ngx_cs_zone_newer(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    int64_t fetched);
static void ngx_cs_zone_store(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    ngx_cs_outcome_t *outcome, ngx_cs_made_t *made, ngx_cs_lease_t *lease);
static void ngx_cs_zone_keep(ngx_cs_zone_t *zone, ngx_cs_lease_t *lease,
    ngx_cs_outcome_t *outcome, ngx_cs_made_t *made, ngx_cs_deferred_t *after);


void
ngx_cs_zone_complete(ngx_cs_lookup_t *lookup)
{
    ngx_cs_zone_t      *zone;
    ngx_cs_made_t       made;
    ngx_cs_entry_t     *e;
    ngx_cs_outcome_t   *outcome;
    ngx_cs_deferred_t   after;

    zone = lookup->shm_zone->data;
    outcome = &lookup->outcome;

    outcome->stored = 0;
    outcome->too_large = 0;
    outcome->stale.body.data = NULL;

    ngx_memzero(&made, sizeof(ngx_cs_made_t));
    ngx_memzero(&after, sizeof(ngx_cs_deferred_t));

    ngx_cs_shm_lock(zone);

    if (ngx_cs_zone_worth(zone->shm, lookup)) {
        ngx_cs_zone_make(zone, outcome, &made, &after);
    }

    e = ngx_cs_entry_find(zone->shm, lookup->key);

    if (e == NULL
        && (outcome->answer.storable
            || outcome->answer.source >= NGX_CS_SOURCE_FLEET))
    {
        e = ngx_cs_entry_create(zone, lookup->key, &after);
    }

    if (e) {
        ngx_cs_zone_settle(zone, e, lookup, &made, &after);
        ngx_cs_entry_ended(zone->shm, e, &after);
    }

    outcome->stripe = ngx_cs_zone_stripe(lookup);

    /* before the lock may be left: a zone that is emptied takes it too */

    ngx_cs_result_free(zone->shm, &made.result);

    if (e && e->good) {
        (void) ngx_cs_result_copy_stale(zone, e, lookup);

    } else if (e) {
        ngx_cs_entry_trim(zone->shm, e, &after);
    }

    ngx_cs_shm_unlock(zone, &after);

    if (made.spill) {
        ngx_cs_zone_unspill(zone, outcome, &made);
    }
}


/* what is neither stored nor watched for drives nobody out */

static ngx_uint_t
ngx_cs_zone_worth(ngx_cs_shm_t *shm, ngx_cs_lookup_t *lookup)
{
    ngx_cs_entry_t  *e;
    ngx_cs_lease_t  *lease;

    if (lookup->outcome.answer.storable) {
        return 1;
    }

    e = ngx_cs_entry_find(shm, lookup->key);
    lease = e ? ngx_cs_lease_find(shm, e, lookup->ticket) : NULL;

    return lease && lease->watchers;
}


/* within the lock, but for a body that the zone has no room for */

static void
ngx_cs_zone_make(ngx_cs_zone_t *zone, ngx_cs_outcome_t *outcome,
    ngx_cs_made_t *made, ngx_cs_deferred_t *after)
{
    ngx_cs_chain_t  chain;

    ngx_memzero(&chain, sizeof(ngx_cs_chain_t));

    ngx_cs_result_make(zone, &outcome->answer, &chain, after);

    if (chain.n == 0) {
        outcome->too_large = outcome->answer.storable;
        zone->shm->stat.too_large += outcome->too_large;

        ngx_cs_zone_spill(zone, outcome, made, after);
    }

    made->result = chain.head;
}


/* leaves the lock and takes it again; who dies meanwhile has it noted */

static void
ngx_cs_zone_spill(ngx_cs_zone_t *zone, ngx_cs_outcome_t *outcome,
    ngx_cs_made_t *made, ngx_cs_deferred_t *after)
{
    ngx_str_t  *body;

    body = &outcome->answer.body;

    made->spill = ngx_cs_spill_reserve(body->len);

    if (made->spill && zone->slot) {
        zone->slot->spill = made->spill;
        zone->slot->spill_len = body->len;
    }

    ngx_cs_shm_unlock(zone, after);

    if (made->spill
        && ngx_cs_spill_write(made->spill, body->data, body->len) != NGX_OK)
    {
        ngx_cs_zone_unspill(zone, outcome, made);
    }

    ngx_cs_shm_lock(zone);
}


/* without the lock: nobody else changes the slot of a process that lives */

static void
ngx_cs_zone_unspill(ngx_cs_zone_t *zone, ngx_cs_outcome_t *outcome,
    ngx_cs_made_t *made)
{
    ngx_cs_spill_free(made->spill, outcome->answer.body.len);
    made->spill = 0;

    if (zone->slot) {
        zone->slot->spill_len = 0;
    }
}


/* takes what was linked or kept out of *made */

static void
ngx_cs_zone_settle(ngx_cs_zone_t *zone, ngx_cs_entry_t *e,
    ngx_cs_lookup_t *lookup, ngx_cs_made_t *made, ngx_cs_deferred_t *after)
{
    ngx_cs_shm_t      *shm;
    ngx_cs_lease_t    *lease;
    ngx_cs_outcome_t  *outcome;

    shm = zone->shm;
    outcome = &lookup->outcome;

#if (NGX_CS_FAULTS)
    ngx_cs_shm_fault(shm, e);
#endif

    if (outcome->answer.source >= NGX_CS_SOURCE_FLEET) {
        e->down = outcome->answer.down;
    }

    if (outcome->seen) {
        e->seen = ngx_min(e->seen, outcome->seen);
    }

    lease = ngx_cs_lease_find(shm, e, lookup->ticket);

    if (made->result && outcome->answer.storable
        && (lease ? !lease->purged
                  : (lookup->purges == shm->purges
                     && !ngx_cs_zone_newer(shm, e,
                                           outcome->answer.stamp.fetched))))
    {
        ngx_cs_zone_store(shm, e, outcome, made, lease);

        if (zone->saves && outcome->answer.source != NGX_CS_SOURCE_DISK
            && outcome->answer.status == NGX_CS_OK
            && outcome->answer.stamp.terminal)
        {
            ngx_cs_unsaved_insert(shm, e);
        }
    }

    if (lease == NULL || lease->landed) {
        return;
    }

    after->wake |= lease->watch;

    if (lease->watchers == 0) {
        ngx_cs_lease_free(shm, lease, after);
        return;
    }

    ngx_cs_lease_sent(shm, lease);
    ngx_queue_remove(&lease->queue);

    lease->landed = 1;
    lease->until = (int64_t) ngx_current_msec + NGX_CS_ZONE_KEEP;

    if (!outcome->stored) {
        ngx_cs_zone_keep(zone, lease, outcome, made, after);
    }
}


static ngx_uint_t
ngx_cs_zone_newer(ngx_cs_shm_t *shm, ngx_cs_entry_t *e, int64_t fetched)
{
    clear_stamp_t  *good;

    good = ngx_cs_result_stamp(shm, e->good);

    return good && good->fetched > fetched;
}


ngx_uint_t
ngx_cs_zone_has_newer(ngx_cs_lookup_t *lookup, int64_t fetched)
{
    ngx_uint_t          newer;
    ngx_cs_zone_t      *zone;
    ngx_cs_entry_t     *e;
    ngx_cs_deferred_t   after;

    zone = lookup->shm_zone->data;

    ngx_memzero(&after, sizeof(ngx_cs_deferred_t));

    ngx_cs_shm_lock(zone);

    e = ngx_cs_entry_find(zone->shm, lookup->key);
    newer = e && ngx_cs_zone_newer(zone->shm, e, fetched);

    ngx_cs_shm_unlock(zone, &after);

    return newer;
}


/*
 * A success in the place of the last one; an error beside it, and so is an
 * unfinished answer where a finished one is: it came from an upstream that
 * lags behind.  What all have left who asked for it drives out nobody's.
 */

static void
ngx_cs_zone_store(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    ngx_cs_outcome_t *outcome, ngx_cs_made_t *made, ngx_cs_lease_t *lease)
{
    ngx_uint_t  good;

    good = outcome->answer.status == NGX_CS_OK
           && !ngx_cs_result_behind(shm, e, &outcome->answer);

    e->unwanted = outcome->unwanted
                  && (lease == NULL || lease->watchers == 0)
                  && (e->unwanted || (e->good == 0 && e->error == 0));

    shm->stat.entries[ngx_cs_entry_state(shm, e)]--;

    ngx_cs_result_free(shm, &e->error);

    if (good) {
        ngx_cs_result_free(shm, &e->good);
        e->good = made->result;

    } else {
        e->error = made->result;
    }

    shm->stat.entries[ngx_cs_entry_state(shm, e)]++;

    ngx_cs_entry_touch(shm, e);

    made->result = 0;
    outcome->stored = 1;

    if (lease) {
        lease->good = good;
        lease->error = !good;
    }
}


/* a result that is not stored, for those who watch */

static void
ngx_cs_zone_keep(ngx_cs_zone_t *zone, ngx_cs_lease_t *lease,
    ngx_cs_outcome_t *outcome, ngx_cs_made_t *made, ngx_cs_deferred_t *after)
{
    ngx_int_t        rc;
    ngx_cs_chain_t   chain;
    ngx_cs_answer_t  head;

    if (made->result) {
        lease->result = made->result;
        made->result = 0;
        return;
    }

    if (made->spill == 0) {
        return;
    }

    /* its head here, its body there */

    head = outcome->answer;
    head.body.len = 0;

    ngx_memzero(&chain, sizeof(ngx_cs_chain_t));

    /* the entry has a flight, so that it stays */

    rc = ngx_cs_take(zone, &chain, 1, after);

    if (rc == NGX_OK) {
        ngx_cs_result_head(zone->shm, &chain, &head);

        lease->result = chain.head;
        lease->spill = made->spill;
        lease->spill_len = outcome->answer.body.len;
        made->spill = 0;

        if (zone->slot) {
            zone->slot->spill_len = 0;
        }
    }
}


void
ngx_cs_zone_release(ngx_cs_lookup_t *lookup)
{
    ngx_cs_zone_t      *zone;
    ngx_cs_entry_t     *e;
    ngx_cs_lease_t     *lease;
    ngx_cs_deferred_t   after;

    zone = lookup->shm_zone->data;

    ngx_memzero(&after, sizeof(ngx_cs_deferred_t));

    ngx_cs_shm_lock(zone);

    lease = ngx_cs_lookup_lease(zone->shm, lookup);

    if (lease) {
        e = ngx_cs_at(zone->shm, lease->entry);
        after.wake |= lease->watch;

        ngx_cs_lease_free(zone->shm, lease, &after);
        ngx_cs_entry_ended(zone->shm, e, &after);
        ngx_cs_entry_trim(zone->shm, e, &after);
    }

    ngx_cs_shm_unlock(zone, &after);
}


void
ngx_cs_zone_offer(ngx_cs_lookup_t *lookup, ngx_cs_answer_t *stale)
{
    uint32_t            result;
    ngx_cs_shm_t       *shm;
    ngx_cs_zone_t      *zone;
    ngx_cs_chain_t      chain;
    ngx_cs_entry_t     *e;
    ngx_cs_lease_t     *lease;
    ngx_cs_deferred_t   after;

    zone = lookup->shm_zone->data;
    shm = zone->shm;

    ngx_memzero(&after, sizeof(ngx_cs_deferred_t));
    ngx_memzero(&chain, sizeof(ngx_cs_chain_t));

    ngx_cs_shm_lock(zone);

    ngx_cs_result_make(zone, stale, &chain, &after);
    result = chain.head;

    /* without its flight the entry may be gone, and is not made for it */

    lease = ngx_cs_lookup_lease(shm, lookup);
    e = lease ? ngx_cs_at(shm, lease->entry) : NULL;

    if (result && e && e->good == 0 && !lease->landed && !lease->purged) {

        shm->stat.entries[ngx_cs_entry_state(shm, e)]--;

        e->good = result;
        result = 0;

        shm->stat.entries[ngx_cs_entry_state(shm, e)]++;

        lookup->outcome.expired = 1;
    }

    ngx_cs_result_free(shm, &result);

    ngx_cs_shm_unlock(zone, &after);
}
