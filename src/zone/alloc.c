/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Room in a zone, and who has to go for it; see the header.
 *
 * Leases that are not sent yet may have been made by callers who will leave,
 * as many as they like; so these take from what is kept free for them and
 * from what is unfinished, and never more than their share.
 */


#include "zone/alloc.h"

#include "zone/entry.h"
#include "zone/lease.h"
#include "zone/queue.h"


/* entries that one call evicts, and flights that it finds over, at the most */
#define NGX_CS_EVICT        32
#define NGX_CS_EXPIRE       8

/* the shares of a zone that are kept free for leases, in chunks from 8 to
   4096, and that unsent ones take at the most */
#define NGX_CS_KEPT(total)                                                   \
    ngx_min(ngx_max((total) / 32, 8), 4096)
#define NGX_CS_UNSENT(total)                                                 \
    ((total) / 8)


static ngx_int_t ngx_cs_take_sparing(ngx_cs_zone_t *zone,
    ngx_cs_chain_t *chain, uint32_t n, ngx_cs_deferred_t *after);
static ngx_uint_t ngx_cs_evict(ngx_cs_shm_t *shm, ngx_uint_t last,
    ngx_cs_deferred_t *after);
static ngx_uint_t ngx_cs_expire(ngx_cs_shm_t *shm, ngx_cs_deferred_t *after);


ngx_int_t
ngx_cs_take(ngx_cs_zone_t *zone, ngx_cs_chain_t *chain, uint32_t n,
    ngx_cs_deferred_t *after)
{
    uint32_t       kept;
    ngx_uint_t     i;
    ngx_cs_shm_t  *shm;

    shm = zone->shm;
    kept = NGX_CS_KEPT(shm->chunks.total);

    for (i = 0; i < NGX_CS_EVICT; i++) {

        if (ngx_cs_chunks_left(&shm->chunks) >= n + kept
            || !ngx_cs_evict(shm, NGX_CS_FINISHED, after))
        {
            break;
        }
    }

    return ngx_cs_chunks_take(&shm->chunks, chain, n);
}


/* for what must not cost a finished answer */

static ngx_int_t
ngx_cs_take_sparing(ngx_cs_zone_t *zone, ngx_cs_chain_t *chain, uint32_t n,
    ngx_cs_deferred_t *after)
{
    ngx_uint_t     i;
    ngx_cs_shm_t  *shm;

    shm = zone->shm;

    for (i = 0; i < NGX_CS_EVICT; i++) {

        if (ngx_cs_chunks_take(&shm->chunks, chain, n) == NGX_OK) {
            return NGX_OK;
        }

        if (!ngx_cs_evict(shm, NGX_CS_UNFINISHED, after)) {
            break;
        }
    }

    return NGX_DECLINED;
}


/* one entry, from the queues up to the last that may be touched */

static ngx_uint_t
ngx_cs_evict(ngx_cs_shm_t *shm, ngx_uint_t last, ngx_cs_deferred_t *after)
{
    ngx_uint_t       i;
    ngx_queue_t     *q;
    ngx_cs_entry_t  *e;

    if (ngx_queue_empty(&shm->queues[NGX_CS_UNFINISHED])
        && ngx_cs_expire(shm, after))
    {
        return 1;
    }

    for (i = 0; i <= last; i++) {

        if (ngx_queue_empty(&shm->queues[i])) {
            continue;
        }

        q = ngx_queue_last(&shm->queues[i]);
        e = ngx_queue_data(q, ngx_cs_entry_t, lru);

        shm->stat.evictions[ngx_cs_entry_state(shm, e)]++;

        ngx_cs_entry_delete(shm, e, after);

        return 1;
    }

    return 0;
}


/*
 * Frees what is over of the oldest flights: nobody completes or collects it.
 * Returns 1 where it made something free, or something that may be evicted.
 */

static ngx_uint_t
ngx_cs_expire(ngx_cs_shm_t *shm, ngx_cs_deferred_t *after)
{
    ngx_uint_t       i;
    ngx_queue_t     *q;
    ngx_cs_entry_t  *e;

    for (i = 0; i < NGX_CS_EXPIRE; i++) {

        /* each may leave a few flights' spilled bodies behind */

        if (ngx_queue_empty(&shm->queues[NGX_CS_IN_USE])
            || after->n > NGX_CS_GARBAGE / 2)
        {
            break;
        }

        q = ngx_queue_last(&shm->queues[NGX_CS_IN_USE]);
        e = ngx_queue_data(q, ngx_cs_entry_t, lru);

        if (e->lease) {
            ngx_cs_lease_expire(shm, e, after);

            if (e->lease == 0) {
                ngx_cs_entry_trim(shm, e, after);
                return 1;
            }
        }

        ngx_cs_entry_use(shm, e);
    }

    return 0;
}


ngx_cs_entry_t *
ngx_cs_entry_create(ngx_cs_zone_t *zone, ngx_cs_key_t *key,
    ngx_cs_deferred_t *after)
{
    ngx_cs_chain_t  chain;

    ngx_memzero(&chain, sizeof(ngx_cs_chain_t));

    if (ngx_cs_take(zone, &chain, ngx_cs_entry_size(key), after) != NGX_OK) {
        return NULL;
    }

    return ngx_cs_entry_insert(zone->shm, &chain, key);
}


ngx_cs_lease_t *
ngx_cs_lease_create(ngx_cs_zone_t *zone, ngx_cs_entry_t *e,
    ngx_cs_key_t *key, int64_t until, ngx_cs_deferred_t *after)
{
    uint32_t         n;
    ngx_cs_shm_t    *shm;
    ngx_cs_chain_t   chain, of;
    ngx_cs_lease_t  *lease;

    shm = zone->shm;
    n = 1 + (e ? e->chain.n : ngx_cs_entry_size(key));

    if (zone->slot == NULL
        || shm->unsent + n > NGX_CS_UNSENT(shm->chunks.total))
    {
        return NULL;
    }

    ngx_memzero(&chain, sizeof(ngx_cs_chain_t));
    ngx_memzero(&of, sizeof(ngx_cs_chain_t));

    if (e) {
        ngx_cs_entry_use(shm, e);
    }

    if (ngx_cs_take_sparing(zone, &chain, 1, after) != NGX_OK
        || (e == NULL
            && ngx_cs_take_sparing(zone, &of, n - 1, after) != NGX_OK))
    {
        ngx_cs_chunks_give(&shm->chunks, &chain);

        if (e) {
            ngx_cs_entry_touch(shm, e);
        }

        return NULL;
    }

    if (e == NULL) {
        e = ngx_cs_entry_insert(shm, &of, key);
        ngx_cs_entry_use(shm, e);
    }

    lease = ngx_cs_at(shm, chain.head);

    ngx_memzero(lease, sizeof(ngx_cs_lease_t));

    lease->ticket = ++shm->ticket;
    lease->until = until;
    lease->slot = (uint32_t) (zone->slot - shm->slots);
    lease->entry = e->chain.head;
    lease->next = e->lease;

    ngx_queue_insert_head(&zone->slot->leases, &lease->queue);

    e->lease = chain.head;
    shm->unsent += n;

    return lease;
}
