/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What is known of a result; see the header.
 */


#include "zone/result.h"


int64_t
ngx_cs_result_again(ngx_cs_shm_t *shm, uint32_t result)
{
    ngx_cs_result_t  *r;

    r = ngx_cs_at(shm, result);

    return ngx_cs_answer_again(&r->answer);
}


ngx_uint_t
ngx_cs_result_narrower(ngx_cs_shm_t *shm, uint32_t result,
    ngx_cs_limits_t *limits)
{
    ngx_cs_result_t  *r;

    r = ngx_cs_at(shm, result);

    return ngx_cs_limits_wider(limits, &r->answer);
}


void
ngx_cs_result_about(ngx_cs_shm_t *shm, uint32_t result,
    ngx_cs_answer_t *answer)
{
    ngx_cs_result_t  *r;

    r = ngx_cs_at(shm, result);

    *answer = r->answer;
    answer->body.data = NULL;
}


void
ngx_cs_result_head(ngx_cs_shm_t *shm, ngx_cs_chain_t *chain,
    ngx_cs_answer_t *answer)
{
    ngx_cs_result_t  *r;

    r = ngx_cs_at(shm, chain->head);

    r->chain = *chain;
    r->answer = *answer;
}


void
ngx_cs_result_free(ngx_cs_shm_t *shm, uint32_t *result)
{
    ngx_uint_t        i, read;
    ngx_cs_chain_t    chain;
    ngx_cs_result_t  *r;

    if (*result == 0) {
        return;
    }

    read = 0;

    for (i = 0; shm->stat.readers && i < NGX_CS_ZONE_SLOTS; i++) {
        if (shm->slots[i].reading == *result) {
            shm->slots[i].dropped = *result;
            read = 1;
        }
    }

    if (!read) {
        r = ngx_cs_at(shm, *result);
        chain = r->chain;
        ngx_cs_chunks_give(&shm->chunks, &chain);
    }

    *result = 0;
}
