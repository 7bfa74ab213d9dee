/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The shared memory that holds answers: declared, looked up in, and leased
 * from; see the header.  Each operation is one short critical section.  How a
 * flight ends is in complete.c, what operators ask for in purge.c and walk.c.
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
#include "zone/slot.h"


/* between two fetches for notices of a task, ms */
#define NGX_CS_ZONE_NOTICE  1000


static clear_choice_e ngx_cs_zone_choose(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    ngx_cs_lookup_t *lookup);
static ngx_int_t ngx_cs_zone_serve(ngx_cs_zone_t *zone, ngx_cs_entry_t *e,
    ngx_cs_lookup_t *lookup);
static ngx_cs_lease_t *ngx_cs_zone_flying(ngx_cs_zone_t *zone,
    ngx_cs_entry_t *e, ngx_cs_deferred_t *after);
static ngx_int_t ngx_cs_zone_due(ngx_cs_zone_t *zone, ngx_cs_entry_t *e,
    ngx_cs_notice_t *notice, ngx_cs_deferred_t *after);
static ngx_int_t ngx_cs_zone_lease(ngx_cs_zone_t *zone, ngx_cs_entry_t *e,
    ngx_cs_lookup_t *lookup, int64_t deadline, ngx_cs_deferred_t *after);


ngx_shm_zone_t *
ngx_cs_zone_add(ngx_conf_t *cf, ngx_str_t *name, size_t size, void *tag)
{
    ngx_cs_zone_t   *zone;
    ngx_shm_zone_t  *shm_zone;

    zone = ngx_pcalloc(cf->pool, sizeof(ngx_cs_zone_t));
    shm_zone = ngx_shared_memory_add(cf, name, size, tag);

    if (zone == NULL || shm_zone == NULL) {
        return NULL;
    }

    shm_zone->init = ngx_cs_shm_init;
    shm_zone->data = zone;

    return shm_zone;
}


void
ngx_cs_zone_attach(ngx_shm_zone_t *shm_zone, ngx_log_t *log)
{
    ngx_cs_slot_attach(shm_zone->data, log);
}


u_char *
ngx_cs_zone_id(ngx_shm_zone_t *shm_zone)
{
    ngx_cs_zone_t  *zone;

    zone = shm_zone->data;

    return zone->shm->id;
}


void
ngx_cs_zone_detach(ngx_shm_zone_t *shm_zone)
{
    ngx_cs_slot_detach(shm_zone->data);
}


ngx_int_t
ngx_cs_zone_find(ngx_cs_lookup_t *lookup)
{
    ngx_int_t        rc;
    ngx_cs_zone_t   *zone;
    ngx_cs_entry_t  *e;

    zone = lookup->shm_zone->data;
    rc = NGX_DECLINED;

    lookup->outcome.choice = CLEAR_FETCH;
    lookup->outcome.expired = 0;

    ngx_cs_shm_lock(zone);

    e = ngx_cs_entry_find(zone->shm, lookup->key);

    if (e) {
        e->unwanted = 0;
        ngx_cs_entry_touch(zone->shm, e);

        lookup->outcome.choice = ngx_cs_zone_choose(zone->shm, e, lookup);
        rc = ngx_cs_zone_serve(zone, e, lookup);
    }

    ngx_cs_shm_unlock(zone, NULL);

    return rc;
}


static clear_choice_e
ngx_cs_zone_choose(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    ngx_cs_lookup_t *lookup)
{
    clear_stamp_t  *error;

    error = ngx_cs_result_stamp(shm, e->error);

    if (error && ngx_cs_result_narrower(shm, e->error, lookup->limits)) {
        error = NULL;
    }

    return clear_freshness_choose(lookup->freshness,
                                  ngx_cs_result_stamp(shm, e->good), error,
                                  ngx_current_msec);
}


/*
 * What was chosen.  May leave the lock and take it again: nothing of the entry
 * counts after.
 */

static ngx_int_t
ngx_cs_zone_serve(ngx_cs_zone_t *zone, ngx_cs_entry_t *e,
    ngx_cs_lookup_t *lookup)
{
    ngx_cs_outcome_t  *outcome;

    outcome = &lookup->outcome;

    outcome->expired = 0;
    outcome->stored = 0;
    outcome->unasked = 0;
    outcome->stale.body.data = NULL;

    switch (outcome->choice) {

    case CLEAR_FETCH:
        outcome->expired = e->good
                           || (e->error
                               && !ngx_cs_result_narrower(zone->shm, e->error,
                                                          lookup->limits));
        return NGX_DECLINED;

    case CLEAR_SERVE_STALE:
        outcome->again = ngx_cs_result_again(zone->shm, e->error);
        break;

    default:
        break;
    }

    return ngx_cs_result_copy(zone, outcome->choice == CLEAR_SERVE_ERROR
                                    ? e->error : e->good,
                              lookup->pool, &outcome->answer);
}


