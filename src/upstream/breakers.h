/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Which tenants may fetch now, over all workers and reloads: a breaker
 * (clear/breaker.h) for each tenant, in a small shared memory of its own, as
 * it counts for locations without a zone too.
 */


#ifndef _NGX_CS_UPSTREAM_BREAKERS_H_INCLUDED_
#define _NGX_CS_UPSTREAM_BREAKERS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "clear/breaker.h"


typedef enum {
    NGX_CS_BREAKERS_UP = 0,           /* upstream answered */
    NGX_CS_BREAKERS_DOWN,             /* connect, TLS, timeout, 502 to 504 */
    NGX_CS_BREAKERS_UNKNOWN           /* the fetch never went out */
} ngx_cs_breakers_e;


/*
 * At configuration time: declares the memory.  tag: the module.  Returns NULL
 * on an error that is logged.
 */
ngx_shm_zone_t *ngx_cs_breakers_add(ngx_conf_t *cf, void *tag);

/* in each worker, before any of the following; NULL: no tenant ever pauses */
void ngx_cs_breakers_init_process(ngx_shm_zone_t *shm_zone);

/*
 * May a fetch start?  Where not: *wait receives the ms until one may, and
 * *status what upstream said when it asked us to wait, else 0.
 * probe_time: ms, how long a probe may be out.
 */
clear_breaker_e ngx_cs_breakers_enter(ngx_str_t *tenant,
    clear_breaker_conf_t *conf, int64_t now, int64_t probe_time,
    int64_t *wait, ngx_uint_t *status);

/* a fetch ended; returns how long the pause is that begins with it, ms, or 0 */
int64_t ngx_cs_breakers_leave(ngx_str_t *tenant, clear_breaker_conf_t *conf,
    int64_t now, ngx_cs_breakers_e outcome);

/* upstream answered status with a Retry-After of that many ms */
void ngx_cs_breakers_wait(ngx_str_t *tenant, int64_t now, ngx_uint_t status,
    int64_t wait);

/* how many tenants' fetches are held back now: a number for people */
ngx_uint_t ngx_cs_breakers_paused(int64_t now);


#endif /* _NGX_CS_UPSTREAM_BREAKERS_H_INCLUDED_ */
