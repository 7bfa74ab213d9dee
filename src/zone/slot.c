/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The slots of the processes that use a zone; see the header.
 */


#include "zone/slot.h"

#include "core/alive.h"
#include "zone/entry.h"
#include "zone/lease.h"
#include "zone/result.h"
#include "zone/shm.h"


static void ngx_cs_slot_take(ngx_cs_zone_t *zone, ngx_cs_slot_t *slot,
    ngx_pid_t pid);
static void ngx_cs_slot_recover(ngx_cs_shm_t *shm, ngx_cs_slot_t *slot,
    ngx_cs_deferred_t *after);


void
ngx_cs_slot_attach(ngx_cs_zone_t *zone, ngx_log_t *log)
{
    ngx_pid_t       pid;
    ngx_uint_t      i;
    ngx_cs_slot_t  *slot;

    zone->slot = NULL;

    for (i = 0; i < NGX_CS_ZONE_SLOTS; i++) {

        slot = &zone->shm->slots[i];
        pid = slot->pid;

        if (pid ? !ngx_cs_slot_alive(slot) : zone->slot == NULL) {
            ngx_cs_slot_take(zone, slot, pid);
        }
    }

    if (zone->slot == NULL) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "too many processes use zone \"%V\", this one does "
                      "not share its fetches", &zone->name);
    }
}


/* a free slot, or one whose process died: as ours, if we have none yet */

static void
ngx_cs_slot_take(ngx_cs_zone_t *zone, ngx_cs_slot_t *slot, ngx_pid_t pid)
{
    ngx_cs_deferred_t  after;

    ngx_memzero(&after, sizeof(ngx_cs_deferred_t));

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


void
ngx_cs_slot_detach(ngx_cs_zone_t *zone)
{
    ngx_cs_deferred_t  after;

    ngx_memzero(&after, sizeof(ngx_cs_deferred_t));

    if (zone->slot) {
        ngx_cs_shm_lock(zone);
        ngx_cs_slot_recover(zone->shm, zone->slot, &after);
        ngx_cs_shm_unlock(zone, &after);

        zone->slot = NULL;
    }

    ngx_cs_lock_stats_log(&zone->clock, &zone->name);
}


ngx_uint_t
ngx_cs_slot_alive(ngx_cs_slot_t *slot)
{
    return ngx_cs_alive(slot->pid);
}


/* gives back all that a slot holds; its process is dead or leaves */

static void
ngx_cs_slot_recover(ngx_cs_shm_t *shm, ngx_cs_slot_t *slot,
    ngx_cs_deferred_t *after)
{
    uint32_t         dropped;
    ngx_queue_t     *q;
    ngx_cs_entry_t  *e;
    ngx_cs_lease_t  *lease;

    while (!ngx_queue_empty(&slot->leases)) {
        q = ngx_queue_head(&slot->leases);

        lease = ngx_queue_data(q, ngx_cs_lease_t, queue);
        e = ngx_cs_at(shm, lease->entry);

        after->wake |= lease->watch;

        ngx_cs_lease_free(shm, lease, after);
        ngx_cs_entry_ended(shm, e, after);
        ngx_cs_entry_trim(shm, e, after);
    }

    ngx_cs_chunks_give(&shm->chunks, &slot->reserved);

    if (slot->spill_len) {
        ngx_cs_deferred_spill(after, slot->spill, slot->spill_len);
        slot->spill_len = 0;
    }

    if (slot->reading) {
        shm->stat.readers--;
    }

    dropped = slot->dropped;

    slot->reading = 0;
    slot->dropped = 0;

    if (dropped) {
        ngx_cs_result_free(shm, &dropped);
    }

    slot->pid = 0;
}
