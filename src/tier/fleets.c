/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The fleets of this worker; see the header.
 */


#include "tier/fleets.h"

#include "tier/fleet_log.h"


static ngx_array_t  *ngx_cs_fleets;


ngx_int_t
ngx_cs_fleet_init_process(ngx_array_t *fleets)
{
    ngx_uint_t        i;
    ngx_cs_fleet_t  **fleet;

    ngx_cs_fleets = fleets;

    fleet = fleets->elts;

    for (i = 0; i < fleets->nelts; i++) {
        if (ngx_cs_fleet_log_init(fleet[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


void
ngx_cs_fleet_wake(void)
{
    ngx_uint_t        i;
    ngx_cs_fleet_t  **fleets;

    fleets = ngx_cs_fleets->elts;

    for (i = 0; i < ngx_cs_fleets->nelts; i++) {
        ngx_cs_fleet_log_wake(fleets[i]);
    }
}


ngx_cs_fleet_t *
ngx_cs_fleet_of(ngx_shm_zone_t *shm_zone)
{
    ngx_uint_t        i;
    ngx_cs_fleet_t  **fleets;

    if (shm_zone == NULL || ngx_cs_fleets == NULL) {
        return NULL;
    }

    fleets = ngx_cs_fleets->elts;

    for (i = 0; i < ngx_cs_fleets->nelts; i++) {
        if (fleets[i]->shm_zone == shm_zone) {
            return fleets[i];
        }
    }

    return NULL;
}
