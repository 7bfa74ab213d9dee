/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Trust for upstream's TLS, and who we are there; see the header.
 */


#include "fetch/tls.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "core/certificates.h"
#include "core/str.h"
#include "fetch/ciphers.h"
#include "fetch/code.h"


typedef struct ngx_cs_tls_s            ngx_cs_tls_t;

struct ngx_cs_tls_s {
    ngx_cs_tls_t                *next;
    ngx_cs_tls_conf_t            conf;
    ngx_cs_certificates_t        certificates;
};


static ngx_int_t ngx_cs_tls_load(ngx_cs_tls_t *tls, ngx_log_t *log);
static void ngx_cs_tls_paths(ngx_cs_tls_t *tls);
static void ngx_cs_tls_path(ngx_cs_pem_file_t *file, char *directive,
    ngx_str_t *path);
static ngx_uint_t ngx_cs_tls_same(ngx_cs_tls_conf_t *a, ngx_cs_tls_conf_t *b);
static void ngx_cs_tls_cleanup(void *data);
static ngx_int_t ngx_cs_tls_anchor(X509_STORE *store);
static BIO *ngx_cs_tls_first(X509_STORE *store);
static void ngx_cs_tls_own(CURL *easy);
static void ngx_cs_tls_blob(CURL *easy, CURLoption option,
    ngx_str_t *content);


/* of the configuration that was read last */
static ngx_cs_tls_t            *ngx_cs_tls_list;
static ngx_cycle_t             *ngx_cs_tls_cycle;

/* a certificate for libcurl's own store, kept for good */
static ngx_str_t                ngx_cs_tls_some;


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

    if (ngx_cs_tls_load(tls, cf->log) != NGX_OK) {
        return NULL;
    }

    tls->next = ngx_cs_tls_list;
    ngx_cs_tls_list = tls;

    return tls;
}


static ngx_int_t
ngx_cs_tls_load(ngx_cs_tls_t *tls, ngx_log_t *log)
{
    ngx_cs_pem_log_t  to;

    to.log = log;
    to.level = NGX_LOG_EMERG;
    to.end = "";

    if (ngx_cs_ciphers_check(tls->conf.protocols, &tls->conf.ciphers, &to)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_cs_tls_paths(tls);

    if (ngx_cs_certificates_load(&tls->certificates, log) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_cs_tls_anchor(tls->certificates.store);
}


static void
ngx_cs_tls_paths(ngx_cs_tls_t *tls)
{
    ngx_str_t               trusted;
    ngx_cs_tls_conf_t      *conf;
    ngx_cs_certificates_t  *certificates;

    conf = &tls->conf;
    trusted = conf->trusted;

    certificates = &tls->certificates;
    certificates->peer = "upstream";
    certificates->verify = conf->verify;

    if (conf->verify && trusted.len == 0) {
        ngx_cs_tls_system(&trusted);
    }

    ngx_cs_tls_path(&certificates->trust.file[0],
                    "clear_status_ssl_trusted_certificate", &trusted);
    ngx_cs_tls_path(&certificates->trust.file[1], "clear_status_ssl_crl",
                    &conf->crl);
    ngx_cs_tls_path(&certificates->identity.file[0],
                    "clear_status_ssl_certificate", &conf->certificate);
    ngx_cs_tls_path(&certificates->identity.file[1],
                    "clear_status_ssl_certificate_key", &conf->key);
}


void
ngx_cs_tls_system(ngx_str_t *path)
{
    ngx_file_info_t          info;
    curl_version_info_data  *version;

    ngx_str_null(path);

    version = curl_version_info(CURLVERSION_NOW);

    if (version->cainfo
        && ngx_file_info(version->cainfo, &info) != NGX_FILE_ERROR
        && ngx_is_file(&info))
    {
        path->data = (u_char *) version->cainfo;
        path->len = ngx_strlen(version->cainfo);
    }
}


static void
ngx_cs_tls_path(ngx_cs_pem_file_t *file, char *directive, ngx_str_t *path)
{
    file->directive = directive;
    file->path = *path;
}


static ngx_uint_t
ngx_cs_tls_same(ngx_cs_tls_conf_t *a, ngx_cs_tls_conf_t *b)
{
    return a->verify == b->verify
           && ngx_cs_str_eq(&a->trusted, &b->trusted)
           && ngx_cs_str_eq(&a->crl, &b->crl)
           && ngx_cs_str_eq(&a->certificate, &b->certificate)
           && ngx_cs_str_eq(&a->key, &b->key)
           && a->protocols == b->protocols
           && ngx_cs_str_eq(&a->ciphers, &b->ciphers);
}


void
ngx_cs_tls_check(ngx_cycle_t *cycle)
{
    ngx_cs_tls_t  *tls;

    if (ngx_cs_tls_cycle != cycle) {
        return;
    }

    for (tls = ngx_cs_tls_list; tls; tls = tls->next) {
        ngx_cs_certificates_check(&tls->certificates, cycle);
    }
}


void *
ngx_cs_tls_identify(CURL *easy, void *data, ngx_log_t *log)
{
    ngx_cs_tls_t *tls = data;

    ngx_cs_pem_pair_t  *pair;

    if (tls == NULL) {
        return NULL;
    }

    ngx_cs_certificates_look(&tls->certificates, log);

    pair = tls->certificates.pair;

    if (pair == NULL) {
        return NULL;
    }

    ngx_cs_tls_blob(easy, CURLOPT_SSLCERT_BLOB, &pair->certificate);
    ngx_cs_tls_blob(easy, CURLOPT_SSLKEY_BLOB, &pair->key);

    pair->refs++;

    return pair;
}


void
ngx_cs_tls_release(void *identity)
{
    ngx_cs_pem_release(identity);
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

    ngx_cs_certificates_free(&tls->certificates);
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

    ngx_cs_tls_own(easy);

    /*
     * An easy handle keeps its TLS sessions when it is used again, maybe by
     * another location: a session that was made under the trust of one store
     * could be resumed under another.
     */

    (void) curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);

    /*
     * libcurl before 8.4 looks for certificates only after the callback, and
     * then takes the store that it kept from the connection before.
     */

    (void) curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
}


/*
 * libcurl's own store has nothing in it, as ours replaces it.  Since 8.17 no
 * file is libcurl's default, all that the system trusts, read from the disk for
 * each connection.  A blob comes before that file, and must have something in
 * it: a certificate that is not looked at.  Before 8.4 libcurl would add it to
 * our store, so that older ones get none.
 */

static void
ngx_cs_tls_own(CURL *easy)
{
    (void) curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    (void) curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    (void) curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, NULL);
    (void) curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, NULL);

    if (ngx_cs_tls_some.len && ngx_cs_fetch_libcurl() >= 0x081100) {
        ngx_cs_tls_blob(easy, CURLOPT_CAINFO_BLOB, &ngx_cs_tls_some);
        ngx_cs_tls_blob(easy, CURLOPT_PROXY_CAINFO_BLOB, &ngx_cs_tls_some);
    }
}


