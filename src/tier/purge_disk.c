/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The purges of other gateways on this one's disk; see the header.
 */


#include "tier/purge_disk.h"

#if (NGX_CS_HAVE_SQLITE)

#include "tier/disk.h"


void
ngx_cs_purge_disk_begin(ngx_cs_purge_disk_t *purge, ngx_shm_zone_t *zone)
{
    ngx_cs_disk_t  *disk;

    disk = ngx_cs_disk_of(zone);

    purge->shm_zone = disk ? disk->block : NULL;
    purge->n = 0;
}


ngx_int_t
ngx_cs_purge_disk_add(ngx_cs_purge_disk_t *purge, u_char kind, u_char *digest,
    int64_t until)
{
    ngx_int_t            rc;
    ngx_cs_disk_purge_t  entry;

    if (purge->shm_zone == NULL || purge->n > NGX_CS_PURGE_DISK_MAX) {
        return NGX_OK;
    }

    ngx_memzero(&entry, sizeof(ngx_cs_disk_purge_t));

    entry.until = until;
    entry.pid = ngx_pid;
    entry.kind = NGX_CS_DISK_PURGE_ALL;

    if (purge->n < NGX_CS_PURGE_DISK_MAX && kind == 't') {
        entry.kind = NGX_CS_DISK_PURGE_TASK;
        ngx_memcpy(entry.task, digest, NGX_CS_SEAL_TASK);

    } else if (purge->n < NGX_CS_PURGE_DISK_MAX && kind == 'o') {
        entry.kind = NGX_CS_DISK_PURGE_OWNER;
        ngx_memcpy(&entry.owner, digest, sizeof(int64_t));
    }

    rc = ngx_cs_disk_purge_add(purge->shm_zone, &entry,
                               &purge->places[purge->n]);
    if (rc == NGX_OK) {
        purge->n++;
    }

    return rc;
}


void
ngx_cs_purge_disk_end(ngx_cs_purge_disk_t *purge)
{
    while (purge->n) {
        ngx_cs_disk_purge_ready(purge->shm_zone, purge->places[--purge->n]);
    }
}

#else

void
ngx_cs_purge_disk_begin(ngx_cs_purge_disk_t *purge, ngx_shm_zone_t *zone)
{
}


ngx_int_t
ngx_cs_purge_disk_add(ngx_cs_purge_disk_t *purge, u_char kind, u_char *digest,
    int64_t until)
{
    return NGX_OK;
}


void
ngx_cs_purge_disk_end(ngx_cs_purge_disk_t *purge)
{
}

#endif
