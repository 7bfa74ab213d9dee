/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * One GET to upstream, retries included; see the header.
 *
 * A fetch waits in a queue of ours until a stream is free, since libcurl's
 * own queue knows no timeout; then it is an easy handle in the multi handle
 * of its profile: of all the settings that a connection depends on, so that
 * no connection is used again under settings it was not opened with.
 */


#include "ngx_clear_status_fetch.h"

#include <ngx_event.h>
#include <signal.h>

#include "ngx_clear_status_multi.h"
#include "ngx_clear_status_tls.h"


/* transfers at once, of a worker */
#define NGX_CLEAR_STATUS_STREAMS      100

/* connections to a host: where streams share one, and where they cannot */
#define NGX_CLEAR_STATUS_HOST_H2      2
#define NGX_CLEAR_STATUS_HOST_H1      NGX_CLEAR_STATUS_STREAMS

#define NGX_CLEAR_STATUS_HEADER_MAX   (12 * 1024)

/* a retry waits so many ms, plus at most as many again */
#define NGX_CLEAR_STATUS_RETRY_WAIT   20

/* dead connections in a row, before that counts as a retry */
#define NGX_CLEAR_STATUS_DEAD_MAX     3

/* timeouts without a byte in a row, before new connections are used */
#define NGX_CLEAR_STATUS_WEDGED       2


typedef struct {
    ngx_queue_t                      queue;
    ngx_clear_status_fetch_conf_t    conf;
    ngx_clear_status_multi_t        *multi;
    ngx_uint_t                       wedged;
} ngx_clear_status_profile_t;


typedef struct {
    ngx_queue_t                      queue;     /* waiting */
    ngx_clear_status_fetch_t        *fetch;
    ngx_clear_status_fetch_result_t  result;
    ngx_clear_status_profile_t      *profile;
    ngx_clear_status_multi_t        *multi;     /* where easy is in */
    CURL                            *easy;
    struct curl_slist               *headers;
    ngx_event_t                      deadline;
    ngx_event_t                      retry;
    ngx_msec_t                       start;
    size_t                           header_size;
    size_t                           body_size;
    ngx_uint_t                       counted;   /* retries */
    ngx_uint_t                       dead;      /* connections */
    clear_transport_e                refused;   /* by a callback of ours */
    unsigned                         bytes:1;   /* any came */
    unsigned                         queued:1;
    char                             text[CURL_ERROR_SIZE];
} ngx_clear_status_transfer_t;


static ngx_clear_status_profile_t *ngx_clear_status_fetch_profile(
    ngx_clear_status_fetch_conf_t *conf);
static ngx_uint_t ngx_clear_status_fetch_same(
    ngx_clear_status_fetch_conf_t *a, ngx_clear_status_fetch_conf_t *b);
static ngx_int_t ngx_clear_status_fetch_headers(
    ngx_clear_status_transfer_t *t);
static void ngx_clear_status_fetch_enqueue(ngx_clear_status_transfer_t *t);
static void ngx_clear_status_fetch_next(void);
static ngx_int_t ngx_clear_status_fetch_launch(
    ngx_clear_status_transfer_t *t);
static CURL *ngx_clear_status_fetch_easy(void);
static void ngx_clear_status_fetch_options(ngx_clear_status_transfer_t *t);
static void ngx_clear_status_fetch_options_tls(
    ngx_clear_status_transfer_t *t);
static size_t ngx_clear_status_fetch_header(char *p, size_t size, size_t n,
    void *data);
static size_t ngx_clear_status_fetch_write(char *p, size_t size, size_t n,
    void *data);
static void ngx_clear_status_fetch_ended(CURL *easy, CURLcode code);
static ngx_uint_t ngx_clear_status_fetch_again(ngx_clear_status_transfer_t *t,
    CURLcode code);
static ngx_uint_t ngx_clear_status_fetch_safe(CURLcode code);
static clear_transport_e ngx_clear_status_fetch_transport(
    ngx_clear_status_transfer_t *t, CURLcode code);
static void ngx_clear_status_fetch_land(ngx_clear_status_transfer_t *t,
    CURLcode code);
