/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A caller's header fields that go upstream; see the header.
 */


#include "request/trace.h"

#include "clear/field.h"


typedef struct {
    ngx_str_t         name;
    int             (*valid)(const u_char *p, size_t len);
    ngx_uint_t        list;  /* in several lines it is one list */
} ngx_cs_trace_field_t;

typedef struct {
    ngx_list_part_t  *part;
    ngx_uint_t        i;
} ngx_cs_trace_at_t;


static ngx_int_t ngx_cs_trace_good(ngx_http_request_t *r,
    ngx_cs_trace_field_t *field, ngx_str_t *value);
static ngx_int_t ngx_cs_trace_value(ngx_http_request_t *r,
    ngx_cs_trace_field_t *field, ngx_str_t *value);
static ngx_int_t ngx_cs_trace_list(ngx_http_request_t *r, ngx_str_t *name,
    size_t len, ngx_str_t *value);
static ngx_str_t *ngx_cs_trace_first(ngx_http_request_t *r, ngx_str_t *name,
    ngx_cs_trace_at_t *at);
static ngx_str_t *ngx_cs_trace_next(ngx_str_t *name, ngx_cs_trace_at_t *at);


/* only tracestate is a list (W3C Trace Context, section 3.3.1) */

static ngx_cs_trace_field_t  ngx_cs_trace_fields[NGX_CS_TRACE_MAX] = {
    { ngx_string("X-Request-Id"), clear_field_request_id, 0 },
    { ngx_string("traceparent"), clear_field_traceparent, 0 },
    { ngx_string("tracestate"), clear_field_tracestate, 1 }
};


void
ngx_cs_trace(ngx_http_request_t *r, ngx_cs_question_t *question)
{
    ngx_str_t              value;
    ngx_uint_t             n;
    ngx_keyval_t          *trace;
    ngx_cs_trace_field_t  *field;

    question->ntrace = 0;

    for (n = 0; n < NGX_CS_TRACE_MAX; n++) {
        field = &ngx_cs_trace_fields[n];

        if (ngx_cs_trace_good(r, field, &value) != NGX_OK) {

            /* no state without its parent (section 3.3.1.4 of the same) */

            if (field->valid == clear_field_traceparent) {
                break;
            }

            continue;
        }

        trace = &question->trace[question->ntrace++];
        trace->key = field->name;
        trace->value = value;
    }
}


/* NGX_DECLINED: it is not there, not of its form, or no memory is */

static ngx_int_t
ngx_cs_trace_good(ngx_http_request_t *r, ngx_cs_trace_field_t *field,
    ngx_str_t *value)
{
    if (ngx_cs_trace_value(r, field, value) != NGX_OK) {
        return NGX_DECLINED;
    }

    if (field->valid(value->data, value->len)) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "client sent a bad \"%V\", it does not go upstream",
                  &field->name);

    return NGX_DECLINED;
}


/* NGX_DECLINED: it is not there, or there is no memory for it */

static ngx_int_t
ngx_cs_trace_value(ngx_http_request_t *r, ngx_cs_trace_field_t *field,
    ngx_str_t *value)
{
    size_t             len;
    ngx_str_t         *line;
    ngx_cs_trace_at_t  at;

    line = ngx_cs_trace_first(r, &field->name, &at);

    if (line == NULL) {
        return NGX_DECLINED;
    }

    *value = *line;

    if (!field->list) {
        return NGX_OK;
    }

    len = line->len;

    while ((line = ngx_cs_trace_next(&field->name, &at)) != NULL) {
        len += sizeof(", ") - 1 + line->len;
    }

    return (len == value->len)
           ? NGX_OK
           : ngx_cs_trace_list(r, &field->name, len, value);
}


/* the lines of a list as one (RFC 9110, section 5.3) */

static ngx_int_t
ngx_cs_trace_list(ngx_http_request_t *r, ngx_str_t *name, size_t len,
    ngx_str_t *value)
{
    u_char            *p;
    ngx_str_t         *line;
    ngx_cs_trace_at_t  at;

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_DECLINED;
    }

    value->data = p;
    value->len = len;

    line = ngx_cs_trace_first(r, name, &at);
    p = ngx_cpymem(p, line->data, line->len);

    while ((line = ngx_cs_trace_next(name, &at)) != NULL) {
        *p++ = ',';
        *p++ = ' ';
        p = ngx_cpymem(p, line->data, line->len);
    }

    return NGX_OK;
}


static ngx_str_t *
ngx_cs_trace_first(ngx_http_request_t *r, ngx_str_t *name,
    ngx_cs_trace_at_t *at)
{
    at->part = &r->headers_in.headers.part;
    at->i = 0;

    return ngx_cs_trace_next(name, at);
}


static ngx_str_t *
ngx_cs_trace_next(ngx_str_t *name, ngx_cs_trace_at_t *at)
{
    ngx_table_elt_t  *h;

    while (at->part) {

        if (at->i == at->part->nelts) {
            at->part = at->part->next;
            at->i = 0;
            continue;
        }

        h = at->part->elts;
        h = &h[at->i++];

        if (h->key.len == name->len
            && ngx_strncasecmp(h->key.data, name->data, name->len) == 0)
        {
            return &h->value;
        }
    }

    return NULL;
}
