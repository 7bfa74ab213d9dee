/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What a question is called in Redis.  Nothing plain of a tenant, a token or a
 * task goes there, digests alone.
 */


#ifndef _NGX_CS_TIER_FLEET_NAMES_H_INCLUDED_
#define _NGX_CS_TIER_FLEET_NAMES_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "tier/fleet_types.h"


typedef struct {
    u_char                       key[NGX_CS_SEAL_KEY];
    ngx_str_t                    hex;       /* the same in digits */
    ngx_str_t                    task;      /* its digest alone */
    ngx_str_t                    id;        /* the integration id's digest */
    ngx_str_t                    entry;     /* keys */
    ngx_str_t                    purges;
    ngx_str_t                    tenant;
    ngx_str_t                    channel;
    ngx_str_t                    message;   /* that is published there */
} ngx_cs_fleet_names_t;


/*
 * NGX_OK or NGX_ERROR: no memory in the pool, or OpenSSL cannot.
 */
ngx_int_t ngx_cs_fleet_names(ngx_pool_t *pool, ngx_cs_fleet_t *fleet,
    ngx_str_t *tenant, ngx_str_t *task_id, ngx_cs_fleet_names_t *names);

/* the same in another pool.  NGX_OK or NGX_ERROR: no memory */
ngx_int_t ngx_cs_fleet_names_copy(ngx_pool_t *pool, ngx_cs_fleet_names_t *to,
    ngx_cs_fleet_names_t *from);

/* the number of a digest's channel, and its name */
ngx_uint_t ngx_cs_fleet_names_channel(u_char *hex);
ngx_int_t ngx_cs_fleet_names_of_channel(ngx_pool_t *pool,
    ngx_cs_fleet_t *fleet, ngx_uint_t n, ngx_str_t *name);

/* a pattern of all keys: their fixed part and "*" */
ngx_int_t ngx_cs_fleet_names_of_all(ngx_pool_t *pool, ngx_cs_fleet_t *fleet,
    ngx_str_t *pattern);

/* the key of the purges, and the channel that tells of them */
ngx_int_t ngx_cs_fleet_names_of_purges(ngx_pool_t *pool,
    ngx_cs_fleet_t *fleet, ngx_str_t *key, ngx_str_t *channel);


#endif /* _NGX_CS_TIER_FLEET_NAMES_H_INCLUDED_ */