ngx_int_t
ngx_cs_zone_acquire(ngx_cs_lookup_t *lookup, int64_t deadline,
    ngx_uint_t watch)
{
    ngx_int_t           rc;
    clear_choice_e      choice;
    ngx_cs_zone_t      *zone;
    ngx_cs_entry_t     *e;
    ngx_cs_lease_t     *lease;
    ngx_cs_deferred_t   after;

    zone = lookup->shm_zone->data;
    choice = CLEAR_FETCH;
    lease = NULL;

    ngx_memzero(&after, sizeof(ngx_cs_deferred_t));

    ngx_cs_shm_lock(zone);

    lookup->purges = zone->shm->purges;

    e = ngx_cs_entry_find(zone->shm, lookup->key);

    if (e) {
        choice = ngx_cs_zone_choose(zone->shm, e, lookup);
        lease = ngx_cs_zone_flying(zone, e, &after);
    }

    if (choice != CLEAR_FETCH && choice != CLEAR_SERVE_REVALIDATE) {
        e->unwanted = 0;
        lookup->outcome.choice = choice;
        rc = ngx_cs_zone_serve(zone, e, lookup);

    } else if (lease) {

        if (watch) {
            lease->watch |= ngx_cs_worker_bit();
            lease->watchers++;
        }

        lookup->ticket = lease->ticket;
        rc = NGX_AGAIN;

    } else {
        rc = ngx_cs_zone_lease(zone, e, lookup, deadline, &after);
    }

    ngx_cs_shm_unlock(zone, &after);

    return rc;
}


ngx_int_t
ngx_cs_zone_notice(ngx_cs_lookup_t *lookup, int64_t deadline,
    ngx_cs_notice_t *notice)
{
    ngx_int_t           rc;
    ngx_cs_zone_t      *zone;
    ngx_cs_entry_t     *e;
    ngx_cs_deferred_t   after;

    zone = lookup->shm_zone->data;

    ngx_memzero(&after, sizeof(ngx_cs_deferred_t));

    ngx_cs_shm_lock(zone);

    lookup->purges = zone->shm->purges;

    e = ngx_cs_entry_find(zone->shm, lookup->key);

    rc = e ? ngx_cs_zone_due(zone, e, notice, &after)
           : notice->known ? NGX_DONE : NGX_DECLINED;

    if (rc == NGX_DONE
        && ngx_cs_zone_lease(zone, e, lookup, deadline, &after) == NGX_DONE)
    {
        e = ngx_cs_entry_find(zone->shm, lookup->key);
        e->noticed = ngx_current_msec;
    }

    if (rc == NGX_DECLINED && e) {
        ngx_cs_entry_trim(zone->shm, e, &after);
    }

    ngx_cs_shm_unlock(zone, &after);

    return rc;
}


/* whether a notice has a fetch follow now: NGX_DONE, or as above */

static ngx_int_t
ngx_cs_zone_due(ngx_cs_zone_t *zone, ngx_cs_entry_t *e,
    ngx_cs_notice_t *notice, ngx_cs_deferred_t *after)
{
    int64_t          next;
    clear_stamp_t   *good;
    ngx_cs_lease_t  *lease;

    good = ngx_cs_result_stamp(zone->shm, e->good);

    /* in the same ms the fetch may have been sent first */

    if ((good && good->terminal)
        || (e->noticed && e->noticed > notice->since))
    {
        return NGX_OK;
    }

    lease = ngx_cs_zone_flying(zone, e, after);

    /* an error alone is no task that anybody knows */

    if (good == NULL && lease == NULL && e->holds == 0 && !notice->known) {
        return NGX_DECLINED;
    }

    if (lease && !lease->sent) {
        return NGX_OK;
    }

    next = e->noticed ? e->noticed + NGX_CS_ZONE_NOTICE
                        - (int64_t) ngx_current_msec
                      : 0;

    if (next > 0 || lease) {
        notice->wait = (next > 0) ? next : NGX_CS_NOTICE_WAIT;
        return NGX_AGAIN;
    }

    return NGX_DONE;
}


/*
 * The flight in the air for an entry, or NULL.  One whose time is over, or
 * whose owner is dead, is none; its watchers find it gone and come here too.
 */

