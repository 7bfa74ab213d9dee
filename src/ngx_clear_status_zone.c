/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The shared memory that holds answers: its operations; see the header.
 *
 * Each is one short critical section.  Small bodies are copied inside.  A
 * large one is copied out with its chain pinned in our slot, and copied in
 * with its chunks reserved there, so that neither holds the lock, and a worker
 * that dies meanwhile loses nothing.
 */


#include "ngx_clear_status_zone.h"

#include "ngx_clear_status_outbox.h"
#include "ngx_clear_status_zone_shm.h"


/* chunks up to which a body is copied under the lock, and taken at once */
#define NGX_CLEAR_STATUS_ZONE_SMALL  16

/* how long a result is kept for those that watch, ms */
#define NGX_CLEAR_STATUS_ZONE_KEEP   5000

/* entries that one critical section of a purge looks at */
#define NGX_CLEAR_STATUS_ZONE_BATCH  64

#define NGX_CLEAR_STATUS_STORABLE    0x01
#define NGX_CLEAR_STATUS_URLS        0x02
#define NGX_CLEAR_STATUS_FORWARDED   0x04
#define NGX_CLEAR_STATUS_TERMINAL    0x08
#define NGX_CLEAR_STATUS_DEFINITE    0x10


static clear_choice_e ngx_clear_status_zone_choose(
    ngx_clear_status_shm_t *shm, ngx_clear_status_entry_t *e,
    clear_freshness_conf_t *conf, int64_t now);
static ngx_int_t ngx_clear_status_zone_serve(ngx_clear_status_zone_t *zone,
    ngx_clear_status_entry_t *e, clear_freshness_conf_t *conf, int64_t now,
    ngx_pool_t *pool, ngx_clear_status_found_t *found);
static clear_stamp_t *ngx_clear_status_zone_stamp(ngx_clear_status_shm_t *shm,
    uint32_t result, clear_stamp_t *stamp);
static ngx_int_t ngx_clear_status_zone_copy(ngx_clear_status_zone_t *zone,
    uint32_t result, ngx_pool_t *pool, ngx_clear_status_answer_t *answer);
static ngx_int_t ngx_clear_status_zone_copy_large(
    ngx_clear_status_zone_t *zone, uint32_t result, u_char *body, size_t len);
static ngx_clear_status_lease_t *ngx_clear_status_zone_flying(
    ngx_clear_status_zone_t *zone, ngx_clear_status_entry_t *e, int64_t now,
    ngx_clear_status_after_t *after);
static void ngx_clear_status_zone_reserve(ngx_clear_status_zone_t *zone,
    ngx_clear_status_answer_t *answer, ngx_clear_status_chain_t *chain,
    ngx_clear_status_after_t *after);
static void ngx_clear_status_zone_reserve_large(
    ngx_clear_status_zone_t *zone, ngx_clear_status_answer_t *answer,
    ngx_clear_status_chain_t *chain, ngx_clear_status_after_t *after);
static void ngx_clear_status_zone_head(ngx_clear_status_shm_t *shm,
    ngx_clear_status_chain_t *chain, ngx_clear_status_answer_t *answer);
static void ngx_clear_status_zone_store(ngx_clear_status_shm_t *shm,
    ngx_clear_status_entry_t *e, ngx_clear_status_found_t *found,
    uint32_t *result);
static void ngx_clear_status_zone_land(ngx_clear_status_zone_t *zone,
    ngx_clear_status_entry_t *e, ngx_clear_status_lease_t *lease,
    ngx_clear_status_found_t *found, uint32_t *result, int64_t now,
    uint64_t *outbox, ngx_clear_status_after_t *after);
static void ngx_clear_status_zone_keep(ngx_clear_status_zone_t *zone,
    ngx_clear_status_entry_t *e, ngx_clear_status_lease_t *lease,
    ngx_clear_status_found_t *found, uint32_t *result, uint64_t *outbox,
    ngx_clear_status_after_t *after);
static ngx_int_t ngx_clear_status_zone_stale(ngx_clear_status_zone_t *zone,
    ngx_clear_status_entry_t *e, clear_freshness_conf_t *conf, int64_t now,
    ngx_pool_t *pool, ngx_clear_status_found_t *found);
