/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Trust for upstream's TLS, and who we are there; see the header.
 */


#include "fetch/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "core/str.h"


/* a file with certificate or key */
#define NGX_CS_PEM_MAX  (1024 * 1024)


typedef struct ngx_cs_tls_s            ngx_cs_tls_t;

struct ngx_cs_tls_s {
    ngx_cs_tls_t                *next;
    ngx_cs_tls_conf_t            conf;
    X509_STORE                  *store;        /* NULL: nothing is verified */
    ngx_str_t                    certificate;  /* the files' content */
    ngx_str_t                    key;
};


static ngx_uint_t ngx_cs_tls_same(ngx_cs_tls_conf_t *a, ngx_cs_tls_conf_t *b);
static X509_STORE *ngx_cs_tls_load(ngx_conf_t *cf, ngx_str_t *path);
static ngx_int_t ngx_cs_tls_identity(ngx_conf_t *cf, ngx_cs_tls_t *tls);
static ngx_int_t ngx_cs_tls_check(ngx_conf_t *cf, ngx_cs_tls_conf_t *conf);
static ngx_int_t ngx_cs_tls_read(ngx_conf_t *cf, char *directive,
    ngx_str_t *path, ngx_str_t *content);
static void ngx_cs_tls_error(ngx_conf_t *cf, char *directive,
    ngx_str_t *path);
static void ngx_cs_tls_cleanup(void *data);
static void ngx_cs_tls_blob(CURL *easy, CURLoption option,
    ngx_str_t *content);
static CURLcode ngx_cs_tls_ctx(CURL *easy, void *ctx, void *data);


/* of the configuration that was read last */
static ngx_cs_tls_t            *ngx_cs_tls_list;
static ngx_cycle_t             *ngx_cs_tls_cycle;


void *
ngx_cs_tls_create(ngx_conf_t *cf, ngx_cs_tls_conf_t *conf)
{
    ngx_cs_tls_t        *tls;
    ngx_pool_cleanup_t  *cln;

    if (ngx_cs_tls_cycle != cf->cycle) {
        ngx_cs_tls_cycle = cf->cycle;
        ngx_cs_tls_list = NULL;
    }

    for (tls = ngx_cs_tls_list; tls; tls = tls->next) {
        if (ngx_cs_tls_same(&tls->conf, conf)) {
            return tls;
        }
    }

    cln = ngx_pool_cleanup_add(cf->cycle->pool, sizeof(ngx_cs_tls_t));
    if (cln == NULL) {
        return NULL;
    }

    tls = cln->data;

    ngx_memzero(tls, sizeof(ngx_cs_tls_t));
    tls->conf = *conf;

    cln->handler = ngx_cs_tls_cleanup;

    if (conf->verify) {
        tls->store = ngx_cs_tls_load(cf, &conf->trusted);
        if (tls->store == NULL) {
            return NULL;
        }
    }

    if (conf->certificate.len
        && ngx_cs_tls_identity(cf, tls) != NGX_OK)
    {
        return NULL;
    }

    tls->next = ngx_cs_tls_list;
    ngx_cs_tls_list = tls;

    return tls;
}


static ngx_uint_t
ngx_cs_tls_same(ngx_cs_tls_conf_t *a, ngx_cs_tls_conf_t *b)
{
    return a->verify == b->verify
           && ngx_cs_str_eq(&a->trusted, &b->trusted)
           && ngx_cs_str_eq(&a->certificate, &b->certificate)
           && ngx_cs_str_eq(&a->key, &b->key);
}


static X509_STORE *
ngx_cs_tls_load(ngx_conf_t *cf, ngx_str_t *path)
{
    const char              *file;
    X509_STORE              *store;
    curl_version_info_data  *info;

    store = X509_STORE_new();
    if (store == NULL) {
        return NULL;
    }

    info = curl_version_info(CURLVERSION_NOW);
    file = path->len ? (char *) path->data : info->cainfo;

    if (file && X509_STORE_load_locations(store, file, NULL) == 1) {
        ERR_clear_error();
        return store;
    }

    if (path->len == 0 && X509_STORE_set_default_paths(store) == 1) {
        ERR_clear_error();
        return store;
    }

    ngx_cs_tls_error(cf, "clear_status_ssl_trusted_certificate",
                     path);
    X509_STORE_free(store);

    return NULL;
}


/*
 * As content, not as an SSL_CTX: libcurl gives these to upstream alone, the
 * callback below is called for a proxy's TLS too.
 */