static void ngx_clear_status_fetch_wedged(ngx_clear_status_transfer_t *t);
static void ngx_clear_status_fetch_text(ngx_clear_status_transfer_t *t,
    const char *text);
static void ngx_clear_status_fetch_finish(ngx_clear_status_transfer_t *t,
    clear_transport_e transport);
static void ngx_clear_status_fetch_deadline(ngx_event_t *ev);
static void ngx_clear_status_fetch_retry(ngx_event_t *ev);


/* of this worker */
static ngx_queue_t   ngx_clear_status_profiles;
static ngx_queue_t   ngx_clear_status_waiting;
static ngx_uint_t    ngx_clear_status_streams;
static CURL         *ngx_clear_status_free[NGX_CLEAR_STATUS_STREAMS];
static ngx_uint_t    ngx_clear_status_nfree;


ngx_int_t
ngx_clear_status_fetch_start(ngx_clear_status_fetch_t *fetch)
{
    ngx_clear_status_transfer_t  *t;

    t = ngx_pcalloc(fetch->pool, sizeof(ngx_clear_status_transfer_t));
    if (t == NULL) {
        return NGX_ERROR;
    }

    t->fetch = fetch;
    t->start = ngx_current_msec;
    t->profile = ngx_clear_status_fetch_profile(fetch->conf);

    if (t->profile == NULL
        || ngx_clear_status_fetch_headers(t) != NGX_OK)
    {
        return NGX_ERROR;
    }

    t->deadline.handler = ngx_clear_status_fetch_deadline;
    t->deadline.data = t;
    t->deadline.log = fetch->log;

    t->retry.handler = ngx_clear_status_fetch_retry;
    t->retry.data = t;
    t->retry.log = fetch->log;

    ngx_add_timer(&t->deadline, fetch->conf->timeout);

    ngx_clear_status_fetch_enqueue(t);
    ngx_clear_status_fetch_next();

    return NGX_OK;
}


/* settings that are equal in all that a connection depends on share one */

static ngx_clear_status_profile_t *
ngx_clear_status_fetch_profile(ngx_clear_status_fetch_conf_t *conf)
{
    ngx_queue_t                 *q;
    ngx_clear_status_profile_t  *profile;

    for (q = ngx_queue_head(&ngx_clear_status_profiles);
         q != ngx_queue_sentinel(&ngx_clear_status_profiles);
         q = ngx_queue_next(q))
    {
        profile = ngx_queue_data(q, ngx_clear_status_profile_t, queue);

        if (ngx_clear_status_fetch_same(&profile->conf, conf)) {
            return profile;
        }
    }

    profile = ngx_pcalloc(ngx_cycle->pool, sizeof(ngx_clear_status_profile_t));
    if (profile == NULL) {
        return NULL;
    }

    profile->conf = *conf;
    ngx_queue_insert_head(&ngx_clear_status_profiles, &profile->queue);

    return profile;
}


static ngx_uint_t
ngx_clear_status_fetch_same(ngx_clear_status_fetch_conf_t *a,
    ngx_clear_status_fetch_conf_t *b)
{
    return a->profile == b->profile
           && a->http_version == b->http_version
           && a->ssl_verify == b->ssl_verify
           && ngx_memn2cmp(a->proxy.data, b->proxy.data,
                           a->proxy.len, b->proxy.len) == 0
           && ngx_memn2cmp(a->ssl_certificate.data, b->ssl_certificate.data,
                           a->ssl_certificate.len, b->ssl_certificate.len)
              == 0
           && ngx_memn2cmp(a->ssl_certificate_key.data,
                           b->ssl_certificate_key.data,
                           a->ssl_certificate_key.len,
                           b->ssl_certificate_key.len)
              == 0;
}


/* lists of our own, so that libcurl keeps no copy of a secret in them */

