/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * An answer as a record, and back; see the header.
 */


#include "tier/record.h"

#include "core/wall.h"


void
ngx_cs_record(ngx_cs_answer_t *answer, clear_record_t *record)
{
    ngx_uint_t  i;

    ngx_memzero(record, sizeof(clear_record_t));

    record->body.data = answer->body.data;
    record->body.len = answer->body.len;
    record->workflow = answer->workflow;
    record->urls = answer->urls;

    clear_record_times(record, &answer->stamp, ngx_cs_wall(),
                       ngx_current_msec);

    /* of '"', hexadecimal digits, '"' */

    for (i = 0; answer->status == NGX_CS_OK && i < CLEAR_RECORD_ETAG; i++) {
        record->etag[i] = (u_char) ngx_hextoi(answer->etag + 1 + 2 * i, 2);
    }
}


ngx_int_t
ngx_cs_record_answer(ngx_pool_t *pool, clear_record_t *record,
    ngx_cs_answer_t *answer)
{
    u_char  *p;

    answer->body.data = ngx_pnalloc(pool, record->body.len);
    if (answer->body.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(answer->body.data, record->body.data, record->body.len);

    answer->body.len = record->body.len;
    answer->workflow = record->workflow;
    answer->urls = record->urls;
    answer->storable = 1;

    p = answer->etag;
    *p++ = '"';
    p = ngx_hex_dump(p, record->etag, CLEAR_RECORD_ETAG);
    *p = '"';

    return NGX_OK;
}
