/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * After a purge of this gateway's: what nobody gets any more is deleted in
 * Redis too, a little at a time.
 */


#ifndef _NGX_CS_TIER_FLEET_SWEEP_H_INCLUDED_
#define _NGX_CS_TIER_FLEET_SWEEP_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "tier/fleet_types.h"


/* Redis knows of a purge: a walk begins, or another one after that under way */
void ngx_cs_fleet_sweep_begin(ngx_cs_fleet_t *fleet);


#endif /* _NGX_CS_TIER_FLEET_SWEEP_H_INCLUDED_ */