static ngx_int_t
ngx_clear_status_fetch_headers(ngx_clear_status_transfer_t *t)
{
    u_char             *p;
    ngx_uint_t          i;
    ngx_keyval_t       *h;
    struct curl_slist  *item;
    static char         accept[] = "Accept: application/json";

    h = t->fetch->headers;

    item = ngx_palloc(t->fetch->pool,
                      (t->fetch->nheaders + 1) * sizeof(struct curl_slist));
    if (item == NULL) {
        return NGX_ERROR;
    }

    t->headers = item;

    item->data = accept;
    item->next = NULL;

    for (i = 0; i < t->fetch->nheaders; i++) {
        p = ngx_pnalloc(t->fetch->pool, h[i].key.len + h[i].value.len
                                        + sizeof(": "));
        if (p == NULL) {
            return NGX_ERROR;
        }

        item->next = item + 1;
        item++;

        item->data = (char *) p;
        item->next = NULL;

        (void) ngx_sprintf(p, "%V: %V%Z", &h[i].key, &h[i].value);
    }

    return NGX_OK;
}


static void
ngx_clear_status_fetch_enqueue(ngx_clear_status_transfer_t *t)
{
    t->queued = 1;
    ngx_queue_insert_tail(&ngx_clear_status_waiting, &t->queue);
}


static void
ngx_clear_status_fetch_next(void)
{
    ngx_queue_t                  *q;
    ngx_clear_status_transfer_t  *t;

    while (ngx_clear_status_streams < NGX_CLEAR_STATUS_STREAMS
           && !ngx_queue_empty(&ngx_clear_status_waiting))
    {
        q = ngx_queue_head(&ngx_clear_status_waiting);
        ngx_queue_remove(q);

        t = ngx_queue_data(q, ngx_clear_status_transfer_t, queue);
        t->queued = 0;

        if (ngx_clear_status_fetch_launch(t) == NGX_OK) {
            ngx_clear_status_streams++;
            continue;
        }

        /* told from the event loop: this may be within start() */

        t->refused = CLEAR_TRANSPORT_LOCAL;
        ngx_add_timer(&t->retry, 1);
    }
}


static ngx_int_t
ngx_clear_status_fetch_launch(ngx_clear_status_transfer_t *t)
{
    long                         limit;
    ngx_clear_status_profile_t  *profile;

    profile = t->profile;

    if (profile->multi == NULL) {
        limit = (profile->conf.http_version == 20
                 && ngx_strncmp(profile->conf.url.data, "https", 5) == 0)
                ? NGX_CLEAR_STATUS_HOST_H2 : NGX_CLEAR_STATUS_HOST_H1;

        profile->multi = ngx_clear_status_multi_create(ngx_cycle->log, limit,
                                                 ngx_clear_status_fetch_ended);
        if (profile->multi == NULL) {
            return NGX_ERROR;
        }
    }

    t->easy = ngx_clear_status_fetch_easy();
    if (t->easy == NULL) {
        return NGX_ERROR;
    }

    t->result.status = 0;
    t->result.attempts++;
    ngx_str_null(&t->result.retry_after);
    t->header_size = 0;
    t->body_size = 0;
    t->bytes = 0;
    t->refused = CLEAR_TRANSPORT_OK;
    t->text[0] = '\0';

    t->fetch->begin(t->fetch->data);

    ngx_clear_status_fetch_options(t);

    if (ngx_clear_status_multi_add(profile->multi, t->easy) != NGX_OK) {
        ngx_clear_status_free[ngx_clear_status_nfree++] = t->easy;
        t->easy = NULL;
        return NGX_ERROR;
    }

    t->multi = profile->multi;

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, t->fetch->log, 0,
                   "clear status fetch %p: attempt %ui", t,
                   t->result.attempts);

    return NGX_OK;
}


static CURL *
ngx_clear_status_fetch_easy(void)
{
    CURL  *easy;

    if (ngx_clear_status_nfree) {
        easy = ngx_clear_status_free[--ngx_clear_status_nfree];
        curl_easy_reset(easy);
        return easy;
    }

    return curl_easy_init();
}


