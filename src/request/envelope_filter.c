/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What nginx itself refuses leaves as an envelope; see the header.
 */


#include "request/envelope_filter.h"

#include "request/argument.h"
#include "request/refuse.h"


static ngx_int_t ngx_cs_envelope_filter_header(ngx_http_request_t *r);
static ngx_int_t ngx_cs_envelope_filter_body(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_int_t ngx_cs_envelope_filter_method(ngx_http_request_t *r,
    ngx_cs_conf_t *conf, clear_error_t *error);
static ngx_buf_t *ngx_cs_envelope_filter_envelope(ngx_http_request_t *r,
    ngx_cs_conf_t *conf);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;
static ngx_cs_ours_pt                    ngx_cs_envelope_filter_ours;


static ngx_int_t
ngx_cs_envelope_filter_header(ngx_http_request_t *r)
{
    ngx_cs_ctx_t   *ctx;
    ngx_cs_conf_t  *conf;

    if (r->headers_out.status < NGX_HTTP_SPECIAL_RESPONSE
        || r->headers_out.status == NGX_HTTP_NOT_MODIFIED)
    {
        return ngx_http_next_header_filter(r);
    }

    ctx = ngx_http_get_module_ctx(r, ngx_clear_status_module);

    conf = ngx_cs_envelope_filter_ours(r);

    if (conf == NULL || (ctx && ctx->replied)) {
        return ngx_http_next_header_filter(r);
    }

    if (ctx == NULL) {
        ctx = ngx_cs_ctx_create(r, NULL);
        if (ctx == NULL) {
            return NGX_ERROR;
        }
    }

    ctx->refusal = ngx_cs_envelope_filter_envelope(r, conf);
    if (ctx->refusal == NULL) {
        return NGX_ERROR;
    }

    ngx_http_clear_accept_ranges(r);
    ngx_http_clear_last_modified(r);
    ngx_http_clear_etag(r);
    ngx_http_clear_content_length(r);

    r->headers_out.content_length_n = ngx_buf_size(ctx->refusal);

    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    return ngx_http_next_header_filter(r);
}


static ngx_buf_t *
ngx_cs_envelope_filter_envelope(ngx_http_request_t *r, ngx_cs_conf_t *conf)
{
    ngx_buf_t       *b;
    clear_error_t    error;
    ngx_cs_answer_t  answer;

    ngx_memzero(&error, sizeof(clear_error_t));
    error.status = r->headers_out.status;

    /* by client_max_body_size, of which the sender of a notice knows nothing */

    if (conf->notify && error.status == NGX_HTTP_REQUEST_ENTITY_TOO_LARGE) {
        ngx_cs_argument_error(r, "body", "is longer than this server takes",
                              &error);

        r->err_status = error.status;
        r->headers_out.status = error.status;
        r->headers_out.status_line.len = 0;
    }

    b = ngx_calloc_buf(r->pool);

    if (b == NULL
        || ngx_cs_envelope_filter_method(r, conf, &error) != NGX_OK
        || ngx_cs_answer_error(r->pool, &error, &answer) != NGX_OK
        || ngx_cs_reply_no_store(r) != NGX_OK)
    {
        return NULL;
    }

    b->pos = answer.body.data;
    b->last = answer.body.data + answer.body.len;
    b->memory = 1;
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    return b;
}


/* TRACE and CONNECT, which nginx refuses before it looks for a location */

static ngx_int_t
ngx_cs_envelope_filter_method(ngx_http_request_t *r, ngx_cs_conf_t *conf,
    clear_error_t *error)
{
    ngx_http_core_srv_conf_t  *cscf;

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    if (error->status != NGX_HTTP_NOT_ALLOWED
        || r->loc_conf != cscf->ctx->loc_conf)
    {
        return NGX_OK;
    }

    return ngx_cs_refuse_allow(r, conf, error);
}


/* nginx's page is taken in, and the envelope sent once in its place */

static ngx_int_t
ngx_cs_envelope_filter_body(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_chain_t    out, *cl;
    ngx_cs_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_clear_status_module);

    if (in == NULL || ctx == NULL || ctx->refusal == NULL) {
        return ngx_http_next_body_filter(r, in);
    }

    for (cl = in; cl; cl = cl->next) {
        cl->buf->pos = cl->buf->last;
        cl->buf->file_pos = cl->buf->file_last;
    }

    if (ctx->refused) {
        return ngx_http_next_body_filter(r, NULL);
    }

    ctx->refused = 1;

    out.buf = ctx->refusal;
    out.next = NULL;

    return ngx_http_next_body_filter(r, &out);
}


void
ngx_cs_envelope_filter_init(ngx_cs_ours_pt ours)
{
    ngx_cs_envelope_filter_ours = ours;

    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_cs_envelope_filter_header;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_cs_envelope_filter_body;
}
