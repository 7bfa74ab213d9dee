/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What libcurl's result codes mean here; see the header.
 */


#include "fetch/code.h"


/* CURLE_TOO_LARGE, since 8.6 */
#define NGX_CS_CURLE_TOO_LARGE  100


ngx_uint_t
ngx_cs_fetch_safe(CURLcode code)
{
    switch (code) {

    case CURLE_COULDNT_CONNECT:
    case CURLE_HTTP2:
    case CURLE_PARTIAL_FILE:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2_STREAM:
        return 1;

    default:
        return 0;
    }
}


ngx_uint_t
ngx_cs_fetch_lacks(ngx_err_t err)
{
    return err == NGX_EMFILE || err == NGX_ENFILE || err == ENOBUFS
           || err == NGX_ENOMEM;
}


ngx_uint_t
ngx_cs_fetch_lacking(void)
{
    ngx_socket_t  s;

    s = ngx_socket(AF_INET, SOCK_DGRAM, 0);

    if (s == (ngx_socket_t) -1) {
        return ngx_cs_fetch_lacks(ngx_socket_errno);
    }

    (void) ngx_close_socket(s);

    return 0;
}


ngx_uint_t
ngx_cs_fetch_unresolved(CURLcode code)
{
    return code == CURLE_COULDNT_RESOLVE_HOST
           || code == CURLE_COULDNT_RESOLVE_PROXY;
}


ngx_uint_t
ngx_cs_fetch_long_line(CURLcode code, ngx_uint_t started)
{
    return (int) code == NGX_CS_CURLE_TOO_LARGE
           || (code == CURLE_OUT_OF_MEMORY && started
               && ngx_cs_fetch_libcurl() < 0x080600);
}


ngx_uint_t
ngx_cs_fetch_libcurl(void)
{
    static ngx_uint_t  version;

    if (version == 0) {
        version = curl_version_info(CURLVERSION_NOW)->version_num;
    }

    return version;
}


clear_transport_e
ngx_cs_fetch_transport(CURLcode code)
{
    switch (code) {

    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return CLEAR_TRANSPORT_RESOLVE;

    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
        return CLEAR_TRANSPORT_CONNECT;

    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
        return CLEAR_TRANSPORT_TLS;

    case CURLE_OPERATION_TIMEDOUT:
        return CLEAR_TRANSPORT_TIMEOUT;

    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
        return CLEAR_TRANSPORT_LOCAL;

    default:
        return CLEAR_TRANSPORT_BROKEN;
    }
}


void
ngx_cs_fetch_text(ngx_pool_t *pool, ngx_str_t *dst, const char *text)
{
    size_t   i, len;
    u_char  *p;

    len = ngx_strlen(text);

    p = ngx_pnalloc(pool, len + 1);
    if (p == NULL) {
        return;
    }

    for (i = 0; i < len; i++) {
        p[i] = (text[i] < ' ' || text[i] == 0x7f) ? ' ' : text[i];
    }

    dst->data = p;
    dst->len = len;
}
