/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Trust for upstream's TLS; see the header.
 */


#include "ngx_clear_status_tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>


typedef struct {
    ngx_cycle_t                 *cycle;
    ngx_str_t                    path;
    X509_STORE                  *store;
} ngx_clear_status_tls_last_t;


static X509_STORE *ngx_clear_status_tls_load(ngx_conf_t *cf, ngx_str_t *path);
static void ngx_clear_status_tls_error(ngx_conf_t *cf, char *directive,
    ngx_str_t *path);
static void ngx_clear_status_tls_cleanup(void *data);
static CURLcode ngx_clear_status_tls_ctx(CURL *easy, void *ctx, void *store);


/* locations usually trust the same: the last one that was read */
static ngx_clear_status_tls_last_t  ngx_clear_status_tls_last;


void *
ngx_clear_status_tls_store(ngx_conf_t *cf, ngx_str_t *path)
{
    X509_STORE                   *store;
    ngx_pool_cleanup_t           *cln;
    ngx_clear_status_tls_last_t  *last;

    last = &ngx_clear_status_tls_last;

    if (last->cycle == cf->cycle
        && last->path.len == path->len
        && ngx_memcmp(last->path.data, path->data, path->len) == 0)
    {
        return last->store;
    }

    cln = ngx_pool_cleanup_add(cf->cycle->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    store = ngx_clear_status_tls_load(cf, path);
    if (store == NULL) {
        return NULL;
    }

    cln->handler = ngx_clear_status_tls_cleanup;
    cln->data = store;

    last->cycle = cf->cycle;
    last->path = *path;
    last->store = store;

    return store;
}


static X509_STORE *
ngx_clear_status_tls_load(ngx_conf_t *cf, ngx_str_t *path)
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

    ngx_clear_status_tls_error(cf, "clear_status_ssl_trusted_certificate",
                               path);
    X509_STORE_free(store);

    return NULL;
}


static void
ngx_clear_status_tls_error(ngx_conf_t *cf, char *directive, ngx_str_t *path)
{
    char  text[256];

    ERR_error_string_n(ERR_peek_last_error(), text, sizeof(text));
    ERR_clear_error();

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "\"%s\" \"%V\" cannot be used: %s", directive, path, text);
}


static void
ngx_clear_status_tls_cleanup(void *data)
{
    if (ngx_clear_status_tls_last.store == data) {
        ngx_memzero(&ngx_clear_status_tls_last,
                    sizeof(ngx_clear_status_tls_last_t));
    }

    X509_STORE_free(data);
}


ngx_int_t
ngx_clear_status_tls_check(ngx_conf_t *cf, ngx_str_t *certificate,
    ngx_str_t *key)
{
    char     *directive;
    SSL_CTX  *ctx;

    ctx = SSL_CTX_new(TLS_client_method());
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    directive = NULL;

    if (SSL_CTX_use_certificate_chain_file(ctx, (char *) certificate->data)
        != 1)
    {
        directive = "clear_status_ssl_certificate";
        key = certificate;

    } else if (SSL_CTX_use_PrivateKey_file(ctx, (char *) key->data,
                                           SSL_FILETYPE_PEM)
               != 1)
    {
        directive = "clear_status_ssl_certificate_key";
    }

    SSL_CTX_free(ctx);

    if (directive) {
        ngx_clear_status_tls_error(cf, directive, key);
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_clear_status_tls_set(CURL *easy, void *store)
{
    (void) curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    (void) curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    (void) curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, NULL);
    (void) curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, NULL);
    (void) curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION,
                            ngx_clear_status_tls_ctx);
    (void) curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, store);
}


static CURLcode
ngx_clear_status_tls_ctx(CURL *easy, void *ctx, void *store)
{
    SSL_CTX_set1_cert_store(ctx, store);

    return CURLE_OK;
}
