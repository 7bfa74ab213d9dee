/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The fleets of this worker, one for each zone that shares a Redis.
 */


#ifndef _NGX_CS_TIER_FLEETS_H_INCLUDED_
#define _NGX_CS_TIER_FLEETS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "tier/fleet_types.h"


/*
 * In a worker; fleets is of ngx_cs_fleet_t * and lives as long as it.
 * NGX_OK or NGX_ERROR: no memory.
 */
ngx_int_t ngx_cs_fleet_init_process(ngx_array_t *fleets);

/* in a worker, after a wake-up: purges may have to be told */
void ngx_cs_fleet_wake(void);

/* the fleet of a zone, in a worker; NULL: there is none */
ngx_cs_fleet_t *ngx_cs_fleet_of(ngx_shm_zone_t *shm_zone);


#endif /* _NGX_CS_TIER_FLEETS_H_INCLUDED_ */
