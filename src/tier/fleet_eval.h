/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A script (tier/fleet_scripts.h) sent to Redis, with its keys and arguments.
 */


#ifndef _NGX_CS_TIER_FLEET_EVAL_H_INCLUDED_
#define _NGX_CS_TIER_FLEET_EVAL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "tier/fleet_types.h"


#define NGX_CS_FLEET_EVAL_MAX  17        /* keys and arguments */


/* as ngx_cs_redis_call() */
ngx_int_t ngx_cs_fleet_eval(ngx_cs_fleet_t *fleet, ngx_cs_redis_call_t *call,
    ngx_str_t *script, ngx_str_t *keys, ngx_uint_t nkeys, ngx_str_t *args,
    ngx_uint_t nargs);

/* a number as an argument, in its digits */
void ngx_cs_fleet_eval_number(ngx_str_t *arg, int64_t n,
    u_char digits[NGX_INT64_LEN]);


#endif /* _NGX_CS_TIER_FLEET_EVAL_H_INCLUDED_ */
