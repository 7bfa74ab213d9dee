/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * How a flight ends in the zone: its result is stored or kept for those who
 * watch, the lease given back, the result collected.  The operations are
 * those of zone/zone.h.
 */


#include "zone/zone.h"

#include "zone/copy.h"
#include "zone/entry.h"
#include "zone/shm.h"
#include "zone/spill.h"


/* how long a result is kept for those that watch, ms */
#define NGX_CS_ZONE_KEEP   5000


static void ngx_cs_zone_store(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    ngx_cs_outcome_t *outcome, uint32_t *result);
static void ngx_cs_zone_settle(ngx_cs_zone_t *zone, ngx_cs_entry_t *e,
    ngx_cs_lease_t *lease, ngx_cs_outcome_t *outcome, uint32_t *result,
    int64_t now, uint64_t *outbox, ngx_cs_deferred_t *after);
static void ngx_cs_zone_keep(ngx_cs_zone_t *zone, ngx_cs_entry_t *e,
    ngx_cs_lease_t *lease, ngx_cs_outcome_t *outcome, uint32_t *result,
    uint64_t *outbox, ngx_cs_deferred_t *after);
static ngx_int_t ngx_cs_zone_stale(ngx_cs_zone_t *zone, ngx_cs_entry_t *e,
    clear_freshness_conf_t *conf, int64_t now, ngx_pool_t *pool,
    ngx_cs_outcome_t *outcome);
static ngx_int_t ngx_cs_zone_hand_over(ngx_cs_zone_t *zone, ngx_cs_entry_t *e,
    ngx_cs_lease_t *lease, ngx_pool_t *pool, ngx_cs_outcome_t *outcome);
static void ngx_cs_zone_collected(ngx_cs_zone_t *zone, ngx_cs_key_t *key,
    ngx_cs_ticket_t ticket, ngx_cs_deferred_t *after);
static void ngx_cs_zone_ended(ngx_cs_shm_t *shm, ngx_cs_key_t *key);


ngx_int_t
ngx_cs_zone_complete(ngx_shm_zone_t *shm_zone, ngx_cs_key_t *key,
    ngx_cs_ticket_t ticket, clear_freshness_conf_t *conf, int64_t now,
    ngx_pool_t *pool, ngx_cs_outcome_t *outcome, uint64_t *wake)
{
    uint32_t         result;
    uint64_t         outbox;
    ngx_int_t        rc;
    ngx_cs_zone_t   *zone;
    ngx_cs_deferred_t  after;
    ngx_cs_chain_t   chain;
    ngx_cs_entry_t  *e;
    ngx_cs_lease_t  *lease;

    zone = shm_zone->data;
    rc = NGX_OK;
    outbox = 0;

    outcome->stored = 0;
    outcome->too_large = 0;
    outcome->stale.body.data = NULL;

    ngx_memzero(&after, sizeof(ngx_cs_deferred_t));
    ngx_memzero(&chain, sizeof(ngx_cs_chain_t));

    /* within the lock, but for a large one */

    ngx_cs_shm_lock(zone);
    ngx_cs_result_make(zone, &outcome->answer, &chain, &after);

    if (chain.n == 0) {
        outcome->too_large = outcome->answer.storable;
        zone->shm->stat.too_large += outcome->too_large;
        ngx_cs_shm_unlock(zone, &after);

        outbox = ngx_cs_spill_put(outcome->answer.body.data,
                                  outcome->answer.body.len);

        ngx_cs_shm_lock(zone);
    }

    result = chain.head;

    e = ngx_cs_entry_find(zone->shm, key);

    if (e == NULL) {
        e = ngx_cs_entry_create(zone, key, &after);
    }

    if (e) {
        lease = ngx_cs_lease_find(zone->shm, e, ticket);

        ngx_cs_zone_settle(zone, e, lease, outcome, &result, now,
                           &outbox, &after);
    }

    /* before the lock may be left: a zone that is emptied takes it too */

    ngx_cs_result_free(zone->shm, &result);

    if (e && outcome->answer.status != NGX_CS_OK) {
        rc = ngx_cs_zone_stale(zone, e, conf, now, pool, outcome);
    }

    ngx_cs_zone_ended(zone->shm, key);

    ngx_cs_shm_unlock(zone, &after);

    if (outbox) {
        ngx_cs_spill_free(outbox, outcome->answer.body.len);
    }

    *wake = after.wake;

    return rc;
}


/* takes what was linked or kept out of *result and *outbox */

