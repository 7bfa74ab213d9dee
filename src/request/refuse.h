/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What this gateway itself answers with an error: for a request that nobody
 * should have sent, or where it cannot go on.  Each function sends the
 * envelope, and returns what a content handler returns.
 */


#ifndef _NGX_CS_REQUEST_REFUSE_H_INCLUDED_
#define _NGX_CS_REQUEST_REFUSE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "clear/task_id.h"
#include "request/request.h"


/* nothing more to say than the HTTP status */
ngx_int_t ngx_cs_refuse_status(ngx_http_request_t *r, ngx_uint_t status);

/* none of those that its location takes: RFC 9110, section 15.5.6 */
ngx_int_t ngx_cs_refuse_method(ngx_http_request_t *r);

/* what that one says, in words and in "Allow"; it does not send it */
ngx_int_t ngx_cs_refuse_allow(ngx_http_request_t *r, ngx_cs_conf_t *conf,
    clear_error_t *error);

/* text: what is wrong with that argument, for people; both are constants */
ngx_int_t ngx_cs_refuse_argument(ngx_http_request_t *r, char *name,
    const char *text);

/* why: what is wrong with the task id */
ngx_int_t ngx_cs_refuse_task_id(ngx_http_request_t *r, clear_task_id_e why);

/*
 * rc: NGX_DECLINED where a variable that should give a token or an integration
 * id did not, else there was no memory for them
 */
ngx_int_t ngx_cs_refuse_credentials(ngx_http_request_t *r, ngx_int_t rc);


#endif /* _NGX_CS_REQUEST_REFUSE_H_INCLUDED_ */
