/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Answers in and out of a zone's shared memory.  Small bodies are copied
 * within the lock, large ones with the lock left in between.  For
 * ngx_clear_status_zone*.c alone.
 */


#ifndef _NGX_CLEAR_STATUS_ZONE_RESULT_H_INCLUDED_
#define _NGX_CLEAR_STATUS_ZONE_RESULT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "zone/layout.h"


/* see ngx_clear_status_answer_again(); result is not 0 */
int64_t ngx_clear_status_result_again(ngx_clear_status_shm_t *shm,
    uint32_t result);

/* a result's stamp, which is read under the lock; NULL for no result (0) */
clear_stamp_t *ngx_clear_status_result_stamp(ngx_clear_status_shm_t *shm,
    uint32_t result);

/* a result but for its body, whose length alone is told */
void ngx_clear_status_result_about(ngx_clear_status_shm_t *shm,
    uint32_t result, ngx_clear_status_answer_t *answer);

/*
 * Copies a result out, its body into the pool.  May leave the lock and take
 * it again.  NGX_OK; NGX_ERROR: no memory in the pool; NGX_DECLINED: the zone
 * was dropped meanwhile.
 */
ngx_int_t ngx_clear_status_result_copy(ngx_clear_status_zone_t *zone,
    uint32_t result, ngx_pool_t *pool, ngx_clear_status_answer_t *answer);

/*
 * Makes a result of an answer, a chain that is in nothing yet; empty where
 * there is no room.  May leave the lock and take it again.
 */
void ngx_clear_status_result_make(ngx_clear_status_zone_t *zone,
    ngx_clear_status_answer_t *answer, ngx_clear_status_chain_t *chain,
    ngx_clear_status_after_t *after);

/* writes the head of a result, all but its body, into a chain */
void ngx_clear_status_result_head(ngx_clear_status_shm_t *shm,
    ngx_clear_status_chain_t *chain, ngx_clear_status_answer_t *answer);


#endif /* _NGX_CLEAR_STATUS_ZONE_RESULT_H_INCLUDED_ */