static void
ngx_cs_zone_settle(ngx_cs_zone_t *zone, ngx_cs_entry_t *e,
    ngx_cs_lease_t *lease, ngx_cs_outcome_t *outcome, uint32_t *result,
    int64_t now, uint64_t *outbox, ngx_cs_deferred_t *after)
{
    ngx_cs_shm_t  *shm;

    shm = zone->shm;

#if (NGX_CS_FAULTS)
    ngx_cs_shm_fault(shm, e);
#endif

    if (*result && outcome->answer.storable) {
        ngx_cs_zone_store(shm, e, outcome, result);
    }

    if (lease == NULL || lease->landed) {
        ngx_cs_entry_trim(shm, e);
        return;
    }

    after->wake |= lease->watch;

    if (lease->watchers == 0) {
        ngx_cs_lease_free(shm, lease, after);
        ngx_cs_entry_trim(shm, e);
        return;
    }

    ngx_queue_remove(&lease->queue);

    lease->landed = 1;
    lease->until = now + NGX_CS_ZONE_KEEP;

    if (outcome->stored) {
        lease->good = (outcome->answer.status == NGX_CS_OK);
        lease->error = !lease->good;
        return;
    }

    ngx_cs_zone_keep(zone, e, lease, outcome, result, outbox, after);
}


static void
ngx_cs_zone_store(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    ngx_cs_outcome_t *outcome, uint32_t *result)
{
    shm->stat.entries[ngx_cs_entry_state(shm, e)]--;

    ngx_cs_result_free(shm, &e->error);

    if (outcome->answer.status == NGX_CS_OK) {
        ngx_cs_result_free(shm, &e->good);
        e->good = *result;

    } else {
        e->error = *result;
    }

    shm->stat.entries[ngx_cs_entry_state(shm, e)]++;

    ngx_cs_entry_touch(shm, e);

    *result = 0;
    outcome->stored = 1;
}


/* a result that is not stored, for those who watch */

static void
ngx_cs_zone_keep(ngx_cs_zone_t *zone, ngx_cs_entry_t *e,
    ngx_cs_lease_t *lease, ngx_cs_outcome_t *outcome, uint32_t *result,
    uint64_t *outbox, ngx_cs_deferred_t *after)
{
    ngx_int_t        rc;
    ngx_cs_chain_t   chain;
    ngx_cs_answer_t  head;

    if (*result) {
        lease->result = *result;
        *result = 0;
        return;
    }

    if (*outbox == 0) {
        return;
    }

    /* its head here, its body there */

    head = outcome->answer;
    head.body.len = 0;

    ngx_memzero(&chain, sizeof(ngx_cs_chain_t));

    zone->keep = e;
    rc = ngx_cs_shm_take(zone, &chain, 1, after);
    zone->keep = NULL;

    if (rc == NGX_OK) {
        ngx_cs_result_head(zone->shm, &chain, &head);

        lease->result = chain.head;
        lease->outbox = *outbox;
        lease->outbox_len = outcome->answer.body.len;
        *outbox = 0;
    }
}


/* may leave the lock and take it again: nothing of the entry counts after */

static ngx_int_t
ngx_cs_zone_stale(ngx_cs_zone_t *zone, ngx_cs_entry_t *e,
    clear_freshness_conf_t *conf, int64_t now, ngx_pool_t *pool,
    ngx_cs_outcome_t *outcome)
{
    ngx_int_t  rc;

    if (!clear_freshness_usable(conf,
                              ngx_cs_result_stamp(zone->shm, e->good),
                              &outcome->answer.stamp, now))
    {
        return NGX_OK;
    }

    rc = ngx_cs_result_copy(zone, e->good, pool, &outcome->stale);

    if (rc != NGX_OK) {
        outcome->stale.body.data = NULL;
    }

    return (rc == NGX_ERROR) ? NGX_ERROR : NGX_OK;
}


