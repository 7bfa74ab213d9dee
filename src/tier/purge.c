/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A purge below the zone; see the header.
 */


#include "tier/purge.h"

#include "core/digest.h"
#include "tier/seal.h"
#if (NGX_CS_HAVE_HIREDIS)
#include "tier/fleets.h"
#include "tier/fleet_log.h"
#endif


static void ngx_cs_tier_purge_fleet(ngx_shm_zone_t *shm_zone, u_char kind,
    u_char *digest);


ngx_int_t
ngx_cs_tier_purge_begin(ngx_cs_tier_purge_t *purge, ngx_shm_zone_t *shm_zone,
    ngx_str_t *task_id, ngx_str_t *integration_id)
{
    u_char      digest[NGX_CS_DIGEST_LEN], kind;
    ngx_int_t   rc;
    ngx_str_t  *what;

    kind = task_id->data ? 't' : integration_id->data ? 'o' : '*';
    what = task_id->data ? task_id : integration_id;

    ngx_cs_purge_disk_begin(&purge->disk, shm_zone, &purge->ticket);

    if (kind != '*'
        && ngx_cs_digest(what->data, what->len, digest) != NGX_OK)
    {
        return NGX_ERROR;
    }

    rc = ngx_cs_purge_disk_add(&purge->disk, kind, digest);

    if (rc == NGX_OK) {
        ngx_cs_tier_purge_fleet(shm_zone, kind, digest);
    }

    return rc;
}


void
ngx_cs_tier_purge_end(ngx_cs_tier_purge_t *purge)
{
    ngx_cs_purge_disk_end(&purge->disk);
}


static void
ngx_cs_tier_purge_fleet(ngx_shm_zone_t *shm_zone, u_char kind, u_char *digest)
{
#if (NGX_CS_HAVE_HIREDIS)
    u_char           member[NGX_CS_FLEET_MEMBER];
    ngx_cs_fleet_t  *fleet;

    fleet = ngx_cs_fleet_of(shm_zone);

    if (fleet == NULL) {
        return;
    }

    member[0] = kind;

    if (kind != '*') {
        (void) ngx_hex_dump(member + 1, digest, NGX_CS_SEAL_TASK);
    }

    ngx_cs_fleet_block_purge(fleet->block, member,
                             (kind == '*') ? 1 : NGX_CS_FLEET_MEMBER);
    ngx_cs_fleet_log_tell(fleet);
#endif
}
