/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What the processes of one gateway tell each other of their fleet; see the
 * header.
 */


#include "tier/fleet_block.h"

#include "core/block.h"


static void ngx_cs_fleet_block_count(ngx_cs_fleet_block_t *block);


void
ngx_cs_fleet_block_serve(ngx_shm_zone_t *shm_zone, u_char *id)
{
    ngx_cs_fleet_block_t  *block;

    block = shm_zone->data;

    ngx_cs_block_lock(shm_zone);
    ngx_memcpy(block->serving, id, NGX_CS_ZONE_ID);
    ngx_cs_block_unlock(shm_zone);
}


ngx_uint_t
ngx_cs_fleet_block_serves(ngx_shm_zone_t *shm_zone, u_char *id)
{
    ngx_uint_t             serves;
    ngx_cs_fleet_block_t  *block;

    block = shm_zone->data;

    ngx_cs_block_lock(shm_zone);
    serves = ngx_memcmp(block->serving, id, NGX_CS_ZONE_ID) == 0;
    ngx_cs_block_unlock(shm_zone);

    return serves;
}


/* anew, as whoever died in here has left a count that is wrong */

static void
ngx_cs_fleet_block_count(ngx_cs_fleet_block_t *block)
{
    ngx_uint_t  i, n;

    n = 0;

    for (i = 0; i < NGX_CS_FLEET_PURGES; i++) {
        n += (block->purges[i].len != 0);
    }

    block->pending = n;
}


void
ngx_cs_fleet_block_purge(ngx_shm_zone_t *shm_zone, u_char *member, size_t len)
{
    ngx_uint_t             i, free;
    ngx_cs_fleet_purge_t  *purge;
    ngx_cs_fleet_block_t  *block;

    block = shm_zone->data;
    free = NGX_CS_FLEET_PURGES;

    ngx_cs_block_lock(shm_zone);

    block->asked++;
    block->changes++;

    for (i = 0; i < NGX_CS_FLEET_PURGES; i++) {
        purge = &block->purges[i];

        if (purge->len == 0) {
            free = ngx_min(free, i);

        } else if (ngx_memn2cmp(purge->member, member, purge->len, len) == 0) {
            purge->asked = block->asked;
            ngx_cs_block_unlock(shm_zone);
            return;
        }
    }

    /* what there is no room for is a part of all */

    if (free == NGX_CS_FLEET_PURGES) {
        ngx_memzero(block->purges, sizeof(block->purges));
        member = (u_char *) "*";
        len = 1;
        free = 0;
    }

    purge = &block->purges[free];

    /* until it is counted, should we die here */

    block->pending++;

    ngx_memcpy(purge->member, member, len);
    purge->len = (u_char) len;
    purge->asked = block->asked;

    ngx_cs_fleet_block_count(block);

    ngx_cs_block_unlock(shm_zone);
}


