/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * An answer -> status, header fields and body; see the header.
 */


#include "request/reply.h"


/* one year: RFC 9111 has no word for ever (and RFC 2616 named this limit) */
#define NGX_CS_YEAR  31536000

/* "clear_status" and all that can follow it */
#define NGX_CS_CACHE_STATUS_LEN                                              \
    (sizeof("clear_status; hit; fwd=; fwd-status=; ttl=; stored; collapsed;" \
            " detail=")                                                      \
     + 2 * NGX_INT64_LEN + 64)

/* the values of all fields */
#define NGX_CS_VALUES_LEN                                                    \
    (NGX_CS_CACHE_STATUS_LEN                                                 \
     + NGX_INT64_LEN                                        /* Age */        \
     + sizeof("private, max-age=") - 1 + NGX_INT64_LEN                       \
     + NGX_INT64_LEN                                        /* Retry-After */\
     + NGX_CS_ETAG_LEN)

#define ngx_cs_header(rs, key, value, len)                                   \
    (ngx_cs_reply_push((rs)->request, key, sizeof(key) - 1, value, len)      \
     ? NGX_OK : NGX_ERROR)

/* a field whose value was written from rs->last to p; the next begins there */
#define ngx_cs_made(rs, key, p)                                              \
    ngx_cs_reply_made(rs, key, sizeof(key) - 1, p)


/* a response in the making, all that it needs in one allocation */

typedef struct {
    ngx_http_request_t          *request;
    ngx_cs_answer_t             *answer;
    ngx_cs_handling_t           *handling;
    int64_t                      now;        /* mono, ms */
    ngx_buf_t                    buf;        /* the body's */
#if (nginx_version < 1023000)
    ngx_table_elt_t             *control;    /* nginx's array of one */
#endif
    u_char                      *last;       /* where the next value begins */
    u_char                       values[1];
} ngx_cs_response_t;


static ngx_cs_response_t *ngx_cs_reply_create(ngx_http_request_t *r,
    ngx_cs_answer_t *answer, size_t values);
static ngx_int_t ngx_cs_reply_cache_status(ngx_cs_response_t *rs);
static ngx_int_t ngx_cs_reply_age(ngx_cs_response_t *rs);
static ngx_int_t ngx_cs_reply_cache_control(ngx_cs_response_t *rs);
static ngx_int_t ngx_cs_reply_retry_after(ngx_cs_response_t *rs);
static ngx_int_t ngx_cs_reply_etag(ngx_cs_response_t *rs);
static ngx_inline ngx_int_t ngx_cs_reply_control(ngx_http_request_t *r,
    ngx_cs_response_t *rs, u_char *value, size_t len);
static ngx_inline ngx_int_t ngx_cs_reply_made(ngx_cs_response_t *rs,
    char *key, size_t len, u_char *p);
static u_char *ngx_cs_reply_number(u_char *p, int64_t n);
static ngx_int_t ngx_cs_reply_send(ngx_cs_response_t *rs);


ngx_str_t  ngx_cs_fwd_miss = ngx_string("uri-miss");
ngx_str_t  ngx_cs_fwd_stale = ngx_string("stale");
ngx_str_t  ngx_cs_fwd_bypass = ngx_string("bypass");

ngx_str_t  ngx_cs_detail_error =
    ngx_string("stale-if-error");
ngx_str_t  ngx_cs_detail_revalidate =
    ngx_string("stale-while-revalidate");

ngx_str_t
ngx_cs_detail_unasked(ngx_cs_source_e source)
{
    static ngx_str_t  paused = ngx_string("upstream-paused");
    static ngx_str_t  queue = ngx_string("upstream-queue");

    return (source == NGX_CS_SOURCE_QUEUE) ? queue : paused;
}