static ngx_cs_lease_t *
ngx_cs_zone_flying(ngx_cs_zone_t *zone, ngx_cs_entry_t *e,
    ngx_cs_deferred_t *after)
{
    uint32_t         i, next;
    ngx_cs_shm_t    *shm;
    ngx_cs_lease_t  *lease;

    shm = zone->shm;

    ngx_cs_lease_expire(shm, e, after);

    for (i = e->lease; i; i = next) {
        lease = ngx_cs_at(shm, i);
        next = lease->next;

        if (lease->landed) {
            continue;
        }

        if (ngx_cs_slot_alive(&shm->slots[lease->slot])) {
            return lease;
        }

        ngx_cs_lease_free(shm, lease, after);
    }

    return NULL;
}


static ngx_int_t
ngx_cs_zone_lease(ngx_cs_zone_t *zone, ngx_cs_entry_t *e,
    ngx_cs_lookup_t *lookup, int64_t deadline, ngx_cs_deferred_t *after)
{
    ngx_cs_lease_t  *lease;

    lookup->ticket = 0;
    lookup->outcome.seen = ngx_current_msec;
    lookup->outcome.down = 0;

    lease = ngx_cs_lease_create(zone, e, lookup->key, deadline, after);
    if (lease == NULL) {

        if (e) {
            ngx_cs_entry_trim(zone->shm, e, after);
        }

        return NGX_DECLINED;
    }

    e = ngx_cs_at(zone->shm, lease->entry);

    lookup->ticket = lease->ticket;
    lookup->outcome.seen = e->seen;
    lookup->outcome.down = e->down;

    return NGX_DONE;
}


void
ngx_cs_zone_sent(ngx_cs_lookup_t *lookup, int64_t deadline)
{
    ngx_cs_zone_t      *zone;
    ngx_cs_chain_t      none;
    ngx_cs_lease_t     *lease;
    ngx_cs_deferred_t   after;

    zone = lookup->shm_zone->data;

    ngx_memzero(&none, sizeof(ngx_cs_chain_t));
    ngx_memzero(&after, sizeof(ngx_cs_deferred_t));

    ngx_cs_shm_lock(zone);

    lease = ngx_cs_lookup_lease(zone->shm, lookup);

    if (lease) {
        ngx_cs_lease_sent(zone->shm, lease);
        lease->until = deadline;

        /* makes what it took free again for the next, whoever has to go */

        (void) ngx_cs_take(zone, &none, 0, &after);
    }

    ngx_cs_shm_unlock(zone, &after);
}


void
ngx_cs_zone_renew(ngx_cs_lookup_t *lookup, int64_t deadline)
{
    ngx_cs_zone_t   *zone;
    ngx_cs_lease_t  *lease;

    zone = lookup->shm_zone->data;

    ngx_cs_shm_lock(zone);

    lease = ngx_cs_lookup_lease(zone->shm, lookup);

    if (lease) {
        lease->until = deadline;
    }

    ngx_cs_shm_unlock(zone, NULL);
}


ngx_uint_t
ngx_cs_zone_unsent(ngx_cs_lookup_t *lookup)
{
    ngx_uint_t       unsent;
    ngx_cs_zone_t   *zone;
    ngx_cs_lease_t  *lease;

    zone = lookup->shm_zone->data;

    ngx_cs_shm_lock(zone);

    lease = ngx_cs_lookup_lease(zone->shm, lookup);
    unsent = (lease && !lease->sent);

    ngx_cs_shm_unlock(zone, NULL);

    return unsent;
}


ngx_uint_t
ngx_cs_zone_wanted(ngx_cs_lookup_t *lookup)
{
    ngx_uint_t       wanted;
    ngx_cs_zone_t   *zone;
    ngx_cs_lease_t  *lease;

    zone = lookup->shm_zone->data;

    ngx_cs_shm_lock(zone);

    lease = ngx_cs_lookup_lease(zone->shm, lookup);
    wanted = (lease && lease->watchers);

    ngx_cs_shm_unlock(zone, NULL);

    return wanted;
}


void
ngx_cs_zone_hold(ngx_cs_lookup_t *lookup)
{
    uint64_t        *holds;
    ngx_cs_zone_t   *zone;
    ngx_cs_entry_t  *e;

    zone = lookup->shm_zone->data;

#if (NGX_CS_FAULTS)
    ngx_cs_shm_stop(lookup->key);
#endif

    ngx_cs_shm_lock(zone);

    e = ngx_cs_entry_find(zone->shm, lookup->key);

    holds = e ? &e->holds
              : &zone->shm->strays[lookup->key->hash % NGX_CS_ZONE_STRIPES];

    *holds |= ngx_cs_worker_bit();

    ngx_cs_shm_unlock(zone, NULL);
}


ngx_atomic_uint_t
ngx_cs_zone_stripe(ngx_cs_lookup_t *lookup)
{
    ngx_cs_zone_t  *zone;

    zone = lookup->shm_zone->data;

    return zone->shm->stripes[lookup->key->hash % NGX_CS_ZONE_STRIPES];
}
