/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A location's settings as libcurl's options; see the header.
 */


#include "fetch/options.h"

#include "fetch/tls.h"


static void ngx_cs_fetch_options_off(CURL *easy);
static ngx_int_t ngx_cs_fetch_options_proxy(CURL *easy,
    ngx_cs_fetch_conf_t *conf);


ngx_int_t
ngx_cs_fetch_options(CURL *easy, ngx_cs_fetch_conf_t *conf, CURLU *url)
{
    ngx_uint_t  http2;

    http2 = (conf->http_version == 20);

    /* first of all, what it would not be safe to go without */

    if (curl_easy_setopt(easy, CURLOPT_CURLU, url) != CURLE_OK
        || curl_easy_setopt(easy, CURLOPT_CONNECT_TO, conf->routes)
           != CURLE_OK
        || ngx_cs_fetch_options_proxy(easy, conf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* what is decoded; the field itself is in the list */

    (void) curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");

    (void) curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                            http2 ? (long) CURL_HTTP_VERSION_2TLS
                                  : (long) CURL_HTTP_VERSION_1_1);

    ngx_cs_fetch_options_off(easy);

    if (conf->tls) {
        ngx_cs_tls_set(easy, conf->tls);
    }

    return NGX_OK;
}


CURLU *
ngx_cs_fetch_url(ngx_cs_fetch_conf_t *conf)
{
    char      *text;
    CURLU     *url;
    size_t     len;
    CURLUcode  rc;

    len = conf->authority.data + conf->authority.len - conf->url.data;

    url = curl_url();
    text = ngx_alloc(len + conf->ssl_name.len + sizeof("https://:65535/"),
                     ngx_cycle->log);

    rc = CURLUE_OUT_OF_MEMORY;

    if (url && text) {
        if (ngx_cs_fetch_named(conf)) {
            (void) ngx_sprintf((u_char *) text, "https://%V:%d/%Z",
                               &conf->ssl_name, (int) conf->port);

        } else {
            ngx_memcpy(text, conf->url.data, len);
            ngx_memcpy(text + len, "/", sizeof("/"));
        }

        rc = curl_url_set(url, CURLUPART_URL, text, 0);
    }

    ngx_free(text);

    if (rc != CURLUE_OK) {
        curl_url_cleanup(url);
        return NULL;
    }

    return url;
}


static void
ngx_cs_fetch_options_off(CURL *easy)
{
    (void) curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void) curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    (void) curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    (void) curl_easy_setopt(easy, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
    (void) curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    (void) curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
}


/*
 * Always through a tunnel, also to a plain http:// upstream: a proxy gets its
 * own header, never upstream's.  An empty name: the environment's variables
 * are ignored.
 */

static ngx_int_t
ngx_cs_fetch_options_proxy(CURL *easy, ngx_cs_fetch_conf_t *conf)
{
    if (curl_easy_setopt(easy, CURLOPT_PROXY,
                         conf->proxy_url.len ? (char *) conf->proxy_url.data
                                             : "")
        != CURLE_OK
        || curl_easy_setopt(easy, CURLOPT_PROXYUSERNAME,
                            conf->proxy_user.data)
           != CURLE_OK
        || curl_easy_setopt(easy, CURLOPT_NOPROXY, "") != CURLE_OK)
    {
        return NGX_ERROR;
    }

    (void) curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
    (void) curl_easy_setopt(easy, CURLOPT_HEADEROPT,
                            (long) CURLHEADER_SEPARATE);
    (void) curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);

    return NGX_OK;
}
