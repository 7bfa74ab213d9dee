/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What the processes tell each other of a database; see the header.
 */


#include "tier/disk_block.h"

#include "core/block.h"


static void ngx_cs_disk_purge_count(ngx_cs_disk_block_t *block);


ngx_int_t
ngx_cs_disk_purge_add(ngx_shm_zone_t *shm_zone, ngx_cs_disk_purge_t *purge,
    ngx_cs_disk_ticket_t *ticket)
{
    ngx_int_t             rc;
    ngx_uint_t            i;
    ngx_cs_disk_purge_t  *p;
    ngx_cs_disk_block_t  *block;

    block = shm_zone->data;
    rc = NGX_DECLINED;

    ngx_cs_block_lock(shm_zone);

    i = (purge->kind == NGX_CS_DISK_PURGE_ALL) ? NGX_CS_DISK_PURGES - 1 : 0;

    while (i < NGX_CS_DISK_PURGES - 1
           && block->purges[i].kind != NGX_CS_DISK_PURGE_NONE)
    {
        i++;
    }

    p = &block->purges[i];

    if (i < NGX_CS_DISK_PURGES - 1 || purge->kind == NGX_CS_DISK_PURGE_ALL) {

        *p = *purge;
        p->serial = ++block->serial;

        ngx_cs_disk_purge_count(block);

        ticket->place = i;
        ticket->serial = p->serial;

        rc = NGX_OK;
    }

    ngx_cs_block_unlock(shm_zone);

    return rc;
}


/* counted anew, as whoever died in here has left a count that is wrong */

static void
ngx_cs_disk_purge_count(ngx_cs_disk_block_t *block)
{
    ngx_uint_t  i, n;

    n = 0;

    for (i = 0; i < NGX_CS_DISK_PURGES; i++) {
        n += (block->purges[i].kind != NGX_CS_DISK_PURGE_NONE);
    }

    block->pending = n;
}


ngx_int_t
ngx_cs_disk_purge_get(ngx_shm_zone_t *shm_zone, ngx_uint_t place,
    ngx_cs_disk_purge_t *purge)
{
    ngx_cs_disk_block_t  *block;

    block = shm_zone->data;

    if (block->pending == 0) {
        return NGX_DECLINED;
    }

    ngx_cs_block_lock(shm_zone);
    *purge = block->purges[place];
    ngx_cs_block_unlock(shm_zone);

    return (purge->kind == NGX_CS_DISK_PURGE_NONE) ? NGX_DECLINED : NGX_OK;
}


void
ngx_cs_disk_purge_ready(ngx_shm_zone_t *shm_zone, ngx_cs_disk_ticket_t *ticket)
{
    ngx_cs_disk_purge_t  *purge;
    ngx_cs_disk_block_t  *block;

    block = shm_zone->data;
    purge = &block->purges[ticket->place];

    ngx_cs_block_lock(shm_zone);

    if (purge->serial == ticket->serial) {
        purge->pid = 0;
    }

    ngx_cs_block_unlock(shm_zone);
}


void
ngx_cs_disk_purge_done(ngx_shm_zone_t *shm_zone, ngx_cs_disk_ticket_t *ticket)
{
    ngx_cs_disk_purge_t  *purge;
    ngx_cs_disk_block_t  *block;

    block = shm_zone->data;
    purge = &block->purges[ticket->place];

    ngx_cs_block_lock(shm_zone);

    if (purge->kind != NGX_CS_DISK_PURGE_NONE
        && purge->serial == ticket->serial)
    {
        purge->kind = NGX_CS_DISK_PURGE_NONE;

        ngx_cs_disk_purge_count(block);
    }

    ngx_cs_block_unlock(shm_zone);
}


ngx_uint_t
ngx_cs_disk_purged(ngx_shm_zone_t *shm_zone, u_char key[NGX_CS_SEAL_KEY],
    int64_t owner, int64_t fetched, int64_t now)
{
    ngx_uint_t            i, purged;
    ngx_cs_disk_purge_t  *purge;
    ngx_cs_disk_block_t  *block;

    block = shm_zone->data;

    if (block->pending == 0) {
        return 0;
    }

    purged = 0;

    ngx_cs_block_lock(shm_zone);

    for (i = 0; i < NGX_CS_DISK_PURGES; i++) {
        purge = &block->purges[i];

        if (purge->kind == NGX_CS_DISK_PURGE_NONE
            || (fetched > purge->until && fetched <= now))
        {
            continue;
        }

        purged |= purge->kind == NGX_CS_DISK_PURGE_ALL
                  || (purge->kind == NGX_CS_DISK_PURGE_OWNER
                      && purge->owner == owner)
                  || (purge->kind == NGX_CS_DISK_PURGE_TASK
                      && ngx_memcmp(purge->task, key, NGX_CS_SEAL_TASK) == 0);
    }

    ngx_cs_block_unlock(shm_zone);

    return purged;
}
