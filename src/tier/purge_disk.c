/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The purges of other gateways on this one's disk; see the header.
 */


#include "tier/purge_disk.h"

#if (NGX_CS_HAVE_SQLITE)

#include "core/wall.h"
#include "tier/disk.h"


/* so that as many places stay free */
#define NGX_CS_PURGE_DISK_BUSY  (NGX_CS_DISK_PURGES / 4)


void
ngx_cs_purge_disk_begin(ngx_cs_purge_disk_t *purge, ngx_shm_zone_t *zone,
    ngx_cs_disk_ticket_t *tickets)
{
    ngx_cs_disk_t  *disk;

    disk = ngx_cs_disk_of(zone);

    purge->shm_zone = disk ? disk->block : NULL;
    purge->n = 0;
    purge->tickets = tickets;
}


ngx_int_t
ngx_cs_purge_disk_add(ngx_cs_purge_disk_t *purge, u_char kind, u_char *digest)
{
    ngx_int_t            rc;
    ngx_cs_disk_purge_t  entry;

    if (purge->shm_zone == NULL) {
        return NGX_OK;
    }

    ngx_memzero(&entry, sizeof(ngx_cs_disk_purge_t));

    entry.until = ngx_cs_wall();
    entry.pid = ngx_pid;
    entry.kind = NGX_CS_DISK_PURGE_ALL;

    if (kind == 't') {
        entry.kind = NGX_CS_DISK_PURGE_TASK;
        ngx_memcpy(entry.task, digest, NGX_CS_SEAL_TASK);

    } else if (kind == 'o') {
        entry.kind = NGX_CS_DISK_PURGE_OWNER;
        ngx_memcpy(&entry.owner, digest, sizeof(int64_t));
    }

    rc = ngx_cs_disk_purge_add(purge->shm_zone, &entry,
                               &purge->tickets[purge->n]);
    if (rc == NGX_OK) {
        purge->n++;
    }

    return rc;
}


ngx_uint_t
ngx_cs_purge_disk_busy(ngx_cs_purge_disk_t *purge)
{
    ngx_cs_disk_block_t  *block;

    block = purge->shm_zone ? purge->shm_zone->data : NULL;

    return block && block->pending > NGX_CS_PURGE_DISK_BUSY;
}


ngx_uint_t
ngx_cs_purge_disk_fails(ngx_cs_purge_disk_t *purge)
{
    ngx_cs_disk_block_t  *block;

    block = purge->shm_zone ? purge->shm_zone->data : NULL;

    return block
           && (block->failing
               || block->purges[NGX_CS_DISK_PURGES - 1].kind
                  != NGX_CS_DISK_PURGE_NONE);
}


void
ngx_cs_purge_disk_end(ngx_cs_purge_disk_t *purge)
{
    while (purge->n) {
        ngx_cs_disk_purge_ready(purge->shm_zone, &purge->tickets[--purge->n]);
    }
}

#else

void
ngx_cs_purge_disk_begin(ngx_cs_purge_disk_t *purge, ngx_shm_zone_t *zone,
    ngx_cs_disk_ticket_t *tickets)
{
}


ngx_int_t
ngx_cs_purge_disk_add(ngx_cs_purge_disk_t *purge, u_char kind, u_char *digest)
{
    return NGX_OK;
}


ngx_uint_t
ngx_cs_purge_disk_busy(ngx_cs_purge_disk_t *purge)
{
    return 0;
}


ngx_uint_t
ngx_cs_purge_disk_fails(ngx_cs_purge_disk_t *purge)
{
    return 0;
}


void
ngx_cs_purge_disk_end(ngx_cs_purge_disk_t *purge)
{
}

#endif