ngx_int_t
ngx_cs_reply(ngx_http_request_t *r, ngx_cs_answer_t *answer,
    ngx_cs_handling_t *handling, int64_t now)
{
    ngx_cs_response_t  *rs;

    rs = ngx_cs_reply_create(r, answer, NGX_CS_VALUES_LEN
                                        + handling->fwd.len
                                        + handling->detail.len);
    if (rs == NULL) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    rs->handling = handling;
    rs->now = now;

    if (ngx_cs_reply_cache_status(rs) != NGX_OK
        || ngx_cs_reply_age(rs) != NGX_OK
        || ngx_cs_reply_cache_control(rs) != NGX_OK
        || ngx_cs_reply_retry_after(rs) != NGX_OK
        || ngx_cs_reply_etag(rs) != NGX_OK)
    {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    return ngx_cs_reply_send(rs);
}


ngx_int_t
ngx_cs_reply_error(ngx_http_request_t *r, clear_error_t *error)
{
    ngx_cs_answer_t  answer;

    ngx_memzero(&answer, sizeof(ngx_cs_answer_t));

    if (ngx_cs_answer_error(r->pool, error, &answer) != NGX_OK) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    return ngx_cs_reply_plain(r, &answer);
}


ngx_int_t
ngx_cs_reply_plain(ngx_http_request_t *r, ngx_cs_answer_t *answer)
{
    ngx_cs_response_t  *rs;

    rs = ngx_cs_reply_create(r, answer, 0);

    if (rs == NULL || ngx_cs_reply_no_store(r) != NGX_OK) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    return ngx_cs_reply_send(rs);
}


/* values: bytes for the values that are made */

static ngx_cs_response_t *
ngx_cs_reply_create(ngx_http_request_t *r, ngx_cs_answer_t *answer,
    size_t values)
{
    ngx_cs_response_t  *rs;

    rs = ngx_palloc(r->pool, sizeof(ngx_cs_response_t) + values);
    if (rs == NULL) {
        return NULL;
    }

    ngx_memzero(&rs->buf, sizeof(ngx_buf_t));

    rs->request = r;
    rs->answer = answer;
    rs->last = rs->values;

    return rs;
}


/* RFC 9111, section 5.2.2.5 */

ngx_int_t
ngx_cs_reply_no_store(ngx_http_request_t *r)
{
    static u_char  value[] = "no-store";

    return ngx_cs_reply_control(r, NULL, value, sizeof(value) - 1);
}


/* RFC 9211, section 2 */

static ngx_int_t
ngx_cs_reply_cache_status(ngx_cs_response_t *rs)
{
    u_char             *p;
    int64_t             ttl;
    ngx_cs_answer_t    *answer;
    ngx_cs_handling_t  *handling;
    static u_char       finished[] = "clear_status; hit; ttl=31536000";

    answer = rs->answer;
    handling = rs->handling;

    if (handling->cache == NGX_CS_HIT
        && answer->stamp.fresh_until == CLEAR_FOREVER
        && handling->detail.len == 0)
    {
        return ngx_cs_header(rs, "Cache-Status", finished,
                             sizeof(finished) - 1);
    }

    p = ngx_cpymem(rs->last, "clear_status", sizeof("clear_status") - 1);

    if (handling->hit) {
        p = ngx_cpymem(p, "; hit", sizeof("; hit") - 1);
    }

    if (handling->fwd.len) {
        p = ngx_cpymem(p, "; fwd=", sizeof("; fwd=") - 1);
        p = ngx_cpymem(p, handling->fwd.data, handling->fwd.len);
    }

    if (handling->fwd_status) {
        p = ngx_cpymem(p, "; fwd-status=", sizeof("; fwd-status=") - 1);
        p = ngx_cs_reply_number(p, handling->fwd_status);
    }

    if ((handling->hit || handling->cache == NGX_CS_STALE)
        && !handling->tier)
    {

        if (answer->stamp.fresh_until == CLEAR_FOREVER) {
            p = ngx_cpymem(p, "; ttl=31536000", sizeof("; ttl=31536000") - 1);

        } else {
            ttl = answer->stamp.fresh_until - rs->now;
            ttl = (ttl >= 0) ? ttl / 1000 : -((999 - ttl) / 1000);
            p = ngx_cpymem(p, "; ttl=", sizeof("; ttl=") - 1);
            p = ngx_cs_reply_number(p, ttl);
        }
    }

    if (handling->stored) {
        p = ngx_cpymem(p, "; stored", sizeof("; stored") - 1);
    }

    if (handling->collapsed) {
        p = ngx_cpymem(p, "; collapsed", sizeof("; collapsed") - 1);
    }

    if (handling->detail.len) {
        p = ngx_cpymem(p, "; detail=", sizeof("; detail=") - 1);
        p = ngx_cpymem(p, handling->detail.data, handling->detail.len);
    }

    return ngx_cs_made(rs, "Cache-Status", p);
}


/* RFC 9111, section 5.1 */

static ngx_int_t
ngx_cs_reply_age(ngx_cs_response_t *rs)
{
    u_char   *p;
    int64_t   age, fetched;

    fetched = rs->answer->stamp.fetched;

    age = fetched ? (rs->now - fetched) / 1000 : 0;

    p = ngx_cs_reply_number(rs->last, ngx_max(age, 0));

    return ngx_cs_made(rs, "Age", p);
}


/* RFC 9111, section 5.2.2; immutable is RFC 8246 */

static ngx_int_t
ngx_cs_reply_cache_control(ngx_cs_response_t *rs)
{
    u_char         *p, *begin;
    int64_t         lifetime, most;
    clear_stamp_t  *stamp;
    static u_char   forever[] = "private, max-age=31536000, immutable";

    if (rs->answer->status != NGX_HTTP_OK) {
        return ngx_cs_reply_no_store(rs->request);
    }

    stamp = &rs->answer->stamp;

    most = ngx_min((int64_t) (rs->handling->max_age / 1000), NGX_CS_YEAR);
    lifetime = most;

    if (stamp->fresh_until != CLEAR_FOREVER) {
        lifetime = (stamp->fresh_until - stamp->fetched) / 1000;
        lifetime = ngx_min(lifetime, most);

    } else if (stamp->terminal && most == NGX_CS_YEAR) {
        return ngx_cs_reply_control(rs->request, rs, forever,
                                    sizeof(forever) - 1);
    }

    begin = rs->last;

    p = ngx_cpymem(begin, "private, max-age=", sizeof("private, max-age=") - 1);
    p = ngx_cs_reply_number(p, lifetime);

    rs->last = p;

    return ngx_cs_reply_control(rs->request, rs, begin, p - begin);
}


/*
 * As nginx's own, so that "expires" and $sent_http_cache_control see it.
 * rs: NULL where nginx's array is to have memory of its own.
 */

static ngx_inline ngx_int_t
ngx_cs_reply_control(ngx_http_request_t *r, ngx_cs_response_t *rs,
    u_char *value, size_t len)
{
    ngx_table_elt_t  *h;

    h = ngx_cs_reply_push(r, "Cache-Control", sizeof("Cache-Control") - 1,
                          value, len);
    if (h == NULL) {
        return NGX_ERROR;
    }

#if (nginx_version >= 1023000)

    r->headers_out.cache_control = h;

#else
    {
    ngx_array_t       *a;
    ngx_table_elt_t  **ccp;

    a = &r->headers_out.cache_control;

    if (a->elts == NULL && rs) {
        rs->control = h;

        a->elts = &rs->control;
        a->nelts = 1;
        a->size = sizeof(ngx_table_elt_t *);
        a->nalloc = 1;
        a->pool = r->pool;

        return NGX_OK;
    }

    if (a->elts == NULL
        && ngx_array_init(a, r->pool, 1, sizeof(ngx_table_elt_t *)) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ccp = ngx_array_push(a);
    if (ccp == NULL) {
        return NGX_ERROR;
    }

    *ccp = h;
    }
#endif

    return NGX_OK;
}


/*
 * RFC 9110, section 10.2.3: on a task that is not finished, the time until
 * there can be something new; on an error, what upstream asked for.
 */

static ngx_int_t
ngx_cs_reply_retry_after(ngx_cs_response_t *rs)
{
    u_char             *p;
    int64_t             until;
    ngx_cs_answer_t    *answer;
    ngx_cs_handling_t  *handling;

    answer = rs->answer;
    handling = rs->handling;

    if (handling->retry_after == NGX_CS_RETRY_NONE) {
        return NGX_OK;
    }

    if (handling->retry_after) {
        p = ngx_cs_reply_number(rs->last, handling->retry_after);
        return ngx_cs_made(rs, "Retry-After", p);
    }

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

    until = (until - rs->now + 999) / 1000;

    p = ngx_cs_reply_number(rs->last, ngx_max(until, 1));

    return ngx_cs_made(rs, "Retry-After", p);
}


/* nginx's not modified filter compares If-None-Match with this */

static ngx_int_t
ngx_cs_reply_etag(ngx_cs_response_t *rs)
{
    ngx_table_elt_t     *etag;
    ngx_http_request_t  *r;

    if (rs->answer->status != NGX_HTTP_OK) {
        return NGX_OK;
    }

    r = rs->request;

    etag = ngx_cs_reply_push(r, "ETag", sizeof("ETag") - 1, rs->last,
                             NGX_CS_ETAG_LEN);
    if (etag == NULL) {
        return NGX_ERROR;
    }

    rs->last = ngx_cpymem(rs->last, rs->answer->etag, NGX_CS_ETAG_LEN);

    r->headers_out.etag = etag;

    /*
     * Without a modification date these are ignored (RFC 9110, sections
     * 13.1.3 and 13.1.4); nginx would take them for failed.
     */

    r->headers_in.if_modified_since = NULL;
    r->headers_in.if_unmodified_since = NULL;

    return NGX_OK;
}


/* ngx_sprintf() would cost a hit more than all of its fields */

static u_char *
ngx_cs_reply_number(u_char *p, int64_t n)
{
    u_char    *last;
    uint64_t   rest, more;

    rest = (uint64_t) n;

    if (n < 0) {
        *p++ = '-';
        rest = 0 - rest;
    }

    last = p + 1;

    for (more = rest / 10; more; more /= 10) {
        last++;
    }

    p = last;

    do {
        *--p = (u_char) ('0' + rest % 10);
        rest /= 10;
    } while (rest);

    return last;
}


static ngx_int_t
ngx_cs_reply_send(ngx_cs_response_t *rs)
{
    ngx_int_t            rc;
    ngx_buf_t           *b;
    ngx_chain_t          out;
    ngx_cs_answer_t     *answer;
    ngx_http_request_t  *r;

    r = rs->request;
    answer = rs->answer;

    r->headers_out.status = answer->status;
    r->headers_out.content_length_n = answer->body.len;

    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = &rs->buf;

    b->pos = answer->body.data;
    b->last = answer->body.data + answer->body.len;
    b->memory = 1;
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static ngx_inline ngx_int_t
ngx_cs_reply_made(ngx_cs_response_t *rs, char *key, size_t len, u_char *p)
{
    u_char  *value;

    value = rs->last;
    rs->last = p;

    return ngx_cs_reply_push(rs->request, key, len, value, p - value)
           ? NGX_OK : NGX_ERROR;
}
