/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The door of this room; see the header.
 */


#include "redis/redis.h"


/* of this worker */
static ngx_array_t  *ngx_cs_redises;


ngx_int_t
ngx_cs_redis_init_process(ngx_cycle_t *cycle, ngx_array_t *redises)
{
    ngx_cs_redises = redises;

    return NGX_OK;
}


void
ngx_cs_redis_exit_process(ngx_array_t *redises)
{
    ngx_cs_redises = NULL;
}


ngx_cs_redis_t *
ngx_cs_redis_of(ngx_shm_zone_t *shm_zone)
{
    ngx_uint_t        i;
    ngx_cs_redis_t  **redises;

    if (ngx_cs_redises == NULL) {
        return NULL;
    }

    redises = ngx_cs_redises->elts;

    for (i = 0; i < ngx_cs_redises->nelts; i++) {
        if (redises[i]->shm_zone == shm_zone) {
            return redises[i];
        }
    }

    return NULL;
}


ngx_int_t
ngx_cs_redis_call(ngx_cs_redis_t *redis, ngx_cs_redis_call_t *call,
    ngx_uint_t argc, const ngx_str_t *argv)
{
    return NGX_DECLINED;
}


void
ngx_cs_redis_cancel(ngx_cs_redis_call_t *call)
{
}


ngx_int_t
ngx_cs_redis_subscribe(ngx_cs_redis_t *redis, ngx_cs_redis_channel_t *channel)
{
    return NGX_OK;
}


void
ngx_cs_redis_unsubscribe(ngx_cs_redis_channel_t *channel)
{
}


ngx_uint_t
ngx_cs_redis_up(ngx_cs_redis_t *redis)
{
    return 0;
}
