/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Callers with patience: those who prefer to wait, or want a stream of events,
 * for a task that is not finished.  What an answer means for one is decided
 * here; what becomes of those who stay is in wait.c and events.c.
 */


#ifndef _NGX_CS_REQUEST_PATIENCE_H_INCLUDED_
#define _NGX_CS_REQUEST_PATIENCE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "request/ask.h"


/* reads ctx->patience from the request's header fields */
void ngx_cs_patience(ngx_http_request_t *r, ngx_cs_ctx_t *ctx);

/*
 * An answer is there for a caller with patience, who stays or not.
 *
 * news: what is answered; the caller's reference stays its own.
 *
 * NGX_DONE      the request goes on, suspended: it is finalized later
 * NGX_DECLINED  news is to be answered as to anybody
 * other         it was answered: to finalize the request with
 */
ngx_int_t ngx_cs_patience_answer(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_ask_t *ask, ngx_cs_news_t *news);


#endif /* _NGX_CS_REQUEST_PATIENCE_H_INCLUDED_ */
