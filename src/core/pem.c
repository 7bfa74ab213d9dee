/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Certificates, keys and revocation lists from files; see the header.
 *
 * A file is read whole, and only then looked at: what is no regular file, or
 * too large, never holds a worker up.
 */


#include "core/pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "core/pages.h"


/* in bytes: a certificate with its chain, or a key; what a CA publishes */
#define NGX_CS_PEM_MAX       (1024 * 1024)
#define NGX_CS_PEM_LIST_MAX  (16 * 1024 * 1024)


/* adds what is next; NGX_DONE: there is none, NGX_ERROR: it cannot be added */
typedef ngx_int_t (*ngx_cs_pem_add_pt)(void *to, BIO *bio, time_t *expires);


static ngx_int_t ngx_cs_pem_read(ngx_cs_pem_file_t *file, size_t max,
    ngx_str_t *content, ngx_cs_pem_log_t *log);
static ngx_int_t ngx_cs_pem_slurp(ngx_cs_pem_file_t *file, ngx_fd_t fd,
    size_t max, ngx_str_t *content, ngx_cs_pem_log_t *log);
static ngx_int_t ngx_cs_pem_list(X509_STORE *store, ngx_cs_pem_file_t *file,
    ngx_cs_pem_add_pt add, time_t *expires, ngx_cs_pem_log_t *log);
static ngx_int_t ngx_cs_pem_each(ngx_str_t *content, ngx_cs_pem_add_pt add,
    void *to, time_t *expires);
static ngx_int_t ngx_cs_pem_add_trusted(void *to, BIO *bio, time_t *expires);
static ngx_int_t ngx_cs_pem_add_crl(void *to, BIO *bio, time_t *expires);
static ngx_int_t ngx_cs_pem_add_chain(void *to, BIO *bio, time_t *expires);
static time_t ngx_cs_pem_expires(X509_CRL *crl);
static ngx_int_t ngx_cs_pem_check(ngx_cs_pem_pair_t *pair,
    ngx_cs_pem_file_t *certificate, ngx_cs_pem_file_t *key,
    ngx_cs_pem_log_t *log);
static ngx_int_t ngx_cs_pem_key(SSL *ssl, ngx_str_t *content);
static int ngx_cs_pem_passphrase(char *buf, int size, int rwflag, void *data);


X509_STORE *
ngx_cs_pem_store(ngx_cs_pem_file_t *trusted, ngx_cs_pem_file_t *crl,
    time_t *expires, ngx_cs_pem_log_t *log)
{
    ngx_int_t    rc;
    X509_STORE  *store;

    *expires = 0;

    store = X509_STORE_new();
    if (store == NULL) {
        return NULL;
    }

    if (trusted->path.len == 0) {
        rc = (X509_STORE_set_default_paths(store) == 1) ? NGX_OK : NGX_ERROR;

    } else {
        rc = ngx_cs_pem_list(store, trusted, ngx_cs_pem_add_trusted, expires,
                             log);
    }

    if (rc == NGX_OK && crl->path.len) {
        rc = ngx_cs_pem_list(store, crl, ngx_cs_pem_add_crl, expires, log);

        /* as nginx does for "proxy_ssl_crl" */

        (void) X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK
                                           |X509_V_FLAG_CRL_CHECK_ALL);
    }

    ERR_clear_error();

    if (rc != NGX_OK) {
        X509_STORE_free(store);
        return NULL;
    }

    return store;
}


/* the content is the caller's, to be freed as pages */

static ngx_int_t
ngx_cs_pem_read(ngx_cs_pem_file_t *file, size_t max, ngx_str_t *content,
    ngx_cs_pem_log_t *log)
{
    ngx_fd_t   fd;
    ngx_int_t  rc;

    ngx_str_null(content);
    clear_file_stamp(&file->stamp, NULL);
    file->err = 0;

    /* O_NONBLOCK: a FIFO under that name must not stop a worker */

    fd = open((char *) file->path.data, O_RDONLY|O_NONBLOCK|O_CLOEXEC);

    if (fd == -1) {
        file->err = ngx_errno;
        ngx_log_error(log->level, log->log, file->err,
                      "\"%s\" \"%V\" cannot be read%s",
                      file->directive, &file->path, log->end);
        return NGX_ERROR;
    }

    rc = ngx_cs_pem_slurp(file, fd, max, content, log);

    (void) close(fd);

    if (rc != NGX_OK) {
        ngx_cs_pages_free(content->data, content->len);
        ngx_str_null(content);
    }

    return rc;
}


