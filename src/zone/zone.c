/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The shared memory that holds answers: declared, attached to, looked up in,
 * and leased from; see the header.  Each operation is one short critical
 * section.  How a flight ends is in zone/complete.c, what
 * operators ask for in zone/purge.c.
 */


#include "zone/zone.h"

#include "zone/copy.h"
#include "zone/entry.h"
#include "zone/shm.h"


static clear_choice_e ngx_cs_zone_choose(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    clear_freshness_conf_t *conf, int64_t now);
static ngx_int_t ngx_cs_zone_serve(ngx_cs_zone_t *zone, ngx_cs_entry_t *e,
    clear_freshness_conf_t *conf, int64_t now, ngx_pool_t *pool,
    ngx_cs_outcome_t *outcome);
static ngx_cs_lease_t *ngx_cs_zone_flying(ngx_cs_zone_t *zone,
    ngx_cs_entry_t *e, int64_t now, ngx_cs_deferred_t *after);


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


ngx_int_t
ngx_cs_zone_attach(ngx_shm_zone_t *shm_zone, uint64_t *wake, ngx_log_t *log)
{
    ngx_pid_t       pid;
    ngx_uint_t      i;
    ngx_cs_slot_t  *slot;
    ngx_cs_zone_t  *zone;
    ngx_cs_deferred_t  after;

    zone = shm_zone->data;
    zone->slot = NULL;

    ngx_memzero(&after, sizeof(ngx_cs_deferred_t));

    for (i = 0; i < NGX_CS_ZONE_SLOTS; i++) {

        slot = &zone->shm->slots[i];
        pid = slot->pid;

        if (pid && ngx_cs_slot_alive(slot)) {
            continue;
        }

        if (pid == 0 && zone->slot) {
            continue;
        }

        ngx_cs_shm_lock(zone);

        /* it may be somebody else's by now */

        if (slot->pid == pid) {

            if (pid) {
                ngx_cs_slot_recover(zone->shm, slot, &after);
            }

            if (zone->slot == NULL) {
                slot->pid = ngx_pid;
                zone->slot = slot;
            }
        }

        ngx_cs_shm_unlock(zone, &after);
    }

    if (zone->slot == NULL) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "too many processes use zone \"%V\", this one does "
                      "not share its fetches", &zone->name);
    }

    *wake = after.wake;

    return NGX_OK;
}


void
ngx_cs_zone_detach(ngx_shm_zone_t *shm_zone, uint64_t *wake)
{
    ngx_cs_zone_t  *zone;
    ngx_cs_deferred_t  after;

    zone = shm_zone->data;

    ngx_memzero(&after, sizeof(ngx_cs_deferred_t));

    if (zone->slot) {
        ngx_cs_shm_lock(zone);
        ngx_cs_slot_recover(zone->shm, zone->slot, &after);
        ngx_cs_shm_unlock(zone, &after);

        zone->slot = NULL;
    }

    ngx_cs_lock_stats_log(&zone->clock, &zone->name);

    *wake = after.wake;
}


ngx_int_t
ngx_cs_zone_find(ngx_shm_zone_t *shm_zone, ngx_cs_key_t *key,
    clear_freshness_conf_t *conf, int64_t now, ngx_pool_t *pool,
    ngx_cs_outcome_t *outcome)
{
    ngx_int_t        rc;
    ngx_cs_zone_t   *zone;
    ngx_cs_entry_t  *e;

    zone = shm_zone->data;
    rc = NGX_DECLINED;

    outcome->choice = CLEAR_FETCH;
    outcome->expired = 0;

    ngx_cs_shm_lock(zone);

    e = ngx_cs_entry_find(zone->shm, key);

    if (e) {
        ngx_cs_entry_touch(zone->shm, e);
        rc = ngx_cs_zone_serve(zone, e, conf, now, pool, outcome);
    }

    ngx_cs_shm_unlock(zone, NULL);

    return rc;
}


/* may leave the lock and take it again: nothing of the entry counts after */

