/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A stream of Server-Sent Events (WHATWG HTML, section 9.2): each answer on a
 * task as an event, as it comes, until the task is finished.
 */


#ifndef _NGX_CS_REQUEST_EVENTS_H_INCLUDED_
#define _NGX_CS_REQUEST_EVENTS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "request/ask.h"


/*
 * Reads a field of the request's that has the hash of "accept": a stream goes
 * before a wait.
 */
void ngx_cs_events_accept(ngx_cs_ctx_t *ctx, ngx_table_elt_t *h);

/* as ngx_cs_patience_answer() */
ngx_int_t ngx_cs_events(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_ask_t *ask, ngx_cs_news_t *news);


#endif /* _NGX_CS_REQUEST_EVENTS_H_INCLUDED_ */
