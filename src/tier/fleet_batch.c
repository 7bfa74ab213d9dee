/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Some purges of a fleet's log; see the header.
 */


#include "tier/fleet_batch.h"

#include "clear/redis_scan.h"


/* what a reply says before them */
#define NGX_CS_FLEET_BATCH_HEAD  4

_Static_assert(NGX_CS_FLEET_BATCH_HEAD + 2 * NGX_CS_FLEET_BATCH
               <= CLEAR_REDIS_ELEMENTS,
               "a reply may have that many purges");


static void ngx_cs_fleet_batch_member(ngx_cs_fleet_batch_t *batch,
    ngx_shm_zone_t *fleet, redisReply *member, int64_t at);
static int ngx_libc_cdecl ngx_cs_fleet_batch_cmp(const void *one,
    const void *two);


ngx_int_t
ngx_cs_fleet_batch_parse(ngx_cs_fleet_batch_t *batch, ngx_shm_zone_t *fleet,
    redisReply *reply)
{
    size_t        i;
    redisReply  **field;

    batch->n = 0;
    batch->unknown = 0;

    if (reply->type != REDIS_REPLY_ARRAY
        || reply->elements < NGX_CS_FLEET_BATCH_HEAD
        || reply->elements > NGX_CS_FLEET_BATCH_HEAD
                             + 2 * NGX_CS_FLEET_BATCH
        || reply->elements % 2)
    {
        return NGX_DECLINED;
    }

    field = reply->element;

    for (i = 0; i < NGX_CS_FLEET_BATCH_HEAD; i++) {
        if (field[i]->type != REDIS_REPLY_INTEGER) {
            return NGX_DECLINED;
        }
    }

    batch->to.epoch = field[0]->integer;
    batch->to.seen = field[2]->integer;
    batch->all = (field[3]->integer != 0);

    if (batch->to.epoch == batch->from.epoch
        && batch->to.seen == batch->from.seen)
    {
        return NGX_DONE;
    }

    for (i = NGX_CS_FLEET_BATCH_HEAD; i < reply->elements; i += 2) {

        if (field[i]->type != REDIS_REPLY_STRING
            || field[i + 1]->type != REDIS_REPLY_INTEGER)
        {
            return NGX_DECLINED;
        }

        ngx_cs_fleet_batch_member(batch, fleet, field[i],
                                  field[i + 1]->integer);
    }

    /* so are all until now */

    if (batch->all) {
        batch->to.seen = field[1]->integer;
    }

    ngx_qsort(batch->purged, batch->n, sizeof(ngx_cs_fleet_purged_t),
              ngx_cs_fleet_batch_cmp);

    return NGX_OK;
}


static void
ngx_cs_fleet_batch_member(ngx_cs_fleet_batch_t *batch, ngx_shm_zone_t *fleet,
    redisReply *member, int64_t at)
{
    u_char                 *text;
    ngx_cs_fleet_purged_t  *purged;

    text = (u_char *) member->str;
    purged = &batch->purged[batch->n];

    if (ngx_cs_fleet_block_own(fleet, at)) {
        return;
    }

    if (member->len == 1 && text[0] == '*') {
        batch->all = 1;
        return;
    }

    if (ngx_cs_fleet_block_digest(text, member->len, purged->digest)
        != NGX_OK)
    {
        batch->all = 1;
        batch->unknown = 1;
        return;
    }

    purged->kind = text[0];
    batch->n++;
}


ngx_uint_t
ngx_cs_fleet_batch_find(ngx_cs_fleet_batch_t *batch, u_char kind,
    u_char *digest)
{
    ngx_cs_fleet_purged_t  wanted;

    ngx_memzero(&wanted, sizeof(ngx_cs_fleet_purged_t));

    wanted.kind = kind;
    ngx_memcpy(wanted.digest, digest, NGX_CS_SEAL_TASK);

    return bsearch(&wanted, batch->purged, batch->n,
                   sizeof(ngx_cs_fleet_purged_t), ngx_cs_fleet_batch_cmp)
           != NULL;
}


static int ngx_libc_cdecl
ngx_cs_fleet_batch_cmp(const void *one, const void *two)
{
    return ngx_memcmp(one, two, sizeof(ngx_cs_fleet_purged_t));
}