/* the first certificate of the first store there is */

static ngx_int_t
ngx_cs_tls_anchor(X509_STORE *store)
{
    BIO   *bio;
    char  *data;
    long   len;

    if (store == NULL || ngx_cs_tls_some.len) {
        return NGX_OK;
    }

    bio = ngx_cs_tls_first(store);
    if (bio == NULL) {
        return NGX_ERROR;
    }

    len = BIO_get_mem_data(bio, &data);

    if (len > 0) {
        ngx_cs_tls_some.data = ngx_alloc(len, ngx_cycle->log);
    }

    if (ngx_cs_tls_some.data) {
        ngx_memcpy(ngx_cs_tls_some.data, data, len);
        ngx_cs_tls_some.len = len;
    }

    BIO_free(bio);

    return (len == 0 || ngx_cs_tls_some.len) ? NGX_OK : NGX_ERROR;
}


/* as PEM; nothing if there is none, NULL where there is no memory */

static BIO *
ngx_cs_tls_first(X509_STORE *store)
{
    int                    i;
    BIO                   *bio;
    X509                  *x509;
    STACK_OF(X509_OBJECT) *objects;

    bio = BIO_new(BIO_s_mem());
    objects = X509_STORE_get0_objects(store);

    for (i = 0; bio && i < sk_X509_OBJECT_num(objects); i++) {
        x509 = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));

        if (x509 == NULL) {
            continue;
        }

        if (PEM_write_bio_X509(bio, x509) == 0) {
            BIO_free(bio);
            return NULL;
        }

        break;
    }

    return bio;
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


CURLcode
ngx_cs_tls_trust(void *data, void *ctx)
{
    ngx_cs_tls_t *tls = data;

    if (tls->certificates.store) {
        SSL_CTX_set1_cert_store(ctx, tls->certificates.store);
    }

    if (ngx_cs_ciphers_set(ctx, tls->conf.protocols, &tls->conf.ciphers)
        != NGX_OK)
    {
        return CURLE_SSL_CIPHER;
    }

    /* a few connections that are always busy: their buffers may stay */

    (void) SSL_CTX_clear_mode(ctx, SSL_MODE_RELEASE_BUFFERS);

    return CURLE_OK;
}


void
ngx_cs_tls_spoken(CURL *easy, ngx_cs_admit_t *admit)
{
    SSL                        *ssl;
    unsigned                    len;
    const unsigned char        *protocol;
    struct curl_tlssessioninfo *info;

    info = NULL;

    admit->tls = 0;
    admit->h2 = 0;
    admit->pending = 0;
    admit->ahead = 0;

    if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK
        || info == NULL || info->internals == NULL
        || info->backend != CURLSSLBACKEND_OPENSSL)
    {
        return;
    }

    ssl = info->internals;

    SSL_get0_alpn_selected(ssl, &protocol, &len);

    admit->tls = 1;
    admit->h2 = (len == 2 && ngx_memcmp(protocol, "h2", 2) == 0);
    admit->pending = (SSL_pending(ssl) > 0);
    admit->ahead = (SSL_has_pending(ssl) != 0);
}