static ngx_int_t
ngx_cs_pem_slurp(ngx_cs_pem_file_t *file, ngx_fd_t fd, size_t max,
    ngx_str_t *content, ngx_cs_pem_log_t *log)
{
    char         *err;
    size_t        n;
    ssize_t       got;
    struct stat   info;

    n = 0;
    err = "cannot be read";

    if (fstat(fd, &info) == -1) {
        file->err = ngx_errno;
        goto failed;
    }

    clear_file_stamp(&file->stamp, &info);

    err = !S_ISREG(info.st_mode) ? "is not a regular file"
          : (info.st_size == 0) ? "is empty"
          : ((size_t) info.st_size > max) ? "is too large" : NULL;

    if (err) {
        goto failed;
    }

    content->data = ngx_cs_pages_alloc(info.st_size, log->log);
    if (content->data == NULL) {
        file->err = NGX_ENOMEM;
        return NGX_ERROR;
    }

    content->len = info.st_size;

    /* one that is cut meanwhile is read again, as it has changed */

    while (n < content->len) {
        got = read(fd, content->data + n, content->len - n);

        if (got <= 0) {
            file->err = (got == -1) ? ngx_errno : 0;
            err = "cannot be read";
            goto failed;
        }

        n += got;
    }

    return NGX_OK;

failed:

    ngx_log_error(log->level, log->log, file->err, "\"%s\" \"%V\" %s%s",
                  file->directive, &file->path, err, log->end);

    return NGX_ERROR;
}


