/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Text in a chain of buffers that grows; see the header.
 */


#include "operator/text.h"


/* of one buffer; what needs more in one piece gets a larger one */
#define NGX_CS_TEXT_SIZE  16384


static ngx_int_t ngx_cs_text_more(ngx_cs_text_t *text, size_t size);


void
ngx_cs_text_init(ngx_cs_text_t *text, ngx_pool_t *pool)
{
    text->pool = pool;
    text->first = NULL;
    text->last = NULL;
    text->failed = 0;
}


/* what reaches the buffer's end may have been cut: once more, with more room */

void
ngx_cs_text_printf(ngx_cs_text_t *text, const char *fmt, ...)
{
    size_t      size;
    u_char     *p;
    va_list     args;
    ngx_buf_t  *b;

    size = NGX_CS_TEXT_SIZE;

    for ( ;; ) {

        if (text->last) {
            b = text->last->buf;

            va_start(args, fmt);
            p = ngx_vslprintf(b->last, b->end, fmt, args);
            va_end(args);

            if (p < b->end) {
                b->last = p;
                return;
            }
        }

        if (ngx_cs_text_more(text, size) != NGX_OK) {
            return;
        }

        size *= 2;
    }
}


u_char *
ngx_cs_text_room(ngx_cs_text_t *text, size_t len)
{
    u_char     *p;
    ngx_buf_t  *b;

    if (text->last == NULL
        || (size_t) (text->last->buf->end - text->last->buf->last) < len)
    {
        if (ngx_cs_text_more(text, ngx_max(len, NGX_CS_TEXT_SIZE)) != NGX_OK) {
            return NULL;
        }
    }

    b = text->last->buf;

    p = b->last;
    b->last += len;

    return p;
}


/* a buffer that nothing was written to gives its place to the larger one */

static ngx_int_t
ngx_cs_text_more(ngx_cs_text_t *text, size_t size)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    b = ngx_create_temp_buf(text->pool, size);

    if (b && text->last && text->last->buf->pos == text->last->buf->last) {
        text->last->buf = b;
        return NGX_OK;
    }

    cl = b ? ngx_alloc_chain_link(text->pool) : NULL;

    if (cl == NULL) {
        text->failed = 1;
        return NGX_ERROR;
    }

    cl->buf = b;
    cl->next = NULL;

    if (text->last) {
        text->last->next = cl;

    } else {
        text->first = cl;
    }

    text->last = cl;

    return NGX_OK;
}


ngx_int_t
ngx_cs_text_send(ngx_http_request_t *r, ngx_cs_text_t *text, ngx_str_t *type)
{
    off_t         len;
    ngx_int_t     rc;
    ngx_chain_t  *cl;

    if (text->failed || text->last == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    len = 0;

    for (cl = text->first; cl; cl = cl->next) {
        len += ngx_buf_size(cl->buf);
    }

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = len;
    r->headers_out.content_type = *type;
    r->headers_out.content_type_len = type->len;
    r->headers_out.content_type_lowcase = NULL;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    text->last->buf->last_buf = (r == r->main) ? 1 : 0;
    text->last->buf->last_in_chain = 1;

    return ngx_http_output_filter(r, text->first);
}