static ngx_int_t
ngx_cs_tls_identity(ngx_conf_t *cf, ngx_cs_tls_t *tls)
{
    ngx_cs_tls_conf_t  *conf;

    conf = &tls->conf;

    if (ngx_cs_tls_check(cf, conf) != NGX_OK
        || ngx_cs_tls_read(cf, "clear_status_ssl_certificate",
                           &conf->certificate, &tls->certificate)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_cs_tls_read(cf, "clear_status_ssl_certificate_key",
                           &conf->key, &tls->key);
}


/* whether certificate and key can be read and belong together */

static ngx_int_t
ngx_cs_tls_check(ngx_conf_t *cf, ngx_cs_tls_conf_t *conf)
{
    char       *directive;
    SSL_CTX    *ctx;
    ngx_str_t  *path;

    ctx = SSL_CTX_new(TLS_client_method());
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    directive = NULL;
    path = NULL;

    if (SSL_CTX_use_certificate_chain_file(ctx,
                                           (char *) conf->certificate.data)
        != 1)
    {
        directive = "clear_status_ssl_certificate";
        path = &conf->certificate;

    } else if (SSL_CTX_use_PrivateKey_file(ctx, (char *) conf->key.data,
                                           SSL_FILETYPE_PEM)
               != 1)
    {
        directive = "clear_status_ssl_certificate_key";
        path = &conf->key;
    }

    SSL_CTX_free(ctx);

    if (directive) {
        ngx_cs_tls_error(cf, directive, path);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_cs_tls_read(ngx_conf_t *cf, char *directive, ngx_str_t *path,
    ngx_str_t *content)
{
    ssize_t          n;
    ngx_file_t       file;
    ngx_file_info_t  info;

    ngx_memzero(&file, sizeof(ngx_file_t));
    file.name = *path;
    file.log = cf->log;
    file.fd = ngx_open_file(path->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    n = NGX_ERROR;

    if (file.fd != NGX_INVALID_FILE
        && ngx_fd_info(file.fd, &info) != NGX_FILE_ERROR
        && ngx_file_size(&info) <= NGX_CS_PEM_MAX)
    {
        content->len = (size_t) ngx_file_size(&info);
        content->data = ngx_pnalloc(cf->cycle->pool, content->len);

        if (content->data) {
            n = ngx_read_file(&file, content->data, content->len, 0);
        }
    }

    if (file.fd != NGX_INVALID_FILE) {
        (void) ngx_close_file(file.fd);
    }

    if (n != (ssize_t) content->len || n == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"%s\" \"%V\" cannot be read", directive, path);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_cs_tls_error(ngx_conf_t *cf, char *directive, ngx_str_t *path)
{
    char  text[256];

    ERR_error_string_n(ERR_peek_last_error(), text, sizeof(text));
    ERR_clear_error();

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "\"%s\" \"%V\" cannot be used: %s", directive, path, text);
}


static void
ngx_cs_tls_cleanup(void *data)
{
    ngx_cs_tls_t *tls = data;

    ngx_cs_tls_t  *item;

    /* with one of them its whole configuration goes */

    for (item = ngx_cs_tls_list; item; item = item->next) {
        if (item == tls) {
            ngx_cs_tls_list = NULL;
            ngx_cs_tls_cycle = NULL;
            break;
        }
    }

    X509_STORE_free(tls->store);

    if (tls->key.data) {
        ngx_explicit_memzero(tls->key.data, tls->key.len);
    }
}


void
ngx_cs_tls_set(CURL *easy, void *data)
{
    ngx_cs_tls_t *tls = data;

    long  peer, host;

    peer = tls->conf.verify ? 1 : 0;
    host = tls->conf.verify ? 2 : 0;

    (void) curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, peer);
    (void) curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, host);
    (void) curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYPEER, peer);
    (void) curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYHOST, host);

    (void) curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    (void) curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    (void) curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, NULL);
    (void) curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, NULL);

    /*
     * An easy handle keeps its TLS sessions when it is used again, maybe by
     * another location: a session that was made under the trust of one store
     * could be resumed under another.
     */

    (void) curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);

    (void) curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, ngx_cs_tls_ctx);
    (void) curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, tls);

    if (tls->certificate.len) {
        ngx_cs_tls_blob(easy, CURLOPT_SSLCERT_BLOB,
                        &tls->certificate);
        ngx_cs_tls_blob(easy, CURLOPT_SSLKEY_BLOB, &tls->key);
    }
}


static void
ngx_cs_tls_blob(CURL *easy, CURLoption option, ngx_str_t *content)
{
    struct curl_blob  blob;

    blob.data = content->data;
    blob.len = content->len;
    blob.flags = CURL_BLOB_NOCOPY;

    (void) curl_easy_setopt(easy, option, &blob);
}


static CURLcode
ngx_cs_tls_ctx(CURL *easy, void *ctx, void *data)
{
    ngx_cs_tls_t *tls = data;

    if (tls->store) {
        SSL_CTX_set1_cert_store(ctx, tls->store);
    }

    /* a few connections that are always busy: their buffers may stay */

    (void) SSL_CTX_clear_mode(ctx, SSL_MODE_RELEASE_BUFFERS);

    return CURLE_OK;
}


ngx_uint_t
ngx_cs_tls_spoken(CURL *easy, ngx_uint_t *h2, ngx_uint_t *pending)
{
    SSL                        *ssl;
    unsigned                    len;
    const unsigned char        *protocol;
    struct curl_tlssessioninfo *info;

    info = NULL;

    if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK
        || info == NULL || info->internals == NULL
        || info->backend != CURLSSLBACKEND_OPENSSL)
    {
        return 0;
    }

    ssl = info->internals;

    SSL_get0_alpn_selected(ssl, &protocol, &len);

    *h2 = (len == 2 && ngx_memcmp(protocol, "h2", 2) == 0);
    *pending = (SSL_pending(ssl) > 0);

    return 1;
}