ngx_int_t
ngx_cs_zone_collect(ngx_shm_zone_t *shm_zone, ngx_cs_key_t *key,
    ngx_cs_ticket_t ticket, clear_freshness_conf_t *conf, int64_t now,
    ngx_pool_t *pool, ngx_cs_outcome_t *outcome)
{
    ngx_int_t        rc;
    ngx_cs_zone_t   *zone;
    ngx_cs_deferred_t  after;
    ngx_cs_entry_t  *e;
    ngx_cs_lease_t  *lease;

    zone = shm_zone->data;
    rc = NGX_DECLINED;

    outcome->stale.body.data = NULL;

    ngx_memzero(&after, sizeof(ngx_cs_deferred_t));

    ngx_cs_shm_lock(zone);

    e = ngx_cs_entry_find(zone->shm, key);
    lease = e ? ngx_cs_lease_find(zone->shm, e, ticket) : NULL;

    if (lease && !lease->landed) {

        if (lease->until > now
            && ngx_cs_slot_alive(&zone->shm->slots[lease->slot]))
        {
            rc = NGX_AGAIN;
        }

    } else if (lease) {
        rc = ngx_cs_zone_hand_over(zone, e, lease, pool, outcome);
    }

    if (rc == NGX_OK) {
        ngx_cs_zone_collected(zone, key, ticket, &after);

        e = ngx_cs_entry_find(zone->shm, key);

        if (e && outcome->answer.status != NGX_CS_OK) {
            (void) ngx_cs_zone_stale(zone, e, conf, now, pool, outcome);
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
ngx_cs_zone_hand_over(ngx_cs_zone_t *zone, ngx_cs_entry_t *e,
    ngx_cs_lease_t *lease, ngx_pool_t *pool, ngx_cs_outcome_t *outcome)
{
    u_char    *body;
    uint32_t   result;
    uint64_t   outbox, len;
    ngx_int_t  rc;

    outcome->stored = (lease->good || lease->error);
    outbox = lease->outbox;
    len = lease->outbox_len;

    result = outcome->stored ? (lease->error && e->error) ? e->error : e->good
                           : lease->result;
    if (result == 0) {
        return NGX_DECLINED;
    }

    rc = ngx_cs_result_copy(zone, result, pool, &outcome->answer);

    if (rc != NGX_OK || len == 0) {
        return rc;
    }

    ngx_cs_shm_unlock(zone, NULL);

    body = ngx_pnalloc(pool, len);

    rc = body ? ngx_cs_spill_get(outbox, body, len) : NGX_ERROR;

    outcome->answer.body.data = body;
    outcome->answer.body.len = len;

    ngx_cs_shm_lock(zone);

    return rc;
}


/* this worker has what it watched for, or wants it no more */

static void
ngx_cs_zone_collected(ngx_cs_zone_t *zone, ngx_cs_key_t *key,
    ngx_cs_ticket_t ticket, ngx_cs_deferred_t *after)
{
    ngx_cs_entry_t  *e;
    ngx_cs_lease_t  *lease;

    e = ngx_cs_entry_find(zone->shm, key);
    lease = e ? ngx_cs_lease_find(zone->shm, e, ticket) : NULL;

    if (lease == NULL) {
        return;
    }

    if (lease->watchers) {
        lease->watchers--;
    }

    if (lease->landed && lease->watchers == 0) {
        ngx_cs_lease_free(zone->shm, lease, after);
        ngx_cs_entry_trim(zone->shm, e);
    }
}


void
ngx_cs_zone_unwatch(ngx_shm_zone_t *shm_zone, ngx_cs_key_t *key,
    ngx_cs_ticket_t ticket)
{
    ngx_cs_zone_t  *zone;
    ngx_cs_deferred_t  after;

    zone = shm_zone->data;

    ngx_memzero(&after, sizeof(ngx_cs_deferred_t));

    ngx_cs_shm_lock(zone);
    ngx_cs_zone_collected(zone, key, ticket, &after);
    ngx_cs_shm_unlock(zone, &after);
}


void
ngx_cs_zone_release(ngx_shm_zone_t *shm_zone, ngx_cs_key_t *key,
    ngx_cs_ticket_t ticket, uint64_t *wake)
{
    ngx_cs_zone_t   *zone;
    ngx_cs_deferred_t  after;
    ngx_cs_entry_t  *e;
    ngx_cs_lease_t  *lease;

    zone = shm_zone->data;

    ngx_memzero(&after, sizeof(ngx_cs_deferred_t));

    ngx_cs_shm_lock(zone);

    e = ngx_cs_entry_find(zone->shm, key);
    lease = e ? ngx_cs_lease_find(zone->shm, e, ticket) : NULL;

    if (lease) {
        after.wake = lease->watch;

        ngx_cs_lease_free(zone->shm, lease, &after);
        ngx_cs_entry_trim(zone->shm, e);
    }

    ngx_cs_zone_ended(zone->shm, key);

    ngx_cs_shm_unlock(zone, &after);

    *wake = after.wake;
}


static void
ngx_cs_zone_ended(ngx_cs_shm_t *shm, ngx_cs_key_t *key)
{
    (void) ngx_atomic_fetch_add(&shm->stripes[key->hash
                                            % NGX_CS_ZONE_STRIPES],
                                1);
}


ngx_atomic_uint_t
ngx_cs_zone_stripe(ngx_shm_zone_t *shm_zone, ngx_cs_key_t *key)
{
    ngx_cs_zone_t  *zone;

    zone = shm_zone->data;

    return zone->shm->stripes[key->hash % NGX_CS_ZONE_STRIPES];
}
