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


/* the content handler; ctx is new */
ngx_int_t ngx_cs_handler(ngx_http_request_t *r, ngx_cs_ctx_t *ctx);


#endif /* _NGX_CS_REQUEST_HANDLER_H_INCLUDED_ */
