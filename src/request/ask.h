/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What a request asks for: as which tenant, by which key, and the question
 * for a flight.  How it begins, whatever becomes of it.
 */


#ifndef _NGX_CS_REQUEST_ASK_H_INCLUDED_
#define _NGX_CS_REQUEST_ASK_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "request/request.h"


/* its strings are the request's and the configuration's */

typedef struct {
    ngx_cs_credentials_t        *credentials;
    ngx_cs_credentials_t         varying;    /* where they vary */
    ngx_cs_key_t                 key;
    ngx_cs_lookup_t              lookup;     /* for the key; bodies come into
                                                the request's pool */
    ngx_cs_question_t            question;   /* once it was made */
} ngx_cs_ask_t;


/*
 * Asks for ctx->task_id by the location's settings, and sets ctx->limits; all
 * but the question.
 *
 * NGX_OK        so it may be looked up
 * NGX_DECLINED  a credential is empty or cannot be sent, which is logged
 * NGX_ERROR     no memory
 */
ngx_int_t ngx_cs_ask(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_ask_t *ask);

/* the question, which a hit does not need */
void ngx_cs_ask_question(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_ask_t *ask);


#endif /* _NGX_CS_REQUEST_ASK_H_INCLUDED_ */
