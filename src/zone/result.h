/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What is known of a result without its body, and how one is freed.  For this
 * room alone, within the lock.
 */


#ifndef _NGX_CS_ZONE_RESULT_H_INCLUDED_
#define _NGX_CS_ZONE_RESULT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "zone/layout.h"


/* see ngx_cs_answer_again(); result is not 0 */
int64_t ngx_cs_result_again(ngx_cs_shm_t *shm, uint32_t result);

/* 1 where it is a failure of a fetch that allowed less; result is not 0 */
ngx_uint_t ngx_cs_result_narrower(ngx_cs_shm_t *shm, uint32_t result,
    ngx_cs_limits_t *limits);

/* a result but for its body, whose length alone is told */
void ngx_cs_result_about(ngx_cs_shm_t *shm, uint32_t result,
    ngx_cs_answer_t *answer);

/* writes the head of a result, all but its body, into a chain */
void ngx_cs_result_head(ngx_cs_shm_t *shm, ngx_cs_chain_t *chain,
    ngx_cs_answer_t *answer);

/* what somebody reads is left to the readers, and the last one frees it */
void ngx_cs_result_free(ngx_cs_shm_t *shm, uint32_t *result);


/* a result's stamp, which is read under the lock; NULL for no result (0) */

static ngx_inline clear_stamp_t *
ngx_cs_result_stamp(ngx_cs_shm_t *shm, uint32_t result)
{
    ngx_cs_result_t  *r;

    if (result == 0) {
        return NULL;
    }

    r = ngx_cs_at(shm, result);

    return &r->answer.stamp;
}


#endif /* _NGX_CS_ZONE_RESULT_H_INCLUDED_ */
