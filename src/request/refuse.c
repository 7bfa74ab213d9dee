/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What this gateway itself answers with an error; see the header.
 */


#include "request/refuse.h"

#include "core/counters.h"
#include "request/argument.h"


static ngx_int_t ngx_cs_refuse(ngx_http_request_t *r, clear_error_t *error);


static ngx_int_t
ngx_cs_refuse(ngx_http_request_t *r, clear_error_t *error)
{
    ngx_cs_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_clear_status_module);
    ctx->replied = 1;

    return ngx_cs_replied(r, ctx, ngx_cs_reply_error(r, error));
}


ngx_int_t
ngx_cs_refuse_status(ngx_http_request_t *r, ngx_uint_t status)
{
    clear_error_t  error;

    ngx_memzero(&error, sizeof(clear_error_t));
    error.status = status;

    return ngx_cs_refuse(r, &error);
}


ngx_int_t
ngx_cs_refuse_method(ngx_http_request_t *r)
{
    ngx_cs_ctx_t   *ctx;
    clear_error_t   error;

    ctx = ngx_http_get_module_ctx(r, ngx_clear_status_module);

    ngx_memzero(&error, sizeof(clear_error_t));
    error.status = NGX_HTTP_NOT_ALLOWED;

    if (ngx_cs_refuse_allow(r, ctx->conf, &error) != NGX_OK) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    return ngx_cs_refuse(r, &error);
}


ngx_int_t
ngx_cs_refuse_allow(ngx_http_request_t *r, ngx_cs_conf_t *conf,
    clear_error_t *error)
{
    ngx_str_t         *allow;
    static ngx_str_t   post = ngx_string("POST"),
                       get = ngx_string("GET, HEAD");
    static u_char      only_post[] = "Only POST is allowed",
                       only_get[] = "Only GET and HEAD are allowed";

    if (conf->notify) {
        allow = &post;
        error->message.data = only_post;
        error->message.len = sizeof(only_post) - 1;

    } else {
        allow = &get;
        error->message.data = only_get;
        error->message.len = sizeof(only_get) - 1;
    }

    return ngx_cs_reply_header(r, "Allow", sizeof("Allow") - 1, allow->data,
                               allow->len);
}


ngx_int_t
ngx_cs_refuse_argument(ngx_http_request_t *r, char *name, const char *text)
{
    clear_error_t  error;

    ngx_cs_argument_error(r, name, text, &error);

    return ngx_cs_refuse(r, &error);
}


ngx_int_t
ngx_cs_refuse_task_id(ngx_http_request_t *r, clear_task_id_e why)
{
    return ngx_cs_refuse_argument(r, "taskId", clear_task_id_strerror(why));
}


ngx_int_t
ngx_cs_refuse_credentials(ngx_http_request_t *r, ngx_int_t rc)
{
    clear_error_t  error;
    static u_char  message[] = NGX_CS_NO_CREDENTIALS;

    if (rc != NGX_DECLINED) {
        return ngx_cs_refuse_status(r, NGX_HTTP_SERVICE_UNAVAILABLE);
    }

    ngx_memzero(&error, sizeof(clear_error_t));

    ngx_cs_counters_refused();

    error.status = NGX_HTTP_FORBIDDEN;
    error.message.data = message;
    error.message.len = sizeof(message) - 1;

    return ngx_cs_refuse(r, &error);
}
