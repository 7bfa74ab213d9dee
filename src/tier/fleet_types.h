/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A fleet as those see it who make it one: a zone, the Redis that it shares,
 * and under which names things lie there.  For the tier/fleet files, and for
 * configuration, which makes it.
 */


#ifndef _NGX_CS_TIER_FLEET_TYPES_H_INCLUDED_
#define _NGX_CS_TIER_FLEET_TYPES_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "redis/redis.h"
#include "tier/fleet_block.h"


/* of Redis' entries, and whom it tells of them */
#define NGX_CS_FLEET_CHANNELS  64

/* a key's digest in hexadecimal digits */
#define NGX_CS_FLEET_HEX       (2 * NGX_CS_SEAL_KEY)


/* the integration id in a tenant, which was made above; it points there */
typedef ngx_int_t (*ngx_cs_fleet_id_pt)(ngx_str_t *tenant, ngx_str_t *id);


/* one clear_status_redis */

typedef struct {
    ngx_cs_redis_t              *redis;
    ngx_shm_zone_t              *shm_zone;
    ngx_shm_zone_t              *block;     /* ngx_cs_fleet_block_t */
    ngx_cs_fleet_id_pt           id_of;
    struct ngx_cs_fleet_ears_s  *ears;      /* in a worker: its channels */
    struct ngx_cs_fleet_log_s   *log;       /* in a worker: purges */
    struct ngx_cs_fleet_sweep_s *sweep;     /* and what they delete */
} ngx_cs_fleet_t;


#endif /* _NGX_CS_TIER_FLEET_TYPES_H_INCLUDED_ */
