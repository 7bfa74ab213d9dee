/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * An answer -> status, header fields and body; see the header.
 */


#include "ngx_clear_status_reply.h"

#include "ngx_clear_status_exchange.h"


/* one year: RFC 9111 has no word for ever (and RFC 2616 named this limit) */
#define NGX_CLEAR_STATUS_YEAR  31536000

/* "clear_status" and all that can follow it */
#define NGX_CLEAR_STATUS_CACHE_STATUS_LEN                                    \
    (sizeof("clear_status; hit; fwd=; fwd-status=; ttl=; stored; collapsed;" \
            " detail=")                                                      \
     + 2 * NGX_INT64_LEN + 64)

#define ngx_clear_status_header(r, key, value, len)                          \
    ngx_clear_status_reply_header(r, key, sizeof(key) - 1, value, len)


static ngx_int_t ngx_clear_status_reply_cache_status(ngx_http_request_t *r,
    ngx_clear_status_answer_t *answer, ngx_clear_status_handling_t *handling,
    int64_t now);
static ngx_int_t ngx_clear_status_reply_age(ngx_http_request_t *r,
    ngx_clear_status_answer_t *answer, int64_t now);
static ngx_int_t ngx_clear_status_reply_cache_control(ngx_http_request_t *r,
    ngx_clear_status_answer_t *answer);
static ngx_int_t ngx_clear_status_reply_retry_after(ngx_http_request_t *r,
    ngx_clear_status_answer_t *answer, ngx_clear_status_handling_t *handling,
    int64_t now);
static ngx_int_t ngx_clear_status_reply_etag(ngx_http_request_t *r,
    ngx_clear_status_answer_t *answer);
static ngx_int_t ngx_clear_status_reply_send(ngx_http_request_t *r,
    ngx_clear_status_answer_t *answer);


