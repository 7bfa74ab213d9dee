/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Trust for upstream's TLS, and who we are there; see the header.
 */


#include "fetch/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "core/may_read.h"
#include "core/pem.h"
#include "core/str.h"
#include "fetch/ciphers.h"


/* between two looks at the files, in ms */
#define NGX_CS_TLS_LOOK  1000


/* files that are read together, and which of them workers may not read */

typedef struct {
    ngx_cs_pem_file_t            file[2];
    unsigned                     recent:1;
    unsigned                     private:1;
} ngx_cs_tls_files_t;


typedef struct ngx_cs_tls_s            ngx_cs_tls_t;

struct ngx_cs_tls_s {
    ngx_cs_tls_t                *next;
    ngx_cs_tls_conf_t            conf;
    ngx_cs_tls_files_t           trust;     /* certificates, lists */
    ngx_cs_tls_files_t           identity;  /* certificate, key */
    X509_STORE                  *store;     /* NULL: nothing is verified */
    ngx_cs_pem_pair_t           *pair;      /* NULL: nobody in particular */
    time_t                       expires;   /* the first list; 0: none */
    ngx_msec_t                   looked;
    unsigned                     told:1;    /* that it has */
};


static void ngx_cs_tls_paths(ngx_cs_tls_t *tls);
static void ngx_cs_tls_path(ngx_cs_pem_file_t *file, char *directive,
    ngx_str_t *path);
static ngx_uint_t ngx_cs_tls_same(ngx_cs_tls_conf_t *a, ngx_cs_tls_conf_t *b);
static ngx_int_t ngx_cs_tls_load(ngx_cs_tls_t *tls, ngx_cs_pem_log_t *log);
static ngx_int_t ngx_cs_tls_load_trust(ngx_cs_tls_t *tls,
    ngx_cs_pem_log_t *log);
static ngx_int_t ngx_cs_tls_load_identity(ngx_cs_tls_t *tls,
    ngx_cs_pem_log_t *log);
static void ngx_cs_tls_check_files(ngx_cycle_t *cycle,
    ngx_cs_tls_files_t *files);
static void ngx_cs_tls_look(ngx_cs_tls_t *tls, ngx_log_t *log);
static ngx_uint_t ngx_cs_tls_changed(ngx_cs_tls_files_t *files);
static void ngx_cs_tls_tried(ngx_cs_tls_files_t *files);
static void ngx_cs_tls_expired(ngx_cs_tls_t *tls, ngx_log_t *log);
static void ngx_cs_tls_cleanup(void *data);
static void ngx_cs_tls_blob(CURL *easy, CURLoption option,
    ngx_str_t *content);


/* of the configuration that was read last */
static ngx_cs_tls_t            *ngx_cs_tls_list;
static ngx_cycle_t             *ngx_cs_tls_cycle;


void *
ngx_cs_tls_create(ngx_conf_t *cf, ngx_cs_tls_conf_t *conf)
{
    ngx_cs_tls_t        *tls;
    ngx_cs_pem_log_t     log;
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
    tls->looked = ngx_current_msec;

    cln->handler = ngx_cs_tls_cleanup;

    log.log = cf->log;
    log.level = NGX_LOG_EMERG;
    log.end = "";

    ngx_cs_tls_paths(tls);

    if (ngx_cs_tls_load(tls, &log) != NGX_OK) {
        return NULL;
    }

    tls->next = ngx_cs_tls_list;
    ngx_cs_tls_list = tls;

    ngx_cs_tls_expired(tls, cf->log);

    return tls;
}


