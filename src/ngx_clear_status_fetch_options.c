/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A location's settings as libcurl's options; see the header.
 */


#include "ngx_clear_status_fetch_options.h"

#include "ngx_clear_status_tls.h"


/* seconds that a connection is used, so that a new address is seen once */
#define NGX_CLEAR_STATUS_CONNECTION_LIFE  3600


static void ngx_clear_status_fetch_options_off(CURL *easy);
static void ngx_clear_status_fetch_options_proxy(CURL *easy,
    ngx_clear_status_fetch_conf_t *conf);


void
ngx_clear_status_fetch_options(CURL *easy,
    ngx_clear_status_fetch_conf_t *conf)
{
    ngx_uint_t  http2;

    http2 = (conf->http_version == 20);

    (void) curl_easy_setopt(easy, CURLOPT_USERAGENT, "ngx_clear_status");
    (void) curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    (void) curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                            (long) conf->connect_timeout);
    (void) curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN,
                            (long) NGX_CLEAR_STATUS_CONNECTION_LIFE);

    /* what upstream announces; what really comes is counted decoded */

    (void) curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE,
                            (curl_off_t) conf->max_body_size);

    (void) curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                            http2 ? (long) CURL_HTTP_VERSION_2TLS
                                  : (long) CURL_HTTP_VERSION_1_1);
    (void) curl_easy_setopt(easy, CURLOPT_PIPEWAIT, http2 ? 1L : 0L);

    ngx_clear_status_fetch_options_off(easy);
    ngx_clear_status_fetch_options_proxy(easy, conf);

    if (conf->tls) {
        ngx_clear_status_tls_set(easy, conf->tls);
    }
}


static void
ngx_clear_status_fetch_options_off(CURL *easy)
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

static void
ngx_clear_status_fetch_options_proxy(CURL *easy,
    ngx_clear_status_fetch_conf_t *conf)
{
    (void) curl_easy_setopt(easy, CURLOPT_PROXY,
                            conf->proxy.len ? (char *) conf->proxy.data : "");
    (void) curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    (void) curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
    (void) curl_easy_setopt(easy, CURLOPT_HEADEROPT,
                            (long) CURLHEADER_SEPARATE);
    (void) curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}


struct curl_slist *
ngx_clear_status_fetch_list(ngx_pool_t *pool, ngx_keyval_t *headers,
    ngx_uint_t n)
{
    u_char             *p;
    ngx_uint_t          i;
    struct curl_slist  *list;
    static char         accept[] = "Accept: application/json";

    list = ngx_palloc(pool, (n + 1) * sizeof(struct curl_slist));
    if (list == NULL) {
        return NULL;
    }

    list[0].data = accept;

    for (i = 0; i < n; i++) {
        p = ngx_pnalloc(pool, headers[i].key.len + headers[i].value.len
                              + sizeof(": "));
        if (p == NULL) {
            return NULL;
        }

        (void) ngx_sprintf(p, "%V: %V%Z", &headers[i].key, &headers[i].value);

        list[i].next = &list[i + 1];
        list[i + 1].data = (char *) p;
    }

    list[n].next = NULL;

    return list;
}
