/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * An answer as it lies in Redis, and back: a seal, which knows the key, and a
 * parcel (clear/parcel.h).  What comes back is somebody else's word: it is
 * bounded, and lasts never longer than it did where it was made.
 */


#ifndef _NGX_CS_TIER_FLEET_PARCEL_H_INCLUDED_
#define _NGX_CS_TIER_FLEET_PARCEL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "core/answer.h"
#include "core/question.h"
#include "tier/seal.h"


/* an answer on its way, and what Redis has to know of it */

typedef struct {
    ngx_str_t                    bytes;
    int64_t                      age;       /* ms */
    int64_t                      lifetime;  /* from the fetch, ms; or
                                               CLEAR_FOREVER */
    int64_t                      pause;     /* that upstream asked for, ms */
    unsigned                     good:1;    /* a success */
} ngx_cs_fleet_parcel_t;


/* NGX_OK or NGX_ERROR: no memory in the pool, or OpenSSL cannot */
ngx_int_t ngx_cs_fleet_parcel_write(ngx_pool_t *pool,
    u_char key[NGX_CS_SEAL_KEY], ngx_cs_answer_t *answer,
    ngx_cs_fleet_parcel_t *parcel);

/*
 * Reads bytes that lay under the key; age and keep are in ms.
 *
 * NGX_OK        *answer is fresh
 * NGX_AGAIN     it is no longer
 * NGX_DECLINED  it is nothing to be believed, or too old, or too large
 * NGX_ERROR     no memory in the pool
 */
ngx_int_t ngx_cs_fleet_parcel_read(ngx_pool_t *pool,
    u_char key[NGX_CS_SEAL_KEY], ngx_cs_question_t *question,
    ngx_str_t *bytes, int64_t age, int64_t keep, ngx_cs_answer_t *answer);


#endif /* _NGX_CS_TIER_FLEET_PARCEL_H_INCLUDED_ */