static ngx_int_t ngx_clear_status_zone_hand_over(
    ngx_clear_status_zone_t *zone, ngx_clear_status_entry_t *e,
    ngx_clear_status_lease_t *lease, ngx_pool_t *pool,
    ngx_clear_status_found_t *found);
static void ngx_clear_status_zone_collected(ngx_clear_status_zone_t *zone,
    ngx_clear_status_key_t *key, ngx_clear_status_ticket_t ticket,
    ngx_clear_status_after_t *after);
static void ngx_clear_status_zone_ended(ngx_clear_status_shm_t *shm,
    ngx_clear_status_key_t *key);


ngx_shm_zone_t *
ngx_clear_status_zone_add(ngx_conf_t *cf, ngx_str_t *name, size_t size,
    void *tag)
{
    ngx_shm_zone_t           *shm_zone;
    ngx_clear_status_zone_t  *zone;

    zone = ngx_pcalloc(cf->pool, sizeof(ngx_clear_status_zone_t));
    shm_zone = ngx_shared_memory_add(cf, name, size, tag);

    if (zone == NULL || shm_zone == NULL) {
        return NULL;
    }

    shm_zone->init = ngx_clear_status_shm_init;
    shm_zone->data = zone;

    return shm_zone;
}


ngx_int_t
ngx_clear_status_zone_attach(ngx_shm_zone_t *shm_zone, uint64_t *wake,
    ngx_log_t *log)
{
    ngx_pid_t                 pid;
    ngx_uint_t                i;
    ngx_clear_status_slot_t  *slot;
    ngx_clear_status_zone_t  *zone;
    ngx_clear_status_after_t  after;

    zone = shm_zone->data;
    zone->slot = NULL;

    ngx_memzero(&after, sizeof(ngx_clear_status_after_t));

    for (i = 0; i < NGX_CLEAR_STATUS_ZONE_SLOTS; i++) {

        slot = &zone->shm->slots[i];
        pid = slot->pid;

        if (pid && ngx_clear_status_slot_alive(slot)) {
            continue;
        }

        if (pid == 0 && zone->slot) {
            continue;
        }

        ngx_clear_status_shm_lock(zone);

        /* it may be somebody else's by now */

        if (slot->pid == pid) {

            if (pid) {
                ngx_clear_status_slot_recover(zone->shm, slot, &after);
            }

            if (zone->slot == NULL) {
                slot->pid = ngx_pid;
                zone->slot = slot;
            }
        }

        ngx_clear_status_shm_unlock(zone, &after);
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
ngx_clear_status_zone_detach(ngx_shm_zone_t *shm_zone, uint64_t *wake)
{
    ngx_clear_status_zone_t   *zone;
    ngx_clear_status_after_t   after;

    zone = shm_zone->data;

    ngx_memzero(&after, sizeof(ngx_clear_status_after_t));

    if (zone->slot) {
        ngx_clear_status_shm_lock(zone);
        ngx_clear_status_slot_recover(zone->shm, zone->slot, &after);
        ngx_clear_status_shm_unlock(zone, &after);

        zone->slot = NULL;
    }

    *wake = after.wake;
}


ngx_int_t
ngx_clear_status_zone_find(ngx_shm_zone_t *shm_zone,
    ngx_clear_status_key_t *key, clear_freshness_conf_t *conf, int64_t now,
    ngx_pool_t *pool, ngx_clear_status_found_t *found)
{
    ngx_int_t                  rc;
    ngx_clear_status_zone_t   *zone;
    ngx_clear_status_entry_t  *e;

    zone = shm_zone->data;
    rc = NGX_DECLINED;

    found->choice = CLEAR_FETCH;
    found->expired = 0;

    ngx_clear_status_shm_lock(zone);

    e = ngx_clear_status_entry_find(zone->shm, key);

    if (e) {
        ngx_clear_status_entry_touch(zone->shm, e);
        rc = ngx_clear_status_zone_serve(zone, e, conf, now, pool, found);
    }

    ngx_clear_status_shm_unlock(zone, NULL);

    return rc;
}


/* may leave the lock and take it again: nothing of the entry counts after */

static ngx_int_t
ngx_clear_status_zone_serve(ngx_clear_status_zone_t *zone,
    ngx_clear_status_entry_t *e, clear_freshness_conf_t *conf, int64_t now,
    ngx_pool_t *pool, ngx_clear_status_found_t *found)
{
    found->choice = ngx_clear_status_zone_choose(zone->shm, e, conf, now);
    found->expired = (e->good != 0);
    found->stored = 0;
    found->stale.body.data = NULL;

    if (found->choice == CLEAR_FETCH) {
        return NGX_DECLINED;
    }

    return ngx_clear_status_zone_copy(zone,
                                      found->choice == CLEAR_SERVE_ERROR
                                      ? e->error : e->good,
                                      pool, &found->answer);
}


static clear_choice_e
ngx_clear_status_zone_choose(ngx_clear_status_shm_t *shm,
    ngx_clear_status_entry_t *e, clear_freshness_conf_t *conf, int64_t now)
{
    clear_stamp_t  good, error;

    return clear_freshness_choose(conf,
                            ngx_clear_status_zone_stamp(shm, e->good, &good),
                            ngx_clear_status_zone_stamp(shm, e->error, &error),
                            now);
}


static clear_stamp_t *
ngx_clear_status_zone_stamp(ngx_clear_status_shm_t *shm, uint32_t result,
    clear_stamp_t *stamp)
{
    ngx_clear_status_result_t  *r;

    if (result == 0) {
        return NULL;
    }

    r = ngx_clear_status_at(shm, result);

    stamp->fetched = r->fetched;
    stamp->fresh_until = r->fresh_until;
    stamp->terminal = (r->flags & NGX_CLEAR_STATUS_TERMINAL) != 0;
    stamp->definite = (r->flags & NGX_CLEAR_STATUS_DEFINITE) != 0;

    return stamp;
}


/*
 * NGX_OK; NGX_ERROR: no memory in the pool; NGX_DECLINED: the zone was dropped
 * while a large body was being copied.
 */

static ngx_int_t
ngx_clear_status_zone_copy(ngx_clear_status_zone_t *zone, uint32_t result,
    ngx_pool_t *pool, ngx_clear_status_answer_t *answer)
{
    size_t                      len;
    u_char                     *body;
    ngx_clear_status_shm_t     *shm;
    ngx_clear_status_result_t  *r;

    shm = zone->shm;
    r = ngx_clear_status_at(shm, result);

    answer->retry_until = r->retry_until;
    answer->status = r->status;
    answer->upstream_status = r->upstream_status;
    answer->upstream_time = r->upstream_time;
    answer->workflow = r->workflow;
    answer->storable = (r->flags & NGX_CLEAR_STATUS_STORABLE) != 0;
    answer->urls = (r->flags & NGX_CLEAR_STATUS_URLS) != 0;
    answer->forwarded = (r->flags & NGX_CLEAR_STATUS_FORWARDED) != 0;

    (void) ngx_clear_status_zone_stamp(shm, result, &answer->stamp);
    ngx_memcpy(answer->etag, r->etag, NGX_CLEAR_STATUS_ETAG_LEN);

    len = r->len;

    body = ngx_pnalloc(pool, len);
    if (body == NULL) {
        return NGX_ERROR;
    }

    answer->body.len = len;
    answer->body.data = body;

    if (r->chain.n > NGX_CLEAR_STATUS_ZONE_SMALL && zone->slot) {
        return ngx_clear_status_zone_copy_large(zone, result, body, len);
    }

    ngx_clear_status_chunks_read(&shm->chunks, result,
                                 sizeof(ngx_clear_status_result_t), body, len);

    return NGX_OK;
}


static ngx_int_t
ngx_clear_status_zone_copy_large(ngx_clear_status_zone_t *zone,
    uint32_t result, u_char *body, size_t len)
{
    uint32_t                 dropped;
    uint64_t                 epoch;
    ngx_clear_status_shm_t  *shm;

    shm = zone->shm;
    epoch = shm->epoch;

    zone->slot->reading = result;
    shm->stat.readers++;

    ngx_clear_status_shm_unlock(zone, NULL);

    ngx_clear_status_chunks_read(&shm->chunks, result,
                                 sizeof(ngx_clear_status_result_t), body, len);

    ngx_clear_status_shm_lock(zone);

    if (shm->epoch != epoch) {
        return NGX_DECLINED;
    }

    dropped = zone->slot->dropped;

    zone->slot->reading = 0;
    zone->slot->dropped = 0;
    shm->stat.readers--;

    if (dropped) {
        ngx_clear_status_result_free(shm, &dropped);
    }

    return NGX_OK;
}


ngx_int_t
ngx_clear_status_zone_acquire(ngx_shm_zone_t *shm_zone,
    ngx_clear_status_key_t *key, clear_freshness_conf_t *conf, int64_t now,
    int64_t deadline, ngx_uint_t watch, ngx_pool_t *pool,
    ngx_clear_status_found_t *found, ngx_clear_status_ticket_t *ticket)
{
    ngx_int_t                  rc;
    ngx_clear_status_zone_t   *zone;
    ngx_clear_status_after_t   after;
    ngx_clear_status_entry_t  *e;
    ngx_clear_status_lease_t  *lease;

    zone = shm_zone->data;
    rc = NGX_DECLINED;

    ngx_memzero(&after, sizeof(ngx_clear_status_after_t));

    ngx_clear_status_shm_lock(zone);

    e = ngx_clear_status_entry_find(zone->shm, key);

    if (e) {
        found->choice = ngx_clear_status_zone_choose(zone->shm, e, conf, now);

        if (found->choice != CLEAR_FETCH
            && found->choice != CLEAR_SERVE_REVALIDATE)
        {
            rc = ngx_clear_status_zone_serve(zone, e, conf, now, pool, found);
            goto done;
        }

        lease = ngx_clear_status_zone_flying(zone, e, now, &after);

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
        e = ngx_clear_status_entry_create(zone, key, &after);
    }

    if (e) {
        zone->keep = e;
        lease = ngx_clear_status_lease_create(zone, e, &after);
        zone->keep = NULL;

        if (lease) {
            lease->until = deadline;
            *ticket = lease->ticket;
            rc = NGX_DONE;

        } else {
            ngx_clear_status_entry_trim(zone->shm, e);
        }
    }

done:

    ngx_clear_status_shm_unlock(zone, &after);

    return rc;
}


/*
 * The flight in the air for an entry, or NULL.  One whose time is over, or
 * whose owner is dead, is none; its watchers find it gone and come here too.
 */

static ngx_clear_status_lease_t *
ngx_clear_status_zone_flying(ngx_clear_status_zone_t *zone,
    ngx_clear_status_entry_t *e, int64_t now, ngx_clear_status_after_t *after)
{
    uint32_t                   i, next;
    ngx_clear_status_shm_t    *shm;
    ngx_clear_status_lease_t  *lease;

    shm = zone->shm;

    for (i = e->lease; i; i = next) {
        lease = ngx_clear_status_at(shm, i);
        next = lease->next;

        if (lease->until > now) {

            if (lease->landed) {
                continue;
            }

            if (ngx_clear_status_slot_alive(&shm->slots[lease->slot])) {
                return lease;
            }
        }

        ngx_clear_status_lease_free(shm, lease, after);
    }

    return NULL;
}


ngx_int_t
ngx_clear_status_zone_complete(ngx_shm_zone_t *shm_zone,
    ngx_clear_status_key_t *key, ngx_clear_status_ticket_t ticket,
    clear_freshness_conf_t *conf, int64_t now, ngx_pool_t *pool,
    ngx_clear_status_found_t *found, uint64_t *wake)
{
    uint32_t                   result;
    uint64_t                   outbox;
    ngx_int_t                  rc;
    ngx_clear_status_zone_t   *zone;
    ngx_clear_status_after_t   after;
    ngx_clear_status_chain_t   chain;
    ngx_clear_status_entry_t  *e;
    ngx_clear_status_lease_t  *lease;

    zone = shm_zone->data;
    rc = NGX_OK;
    outbox = 0;

    found->stored = 0;
    found->stale.body.data = NULL;

    ngx_memzero(&after, sizeof(ngx_clear_status_after_t));
    ngx_memzero(&chain, sizeof(ngx_clear_status_chain_t));

    /* within the lock, but for a large one */

    ngx_clear_status_shm_lock(zone);
    ngx_clear_status_zone_reserve(zone, &found->answer, &chain, &after);

    if (chain.n == 0) {
        zone->shm->stat.too_large += found->answer.storable;
        ngx_clear_status_shm_unlock(zone, &after);

        outbox = ngx_clear_status_outbox_put(found->answer.body.data,
                                             found->answer.body.len);

        ngx_clear_status_shm_lock(zone);
    }

    result = chain.head;

    e = ngx_clear_status_entry_find(zone->shm, key);

    if (e == NULL) {
        e = ngx_clear_status_entry_create(zone, key, &after);
    }

    if (e) {
        lease = ngx_clear_status_lease_find(zone->shm, e, ticket);

        ngx_clear_status_zone_land(zone, e, lease, found, &result, now,
                                   &outbox, &after);

        if (found->answer.status != NGX_CLEAR_STATUS_OK) {
            rc = ngx_clear_status_zone_stale(zone, e, conf, now, pool, found);
        }
    }

    ngx_clear_status_result_free(zone->shm, &result);
    ngx_clear_status_zone_ended(zone->shm, key);

    ngx_clear_status_shm_unlock(zone, &after);

    if (outbox) {
        ngx_clear_status_outbox_free(outbox, found->answer.body.len);
    }

    *wake = after.wake;

    return rc;
}


/*
 * A chain with the whole answer in it; empty where there is no room.  The
 * lock may have been left and taken again.
 */

static void
ngx_clear_status_zone_reserve(ngx_clear_status_zone_t *zone,
    ngx_clear_status_answer_t *answer, ngx_clear_status_chain_t *chain,
    ngx_clear_status_after_t *after)
{
    uint32_t                 n;
    ngx_clear_status_shm_t  *shm;

    shm = zone->shm;

    n = ngx_clear_status_chunks_needed(sizeof(ngx_clear_status_result_t)
                                       + answer->body.len);

    if (n > NGX_CLEAR_STATUS_ZONE_SMALL) {
        ngx_clear_status_zone_reserve_large(zone, answer, chain, after);
        return;
    }

    if (ngx_clear_status_shm_take(zone, chain, n, after) != NGX_OK) {
        return;
    }

    ngx_clear_status_zone_head(shm, chain, answer);

    ngx_clear_status_chunks_write(&shm->chunks, chain->head,
                                  sizeof(ngx_clear_status_result_t),
                                  answer->body.data, answer->body.len);
}


/*
 * In pieces, with the lock left between them.  What is there so far hangs on
 * our slot, so that it is found if we die, and gone if the zone is dropped.
 */

static void
ngx_clear_status_zone_reserve_large(ngx_clear_status_zone_t *zone,
    ngx_clear_status_answer_t *answer, ngx_clear_status_chain_t *chain,
    ngx_clear_status_after_t *after)
{
    size_t                     offset, done, len, room;
    uint32_t                   n, take;
    uint64_t                   epoch;
    ngx_clear_status_shm_t    *shm;
    ngx_clear_status_chain_t   piece, *reserved;

    shm = zone->shm;
    offset = sizeof(ngx_clear_status_result_t);
    done = 0;

    n = ngx_clear_status_chunks_needed(offset + answer->body.len);

    if (zone->slot == NULL || n > shm->chunks.total) {
        return;
    }

    epoch = shm->epoch;
    reserved = &zone->slot->reserved;

    for ( ;; ) {
        ngx_memzero(&piece, sizeof(ngx_clear_status_chain_t));

        take = ngx_min(n, NGX_CLEAR_STATUS_ZONE_SMALL);

        if (ngx_clear_status_shm_take(zone, &piece, take, after) != NGX_OK) {
            ngx_clear_status_chunks_give(&shm->chunks, reserved);
            return;
        }

        room = take * NGX_CLEAR_STATUS_CHUNK_DATA - offset;
        len = ngx_min(room, answer->body.len - done);

        ngx_clear_status_chunks_write(&shm->chunks, piece.head, offset,
                                      answer->body.data + done, len);
        ngx_clear_status_chunks_join(&shm->chunks, reserved, &piece);

        offset = 0;
        done += len;
        n -= take;

        if (n == 0) {
            break;
        }

        ngx_clear_status_shm_unlock(zone, after);
        ngx_clear_status_shm_lock(zone);

        if (shm->epoch != epoch) {
            return;
        }
    }

    *chain = *reserved;
    ngx_memzero(reserved, sizeof(ngx_clear_status_chain_t));

    ngx_clear_status_zone_head(shm, chain, answer);
}


static void
ngx_clear_status_zone_head(ngx_clear_status_shm_t *shm,
    ngx_clear_status_chain_t *chain, ngx_clear_status_answer_t *answer)
{
    ngx_clear_status_result_t  *r;

    r = ngx_clear_status_at(shm, chain->head);

    r->chain = *chain;
    r->len = (uint32_t) answer->body.len;
    r->fetched = answer->stamp.fetched;
    r->fresh_until = answer->stamp.fresh_until;
    r->retry_until = answer->retry_until;
    r->upstream_time = (uint32_t) answer->upstream_time;
    r->status = (uint16_t) answer->status;
    r->upstream_status = (uint16_t) answer->upstream_status;
    r->workflow = (u_char) answer->workflow;

    r->flags = (answer->storable ? NGX_CLEAR_STATUS_STORABLE : 0)
               | (answer->urls ? NGX_CLEAR_STATUS_URLS : 0)
               | (answer->forwarded ? NGX_CLEAR_STATUS_FORWARDED : 0)
               | (answer->stamp.terminal ? NGX_CLEAR_STATUS_TERMINAL : 0)
               | (answer->stamp.definite ? NGX_CLEAR_STATUS_DEFINITE : 0);

    ngx_memcpy(r->etag, answer->etag, NGX_CLEAR_STATUS_ETAG_LEN);
}


/* takes what was linked or kept out of *result and *outbox */

static void
ngx_clear_status_zone_land(ngx_clear_status_zone_t *zone,
    ngx_clear_status_entry_t *e, ngx_clear_status_lease_t *lease,
    ngx_clear_status_found_t *found, uint32_t *result, int64_t now,
    uint64_t *outbox, ngx_clear_status_after_t *after)
{
    ngx_clear_status_shm_t  *shm;

    shm = zone->shm;

#if (NGX_CLEAR_STATUS_FAULTS)
    ngx_clear_status_fault(shm, e);
#endif

    if (*result && found->answer.storable) {
        ngx_clear_status_zone_store(shm, e, found, result);
    }

    if (lease == NULL || lease->landed) {
        ngx_clear_status_entry_trim(shm, e);
        return;
    }

    after->wake |= lease->watch;

    if (lease->watchers == 0) {
        ngx_clear_status_lease_free(shm, lease, after);
        ngx_clear_status_entry_trim(shm, e);
        return;
    }

    ngx_queue_remove(&lease->queue);

    lease->landed = 1;
    lease->until = now + NGX_CLEAR_STATUS_ZONE_KEEP;

    if (found->stored) {
        lease->good = (found->answer.status == NGX_CLEAR_STATUS_OK);
        lease->error = !lease->good;
        return;
    }

    ngx_clear_status_zone_keep(zone, e, lease, found, result, outbox, after);
}


static void
ngx_clear_status_zone_store(ngx_clear_status_shm_t *shm,
    ngx_clear_status_entry_t *e, ngx_clear_status_found_t *found,
    uint32_t *result)
{
    shm->stat.entries[ngx_clear_status_entry_state(shm, e)]--;

    ngx_clear_status_result_free(shm, &e->error);

    if (found->answer.status == NGX_CLEAR_STATUS_OK) {
        ngx_clear_status_result_free(shm, &e->good);
        e->good = *result;

    } else {
        e->error = *result;
    }

    shm->stat.entries[ngx_clear_status_entry_state(shm, e)]++;

    ngx_clear_status_entry_touch(shm, e);

    *result = 0;
    found->stored = 1;
}


/* a result that is not stored, for those who watch */

static void
ngx_clear_status_zone_keep(ngx_clear_status_zone_t *zone,
    ngx_clear_status_entry_t *e, ngx_clear_status_lease_t *lease,
    ngx_clear_status_found_t *found, uint32_t *result, uint64_t *outbox,
    ngx_clear_status_after_t *after)
{
    ngx_int_t                  rc;
    ngx_clear_status_chain_t   chain;
    ngx_clear_status_answer_t  head;

    if (*result) {
        lease->result = *result;
        *result = 0;
        return;
    }

    if (*outbox == 0) {
        return;
    }

    /* its head here, its body there */

    head = found->answer;
    head.body.len = 0;

    ngx_memzero(&chain, sizeof(ngx_clear_status_chain_t));

    zone->keep = e;
    rc = ngx_clear_status_shm_take(zone, &chain, 1, after);
    zone->keep = NULL;

    if (rc == NGX_OK) {
        ngx_clear_status_zone_head(zone->shm, &chain, &head);

        lease->result = chain.head;
        lease->outbox = *outbox;
        lease->outbox_len = found->answer.body.len;
        *outbox = 0;
    }
}


/* may leave the lock and take it again: nothing of the entry counts after */

static ngx_int_t
ngx_clear_status_zone_stale(ngx_clear_status_zone_t *zone,
    ngx_clear_status_entry_t *e, clear_freshness_conf_t *conf, int64_t now,
    ngx_pool_t *pool, ngx_clear_status_found_t *found)
{
    ngx_int_t      rc;
    clear_stamp_t  stamp;

    if (!clear_freshness_usable(conf,
                             ngx_clear_status_zone_stamp(zone->shm, e->good,
                                                         &stamp),
                             &found->answer.stamp, now))
    {
        return NGX_OK;
    }

    rc = ngx_clear_status_zone_copy(zone, e->good, pool, &found->stale);

    if (rc != NGX_OK) {
        found->stale.body.data = NULL;
    }

    return (rc == NGX_ERROR) ? NGX_ERROR : NGX_OK;
}


void
ngx_clear_status_zone_release(ngx_shm_zone_t *shm_zone,
    ngx_clear_status_key_t *key, ngx_clear_status_ticket_t ticket,
    uint64_t *wake)
{
    ngx_clear_status_zone_t   *zone;
    ngx_clear_status_after_t   after;
    ngx_clear_status_entry_t  *e;
    ngx_clear_status_lease_t  *lease;

    zone = shm_zone->data;

    ngx_memzero(&after, sizeof(ngx_clear_status_after_t));

    ngx_clear_status_shm_lock(zone);

    e = ngx_clear_status_entry_find(zone->shm, key);
    lease = e ? ngx_clear_status_lease_find(zone->shm, e, ticket) : NULL;

    if (lease) {
        after.wake = lease->watch;

        ngx_clear_status_lease_free(zone->shm, lease, &after);
        ngx_clear_status_entry_trim(zone->shm, e);
    }

    ngx_clear_status_zone_ended(zone->shm, key);

    ngx_clear_status_shm_unlock(zone, &after);

    *wake = after.wake;
}


static void
ngx_clear_status_zone_ended(ngx_clear_status_shm_t *shm,
    ngx_clear_status_key_t *key)
{
    (void) ngx_atomic_fetch_add(&shm->stripes[key->hash
                                            % NGX_CLEAR_STATUS_ZONE_STRIPES],
                                1);
}


ngx_atomic_uint_t
ngx_clear_status_zone_stripe(ngx_shm_zone_t *shm_zone,
    ngx_clear_status_key_t *key)
{
    ngx_clear_status_zone_t  *zone;

    zone = shm_zone->data;

    return zone->shm->stripes[key->hash % NGX_CLEAR_STATUS_ZONE_STRIPES];
}


ngx_int_t
ngx_clear_status_zone_collect(ngx_shm_zone_t *shm_zone,
    ngx_clear_status_key_t *key, ngx_clear_status_ticket_t ticket,
    clear_freshness_conf_t *conf, int64_t now, ngx_pool_t *pool,
    ngx_clear_status_found_t *found)
{
    ngx_int_t                  rc;
    ngx_clear_status_zone_t   *zone;
    ngx_clear_status_after_t   after;
    ngx_clear_status_entry_t  *e;
    ngx_clear_status_lease_t  *lease;

    zone = shm_zone->data;
    rc = NGX_DECLINED;

    found->stale.body.data = NULL;

    ngx_memzero(&after, sizeof(ngx_clear_status_after_t));

    ngx_clear_status_shm_lock(zone);

    e = ngx_clear_status_entry_find(zone->shm, key);
    lease = e ? ngx_clear_status_lease_find(zone->shm, e, ticket) : NULL;

    if (lease && !lease->landed) {

        if (lease->until > now
            && ngx_clear_status_slot_alive(&zone->shm->slots[lease->slot]))
        {
            rc = NGX_AGAIN;
        }

    } else if (lease) {
        rc = ngx_clear_status_zone_hand_over(zone, e, lease, pool, found);
    }

    if (rc == NGX_OK) {
        ngx_clear_status_zone_collected(zone, key, ticket, &after);

        e = ngx_clear_status_entry_find(zone->shm, key);

        if (e && found->answer.status != NGX_CLEAR_STATUS_OK) {
            (void) ngx_clear_status_zone_stale(zone, e, conf, now, pool,
                                               found);
        }
    }

    ngx_clear_status_shm_unlock(zone, &after);

    return rc;
}


/*
 * Copies the flight's result.  May leave the lock and take it again: nothing
 * of entry or lease counts after.
 */

static ngx_int_t
ngx_clear_status_zone_hand_over(ngx_clear_status_zone_t *zone,
    ngx_clear_status_entry_t *e, ngx_clear_status_lease_t *lease,
    ngx_pool_t *pool, ngx_clear_status_found_t *found)
{
    u_char     *body;
    uint32_t    result;
    uint64_t    outbox, len;
    ngx_int_t   rc;

    found->stored = (lease->good || lease->error);
    outbox = lease->outbox;
    len = lease->outbox_len;

    result = found->stored ? (lease->error && e->error) ? e->error : e->good
                           : lease->result;
    if (result == 0) {
        return NGX_DECLINED;
    }

    rc = ngx_clear_status_zone_copy(zone, result, pool, &found->answer);

    if (rc != NGX_OK || len == 0) {
        return rc;
    }

    ngx_clear_status_shm_unlock(zone, NULL);

    body = ngx_pnalloc(pool, len);

    rc = body ? ngx_clear_status_outbox_get(outbox, body, len) : NGX_ERROR;

    found->answer.body.data = body;
    found->answer.body.len = len;

    ngx_clear_status_shm_lock(zone);

    return rc;
}


/* this worker has what it watched for, or wants it no more */

static void
ngx_clear_status_zone_collected(ngx_clear_status_zone_t *zone,
    ngx_clear_status_key_t *key, ngx_clear_status_ticket_t ticket,
    ngx_clear_status_after_t *after)
{
    ngx_clear_status_entry_t  *e;
    ngx_clear_status_lease_t  *lease;

    e = ngx_clear_status_entry_find(zone->shm, key);
    lease = e ? ngx_clear_status_lease_find(zone->shm, e, ticket) : NULL;

    if (lease == NULL) {
        return;
    }

    if (lease->watchers) {
        lease->watchers--;
    }

    if (lease->landed && lease->watchers == 0) {
        ngx_clear_status_lease_free(zone->shm, lease, after);
        ngx_clear_status_entry_trim(zone->shm, e);
    }
}


void
ngx_clear_status_zone_unwatch(ngx_shm_zone_t *shm_zone,
    ngx_clear_status_key_t *key, ngx_clear_status_ticket_t ticket)
{
    ngx_clear_status_zone_t   *zone;
    ngx_clear_status_after_t   after;

    zone = shm_zone->data;

    ngx_memzero(&after, sizeof(ngx_clear_status_after_t));

    ngx_clear_status_shm_lock(zone);
    ngx_clear_status_zone_collected(zone, key, ticket, &after);
    ngx_clear_status_shm_unlock(zone, &after);
}
