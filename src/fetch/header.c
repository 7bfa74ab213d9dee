/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The header of a request and of its response; see the header.
 */


#include "fetch/header.h"


/* bytes of a header, and of all of a response's, the interim ones first */
#define NGX_CS_HEADER_MAX  (12 * 1024)
#define NGX_CS_HEADER_ALL  (64 * 1024)


static ngx_uint_t ngx_cs_fetch_header_is(u_char *p, size_t len, char *name,
    ngx_str_t *value);
static clear_transport_e ngx_cs_fetch_header_copy(ngx_str_t *field,
    ngx_pool_t *pool, ngx_str_t *value);
static char *ngx_cs_fetch_header_field(ngx_pool_t *pool, ngx_keyval_t *field);
static clear_transport_e ngx_cs_fetch_header_length(
    ngx_cs_fetch_header_t *header, ngx_str_t *value);


struct curl_slist *
ngx_cs_fetch_header_list(ngx_pool_t *pool, ngx_cs_fetch_conf_t *conf,
    ngx_keyval_t *headers, ngx_uint_t n)
{
    ngx_uint_t          i, k, m;
    ngx_array_t        *fields;
    ngx_keyval_t       *field;
    struct curl_slist  *list;
    static char        *ours[] = {
        "Accept: application/json",
        "Accept-Encoding: gzip",
        "User-Agent: ngx_clear_status"
    };

    k = sizeof(ours) / sizeof(ours[0]);

    fields = conf->fields;
    m = fields ? fields->nelts : 0;

    list = ngx_palloc(pool, (k + m + n + 1) * sizeof(struct curl_slist));
    if (list == NULL) {
        return NULL;
    }

    for (i = 0; i < k; i++) {
        list[i].data = ours[i];
        list[i].next = &list[i + 1];
    }

    for (i = 0; i < m + n; i++) {
        field = (i < m) ? (ngx_keyval_t *) fields->elts + i : &headers[i - m];

        list[k + i].data = ngx_cs_fetch_header_field(pool, field);
        list[k + i].next = &list[k + i + 1];

        if (list[k + i].data == NULL) {
            return NULL;
        }
    }

    if (conf->host_field) {
        list[k + m + n].data = (char *) conf->host_field;
        n++;
    }

    list[k + m + n - 1].next = NULL;

    return list;
}


/* as libcurl takes it; NULL: no memory */

static char *
ngx_cs_fetch_header_field(ngx_pool_t *pool, ngx_keyval_t *field)
{
    u_char  *p, *text;

    text = ngx_pnalloc(pool, field->key.len + field->value.len + sizeof(": "));
    if (text == NULL) {
        return NULL;
    }

    p = ngx_cpymem(text, field->key.data, field->key.len);
    *p++ = ':';
    *p++ = ' ';
    p = ngx_cpymem(p, field->value.data, field->value.len);
    *p = '\0';

    return (char *) text;
}


void
ngx_cs_fetch_header_reset(ngx_cs_fetch_header_t *header)
{
    ngx_memzero(header, sizeof(ngx_cs_fetch_header_t));
    header->length = -1;
}


/*
 * An empty line ends a header.  What comes after that is another one, if the
 * first was an interim one (RFC 9110, section 15.2), or the trailer section,
 * in which nothing is of use.
 */

clear_transport_e
ngx_cs_fetch_header_line(ngx_cs_fetch_header_t *header, ngx_pool_t *pool,
    u_char *p, size_t len)
{
    size_t     all;
    ngx_str_t  value;

    all = header->all + len;

    if (len > 5 && ngx_strncmp(p, "HTTP/", 5) == 0) {
        ngx_cs_fetch_header_reset(header);
    }

    header->size += len;
    header->all = all;

    if (header->size > NGX_CS_HEADER_MAX || all > NGX_CS_HEADER_ALL) {
        return CLEAR_TRANSPORT_TOO_LARGE;
    }

    if (len == 0 || p[0] == CR || p[0] == LF) {
        header->complete = 1;
    }

    if (header->complete) {
        return CLEAR_TRANSPORT_OK;
    }

    if (ngx_cs_fetch_header_is(p, len, "content-length:", &value)) {
        return ngx_cs_fetch_header_length(header, &value);
    }

    if (ngx_cs_fetch_header_is(p, len, "retry-after:", &value)) {
        return ngx_cs_fetch_header_copy(&header->retry_after, pool, &value);
    }

    if (ngx_cs_fetch_header_is(p, len, "date:", &value)) {
        return ngx_cs_fetch_header_copy(&header->date, pool, &value);
    }

    return CLEAR_TRANSPORT_OK;
}


static ngx_uint_t
ngx_cs_fetch_header_is(u_char *p, size_t len, char *name, ngx_str_t *value)
{
    size_t  n;

    n = ngx_strlen(name);

    if (len < n || ngx_strncasecmp(p, (u_char *) name, n) != 0) {
        return 0;
    }

    p += n;
    len -= n;

    while (len && (*p == ' ' || *p == '\t')) {
        p++;
        len--;
    }

    while (len && p[len - 1] <= ' ') {
        len--;
    }

    value->data = p;
    value->len = len;

    return 1;
}


static clear_transport_e
ngx_cs_fetch_header_copy(ngx_str_t *field, ngx_pool_t *pool, ngx_str_t *value)
{
    field->len = value->len;
    field->data = ngx_pnalloc(pool, value->len + 1);

    if (field->data == NULL) {
        return CLEAR_TRANSPORT_LOCAL;
    }

    ngx_memcpy(field->data, value->data, value->len);

    return CLEAR_TRANSPORT_OK;
}


/*
 * libcurl takes the last of several; what a response with two means is
 * anybody's guess (RFC 9112, section 6.3).
 */

static clear_transport_e
ngx_cs_fetch_header_length(ngx_cs_fetch_header_t *header, ngx_str_t *value)
{
    off_t  length;

    length = ngx_atoof(value->data, value->len);

    if (length == (off_t) NGX_ERROR
        || (header->length != -1 && header->length != length))
    {
        return CLEAR_TRANSPORT_BROKEN;
    }

    header->length = length;

    return CLEAR_TRANSPORT_OK;
}
