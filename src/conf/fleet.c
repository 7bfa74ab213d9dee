/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A fleet for each clear_status_redis; see the header.
 */


#include "conf/fleet.h"

#if (NGX_CS_HAVE_HIREDIS)

#include "core/block.h"
#include "request/credentials.h"
#if (NGX_CS_HAVE_SQLITE)
#include "tier/disk.h"
#endif
#include "tier/fleets.h"


static ngx_cs_fleet_t *ngx_cs_fleet_create(ngx_conf_t *cf,
    ngx_cs_redis_t *redis);
static void ngx_cs_fleet_remember(ngx_cs_main_conf_t *cmcf,
    ngx_cs_fleet_t *fleet);


ngx_int_t
ngx_cs_fleet_init_conf(ngx_conf_t *cf, ngx_cs_main_conf_t *cmcf)
{
    ngx_uint_t        i;
    ngx_cs_fleet_t  **fleet;
    ngx_cs_redis_t  **redises;

    redises = cmcf->redises.elts;

    for (i = 0; i < cmcf->redises.nelts; i++) {
        fleet = ngx_array_push(&cmcf->fleets);
        if (fleet == NULL) {
            return NGX_ERROR;
        }

        *fleet = ngx_cs_fleet_create(cf, redises[i]);
        if (*fleet == NULL) {
            return NGX_ERROR;
        }

        ngx_cs_fleet_remember(cmcf, *fleet);
    }

    return NGX_OK;
}


static ngx_cs_fleet_t *
ngx_cs_fleet_create(ngx_conf_t *cf, ngx_cs_redis_t *redis)
{
    u_char          *p;
    ngx_str_t        name;
    ngx_cs_fleet_t  *fleet;

    fleet = ngx_pcalloc(cf->pool, sizeof(ngx_cs_fleet_t));
    p = ngx_pnalloc(cf->pool, sizeof("clear_status fleet ") + redis->zone.len);

    if (fleet == NULL || p == NULL) {
        return NULL;
    }

    name.data = p;
    name.len = ngx_sprintf(p, "clear_status fleet %V", &redis->zone) - p;

    fleet->redis = redis;
    fleet->shm_zone = redis->shm_zone;
    fleet->id_of = ngx_cs_credentials_id_of;
    fleet->block = ngx_cs_block_add(cf, &name, sizeof(ngx_cs_fleet_block_t),
                                    &ngx_clear_status_module);

    return fleet->block ? fleet : NULL;
}


/* its zone's disk does */

static void
ngx_cs_fleet_remember(ngx_cs_main_conf_t *cmcf, ngx_cs_fleet_t *fleet)
{
#if (NGX_CS_HAVE_SQLITE)
    ngx_uint_t       i;
    ngx_cs_disk_t  **disks;

    disks = cmcf->disks.elts;

    for (i = 0; i < cmcf->disks.nelts; i++) {
        if (disks[i]->shm_zone == fleet->shm_zone) {
            disks[i]->fleet = fleet->block;
        }
    }
#endif
}


#else

ngx_int_t
ngx_cs_fleet_init_conf(ngx_conf_t *cf, ngx_cs_main_conf_t *cmcf)
{
    return NGX_OK;
}

#endif
