/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A question copied; see the header.
 */


#include "core/question.h"


ngx_int_t
ngx_cs_question_copy(ngx_pool_t *pool, ngx_cs_question_t *dst,
    ngx_cs_question_t *src)
{
    ngx_str_t  *strings[5 + NGX_CS_TRACE_MAX];
    ngx_uint_t  i, n;

    *dst = *src;

    n = 0;

    strings[n++] = &dst->token_path;
    strings[n++] = &dst->token;
    strings[n++] = &dst->integration_id;
    strings[n++] = &dst->tenant;
    strings[n++] = &dst->task_id;

    /* names are constants */

    for (i = 0; i < dst->ntrace; i++) {
        strings[n++] = &dst->trace[i].value;
    }

    for (i = 0; i < n; i++) {
        strings[i]->data = ngx_pstrdup(pool, strings[i]);
        if (strings[i]->data == NULL) {
            return NGX_ERROR;
        }
    }

    if (dst->token_file == NULL) {
        dst->limits.token = dst->token_path.len ? dst->token_path : dst->token;
    }

    return NGX_OK;
}
