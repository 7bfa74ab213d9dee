/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Answers in and out of a zone's shared memory.  Small bodies are copied
 * within the lock, large ones with the lock left in between.  For
 * this room alone.
 */


#ifndef _NGX_CS_ZONE_COPY_H_INCLUDED_
#define _NGX_CS_ZONE_COPY_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "zone/layout.h"


/*
 * Copies a result out, its body into the pool.  May leave the lock and take
 * it again.  NGX_OK; NGX_ERROR: no memory in the pool; NGX_DECLINED: the zone
 * was dropped meanwhile.
 */
ngx_int_t ngx_cs_result_copy(ngx_cs_zone_t *zone, uint32_t result,
    ngx_pool_t *pool, ngx_cs_answer_t *answer);

/*
 * 1 where a success tells less than what is stored: a finished answer is never
 * replaced by an unfinished one, which is treated as an error is.
 */
ngx_uint_t ngx_cs_result_behind(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    ngx_cs_answer_t *answer);

/*
 * Copies the stored success to outcome.stale, if outcome.answer is an error
 * and it may be served instead.  May leave the lock and take it again, and
 * returns as the above does; then there is no outcome.stale.
 */
ngx_int_t ngx_cs_result_copy_stale(ngx_cs_zone_t *zone, ngx_cs_entry_t *e,
    ngx_cs_lookup_t *lookup);

/*
 * Makes a result of an answer, a chain that is in nothing yet; empty where
 * there is no room.  May leave the lock and take it again.
 */
void ngx_cs_result_make(ngx_cs_zone_t *zone, ngx_cs_answer_t *answer,
    ngx_cs_chain_t *chain, ngx_cs_deferred_t *after);


#endif /* _NGX_CS_ZONE_COPY_H_INCLUDED_ */
