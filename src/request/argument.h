/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What is written into a query string: the task id, and what operators add in
 * the locations that are not the API's, decoded; and what is said of a bad one.
 */


#ifndef _NGX_CS_REQUEST_ARGUMENT_H_INCLUDED_
#define _NGX_CS_REQUEST_ARGUMENT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "clear/envelope.h"
#include "clear/task_id.h"


/* as ngx_cs_argument_task_id(), of any query string */
ngx_int_t ngx_cs_argument_decode(ngx_http_request_t *r, ngx_str_t *task_id,
    clear_task_id_e *bad);

/*
 * Another argument, copied into the request's pool; data is NULL where it is
 * missing.  NGX_OK; NGX_DECLINED: it is empty; NGX_ERROR: no memory.
 */
ngx_int_t ngx_cs_argument(ngx_http_request_t *r, char *name,
    ngx_str_t *value);

/*
 * The error of a bad argument, which is logged too.  text: what is wrong with
 * it, for people; it and name are not copied.
 */
void ngx_cs_argument_error(ngx_http_request_t *r, char *name,
    const char *text, clear_error_t *error);


/*
 * The task id; it may lie in the query string itself.  NGX_OK and what is
 * wrong with it, or NGX_ERROR: no memory.  task_id is empty, its data NULL,
 * where *bad is not CLEAR_TASK_ID_OK.
 */

static ngx_inline ngx_int_t
ngx_cs_argument_task_id(ngx_http_request_t *r, ngx_str_t *task_id,
    clear_task_id_e *bad)
{
    const u_char  *plain;

    task_id->len = clear_task_id_plain(r->args.data, r->args.len, &plain);

    if (task_id->len == 0) {
        return ngx_cs_argument_decode(r, task_id, bad);
    }

    task_id->data = (u_char *) plain;
    *bad = CLEAR_TASK_ID_OK;

    return NGX_OK;
}


#endif /* _NGX_CS_REQUEST_ARGUMENT_H_INCLUDED_ */
