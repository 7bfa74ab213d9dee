/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * An error's envelope as an answer, an answer's entity tag, and the memory
 * that the plain floor is given; see the header.
 */


#include "core/answer.h"

#include "core/digest.h"


static void *ngx_cs_memory_alloc(void *ctx, size_t size);
static void *ngx_cs_memory_realloc(void *ctx, void *p, size_t size);
static void ngx_cs_memory_free(void *ctx, void *p);


clear_alloc_t  ngx_cs_answer_memory = {
    ngx_cs_memory_alloc,
    ngx_cs_memory_realloc,
    ngx_cs_memory_free,
    NULL
};


ngx_int_t
ngx_cs_answer_error(ngx_pool_t *pool, clear_error_t *error,
    ngx_cs_answer_t *answer)
{
    clear_str_t          text;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(pool, 0);
    if (cln == NULL
        || clear_envelope_write(&ngx_cs_answer_memory, error,
                                &text)
           != CLEAR_ENVELOPE_OK)
    {
        return NGX_ERROR;
    }

    cln->handler = (ngx_pool_cleanup_pt) ngx_free;
    cln->data = (void *) text.data;

    answer->status = error->status;
    answer->body.data = (u_char *) text.data;
    answer->body.len = text.len;

    return NGX_OK;
}


ngx_int_t
ngx_cs_answer_etag(ngx_cs_answer_t *answer)
{
    u_char  *p, digest[NGX_CS_DIGEST_LEN];

    if (ngx_cs_digest(answer->body.data, answer->body.len, digest)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    p = answer->etag;

    *p++ = '"';
    p = ngx_hex_dump(p, digest, 16);
    *p = '"';

    return NGX_OK;
}


static void *
ngx_cs_memory_alloc(void *ctx, size_t size)
{
    return ngx_alloc(size, ngx_cycle->log);
}


static void *
ngx_cs_memory_realloc(void *ctx, void *p, size_t size)
{
    return realloc(p, size);
}


static void
ngx_cs_memory_free(void *ctx, void *p)
{
    ngx_free(p);
}
