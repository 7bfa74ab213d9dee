/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * An attempt as a transfer of libcurl's; see the header.
 */


#include "fetch/transfer.h"

#include "core/secret_file.h"
#include "fetch/code.h"
#include "fetch/tls.h"


/*
 * What may come for each byte of a body, chunks of one byte each being the
 * worst (RFC 9112, section 7.1), and for what is around them all.
 */
#define NGX_CS_TRANSFER_FRAMING  8
#define NGX_CS_TRANSFER_AROUND   65536

/*
 * Bytes for a read: libcurl does up to a hundred of them, and what follows,
 * before anybody else has a turn.  Over HTTP/2 a frame had better fit.
 */
#define NGX_CS_TRANSFER_READ     4096L
#define NGX_CS_TRANSFER_READ_H2  16384L


static void ngx_cs_transfer_listen(ngx_cs_transfer_t *t);
static CURLcode ngx_cs_transfer_tls(CURL *easy, void *ctx, void *data);
static int ngx_cs_transfer_connected(void *data, char *remote, char *local,
    int remote_port, int local_port);
static int ngx_cs_transfer_progress(void *data, curl_off_t total,
    curl_off_t now, curl_off_t utotal, curl_off_t unow);
static size_t ngx_cs_transfer_header(char *p, size_t size, size_t n,
    void *data);
static size_t ngx_cs_transfer_write(char *p, size_t size, size_t n,
    void *data);
static void ngx_cs_transfer_peer(ngx_cs_transfer_t *t, CURLcode code);


ngx_int_t
ngx_cs_transfer_setup(ngx_cs_transfer_t *t)
{
    CURL                 *easy;
    ngx_msec_t            elapsed, left;
    ngx_uint_t            may_share;
    ngx_cs_fetch_conf_t  *conf;

    t->result.status = 0;
    t->result.attempts++;
    ngx_cs_fetch_header_reset(&t->header);
    t->body_size = 0;
    t->bytes = 0;
    t->sent = 0;
    t->shared = 0;
    t->declined = 0;
    t->died = 0;
    t->long_line = 0;
    t->refused = CLEAR_TRANSPORT_OK;
    t->text[0] = '\0';

    easy = t->easy;
    conf = t->fetch->conf;
    elapsed = ngx_current_msec - t->start;
    left = (conf->timeout > elapsed) ? conf->timeout - elapsed : 1;

    ngx_cs_resolve_set(&t->resolve, easy);

    ngx_cs_tls_release(t->identity);
    t->identity = ngx_cs_tls_identify(easy, conf->tls, t->fetch->log);

    /* the one that is copied; without it another thing would be asked for */

    if (curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, t->fetch->target.data)
        != CURLE_OK)
    {
        return NGX_ERROR;
    }

    if (conf->proxy_password
        && curl_easy_setopt(easy, CURLOPT_PROXYPASSWORD,
                            ngx_cs_secret_file_get(conf->proxy_password,
                                                   t->fetch->log)->data)
           != CURLE_OK)
    {
        return NGX_ERROR;
    }

    (void) curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                            (long) conf->connect_timeout);

    /* what upstream announces; what really comes is counted decoded */

    (void) curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE,
                            (curl_off_t) conf->max_body_size);

    (void) curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
    (void) curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t->headers);
    (void) curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->text);
    (void) curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long) left);
    (void) curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, t->fresh ? 1L : 0L);
    may_share = ngx_cs_origin_may_share(t->origin);

    (void) curl_easy_setopt(easy, CURLOPT_PIPEWAIT, may_share ? 1L : 0L);
    (void) curl_easy_setopt(easy, CURLOPT_BUFFERSIZE,
                            may_share ? NGX_CS_TRANSFER_READ_H2
                                      : NGX_CS_TRANSFER_READ);

    ngx_cs_transfer_listen(t);

    return NGX_OK;
}


static void
ngx_cs_transfer_listen(ngx_cs_transfer_t *t)
{
    CURL  *easy;

    easy = t->easy;

    (void) curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION,
                            ngx_cs_transfer_tls);
    (void) curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, t);
    (void) curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION,
                            ngx_cs_transfer_connected);
    (void) curl_easy_setopt(easy, CURLOPT_PREREQDATA, t);
    (void) curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION,
                            ngx_cs_transfer_progress);
    (void) curl_easy_setopt(easy, CURLOPT_XFERINFODATA, t);
    (void) curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    (void) curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION,
                            ngx_cs_transfer_header);
    (void) curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
    (void) curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ngx_cs_transfer_write);
    (void) curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
}


static CURLcode
ngx_cs_transfer_tls(CURL *easy, void *ctx, void *data)
{
    ngx_cs_transfer_t *t = data;

    ngx_cs_multi_watch(t->pool->multi, ctx);

    return ngx_cs_tls_trust(t->fetch->conf->tls, ctx);
}


/*
 * The request is about to be sent.  The times that libcurl measures tell no
 * more since 8.17: a transfer that ends without a connection has them all.
 */