static void
ngx_cs_tls_paths(ngx_cs_tls_t *tls)
{
    ngx_str_t           trusted;
    ngx_cs_tls_conf_t  *conf;

    conf = &tls->conf;
    trusted = conf->trusted;

    if (conf->verify && trusted.len == 0) {
        ngx_cs_tls_system(&trusted);
    }

    ngx_cs_tls_path(&tls->trust.file[0],
                    "clear_status_ssl_trusted_certificate", &trusted);
    ngx_cs_tls_path(&tls->trust.file[1], "clear_status_ssl_crl", &conf->crl);
    ngx_cs_tls_path(&tls->identity.file[0], "clear_status_ssl_certificate",
                    &conf->certificate);
    ngx_cs_tls_path(&tls->identity.file[1],
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


static ngx_int_t
ngx_cs_tls_load(ngx_cs_tls_t *tls, ngx_cs_pem_log_t *log)
{
    if (ngx_cs_ciphers_check(tls->conf.protocols, &tls->conf.ciphers, log)
        != NGX_OK
        || ngx_cs_tls_load_trust(tls, log) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_cs_tls_load_identity(tls, log);
}


static ngx_int_t
ngx_cs_tls_load_trust(ngx_cs_tls_t *tls, ngx_cs_pem_log_t *log)
{
    time_t       expires;
    X509_STORE  *store;

    if (!tls->conf.verify) {
        return NGX_OK;
    }

    store = ngx_cs_pem_store(&tls->trust.file[0], &tls->trust.file[1],
                             &expires, log);

    ngx_cs_tls_tried(&tls->trust);

    if (store == NULL) {
        return NGX_ERROR;
    }

    /* connections that are being made have a reference of their own */

    X509_STORE_free(tls->store);

    tls->store = store;

    if (expires != tls->expires) {
        tls->expires = expires;
        tls->told = 0;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_cs_tls_load_identity(ngx_cs_tls_t *tls, ngx_cs_pem_log_t *log)
{
    ngx_cs_pem_pair_t  *pair;

    if (tls->conf.certificate.len == 0) {
        return NGX_OK;
    }

    pair = ngx_cs_pem_pair(&tls->identity.file[0], &tls->identity.file[1],
                           log);

    ngx_cs_tls_tried(&tls->identity);

    if (pair == NULL) {
        return NGX_ERROR;
    }

    ngx_cs_pem_release(tls->pair);
    tls->pair = pair;

    return NGX_OK;
}


void
ngx_cs_tls_check(ngx_cycle_t *cycle)
{
    ngx_cs_tls_t  *tls;

    if (geteuid() != 0 || ngx_cs_tls_cycle != cycle) {
        return;
    }

    for (tls = ngx_cs_tls_list; tls; tls = tls->next) {
        ngx_cs_tls_check_files(cycle, &tls->trust);
        ngx_cs_tls_check_files(cycle, &tls->identity);
    }
}


static void
ngx_cs_tls_check_files(ngx_cycle_t *cycle, ngx_cs_tls_files_t *files)
{
    ngx_uint_t          i;
    ngx_cs_pem_file_t  *file;

    for (i = 0; i < 2; i++) {
        file = &files->file[i];

        if (file->path.len == 0 || ngx_cs_may_read(cycle, &file->path)) {
            continue;
        }

        files->private = 1;

        /* a key for root alone is a good habit, so no more than a notice */

        ngx_log_error(NGX_LOG_NOTICE, cycle->log, 0,
                      "\"%s\" \"%V\" cannot be read by the worker processes' "
                      "user, so a new one takes effect only after a reload",
                      file->directive, &file->path);
    }
}


void *
ngx_cs_tls_identify(CURL *easy, void *data, ngx_log_t *log)
{
    ngx_cs_tls_t *tls = data;

    if (tls == NULL) {
        return NULL;
    }

    if (ngx_current_msec - tls->looked >= NGX_CS_TLS_LOOK) {
        ngx_cs_tls_look(tls, log);
    }

    if (tls->pair == NULL) {
        return NULL;
    }

    ngx_cs_tls_blob(easy, CURLOPT_SSLCERT_BLOB, &tls->pair->certificate);
    ngx_cs_tls_blob(easy, CURLOPT_SSLKEY_BLOB, &tls->pair->key);

    tls->pair->refs++;

    return tls->pair;
}


void
ngx_cs_tls_release(void *identity)
{
    ngx_cs_pem_release(identity);
}


static void
ngx_cs_tls_look(ngx_cs_tls_t *tls, ngx_log_t *log)
{
    ngx_cs_pem_log_t  to;

    tls->looked = ngx_current_msec;

    to.log = log;
    to.level = NGX_LOG_ERR;
    to.end = ", the last good one stays in use";

    if (ngx_cs_tls_changed(&tls->trust)
        && ngx_cs_tls_load_trust(tls, &to) == NGX_OK)
    {
        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "trusted certificates of upstream were read again");
    }

    if (ngx_cs_tls_changed(&tls->identity)
        && ngx_cs_tls_load_identity(tls, &to) == NGX_OK)
    {
        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "the certificate for upstream was read again");
    }

    ngx_cs_tls_expired(tls, log);
}


/* an error is told once for each state in which the files are found */

static ngx_uint_t
ngx_cs_tls_changed(ngx_cs_tls_files_t *files)
{
    ngx_uint_t          i, changed;
    struct stat         info;
    clear_stamp_t       stamp;
    ngx_cs_pem_file_t  *file;

    if (files->private) {
        return 0;
    }

    changed = files->recent;

    for (i = 0; i < 2; i++) {
        file = &files->file[i];

        if (file->path.len == 0) {
            continue;
        }

        clear_stamp(&stamp,
                    stat((char *) file->path.data, &info) == -1 ? NULL : &info);

        if (!clear_stamp_same(&stamp, &file->stamp)) {
            changed = 1;
        }
    }

    return changed;
}


/* one that was changed a moment before is read once more */

static void
ngx_cs_tls_tried(ngx_cs_tls_files_t *files)
{
    ngx_uint_t          i;
    struct stat         info;
    ngx_cs_pem_file_t  *file;

    files->recent = 0;

    for (i = 0; i < 2; i++) {
        file = &files->file[i];

        if (file->path.len == 0) {
            continue;
        }

        /* where the first could not be used, the second was not looked at */

        if (file->stamp.inode == 0
            && stat((char *) file->path.data, &info) != -1)
        {
            clear_stamp(&file->stamp, &info);
        }

        if (clear_stamp_recent(&file->stamp, ngx_time())) {
            files->recent = 1;
        }
    }
}


static void
ngx_cs_tls_expired(ngx_cs_tls_t *tls, ngx_log_t *log)
{
    if (tls->expires == 0 || tls->told || ngx_time() < tls->expires) {
        return;
    }

    tls->told = 1;

    ngx_log_error(NGX_LOG_ERR, log, 0,
                  "\"clear_status_ssl_crl\" \"%V\" has expired, no new "
                  "connection to upstream is made until it is renewed",
                  &tls->conf.crl);
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
    ngx_cs_pem_release(tls->pair);
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

    /*
     * libcurl before 8.4 looks for certificates only after the callback, and
     * then takes the store that it kept from the connection before.
     */

    (void) curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
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

    if (tls->store) {
        SSL_CTX_set1_cert_store(ctx, tls->store);
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