ngx_int_t
ngx_clear_status_reply(ngx_http_request_t *r,
    ngx_clear_status_answer_t *answer, ngx_clear_status_handling_t *handling,
    int64_t now)
{
    if (ngx_clear_status_reply_cache_status(r, answer, handling, now) != NGX_OK
        || ngx_clear_status_reply_age(r, answer, now) != NGX_OK
        || ngx_clear_status_reply_cache_control(r, answer) != NGX_OK
        || ngx_clear_status_reply_retry_after(r, answer, handling, now)
           != NGX_OK
        || ngx_clear_status_reply_etag(r, answer) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_clear_status_reply_send(r, answer);
}


ngx_int_t
ngx_clear_status_reply_error(ngx_http_request_t *r, clear_error_t *error)
{
    ngx_clear_status_answer_t  answer;

    ngx_memzero(&answer, sizeof(ngx_clear_status_answer_t));

    if (ngx_clear_status_answer_error(r->pool, error, &answer) != NGX_OK
        || ngx_clear_status_reply_cache_control(r, &answer) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_clear_status_reply_send(r, &answer);
}


/* RFC 9211, section 2 */

static ngx_int_t
ngx_clear_status_reply_cache_status(ngx_http_request_t *r,
    ngx_clear_status_answer_t *answer, ngx_clear_status_handling_t *handling,
    int64_t now)
{
    u_char   *p, *value;
    int64_t   ttl;

    value = ngx_pnalloc(r->pool, NGX_CLEAR_STATUS_CACHE_STATUS_LEN
                                 + handling->fwd.len + handling->detail.len);
    if (value == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(value, "clear_status", sizeof("clear_status") - 1);

    if (handling->hit) {
        p = ngx_cpymem(p, "; hit", sizeof("; hit") - 1);
    }

    if (handling->fwd.len) {
        p = ngx_sprintf(p, "; fwd=%V", &handling->fwd);
    }

    if (handling->fwd_status) {
        p = ngx_sprintf(p, "; fwd-status=%ui", handling->fwd_status);
    }

    if (handling->hit || handling->cache == NGX_CLEAR_STATUS_STALE) {

        if (answer->stamp.fresh_until == CLEAR_FOREVER) {
            p = ngx_cpymem(p, "; ttl=31536000", sizeof("; ttl=31536000") - 1);

        } else {
            ttl = answer->stamp.fresh_until - now;
            ttl = (ttl >= 0) ? ttl / 1000 : -((999 - ttl) / 1000);
            p = ngx_sprintf(p, "; ttl=%L", ttl);
        }
    }

    if (handling->stored) {
        p = ngx_cpymem(p, "; stored", sizeof("; stored") - 1);
    }

    if (handling->collapsed) {
        p = ngx_cpymem(p, "; collapsed", sizeof("; collapsed") - 1);
    }

    if (handling->detail.len) {
        p = ngx_sprintf(p, "; detail=%V", &handling->detail);
    }

    return ngx_clear_status_header(r, "Cache-Status", value, p - value);
}


/* RFC 9111, section 5.1 */

static ngx_int_t
ngx_clear_status_reply_age(ngx_http_request_t *r,
    ngx_clear_status_answer_t *answer, int64_t now)
{
    u_char   *p, *value;
    int64_t   age;

    value = ngx_pnalloc(r->pool, NGX_INT64_LEN);
    if (value == NULL) {
        return NGX_ERROR;
    }

    age = answer->stamp.fetched ? (now - answer->stamp.fetched) / 1000 : 0;

    p = ngx_sprintf(value, "%L", ngx_max(age, 0));

    return ngx_clear_status_header(r, "Age", value, p - value);
}


/* RFC 9111, section 5.2.2; immutable is RFC 8246 */

static ngx_int_t
ngx_clear_status_reply_cache_control(ngx_http_request_t *r,
    ngx_clear_status_answer_t *answer)
{
    u_char         *p, *value;
    int64_t         lifetime;
    static u_char   error[] = "no-store";
    static u_char   forever[] = "private, max-age=31536000, immutable";

    if (answer->status != NGX_HTTP_OK) {
        return ngx_clear_status_header(r, "Cache-Control", error,
                                       sizeof(error) - 1);
    }

    lifetime = NGX_CLEAR_STATUS_YEAR;

    if (answer->stamp.fresh_until != CLEAR_FOREVER) {
        lifetime = (answer->stamp.fresh_until - answer->stamp.fetched) / 1000;
        lifetime = ngx_min(lifetime, NGX_CLEAR_STATUS_YEAR);

    } else if (answer->stamp.terminal) {
        return ngx_clear_status_header(r, "Cache-Control", forever,
                                       sizeof(forever) - 1);
    }

    value = ngx_pnalloc(r->pool,
                        sizeof("private, max-age=") - 1 + NGX_INT64_LEN);
    if (value == NULL) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(value, "private, max-age=%L", lifetime);

    return ngx_clear_status_header(r, "Cache-Control", value, p - value);
}


/*
 * RFC 9110, section 10.2.3: on a task that is not finished, the time until
 * there can be something new; on an error, what upstream asked for.
 */

static ngx_int_t
ngx_clear_status_reply_retry_after(ngx_http_request_t *r,
    ngx_clear_status_answer_t *answer, ngx_clear_status_handling_t *handling,
    int64_t now)
{
    u_char   *p, *value;
    int64_t   until;

    until = ngx_max(answer->retry_until, handling->retry_until);

    if (answer->status == NGX_HTTP_OK) {

        if (answer->stamp.terminal
            || answer->stamp.fresh_until == CLEAR_FOREVER)
        {
            return NGX_OK;
        }

        until = ngx_max(until, answer->stamp.fresh_until);

    } else if (until == 0) {
        return NGX_OK;
    }

    value = ngx_pnalloc(r->pool, NGX_INT64_LEN);
    if (value == NULL) {
        return NGX_ERROR;
    }

    until = (until - now + 999) / 1000;

    p = ngx_sprintf(value, "%L", ngx_max(until, 1));

    return ngx_clear_status_header(r, "Retry-After", value, p - value);
}


/* nginx's not modified filter compares If-None-Match with this */

static ngx_int_t
ngx_clear_status_reply_etag(ngx_http_request_t *r,
    ngx_clear_status_answer_t *answer)
{
    u_char           *value;
    ngx_table_elt_t  *etag;

    if (answer->status != NGX_HTTP_OK) {
        return NGX_OK;
    }

    etag = ngx_list_push(&r->headers_out.headers);
    value = ngx_pnalloc(r->pool, NGX_CLEAR_STATUS_ETAG_LEN);

    if (etag == NULL || value == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(value, answer->etag, NGX_CLEAR_STATUS_ETAG_LEN);

    etag->hash = 1;
#if (nginx_version >= 1023000)
    etag->next = NULL;
#endif
    ngx_str_set(&etag->key, "ETag");
    etag->value.len = NGX_CLEAR_STATUS_ETAG_LEN;
    etag->value.data = value;

    r->headers_out.etag = etag;

    return NGX_OK;
}


static ngx_int_t
ngx_clear_status_reply_send(ngx_http_request_t *r,
    ngx_clear_status_answer_t *answer)
{
    ngx_int_t    rc;
    ngx_buf_t   *b;
    ngx_chain_t  out;

    r->headers_out.status = answer->status;
    r->headers_out.content_length_n = answer->body.len;

    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->pos = answer->body.data;
    b->last = answer->body.data + answer->body.len;
    b->memory = 1;
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


ngx_int_t
ngx_clear_status_reply_header(ngx_http_request_t *r, char *key, size_t len,
    u_char *value, size_t value_len)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
#if (nginx_version >= 1023000)
    h->next = NULL;
#endif
    h->key.len = len;
    h->key.data = (u_char *) key;
    h->value.len = value_len;
    h->value.data = value;

    return NGX_OK;
}
