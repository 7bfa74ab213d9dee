/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A page for operators and its JSON; see the header.  The page is made of
 * src/operator/page/ by tools/page, which also knows the hashes that its
 * Content-Security-Policy allows; no other script or style runs there.
 */


#include "operator/dashboard.h"

#include "operator/dashboard_json.h"
#include "operator/dashboard_page.h"
#include "operator/dashboard_search.h"
#include "request/argument.h"
#include "request/reply.h"


static ngx_int_t ngx_cs_dashboard_page(ngx_http_request_t *r);
static ngx_int_t ngx_cs_dashboard_find(ngx_http_request_t *r,
    ngx_cs_search_t *search);
static ngx_int_t ngx_cs_dashboard_found(ngx_http_request_t *r,
    ngx_cs_search_t *search, ngx_int_t rc);
static ngx_int_t ngx_cs_dashboard_refuse(ngx_http_request_t *r, char *field,
    const char *message);
static ngx_int_t ngx_cs_dashboard_send_json(ngx_http_request_t *r,
    ngx_cs_text_t *text);
static ngx_int_t ngx_cs_dashboard_headers(ngx_http_request_t *r,
    ngx_keyval_t *headers);


static ngx_keyval_t  ngx_cs_dashboard_common[] = {
    { ngx_string("Cache-Control"), ngx_string("no-store") },
    { ngx_string("X-Content-Type-Options"), ngx_string("nosniff") },
    { ngx_string("Referrer-Policy"), ngx_string("no-referrer") },
    { ngx_null_string, ngx_null_string }
};


static ngx_keyval_t  ngx_cs_dashboard_policy[] = {
    { ngx_string("Content-Security-Policy"),
      ngx_string(NGX_CS_DASHBOARD_POLICY) },
    { ngx_null_string, ngx_null_string }
};


ngx_int_t
ngx_cs_dashboard(ngx_http_request_t *r, ngx_cs_dashboard_t *d)
{
    ngx_int_t         rc;
    ngx_str_t         format, history;
    ngx_cs_text_t     text;
    ngx_cs_search_t  *search;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_arg(r, (u_char *) "format", sizeof("format") - 1, &format)
        != NGX_OK)
    {
        return ngx_cs_dashboard_page(r);
    }

    if (format.len != 4 || ngx_strncmp(format.data, "json", 4) != 0) {
        return ngx_cs_dashboard_refuse(r, "format",
                                       "can be json only");
    }

    search = ngx_pcalloc(r->pool, sizeof(ngx_cs_search_t));
    if (search == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    search->pool = r->pool;
    search->zones = d->zones;
    search->nzones = d->nzones;
    search->body = d->body;

    rc = ngx_cs_dashboard_find(r, search);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    ngx_cs_text_init(&text, r->pool);
    ngx_cs_dashboard_numbers(&text, d,
                             ngx_http_arg(r, (u_char *) "history",
                                          sizeof("history") - 1, &history)
                             == NGX_OK);

    return ngx_cs_dashboard_send_json(r, &text);
}


static ngx_int_t
ngx_cs_dashboard_page(ngx_http_request_t *r)
{
    ngx_http_complex_value_t  cv;
    static ngx_str_t          html = ngx_string("text/html; charset=utf-8");

    if (ngx_cs_dashboard_headers(r, ngx_cs_dashboard_policy) != NGX_OK
        || ngx_cs_dashboard_headers(r, ngx_cs_dashboard_common) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memzero(&cv, sizeof(ngx_http_complex_value_t));
    ngx_str_set(&cv.value, NGX_CS_DASHBOARD_PAGE);

    return ngx_http_send_response(r, NGX_HTTP_OK, &html, &cv);
}


/* NGX_DECLINED: no task is asked for */

static ngx_int_t
ngx_cs_dashboard_find(ngx_http_request_t *r, ngx_cs_search_t *search)
{
    ngx_int_t        rc;
    clear_task_id_e  bad;

    rc = ngx_cs_argument_task_id(r, &search->walk.task_id, &bad);
    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_cs_argument(r, "integrationId",
                         &search->integration_id);
    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc == NGX_DECLINED) {
        return ngx_cs_dashboard_refuse(r, "integrationId",
                                       "must not be empty");
    }

    if (bad == CLEAR_TASK_ID_MISSING && search->integration_id.data == NULL) {
        return NGX_DECLINED;
    }

    if (bad != CLEAR_TASK_ID_OK) {
        return ngx_cs_dashboard_refuse(r, "taskId",
                                       clear_task_id_strerror(bad));
    }

    search->done = ngx_cs_dashboard_found;

    return ngx_cs_search(r, search);
}


static ngx_int_t
ngx_cs_dashboard_found(ngx_http_request_t *r, ngx_cs_search_t *search,
    ngx_int_t rc)
{
    ngx_cs_text_t  text;

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_cs_text_init(&text, r->pool);
    ngx_cs_dashboard_findings(&text, search);

    return ngx_cs_dashboard_send_json(r, &text);
}


static ngx_int_t
ngx_cs_dashboard_refuse(ngx_http_request_t *r, char *field,
    const char *message)
{
    clear_error_t  error;

    ngx_cs_argument_error(r, field, message, &error);

    return ngx_cs_reply_error(r, &error);
}


static ngx_int_t
ngx_cs_dashboard_send_json(ngx_http_request_t *r, ngx_cs_text_t *text)
{
    static ngx_str_t  json = ngx_string("application/json");

    if (ngx_cs_dashboard_headers(r, ngx_cs_dashboard_common) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_cs_text_send(r, text, &json);
}


static ngx_int_t
ngx_cs_dashboard_headers(ngx_http_request_t *r, ngx_keyval_t *headers)
{
    ngx_keyval_t  *h;

    for (h = headers; h->key.len; h++) {
        if (ngx_cs_reply_header(r, (char *) h->key.data, h->key.len,
                                h->value.data, h->value.len)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}
