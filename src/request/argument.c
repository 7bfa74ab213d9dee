/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What is written into a query string; see the header.
 */


#include "request/argument.h"


ngx_int_t
ngx_cs_argument_decode(ngx_http_request_t *r, ngx_str_t *task_id,
    clear_task_id_e *bad)
{
    /* decoding makes it no longer */

    task_id->data = ngx_pnalloc(r->pool, ngx_min(r->args.len,
                                                 CLEAR_TASK_ID_MAX));
    if (task_id->data == NULL) {
        return NGX_ERROR;
    }

    *bad = clear_task_id_parse(r->args.data, r->args.len, task_id->data,
                               &task_id->len);

    if (*bad != CLEAR_TASK_ID_OK) {
        ngx_str_null(task_id);
    }

    return NGX_OK;
}


ngx_int_t
ngx_cs_argument(ngx_http_request_t *r, char *name, ngx_str_t *value)
{
    u_char    *src, *dst;
    ngx_str_t  raw;

    ngx_str_null(value);

    if (ngx_http_arg(r, (u_char *) name, ngx_strlen(name), &raw) != NGX_OK) {
        return NGX_OK;
    }

    if (raw.len == 0) {
        return NGX_DECLINED;
    }

    dst = ngx_pnalloc(r->pool, raw.len);
    if (dst == NULL) {
        return NGX_ERROR;
    }

    value->data = dst;
    src = raw.data;

    ngx_unescape_uri(&dst, &src, raw.len, 0);

    value->len = dst - value->data;

    return NGX_OK;
}


void
ngx_cs_argument_error(ngx_http_request_t *r, char *name, const char *text,
    clear_error_t *error)
{
    static u_char  message[] = "The request is invalid or is missing a "
                               "required parameter";

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "client sent a bad \"%s\": %s", name, text);

    ngx_memzero(error, sizeof(clear_error_t));

    error->status = NGX_HTTP_BAD_REQUEST;
    error->message.data = message;
    error->message.len = sizeof(message) - 1;
    error->field.data = (u_char *) name;
    error->field.len = ngx_strlen(name);
    error->field_message.data = (u_char *) text;
    error->field_message.len = ngx_strlen(text);
}
