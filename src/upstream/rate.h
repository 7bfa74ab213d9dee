/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * How many fetches of a tenant may begin in a second, over all workers and
 * reloads: evenly spaced, as limit_req does it.
 */


#ifndef _NGX_CS_UPSTREAM_RATE_H_INCLUDED_
#define _NGX_CS_UPSTREAM_RATE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "core/block.h"


/* without its zone no fetch ever waits */
extern ngx_cs_block_t  ngx_cs_rate_block;

typedef enum {
    NGX_CS_RATE_NEW = 0,
    NGX_CS_RATE_WAITED,          /* it was told when to come again, and comes as
                                    late as timers are */
    NGX_CS_RATE_PERMITTED        /* its turn in the fleet has come */
} ngx_cs_rate_e;


/*
 * A fetch wants to begin.  rate: 1 corresponds to 0.001 r/s, 0: any.
 * Returns 0 where it may, and has begun; else in how many ms to ask again.
 */
ngx_msec_t ngx_cs_rate_begin(ngx_str_t *tenant, ngx_uint_t rate, int64_t now,
    ngx_cs_rate_e how);


#endif /* _NGX_CS_UPSTREAM_RATE_H_INCLUDED_ */
