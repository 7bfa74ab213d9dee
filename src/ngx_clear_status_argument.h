/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What an operator writes into a query string: task id and other arguments,
 * decoded, for the locations that are not the API's.
 */


#ifndef _NGX_CLEAR_STATUS_ARGUMENT_H_INCLUDED_
#define _NGX_CLEAR_STATUS_ARGUMENT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "clear_task_id.h"


/*
 * The task id, by the same rules as in a caller's request.  NGX_OK and what
 * is wrong with it, or NGX_ERROR: no memory.  data is NULL where *bad is not
 * CLEAR_TASK_ID_OK.
 */
ngx_int_t ngx_clear_status_argument_task_id(ngx_http_request_t *r,
    ngx_str_t *task_id, clear_task_id_e *bad);

/*
 * Another argument, copied into the request's pool; data is NULL where it is
 * missing.  NGX_OK; NGX_DECLINED: it is empty; NGX_ERROR: no memory.
 */
ngx_int_t ngx_clear_status_argument(ngx_http_request_t *r, char *name,
    ngx_str_t *value);


#endif /* _NGX_CLEAR_STATUS_ARGUMENT_H_INCLUDED_ */
