/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A purge below the zone; see the header.
 */


#include "tier/purge.h"

#if (NGX_CS_HAVE_SQLITE)

#include "core/digest.h"
#include "tier/disk.h"


ngx_int_t
ngx_cs_tier_purge_begin(ngx_cs_tier_purge_t *purge, ngx_shm_zone_t *shm_zone,
    ngx_str_t *task_id, ngx_str_t *integration_id)
{
    u_char                digest[NGX_CS_DIGEST_LEN];
    ngx_int_t             rc;
    ngx_time_t           *tp;
    ngx_cs_disk_t        *disk;
    ngx_cs_disk_purge_t   entry;

    purge->begun = 0;
    disk = ngx_cs_disk_of(shm_zone);

    if (disk == NULL) {
        return NGX_OK;
    }

    ngx_memzero(&entry, sizeof(ngx_cs_disk_purge_t));

    tp = ngx_timeofday();

    entry.until = (int64_t) tp->sec * 1000 + tp->msec;
    entry.pid = ngx_pid;
    entry.kind = NGX_CS_DISK_PURGE_ALL;

    if (task_id->data) {
        entry.kind = NGX_CS_DISK_PURGE_TASK;

        if (ngx_cs_digest(task_id->data, task_id->len, digest) != NGX_OK) {
            return NGX_ERROR;
        }

        ngx_memcpy(entry.task, digest, NGX_CS_SEAL_TASK);

    } else if (integration_id->data) {
        entry.kind = NGX_CS_DISK_PURGE_OWNER;

        if (ngx_cs_seal_owner(integration_id, &entry.owner) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    rc = ngx_cs_disk_purge_add(disk->block, &entry, &purge->place);

    if (rc == NGX_OK) {
        purge->shm_zone = disk->block;
        purge->begun = 1;
    }

    return rc;
}


void
ngx_cs_tier_purge_end(ngx_cs_tier_purge_t *purge)
{
    if (purge->begun) {
        purge->begun = 0;
        ngx_cs_disk_purge_ready(purge->shm_zone, purge->place);
    }
}

#else

ngx_int_t
ngx_cs_tier_purge_begin(ngx_cs_tier_purge_t *purge, ngx_shm_zone_t *shm_zone,
    ngx_str_t *task_id, ngx_str_t *integration_id)
{
    return NGX_OK;
}


void
ngx_cs_tier_purge_end(ngx_cs_tier_purge_t *purge)
{
}

#endif
