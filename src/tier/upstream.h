/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The last tier: one exchange with upstream (upstream/exchange.h).
 */


#ifndef _NGX_CS_TIER_UPSTREAM_H_INCLUDED_
#define _NGX_CS_TIER_UPSTREAM_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "tier/tier.h"


extern ngx_cs_tier_t  ngx_cs_tier_upstream;


#endif /* _NGX_CS_TIER_UPSTREAM_H_INCLUDED_ */
