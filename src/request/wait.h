/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * "Prefer: wait": a request that is held until its task is finished, or its
 * answer another one than the caller has, or its time is over.
 */


#ifndef _NGX_CS_REQUEST_WAIT_H_INCLUDED_
#define _NGX_CS_REQUEST_WAIT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "request/ask.h"


/*
 * Reads a field of the request's that has the hash of "prefer": the first wait
 * of all lines counts, and nothing beside a stream.
 */
void ngx_cs_wait_prefer(ngx_cs_ctx_t *ctx, ngx_table_elt_t *h);

/* as ngx_cs_patience_answer() */
ngx_int_t ngx_cs_prefer_wait(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_ask_t *ask, ngx_cs_news_t *news);


#endif /* _NGX_CS_REQUEST_WAIT_H_INCLUDED_ */
