/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The log phase; see the header.
 */


#include "request/log.h"

#include "core/counters.h"


static ngx_int_t ngx_cs_log_handler(ngx_http_request_t *r);


static ngx_cs_ours_pt  ngx_cs_log_ours;


static ngx_int_t
ngx_cs_log_handler(ngx_http_request_t *r)
{
    ngx_uint_t          status;
    ngx_cs_ctx_t       *ctx;
    ngx_cs_handling_t  *handling;

    ctx = ngx_http_get_module_ctx(r, ngx_clear_status_module);

    if (ctx == NULL && ngx_cs_log_ours(r) == NULL) {
        return NGX_OK;
    }

    /* as $status */

    status = r->err_status ? r->err_status : r->headers_out.status;

    if (ctx == NULL) {
        ngx_cs_counters_response(status, NGX_CS_NONE, 0, 0);
        return NGX_OK;
    }

    handling = &ctx->handling;

    ngx_cs_counters_response(status, handling->cache,
                               handling->collapsed,
                               handling->cache == NGX_CS_STALE
                               || handling->cache == NGX_CS_UPDATING);

    return NGX_OK;
}


ngx_int_t
ngx_cs_log_init(ngx_conf_t *cf, ngx_cs_ours_pt ours)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_LOG_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_cs_log_handler;
    ngx_cs_log_ours = ours;

    return NGX_OK;
}