static void
ngx_clear_status_fetch_options(ngx_clear_status_transfer_t *t)
{
    CURL                           *easy;
    ngx_msec_t                      elapsed, left;
    ngx_clear_status_fetch_conf_t  *conf;

    easy = t->easy;
    conf = t->fetch->conf;

    elapsed = ngx_current_msec - t->start;
    left = (conf->timeout > elapsed) ? conf->timeout - elapsed : 1;

    (void) curl_easy_setopt(easy, CURLOPT_URL, t->fetch->url.data);
    (void) curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
    (void) curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t->headers);
    (void) curl_easy_setopt(easy, CURLOPT_HEADEROPT, (long) CURLHEADER_SEPARATE);
    (void) curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->text);
    (void) curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION,
                            ngx_clear_status_fetch_header);
    (void) curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
    (void) curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION,
                            ngx_clear_status_fetch_write);
    (void) curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
    (void) curl_easy_setopt(easy, CURLOPT_USERAGENT, "ngx_clear_status");
    (void) curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    (void) curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long) left);
    (void) curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                            (long) conf->connect_timeout);

    (void) curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void) curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    (void) curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    (void) curl_easy_setopt(easy, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
    (void) curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    (void) curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
    (void) curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);

    (void) curl_easy_setopt(easy, CURLOPT_PROXY, (char *) conf->proxy.data);
    (void) curl_easy_setopt(easy, CURLOPT_NOPROXY, "");

    (void) curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                            conf->http_version == 20
                            ? (long) CURL_HTTP_VERSION_2TLS
                            : (long) CURL_HTTP_VERSION_1_1);
    (void) curl_easy_setopt(easy, CURLOPT_PIPEWAIT,
                            conf->http_version == 20 ? 1L : 0L);

    ngx_clear_status_fetch_options_tls(t);
}


static void
ngx_clear_status_fetch_options_tls(ngx_clear_status_transfer_t *t)
{
    CURL                           *easy;
    ngx_clear_status_fetch_conf_t  *conf;

    easy = t->easy;
    conf = t->fetch->conf;

    (void) curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER,
                            conf->ssl_verify ? 1L : 0L);
    (void) curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST,
                            conf->ssl_verify ? 2L : 0L);

    if (conf->profile) {
        ngx_clear_status_tls_set(easy, conf->profile);
    }

    if (conf->ssl_certificate.len) {
        (void) curl_easy_setopt(easy, CURLOPT_SSLCERT,
                                conf->ssl_certificate.data);
        (void) curl_easy_setopt(easy, CURLOPT_SSLKEY,
                                conf->ssl_certificate_key.data);
    }
}


static size_t
ngx_clear_status_fetch_header(char *p, size_t size, size_t n, void *data)
{
    ngx_clear_status_transfer_t *t = data;

    u_char      *value;
    ngx_str_t   *retry_after;
    static char  name[] = "Retry-After:";

    n *= size;

    t->bytes = 1;
    t->header_size += n;

    if (t->header_size > NGX_CLEAR_STATUS_HEADER_MAX) {
        t->refused = CLEAR_TRANSPORT_TOO_LARGE;
        return 0;
    }

    retry_after = &t->result.retry_after;

    if (n > sizeof(name) - 1
        && ngx_strncasecmp((u_char *) p, (u_char *) name, sizeof(name) - 1)
           == 0)
    {
        value = ngx_pnalloc(t->fetch->pool, n);
        if (value == NULL) {
            t->refused = CLEAR_TRANSPORT_LOCAL;
            return 0;
        }

        retry_after->data = value;
        retry_after->len = n - (sizeof(name) - 1);

        ngx_memcpy(value, p + sizeof(name) - 1, retry_after->len);

        while (retry_after->len
               && (value[retry_after->len - 1] == CR
                   || value[retry_after->len - 1] == LF))
        {
            retry_after->len--;
        }
    }

    return n;
}


static size_t
ngx_clear_status_fetch_write(char *p, size_t size, size_t n, void *data)
{
    ngx_clear_status_transfer_t *t = data;

    n *= size;
    t->body_size += n;

    if (t->body_size > t->fetch->conf->max_body_size) {
        t->refused = CLEAR_TRANSPORT_TOO_LARGE;
        return 0;
    }

    if (t->fetch->body(t->fetch->data, (u_char *) p, n) != NGX_OK) {
        t->refused = CLEAR_TRANSPORT_LOCAL;
        return 0;
    }

    return n;
}


