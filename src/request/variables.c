/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The variables $clear_status_*; see the header.
 */


#include "request/variables.h"

#include "core/names.h"
#include "core/wall.h"
#include "request/argument.h"
#include "request/request.h"


static ngx_int_t ngx_cs_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_cs_variable_task_id(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_cs_variable_upstream_status(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_cs_variable_upstream_time(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_cs_variable_wait(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_cs_variable_source(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_cs_variable_fetched(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_cs_variable_seconds(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_msec_t ms);
static ngx_int_t ngx_cs_variable_set(ngx_http_variable_value_t *v,
    ngx_str_t *value);


static ngx_http_variable_t  ngx_cs_vars[] = {

    { ngx_string("clear_status_cache"), NULL, ngx_cs_variable,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("clear_status_workflow"), NULL, ngx_cs_variable,
      1, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("clear_status_task_id"), NULL,
      ngx_cs_variable_task_id,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("clear_status_upstream_status"), NULL,
      ngx_cs_variable_upstream_status,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("clear_status_upstream_time"), NULL,
      ngx_cs_variable_upstream_time,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("clear_status_wait"), NULL,
      ngx_cs_variable_wait,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("clear_status_source"), NULL,
      ngx_cs_variable_source,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("clear_status_fetched"), NULL,
      ngx_cs_variable_fetched,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


static ngx_int_t
ngx_cs_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_str_t           value;
    ngx_cs_ctx_t       *ctx;
    const clear_str_t  *name;

    ctx = ngx_http_get_module_ctx(r, ngx_clear_status_module);

    ngx_str_null(&value);

    if (ctx && data) {
        name = &clear_workflow_names[ctx->workflow];
        value.data = (u_char *) name->data;
        value.len = name->len;

    } else if (ctx && ctx->handling.cache != NGX_CS_NONE) {
        value = ngx_cs_names_caches[ctx->handling.cache];
    }

    return ngx_cs_variable_set(v, &value);
}


/*
 * Before the handler had it too, for what nginx does in earlier phases:
 * limit_req, auth_request, set, if, and a map for them.
 */

static ngx_int_t
ngx_cs_variable_task_id(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_str_t        task_id;
    ngx_cs_ctx_t    *ctx;
    clear_task_id_e  bad;

    ctx = ngx_http_get_module_ctx(r, ngx_clear_status_module);

    if (ctx && ctx->task_id.len) {
        return ngx_cs_variable_set(v, &ctx->task_id);
    }

    if (ngx_cs_argument_task_id(r, &task_id, &bad) != NGX_OK) {
        return NGX_ERROR;
    }

    /* a subrequest, as auth_request's, is asked about its request's task */

    if (task_id.len == 0 && r != r->main) {
        return ngx_cs_variable_task_id(r->main, v, data);
    }

    return ngx_cs_variable_set(v, &task_id);
}


static ngx_int_t
ngx_cs_variable_upstream_status(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char        *p;
    ngx_str_t      value;
    ngx_cs_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_clear_status_module);

    if (ctx == NULL || ctx->upstream_status == 0) {
        return ngx_cs_variable_set(v, NULL);
    }

    p = ngx_pnalloc(r->pool, NGX_INT_T_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value.data = p;
    value.len = ngx_sprintf(p, "%ui", ctx->upstream_status) - p;

    return ngx_cs_variable_set(v, &value);
}


static ngx_int_t
ngx_cs_variable_upstream_time(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_cs_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_clear_status_module);

    if (ctx == NULL || ctx->source != NGX_CS_SOURCE_UPSTREAM) {
        return ngx_cs_variable_set(v, NULL);
    }

    return ngx_cs_variable_seconds(r, v, ctx->upstream_time);
}


/* how long it was held, so far while it is */

static ngx_int_t
ngx_cs_variable_wait(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_cs_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_clear_status_module);

    if (ctx == NULL || !ctx->held) {
        return ngx_cs_variable_set(v, NULL);
    }

    return ngx_cs_variable_seconds(r, v, ctx->told
                                         ? ctx->held_time
                                         : ngx_current_msec - ctx->held_since);
}


/* seconds with milliseconds, as $upstream_response_time */

static ngx_int_t
ngx_cs_variable_seconds(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    ngx_msec_t ms)
{
    u_char     *p;
    ngx_str_t   value;

    p = ngx_pnalloc(r->pool, NGX_TIME_T_LEN + 4);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value.data = p;
    value.len = ngx_sprintf(p, "%T.%03M", (time_t) ms / 1000, ms % 1000) - p;

    return ngx_cs_variable_set(v, &value);
}


/*
 * Who had the answer: a tier that is named in Cache-Status, the zone, or
 * upstream; for an error of nginx's or ours, nobody but this gateway.
 */

static ngx_int_t
ngx_cs_variable_source(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_str_t         *detail, source;
    ngx_cs_ctx_t      *ctx;
    static ngx_str_t   zone = ngx_string("zone");

    ctx = ngx_http_get_module_ctx(r, ngx_clear_status_module);

    if (ctx == NULL || (!ctx->replied && ctx->refusal == NULL)) {
        return ngx_cs_variable_set(v, NULL);
    }

    detail = &ctx->handling.detail;

    switch (ctx->handling.cache) {

    case NGX_CS_HIT:
        source = (detail->len) ? *detail : zone;
        break;

    case NGX_CS_STALE:
    case NGX_CS_UPDATING:
        source = zone;
        break;

    default:
        source = ngx_cs_names_sources[ctx->source];
    }

    return ngx_cs_variable_set(v, &source);
}


/* when the answer was fetched: ISO 8601, UTC */

static ngx_int_t
ngx_cs_variable_fetched(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    u_char        *p;
    int64_t        age;
    ngx_tm_t       tm;
    ngx_str_t      value;
    ngx_cs_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_clear_status_module);

    if (ctx == NULL || ctx->fetched == 0) {
        return ngx_cs_variable_set(v, NULL);
    }

    p = ngx_pnalloc(r->pool, sizeof("1970-01-01T00:00:00Z"));
    if (p == NULL) {
        return NGX_ERROR;
    }

    age = (int64_t) ngx_current_msec - ctx->fetched;

    ngx_gmtime((time_t) ((ngx_cs_wall() - age) / 1000), &tm);

    value.data = p;
    value.len = ngx_sprintf(p, "%4d-%02d-%02dT%02d:%02d:%02dZ",
                            tm.ngx_tm_year, tm.ngx_tm_mon, tm.ngx_tm_mday,
                            tm.ngx_tm_hour, tm.ngx_tm_min, tm.ngx_tm_sec)
                - p;

    return ngx_cs_variable_set(v, &value);
}


static ngx_int_t
ngx_cs_variable_set(ngx_http_variable_value_t *v, ngx_str_t *value)
{
    if (value == NULL || value->len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->len = value->len;
    v->data = value->data;

    return NGX_OK;
}


ngx_int_t
ngx_cs_variables_add(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_cs_vars; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}
