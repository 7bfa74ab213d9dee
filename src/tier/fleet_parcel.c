/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * An answer as it lies in Redis, and back; see the header.
 */


#include "tier/fleet_parcel.h"

#include "clear/parcel.h"
#include "tier/record.h"


ngx_int_t
ngx_cs_fleet_parcel_write(ngx_pool_t *pool, u_char key[NGX_CS_SEAL_KEY],
    ngx_cs_answer_t *answer, ngx_cs_fleet_parcel_t *parcel)
{
    u_char          *p;
    size_t           len;
    int64_t          now;
    clear_parcel_t   made;

    now = ngx_current_msec;

    ngx_memzero(&made, sizeof(clear_parcel_t));

    ngx_cs_record(answer, &made.record);

    made.status = answer->status;
    made.upstream_status = answer->upstream_status;
    made.upstream_time = answer->upstream_time;
    made.definite = answer->stamp.definite;

    if (answer->retry_until > answer->stamp.fetched) {
        made.again = (uint32_t) ngx_min(answer->retry_until
                                        - answer->stamp.fetched,
                                        NGX_MAX_INT32_VALUE);
    }

    len = NGX_CS_SEAL + CLEAR_PARCEL_HEAD + answer->body.len;

    p = ngx_pnalloc(pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    clear_parcel_write(&made, p + NGX_CS_SEAL);

    parcel->good = (answer->status == NGX_CS_OK);
    parcel->bytes.data = p;
    parcel->bytes.len = len;
    parcel->age = ngx_max(now - answer->stamp.fetched, 0);
    parcel->lifetime = made.record.lifetime;
    parcel->pause = ngx_max(answer->retry_until - now, 0);

    return ngx_cs_seal(key, p + NGX_CS_SEAL, len - NGX_CS_SEAL, p);
}


ngx_int_t
ngx_cs_fleet_parcel_read(ngx_pool_t *pool, u_char key[NGX_CS_SEAL_KEY],
    ngx_cs_question_t *question, ngx_str_t *bytes, int64_t age, int64_t keep,
    ngx_cs_answer_t *answer)
{
    u_char          *p, seal[NGX_CS_SEAL];
    size_t           len;
    int64_t          again;
    clear_parcel_t   parcel;

    ngx_memzero(answer, sizeof(ngx_cs_answer_t));

    if (bytes->len <= NGX_CS_SEAL || age > keep || age < -keep) {
        return NGX_DECLINED;
    }

    p = bytes->data + NGX_CS_SEAL;
    len = bytes->len - NGX_CS_SEAL;

    if (ngx_cs_seal(key, p, len, seal) != NGX_OK
        || ngx_memcmp(seal, bytes->data, NGX_CS_SEAL) != 0
        || clear_parcel_read(p, len, &parcel) != CLEAR_RECORD_OK
        || parcel.record.body.len > question->limits.max_body_size)
    {
        return NGX_DECLINED;
    }

    if (ngx_cs_record_answer(pool, &parcel.record, answer) != NGX_OK) {
        return NGX_ERROR;
    }

    answer->status = parcel.status;
    answer->upstream_status = parcel.upstream_status;
    answer->upstream_time = parcel.upstream_time;
    answer->source = NGX_CS_SOURCE_FLEET;

    /* its age is what Redis says: our clock may be another than its maker's */

    clear_record_stamp(&parcel.record, parcel.record.fetched + age,
                       ngx_current_msec, &answer->stamp);

    answer->stamp.definite = parcel.definite;

    if (parcel.again) {
        again = ngx_min(parcel.again, question->breaker->max_retry_after);
        answer->retry_until = answer->stamp.fetched + again;
    }

    return (answer->stamp.fresh_until > (int64_t) ngx_current_msec)
           ? NGX_OK : NGX_AGAIN;
}