static void
ngx_clear_status_fetch_ended(CURL *easy, CURLcode code)
{
    long                          n;
    ngx_clear_status_transfer_t  *t;

    (void) curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **) &t);

    (void) curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &n);
    t->result.status = n;

    (void) curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &n);
    t->result.connections += n;

    ngx_log_debug4(NGX_LOG_DEBUG_HTTP, t->fetch->log, 0,
                   "clear status fetch %p: code:%d status:%ui bytes:%uz",
                   t, code, t->result.status, t->body_size);

    ngx_clear_status_streams--;
    ngx_clear_status_free[ngx_clear_status_nfree++] = easy;
    t->easy = NULL;

    if (code == CURLE_OK && n == 0) {
        t->profile->wedged = 0;
    }

    if (ngx_clear_status_fetch_again(t, code)) {
        return;
    }

    ngx_clear_status_fetch_land(t, code);
}


/* whether another attempt follows, which is then on its way */

static ngx_uint_t
ngx_clear_status_fetch_again(ngx_clear_status_transfer_t *t, CURLcode code)
{
    ngx_msec_t  wait, elapsed, timeout;

    timeout = t->fetch->conf->timeout;
    elapsed = ngx_current_msec - t->start;

    if (t->refused != CLEAR_TRANSPORT_OK || elapsed >= timeout) {
        return 0;
    }

    if (code == CURLE_OK) {

        if ((t->result.status != 502 && t->result.status != 503
             && t->result.status != 504)
            || t->result.retry_after.data)
        {
            return 0;
        }

    } else if (!ngx_clear_status_fetch_safe(code)) {
        return 0;
    }

    /* a connection that was used before and had died meanwhile */

    if (code != CURLE_OK && !t->bytes && t->result.connections == 0
        && t->dead < NGX_CLEAR_STATUS_DEAD_MAX)
    {
        t->dead++;
        ngx_clear_status_fetch_enqueue(t);
        ngx_clear_status_fetch_next();
        return 1;
    }

    if (t->counted == t->fetch->conf->retries) {
        return 0;
    }

    t->counted++;

    wait = NGX_CLEAR_STATUS_RETRY_WAIT
           + ngx_random() % NGX_CLEAR_STATUS_RETRY_WAIT;

    ngx_add_timer(&t->retry, ngx_min(wait, timeout - elapsed));
    ngx_clear_status_fetch_next();

    return 1;
}


/* a GET may be sent again where no whole response came */

static ngx_uint_t
ngx_clear_status_fetch_safe(CURLcode code)
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


static void
ngx_clear_status_fetch_land(ngx_clear_status_transfer_t *t, CURLcode code)
{
    clear_transport_e  transport;

    transport = CLEAR_TRANSPORT_OK;

    if (t->refused != CLEAR_TRANSPORT_OK) {
        transport = t->refused;

    } else if (code != CURLE_OK) {
        transport = ngx_clear_status_fetch_transport(t, code);
        ngx_clear_status_fetch_text(t, t->text[0] ? t->text
                                                  : curl_easy_strerror(code));
    }

    ngx_clear_status_fetch_finish(t, transport);
}


static clear_transport_e
ngx_clear_status_fetch_transport(ngx_clear_status_transfer_t *t, CURLcode code)
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


/* libcurl's words, without what could break a log line */

static void
ngx_clear_status_fetch_text(ngx_clear_status_transfer_t *t, const char *text)
{
    size_t   i, len;
    u_char  *p;

    len = ngx_strlen(text);

    p = ngx_pnalloc(t->fetch->pool, len);
    if (p == NULL) {
        return;
    }

    for (i = 0; i < len; i++) {
        p[i] = (text[i] < ' ' || text[i] == 0x7f) ? ' ' : text[i];
    }

    t->result.text.data = p;
    t->result.text.len = len;
}


