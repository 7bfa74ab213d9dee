/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The fleet as a tier: the answers and leases of all gateways that name the
 * same Redis.  Who finds nothing there flies, with a lease, for all of them;
 * who finds another's lease waits for what that one brings.  Where Redis does
 * not answer, each gateway is alone.
 */


#ifndef _NGX_CS_TIER_FLEET_H_INCLUDED_
#define _NGX_CS_TIER_FLEET_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "tier/tier.h"


extern ngx_cs_tier_t  ngx_cs_tier_fleet;


#endif /* _NGX_CS_TIER_FLEET_H_INCLUDED_ */