static int
ngx_cs_transfer_connected(void *data, char *remote, char *local,
    int remote_port, int local_port)
{
    ngx_cs_transfer_t *t = data;

    ngx_cs_admit_t  *admit;

    admit = &t->opening.admit;

    /*
     * libcurl sends anew by itself, up to five times, where a connection that
     * it used before had died.  Of HTTP/2 that is what upstream did not begin
     * (RFC 9113, section 8.7); any other one is ours to count.
     */

    if (t->sent && !t->shared) {
        t->died = 1;
        return CURL_PREREQFUNC_ABORT;
    }

    ngx_cs_tls_spoken(t->easy, admit);

    admit->veiled = t->fetch->conf->https_proxy;
    admit->address = local;
    admit->port = (in_port_t) local_port;

    t->sent = 1;
    t->shared = admit->h2;

    if (ngx_cs_multi_admit(&t->opening) != NGX_OK) {
        t->declined = 1;
        return CURL_PREREQFUNC_ABORT;
    }

    return CURL_PREREQFUNC_OK;
}


/* upstream may send for ever and not a byte of a body be in it */

static int
ngx_cs_transfer_progress(void *data, curl_off_t total, curl_off_t now,
    curl_off_t utotal, curl_off_t unow)
{
    ngx_cs_transfer_t *t = data;

    if (now <= (curl_off_t) t->fetch->conf->max_body_size
               * NGX_CS_TRANSFER_FRAMING + NGX_CS_TRANSFER_AROUND)
    {
        return 0;
    }

    t->refused = CLEAR_TRANSPORT_TOO_LARGE;

    return 1;
}


static size_t
ngx_cs_transfer_header(char *p, size_t size, size_t n, void *data)
{
    ngx_cs_transfer_t *t = data;

    n *= size;

    t->bytes = 1;
    t->pool->silent = 0;
    ngx_cs_multi_heard(t->pool->multi);

    t->refused = ngx_cs_fetch_header_line(&t->header,
                                          t->fetch->pool,
                                          (u_char *) p, n);

    return (t->refused == CLEAR_TRANSPORT_OK) ? n : 0;
}


static size_t
ngx_cs_transfer_write(char *p, size_t size, size_t n, void *data)
{
    ngx_cs_transfer_t *t = data;

    n *= size;

    t->bytes = 1;
    t->pool->silent = 0;
    ngx_cs_multi_heard(t->pool->multi);
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


/* what libcurl knows about a transfer, before its handle is used again */

void
ngx_cs_transfer_info(ngx_cs_transfer_t *t, CURLcode code)
{
    long        n;
    curl_off_t  first;

    n = 0;
    (void) curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &n);
    t->result.status = n;

    n = 0;
    (void) curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &n);
    t->result.connections += n;
    t->opened = (n > 0);

    first = 0;
    (void) curl_easy_getinfo(t->easy, CURLINFO_STARTTRANSFER_TIME_T, &first);
    t->long_line = ngx_cs_fetch_long_line(code, first && !t->header.complete);

    ngx_cs_transfer_peer(t, code);

    n = 0;
    (void) curl_easy_getinfo(t->easy, CURLINFO_HTTP_CONNECTCODE, &n);
    t->tunnel = (n != 0 && n / 100 != 2);

    if (t->bytes) {
        n = 0;
        (void) curl_easy_getinfo(t->easy, CURLINFO_HTTP_VERSION, &n);
        ngx_cs_pool_version(t->pool, n);

    } else if (code == CURLE_OPERATION_TIMEDOUT && t->sent) {
        ngx_cs_pool_silent(t->pool, t->fetch->log);
    }

    ngx_log_debug4(NGX_LOG_DEBUG_HTTP, t->fetch->log, 0,
                   "clear status fetch %p: code:%d status:%ui bytes:%uz",
                   t, code, t->result.status, t->body_size);
}


/* where its connection goes, or why there is none */

static void
ngx_cs_transfer_peer(ngx_cs_transfer_t *t, CURLcode code)
{
    char                 *address;
    long                  err;
    ngx_cs_fetch_conf_t  *conf;

    conf = t->fetch->conf;

    if (code == CURLE_COULDNT_CONNECT) {
        err = 0;
        (void) curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &err);

        if (ngx_cs_fetch_lacks((ngx_err_t) err)) {
            t->opening.err = (ngx_err_t) err;
        }

    } else if (ngx_cs_fetch_unresolved(code) && ngx_cs_fetch_lacking()) {
        t->opening.err = NGX_EMFILE;
    }

    /* a proxy's is none of upstream's */

    if (t->sent && t->opened && !conf->fixed && conf->proxy.len == 0) {
        address = NULL;
        (void) curl_easy_getinfo(t->easy, CURLINFO_PRIMARY_IP, &address);

        if (address) {
            ngx_cs_known_note(&t->origin->known, address);
        }
    }
}


ngx_uint_t
ngx_cs_transfer_lost(ngx_cs_transfer_t *t, CURLcode code)
{
    if (t->fetch->conf->proxy.len || t->resolve.entry.data) {
        return 0;
    }

    return ngx_cs_fetch_unresolved(code)
           || (code == CURLE_OPERATION_TIMEDOUT && !t->sent
               && !t->fetch->conf->fixed && t->opening.admit.n == 0);
}


void
ngx_cs_transfer_attempt(ngx_cs_transfer_t *t, CURLcode code,
    clear_attempt_t *attempt)
{
    ngx_memzero(attempt, sizeof(clear_attempt_t));

    attempt->status = (code == CURLE_OK) ? (int) t->result.status : 0;
    attempt->retry_after = (t->header.retry_after.data != NULL);
    attempt->safe = (!t->tunnel && (t->declined || t->died
                                    || ngx_cs_fetch_safe(code)));
    attempt->declined = t->declined;
    attempt->timeout = (!t->tunnel && code == CURLE_OPERATION_TIMEDOUT);
    attempt->sent = t->sent;
    attempt->bytes = t->bytes;
    attempt->opened = t->opened;
    attempt->shared = t->shared;
}
