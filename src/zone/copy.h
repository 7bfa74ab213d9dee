/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Answers in and out of a zone's shared memory.  Small bodies are copied
 * within the lock, large ones with the lock left in between.  For
 * zone/ alone.
 */


#ifndef _NGX_CS_ZONE_COPY_H_INCLUDED_
#define _NGX_CS_ZONE_COPY_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "zone/layout.h"


/* see ngx_cs_answer_again(); result is not 0 */
int64_t ngx_cs_result_again(ngx_cs_shm_t *shm, uint32_t result);

/* a result's stamp, which is read under the lock; NULL for no result (0) */
clear_stamp_t *ngx_cs_result_stamp(ngx_cs_shm_t *shm, uint32_t result);

/* a result but for its body, whose length alone is told */
void ngx_cs_result_about(ngx_cs_shm_t *shm, uint32_t result,
    ngx_cs_answer_t *answer);

/*
 * Copies a result out, its body into the pool.  May leave the lock and take
 * it again.  NGX_OK; NGX_ERROR: no memory in the pool; NGX_DECLINED: the zone
 * was dropped meanwhile.
 */
ngx_int_t ngx_cs_result_copy(ngx_cs_zone_t *zone, uint32_t result,
    ngx_pool_t *pool, ngx_cs_answer_t *answer);

/*
 * Makes a result of an answer, a chain that is in nothing yet; empty where
 * there is no room.  May leave the lock and take it again.
 */
void ngx_cs_result_make(ngx_cs_zone_t *zone, ngx_cs_answer_t *answer,
    ngx_cs_chain_t *chain, ngx_cs_deferred_t *after);

/* writes the head of a result, all but its body, into a chain */
void ngx_cs_result_head(ngx_cs_shm_t *shm, ngx_cs_chain_t *chain,
    ngx_cs_answer_t *answer);


#endif /* _NGX_CS_ZONE_COPY_H_INCLUDED_ */
