/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Leases: found, sent and freed; see the header.
 */


#include "zone/lease.h"

#include "zone/queue.h"
#include "zone/result.h"


ngx_cs_lease_t *
ngx_cs_lease_find(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    ngx_cs_ticket_t ticket)
{
    uint32_t         i;
    ngx_cs_lease_t  *lease;

    for (i = e->lease; i; i = lease->next) {
        lease = ngx_cs_at(shm, i);

        if (lease->ticket == ticket) {
            return lease;
        }
    }

    return NULL;
}


void
ngx_cs_lease_sent(ngx_cs_shm_t *shm, ngx_cs_lease_t *lease)
{
    ngx_cs_entry_t  *e;

    if (!lease->sent) {
        e = ngx_cs_at(shm, lease->entry);

        lease->sent = 1;
        shm->unsent -= 1 + e->chain.n;
    }
}


void
ngx_cs_lease_free(ngx_cs_shm_t *shm, ngx_cs_lease_t *lease,
    ngx_cs_deferred_t *after)
{
    uint32_t        *i;
    ngx_cs_chain_t   chain;
    ngx_cs_entry_t  *e;
    ngx_cs_lease_t  *next;

    ngx_cs_lease_sent(shm, lease);

    e = ngx_cs_at(shm, lease->entry);

    for (i = &e->lease; *i; i = &next->next) {
        next = ngx_cs_at(shm, *i);

        if (next == lease) {
            break;
        }
    }

    chain.head = *i;
    chain.tail = *i;
    chain.n = 1;

    *i = lease->next;

    if (!lease->landed) {
        ngx_queue_remove(&lease->queue);
    }

    ngx_cs_result_free(shm, &lease->result);

    if (lease->spill_len) {
        ngx_cs_deferred_spill(after, lease->spill, lease->spill_len);
    }

    ngx_cs_chunks_give(&shm->chunks, &chain);

    ngx_cs_entry_touch(shm, e);
}


void
ngx_cs_lease_expire(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    ngx_cs_deferred_t *after)
{
    uint32_t         i, next;
    ngx_cs_lease_t  *lease;

    for (i = e->lease; i; i = next) {
        lease = ngx_cs_at(shm, i);
        next = lease->next;

        if (lease->until <= (int64_t) ngx_current_msec) {
            ngx_cs_lease_free(shm, lease, after);
        }
    }
}