static ngx_int_t
ngx_cs_zone_serve(ngx_cs_zone_t *zone, ngx_cs_entry_t *e,
    clear_freshness_conf_t *conf, int64_t now, ngx_pool_t *pool,
    ngx_cs_outcome_t *outcome)
{
    outcome->choice = ngx_cs_zone_choose(zone->shm, e, conf, now);
    outcome->expired = (e->good != 0);
    outcome->stored = 0;
    outcome->stale.body.data = NULL;

    if (outcome->choice == CLEAR_FETCH) {
        return NGX_DECLINED;
    }

    if (outcome->choice == CLEAR_SERVE_STALE) {
        outcome->again = ngx_cs_result_again(zone->shm, e->error);
    }

    return ngx_cs_result_copy(zone,
                                      outcome->choice == CLEAR_SERVE_ERROR
                                      ? e->error : e->good,
                                      pool, &outcome->answer);
}


static clear_choice_e
ngx_cs_zone_choose(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    clear_freshness_conf_t *conf, int64_t now)
{
    return clear_freshness_choose(conf,
                                  ngx_cs_result_stamp(shm, e->good),
                                  ngx_cs_result_stamp(shm, e->error),
                                  now);
}


ngx_int_t
ngx_cs_zone_acquire(ngx_shm_zone_t *shm_zone, ngx_cs_key_t *key,
    clear_freshness_conf_t *conf, int64_t now, int64_t deadline,
    ngx_uint_t watch, ngx_pool_t *pool, ngx_cs_outcome_t *outcome,
    ngx_cs_ticket_t *ticket)
{
    ngx_int_t        rc;
    ngx_cs_zone_t   *zone;
    ngx_cs_deferred_t  after;
    ngx_cs_entry_t  *e;
    ngx_cs_lease_t  *lease;

    zone = shm_zone->data;
    rc = NGX_DECLINED;

    ngx_memzero(&after, sizeof(ngx_cs_deferred_t));

    ngx_cs_shm_lock(zone);

    e = ngx_cs_entry_find(zone->shm, key);

    if (e) {
        outcome->choice = ngx_cs_zone_choose(zone->shm, e, conf, now);

        if (outcome->choice != CLEAR_FETCH
            && outcome->choice != CLEAR_SERVE_REVALIDATE)
        {
            rc = ngx_cs_zone_serve(zone, e, conf, now, pool, outcome);
            goto done;
        }

        lease = ngx_cs_zone_flying(zone, e, now, &after);

        if (lease) {

            if (watch) {
                lease->watch |= 1ULL << (ngx_worker % 64);
                lease->watchers++;
            }

            *ticket = lease->ticket;
            rc = NGX_AGAIN;
            goto done;
        }

    } else {
        e = ngx_cs_entry_create(zone, key, &after);
    }

    if (e) {
        zone->keep = e;
        lease = ngx_cs_lease_create(zone, e, &after);
        zone->keep = NULL;

        if (lease) {
            lease->until = deadline;
            *ticket = lease->ticket;
            rc = NGX_DONE;

        } else {
            ngx_cs_entry_trim(zone->shm, e);
        }
    }

done:

    ngx_cs_shm_unlock(zone, &after);

    return rc;
}


/*
 * The flight in the air for an entry, or NULL.  One whose time is over, or
 * whose owner is dead, is none; its watchers find it gone and come here too.
 */

static ngx_cs_lease_t *
ngx_cs_zone_flying(ngx_cs_zone_t *zone, ngx_cs_entry_t *e, int64_t now,
    ngx_cs_deferred_t *after)
{
    uint32_t         i, next;
    ngx_cs_shm_t    *shm;
    ngx_cs_lease_t  *lease;

    shm = zone->shm;

    for (i = e->lease; i; i = next) {
        lease = ngx_cs_at(shm, i);
        next = lease->next;

        if (lease->until > now) {

            if (lease->landed) {
                continue;
            }

            if (ngx_cs_slot_alive(&shm->slots[lease->slot])) {
                return lease;
            }
        }

        ngx_cs_lease_free(shm, lease, after);
    }

    return NULL;
}
