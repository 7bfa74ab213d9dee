/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Somebody waits for news of a task, for longer than a fetch: what other
 * gateways learn of it goes into the zone, which wakes whoever holds it there.
 */


#ifndef _NGX_CS_TIER_LISTEN_H_INCLUDED_
#define _NGX_CS_TIER_LISTEN_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "core/question.h"
#include "zone/zone.h"


typedef struct ngx_cs_listen_s  ngx_cs_listen_t;


/*
 * question and key live as long as the listener, and so does the pool.  NULL:
 * there are no other gateways, or there is no memory.
 */
ngx_cs_listen_t *ngx_cs_listen(ngx_pool_t *pool, ngx_shm_zone_t *shm_zone,
    ngx_cs_question_t *question, ngx_cs_key_t *key);

/* listener may be NULL */
void ngx_cs_unlisten(ngx_cs_listen_t *listener);


#endif /* _NGX_CS_TIER_LISTEN_H_INCLUDED_ */
