/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Answers in and out of a zone's shared memory; see the header.
 *
 * A large body is copied out with its chain pinned in our slot, and copied in
 * piece by piece onto a chain that hangs on our slot, so that neither holds
 * the lock for long, and a worker that dies meanwhile loses nothing.
 */


#include "zone/copy.h"

#include "zone/alloc.h"
#include "zone/queue.h"
#include "zone/result.h"
#include "zone/shm.h"


/* chunks up to which a body is copied at once, and the size of a piece */
#define NGX_CS_ZONE_SMALL  16


static ngx_int_t ngx_cs_result_copy_large(ngx_cs_zone_t *zone,
    uint32_t result, u_char *body, size_t len);
static void ngx_cs_result_make_large(ngx_cs_zone_t *zone,
    ngx_cs_answer_t *answer, ngx_cs_chain_t *chain, ngx_cs_deferred_t *after);


ngx_int_t
ngx_cs_result_copy(ngx_cs_zone_t *zone, uint32_t result, ngx_pool_t *pool,
    ngx_cs_answer_t *answer)
{
    size_t            len;
    u_char           *body;
    ngx_cs_shm_t     *shm;
    ngx_cs_result_t  *r;

    shm = zone->shm;
    r = ngx_cs_at(shm, result);

    len = r->answer.body.len;

    body = ngx_pnalloc(pool, len);
    if (body == NULL) {
        return NGX_ERROR;
    }

    *answer = r->answer;
    answer->body.data = body;

    if (r->chain.n > NGX_CS_ZONE_SMALL && zone->slot) {
        return ngx_cs_result_copy_large(zone, result, body, len);
    }

    ngx_cs_chunks_read(&shm->chunks, result,
                       sizeof(ngx_cs_result_t), body, len);

    return NGX_OK;
}


static ngx_int_t
ngx_cs_result_copy_large(ngx_cs_zone_t *zone, uint32_t result, u_char *body,
    size_t len)
{
    uint32_t          dropped;
    uint64_t          epoch;
    ngx_cs_shm_t     *shm;
    ngx_cs_chunks_t   chunks;

    shm = zone->shm;
    epoch = shm->epoch;

    /* that of the zone is made anew where it is emptied */

    chunks = shm->chunks;

    zone->slot->reading = result;
    shm->stat.readers++;

    ngx_cs_shm_unlock(zone, NULL);

    ngx_cs_chunks_read(&chunks, result, sizeof(ngx_cs_result_t), body, len);

    ngx_cs_shm_lock(zone);

    if (shm->epoch != epoch) {
        return NGX_DECLINED;
    }

    dropped = zone->slot->dropped;

    zone->slot->reading = 0;
    zone->slot->dropped = 0;
    shm->stat.readers--;

    if (dropped) {
        ngx_cs_result_free(shm, &dropped);
    }

    return NGX_OK;
}


ngx_uint_t
ngx_cs_result_behind(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    ngx_cs_answer_t *answer)
{
    return answer->status == NGX_CS_OK
           && answer->storable
           && !clear_freshness_terminal(answer->workflow)
           && ngx_cs_entry_finished(shm, e);
}


ngx_int_t
ngx_cs_result_copy_stale(ngx_cs_zone_t *zone, ngx_cs_entry_t *e,
    ngx_cs_lookup_t *lookup)
{
    ngx_int_t          rc;
    ngx_cs_outcome_t  *outcome;

    outcome = &lookup->outcome;

    if ((outcome->answer.status == NGX_CS_OK
         && !ngx_cs_result_behind(zone->shm, e, &outcome->answer))
        || !clear_freshness_usable(lookup->freshness,
                                   ngx_cs_result_stamp(zone->shm, e->good),
                                   &outcome->answer.stamp, ngx_current_msec))
    {
        return NGX_OK;
    }

    rc = ngx_cs_result_copy(zone, e->good, lookup->pool, &outcome->stale);

    if (rc != NGX_OK) {
        outcome->stale.body.data = NULL;
    }

    return rc;
}


void
ngx_cs_result_make(ngx_cs_zone_t *zone, ngx_cs_answer_t *answer,
    ngx_cs_chain_t *chain, ngx_cs_deferred_t *after)
{
    uint32_t       n;
    ngx_cs_shm_t  *shm;

    shm = zone->shm;

    n = ngx_cs_chunks_needed(sizeof(ngx_cs_result_t)
                             + answer->body.len);

    if (n > NGX_CS_ZONE_SMALL) {
        ngx_cs_result_make_large(zone, answer, chain, after);
        return;
    }

    if (ngx_cs_take(zone, chain, n, after) != NGX_OK) {
        return;
    }

    ngx_cs_result_head(shm, chain, answer);

    ngx_cs_chunks_write(&shm->chunks, chain->head,
                        sizeof(ngx_cs_result_t),
                        answer->body.data, answer->body.len);
}


/*
 * In pieces, with the lock left between them.  What is there so far hangs on
 * our slot, so that it is found if we die, and gone if the zone is dropped.
 */

static void
ngx_cs_result_make_large(ngx_cs_zone_t *zone, ngx_cs_answer_t *answer,
    ngx_cs_chain_t *chain, ngx_cs_deferred_t *after)
{
    size_t          offset, done, len, room;
    uint32_t        n, take;
    uint64_t        epoch;
    ngx_cs_shm_t   *shm;
    ngx_cs_chain_t  piece, *reserved;

    shm = zone->shm;
    offset = sizeof(ngx_cs_result_t);
    done = 0;

    n = ngx_cs_chunks_needed(offset + answer->body.len);

    if (zone->slot == NULL || n > shm->chunks.total) {
        return;
    }

    epoch = shm->epoch;
    reserved = &zone->slot->reserved;

    for ( ;; ) {
        ngx_memzero(&piece, sizeof(ngx_cs_chain_t));

        take = ngx_min(n, NGX_CS_ZONE_SMALL);

        if (ngx_cs_take(zone, &piece, take, after) != NGX_OK) {
            ngx_cs_chunks_give(&shm->chunks, reserved);
            return;
        }

        room = take * NGX_CS_CHUNK_DATA - offset;
        len = ngx_min(room, answer->body.len - done);

        ngx_cs_chunks_write(&shm->chunks, piece.head, offset,
                            answer->body.data + done, len);
        ngx_cs_chunks_join(&shm->chunks, reserved, &piece);

        offset = 0;
        done += len;
        n -= take;

        if (n == 0) {
            break;
        }

        ngx_cs_shm_unlock(zone, after);
        ngx_cs_shm_lock(zone);

        if (shm->epoch != epoch) {
            return;
        }
    }

    *chain = *reserved;
    ngx_memzero(reserved, sizeof(ngx_cs_chain_t));

    ngx_cs_result_head(shm, chain, answer);
}