static ngx_int_t
ngx_cs_pem_list(X509_STORE *store, ngx_cs_pem_file_t *file,
    ngx_cs_pem_add_pt add, time_t *expires, ngx_cs_pem_log_t *log)
{
    ngx_int_t  rc;
    ngx_str_t  content;

    if (ngx_cs_pem_read(file, NGX_CS_PEM_LIST_MAX, &content, log) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_cs_pem_each(&content, add, store, expires);

    ngx_cs_pages_free(content.data, content.len);

    if (rc != NGX_OK) {
        ngx_cs_pem_error(file->directive, &file->path, log);
    }

    return rc;
}


/* all that a file has, each by add(); at least one is needed */

static ngx_int_t
ngx_cs_pem_each(ngx_str_t *content, ngx_cs_pem_add_pt add, void *to,
    time_t *expires)
{
    BIO        *bio;
    ngx_int_t   rc;
    ngx_uint_t  n;

    bio = BIO_new_mem_buf(content->data, (int) content->len);
    if (bio == NULL) {
        return NGX_ERROR;
    }

    n = 0;

    while ((rc = add(to, bio, expires)) == NGX_OK) {
        n++;
    }

    BIO_free(bio);

    /* that there is no further one ends the file, and is no error */

    if (rc == NGX_ERROR || n == 0
        || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_cs_pem_add_trusted(void *to, BIO *bio, time_t *expires)
{
    X509       *x509;
    ngx_int_t   rc;

    x509 = PEM_read_bio_X509_AUX(bio, NULL, ngx_cs_pem_passphrase, NULL);
    if (x509 == NULL) {
        return NGX_DONE;
    }

    rc = (X509_STORE_add_cert(to, x509) == 1) ? NGX_OK : NGX_ERROR;

    X509_free(x509);

    return rc;
}


static ngx_int_t
ngx_cs_pem_add_crl(void *to, BIO *bio, time_t *expires)
{
    time_t      end;
    X509_CRL   *crl;
    ngx_int_t   rc;

    crl = PEM_read_bio_X509_CRL(bio, NULL, ngx_cs_pem_passphrase, NULL);
    if (crl == NULL) {
        return NGX_DONE;
    }

    end = ngx_cs_pem_expires(crl);

    if (end && (*expires == 0 || end < *expires)) {
        *expires = end;
    }

    rc = (X509_STORE_add_crl(to, crl) == 1) ? NGX_OK : NGX_ERROR;

    X509_CRL_free(crl);

    return rc;
}


/* the first is ours, those behind it lead to its root */

static ngx_int_t
ngx_cs_pem_add_chain(void *to, BIO *bio, time_t *expires)
{
    SSL *ssl = to;

    int    rc;
    X509  *x509;

    x509 = PEM_read_bio_X509_AUX(bio, NULL, ngx_cs_pem_passphrase, NULL);
    if (x509 == NULL) {
        return NGX_DONE;
    }

    rc = SSL_get_certificate(ssl) ? SSL_add1_chain_cert(ssl, x509)
                                  : SSL_use_certificate(ssl, x509);
    X509_free(x509);

    return (rc == 1) ? NGX_OK : NGX_ERROR;
}


/* a list may leave out when the next is due (RFC 5280 demands it) */

static time_t
ngx_cs_pem_expires(X509_CRL *crl)
{
    struct tm         tm;
    const ASN1_TIME  *next;

    next = X509_CRL_get0_nextUpdate(crl);

    if (next == NULL || ASN1_TIME_to_tm(next, &tm) != 1) {
        return 0;
    }

    return timegm(&tm);
}


/*
 * As content, not as an SSL_CTX: libcurl gives these to upstream alone, the
 * callback that has the context is called for a proxy's TLS too.
 */

ngx_cs_pem_pair_t *
ngx_cs_pem_pair(ngx_cs_pem_file_t *certificate, ngx_cs_pem_file_t *key,
    ngx_cs_pem_log_t *log)
{
    ngx_cs_pem_pair_t  *pair;

    pair = ngx_calloc(sizeof(ngx_cs_pem_pair_t), log->log);
    if (pair == NULL) {
        return NULL;
    }

    pair->refs = 1;

    if (ngx_cs_pem_read(certificate, NGX_CS_PEM_MAX, &pair->certificate, log)
        != NGX_OK
        || ngx_cs_pem_read(key, NGX_CS_PEM_MAX, &pair->key, log) != NGX_OK
        || ngx_cs_pem_check(pair, certificate, key, log) != NGX_OK)
    {
        ngx_cs_pem_release(pair);
        return NULL;
    }

    return pair;
}


/* whether certificate and key are such, and belong together */

static ngx_int_t
ngx_cs_pem_check(ngx_cs_pem_pair_t *pair, ngx_cs_pem_file_t *certificate,
    ngx_cs_pem_file_t *key, ngx_cs_pem_log_t *log)
{
    SSL                *ssl;
    SSL_CTX            *ctx;
    ngx_cs_pem_file_t  *bad;

    ctx = SSL_CTX_new(TLS_client_method());
    ssl = ctx ? SSL_new(ctx) : NULL;

    bad = (ssl == NULL
           || ngx_cs_pem_each(&pair->certificate, ngx_cs_pem_add_chain, ssl,
                              NULL)
              != NGX_OK)
          ? certificate
          : (ngx_cs_pem_key(ssl, &pair->key) != NGX_OK) ? key : NULL;

    SSL_free(ssl);
    SSL_CTX_free(ctx);

    if (bad) {
        ngx_cs_pem_error(bad->directive, &bad->path, log);
        return NGX_ERROR;
    }

    ERR_clear_error();

    return NGX_OK;
}


ngx_int_t
ngx_cs_pem_use(SSL *ssl, ngx_cs_pem_pair_t *pair)
{
    if (ngx_cs_pem_each(&pair->certificate, ngx_cs_pem_add_chain, ssl, NULL)
        != NGX_OK
        || ngx_cs_pem_key(ssl, &pair->key) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ERR_clear_error();

    return NGX_OK;
}


/* OpenSSL takes a key of another kind than the certificate's beside it */

static ngx_int_t
ngx_cs_pem_key(SSL *ssl, ngx_str_t *content)
{
    int        rc;
    BIO       *bio;
    EVP_PKEY  *key;

    bio = BIO_new_mem_buf(content->data, (int) content->len);
    key = bio ? PEM_read_bio_PrivateKey(bio, NULL, ngx_cs_pem_passphrase, NULL)
              : NULL;

    rc = key ? SSL_use_PrivateKey(ssl, key) : 0;

    EVP_PKEY_free(key);
    BIO_free(bio);

    return (rc == 1 && SSL_check_private_key(ssl) == 1) ? NGX_OK : NGX_ERROR;
}


/* there is none, and OpenSSL is not to ask for it on a terminal */

static int
ngx_cs_pem_passphrase(char *buf, int size, int rwflag, void *data)
{
    return -1;
}


void
ngx_cs_pem_release(ngx_cs_pem_pair_t *pair)
{
    if (pair == NULL || --pair->refs) {
        return;
    }

    ngx_cs_pages_free(pair->certificate.data, pair->certificate.len);
    ngx_cs_pages_free(pair->key.data, pair->key.len);
    ngx_free(pair);
}


void
ngx_cs_pem_error(char *directive, ngx_str_t *path, ngx_cs_pem_log_t *log)
{
    char  text[256];

    ERR_error_string_n(ERR_peek_last_error(), text, sizeof(text));
    ERR_clear_error();

    ngx_log_error(log->level, log->log, 0,
                  "\"%s\" \"%V\" cannot be used: %s%s",
                  directive, path, text, log->end);
}