static void
ngx_clear_status_fetch_finish(ngx_clear_status_transfer_t *t,
    clear_transport_e transport)
{
    if (t->deadline.timer_set) {
        ngx_del_timer(&t->deadline);
    }

    if (t->retry.timer_set) {
        ngx_del_timer(&t->retry);
    }

    t->result.transport = transport;
    t->result.elapsed = ngx_current_msec - t->start;

    ngx_clear_status_fetch_next();

    t->fetch->done(t->fetch->data, &t->result);
}


static void
ngx_clear_status_fetch_deadline(ngx_event_t *ev)
{
    ngx_clear_status_transfer_t  *t;

    t = ev->data;

    if (t->queued) {
        ngx_queue_remove(&t->queue);
    }

    if (t->easy) {
        ngx_clear_status_multi_remove(t->multi, t->easy);
        ngx_clear_status_streams--;
        ngx_clear_status_free[ngx_clear_status_nfree++] = t->easy;
        t->easy = NULL;

        ngx_clear_status_fetch_wedged(t);
    }

    ngx_clear_status_fetch_finish(t, CLEAR_TRANSPORT_TIMEOUT);
}


/*
 * libcurl goes on using an HTTP/2 connection whose other end is gone without
 * a word: after some timeouts in a row a new multi handle begins without it.
 */

static void
ngx_clear_status_fetch_wedged(ngx_clear_status_transfer_t *t)
{
    ngx_clear_status_profile_t  *profile;

    profile = t->profile;

    if (t->bytes) {
        profile->wedged = 0;
        return;
    }

    if (++profile->wedged < NGX_CLEAR_STATUS_WEDGED
        || profile->multi != t->multi)
    {
        return;
    }

    ngx_log_error(NGX_LOG_NOTICE, t->fetch->log, 0,
                  "upstream connections do not answer, using new ones");

    profile->wedged = 0;
    profile->multi = NULL;

    if (ngx_clear_status_multi_active(t->multi) == 0) {
        ngx_clear_status_multi_destroy(t->multi);
    }
}


static void
ngx_clear_status_fetch_retry(ngx_event_t *ev)
{
    ngx_clear_status_transfer_t  *t;

    t = ev->data;

    if (t->refused != CLEAR_TRANSPORT_OK) {
        ngx_clear_status_fetch_finish(t, t->refused);
        return;
    }

    ngx_clear_status_fetch_enqueue(t);
    ngx_clear_status_fetch_next();
}


ngx_int_t
ngx_clear_status_fetch_init_conf(ngx_conf_t *cf,
    ngx_clear_status_fetch_conf_t *conf)
{
    if (ngx_strncmp(conf->url.data, "https", 5) != 0
        && ngx_strncmp(conf->proxy.data, "https", 5) != 0)
    {
        return NGX_OK;
    }

    if (conf->ssl_certificate.len
        && ngx_clear_status_tls_check(cf, &conf->ssl_certificate,
                                      &conf->ssl_certificate_key)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (conf->ssl_verify) {
        conf->profile = ngx_clear_status_tls_store(cf,
                                              &conf->ssl_trusted_certificate);
        if (conf->profile == NULL) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_clear_status_fetch_init_process(ngx_cycle_t *cycle)
{
    ngx_queue_init(&ngx_clear_status_profiles);
    ngx_queue_init(&ngx_clear_status_waiting);

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "curl_global_init() failed");
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_clear_status_fetch_exit_process(ngx_cycle_t *cycle)
{
    ngx_queue_t                 *q;
    ngx_clear_status_profile_t  *profile;

    for (q = ngx_queue_head(&ngx_clear_status_profiles);
         q != ngx_queue_sentinel(&ngx_clear_status_profiles);
         q = ngx_queue_next(q))
    {
        profile = ngx_queue_data(q, ngx_clear_status_profile_t, queue);

        if (profile->multi
            && ngx_clear_status_multi_active(profile->multi) == 0)
        {
            ngx_clear_status_multi_destroy(profile->multi);
        }
    }

    while (ngx_clear_status_nfree) {
        curl_easy_cleanup(ngx_clear_status_free[--ngx_clear_status_nfree]);
    }
}