ngx_int_t
ngx_cs_fleet_block_get(ngx_shm_zone_t *shm_zone, ngx_uint_t place,
    ngx_cs_fleet_purge_t *purge)
{
    ngx_cs_fleet_block_t  *block;

    block = shm_zone->data;

    if (block->pending == 0) {
        return NGX_DECLINED;
    }

    ngx_cs_block_lock(shm_zone);
    *purge = block->purges[place];
    ngx_cs_block_unlock(shm_zone);

    return purge->len ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
ngx_cs_fleet_block_pending(ngx_shm_zone_t *shm_zone,
    ngx_cs_fleet_purge_t *purge)
{
    ngx_uint_t             i;
    ngx_cs_fleet_block_t  *block;

    block = shm_zone->data;

    if (block->pending == 0) {
        return NGX_DECLINED;
    }

    for (i = 0; i < NGX_CS_FLEET_PURGES; i++) {
        if (ngx_cs_fleet_block_get(shm_zone, i, purge) == NGX_OK) {
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


void
ngx_cs_fleet_block_told(ngx_shm_zone_t *shm_zone, u_char *id,
    ngx_cs_fleet_purge_t *purge, int64_t at)
{
    ngx_uint_t             i;
    ngx_cs_fleet_purge_t  *p;
    ngx_cs_fleet_block_t  *block;

    block = shm_zone->data;

    ngx_cs_block_lock(shm_zone);

    for (i = 0; i < NGX_CS_FLEET_PURGES; i++) {
        p = &block->purges[i];

        if (p->len
            && p->asked == purge->asked
            && ngx_memn2cmp(p->member, purge->member, p->len, purge->len) == 0)
        {
            p->len = 0;
            block->changes++;
            ngx_cs_fleet_block_count(block);
            break;
        }
    }

    if (ngx_memcmp(block->serving, id, NGX_CS_ZONE_ID) == 0) {
        block->own[block->nown++ % NGX_CS_FLEET_OWN] = (ngx_atomic_uint_t) at;
    }

    ngx_cs_block_unlock(shm_zone);
}


ngx_int_t
ngx_cs_fleet_block_digest(u_char *member, size_t len, u_char *digest)
{
    ngx_int_t   byte;
    ngx_uint_t  i;

    if (len != NGX_CS_FLEET_MEMBER || (member[0] != 't' && member[0] != 'o')) {
        return NGX_DECLINED;
    }

    for (i = 0; i < NGX_CS_SEAL_TASK; i++) {
        byte = ngx_hextoi(member + 1 + 2 * i, 2);

        if (byte == NGX_ERROR) {
            return NGX_DECLINED;
        }

        digest[i] = (u_char) byte;
    }

    return NGX_OK;
}


ngx_cs_fleet_mark_t
ngx_cs_fleet_block_mark(ngx_shm_zone_t *shm_zone)
{
    ngx_cs_fleet_mark_t    mark;
    ngx_cs_fleet_block_t  *block;

    block = shm_zone->data;

    ngx_cs_block_lock(shm_zone);
    mark = block->mark;
    ngx_cs_block_unlock(shm_zone);

    return mark;
}


ngx_int_t
ngx_cs_fleet_block_made(ngx_shm_zone_t *shm_zone, u_char *id,
    ngx_cs_fleet_mark_t from, ngx_cs_fleet_mark_t to)
{
    ngx_int_t              rc;
    ngx_cs_fleet_block_t  *block;

    block = shm_zone->data;
    rc = NGX_DECLINED;

    ngx_cs_block_lock(shm_zone);

    if (block->mark.epoch == from.epoch
        && block->mark.seen == from.seen
        && (id == NULL || ngx_memcmp(block->serving, id, NGX_CS_ZONE_ID) == 0))
    {
        block->mark = to;
        block->changes++;
        rc = NGX_OK;
    }

    ngx_cs_block_unlock(shm_zone);

    return rc;
}


ngx_uint_t
ngx_cs_fleet_block_own(ngx_shm_zone_t *shm_zone, int64_t at)
{
    ngx_uint_t             i;
    ngx_cs_fleet_block_t  *block;

    block = shm_zone->data;

    for (i = 0; i < NGX_CS_FLEET_OWN; i++) {
        if ((int64_t) block->own[i] == at) {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
ngx_cs_fleet_block_purged(ngx_shm_zone_t *shm_zone, u_char *task, u_char *id)
{
    u_char                *digest;
    ngx_uint_t             i, purged;
    ngx_cs_fleet_purge_t  *p;
    ngx_cs_fleet_block_t  *block;

    block = shm_zone->data;

    if (block->pending == 0) {
        return 0;
    }

    purged = 0;

    ngx_cs_block_lock(shm_zone);

    for (i = 0; i < NGX_CS_FLEET_PURGES; i++) {
        p = &block->purges[i];
        digest = (p->member[0] == 't') ? task : id;

        purged |= p->len == 1
                  || (p->len
                      && ngx_memcmp(p->member + 1, digest, p->len - 1) == 0);
    }

    ngx_cs_block_unlock(shm_zone);

    return purged;
}
