/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * One request from its arrival to its answer: look up, and then answer or
 * wait on a flight.
 */


#ifndef _NGX_CS_REQUEST_HANDLER_H_INCLUDED_
#define _NGX_CS_REQUEST_HANDLER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "request/request.h"


/* the content handler */
ngx_int_t ngx_cs_handler(ngx_http_request_t *r, ngx_cs_conf_t *conf);


/* what a location, and a caller's token, allow a flight */
void ngx_cs_handler_limits(ngx_cs_conf_t *conf,
    ngx_cs_credentials_t *credentials, ngx_cs_limits_t *limits);

/*
 * What a request asks for, by ctx->limits and of its own pool: the key, a
 * look-up for it whose bodies come into a pool, and the question for a flight.
 */
void ngx_cs_handler_key(ngx_cs_ctx_t *ctx, ngx_cs_credentials_t *credentials,
    ngx_cs_key_t *key);
void ngx_cs_handler_lookup(ngx_cs_lookup_t *lookup, ngx_cs_ctx_t *ctx,
    ngx_cs_key_t *key, ngx_pool_t *pool);
void ngx_cs_handler_question(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_credentials_t *credentials, ngx_cs_question_t *question);


#endif /* _NGX_CS_REQUEST_HANDLER_H_INCLUDED_ */
