/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * TLS to Redis; see the header.
 */


#include "redis/tls.h"

#if (NGX_SSL)
#include <openssl/x509v3.h>

#include "core/certificates.h"
#endif


#if (NGX_SSL)

/* of certificates between the peer's and the one that is trusted */
#define NGX_CS_REDIS_TLS_DEPTH  5


struct ngx_cs_redis_tls_s {
    ngx_ssl_t                    ssl;
    ngx_cs_certificates_t        certificates;
};


static ngx_int_t ngx_cs_redis_tls_context(ngx_cs_redis_tls_t *tls,
    ngx_log_t *log);
static ngx_int_t ngx_cs_redis_tls_files(ngx_cs_redis_tls_t *tls,
    ngx_cs_redis_tls_conf_t *conf, ngx_log_t *log);
static void ngx_cs_redis_tls_file(ngx_cs_pem_file_t *file, char *directive,
    ngx_str_t *path);
static void ngx_cs_redis_tls_cleanup(void *data);
static ngx_int_t ngx_cs_redis_tls_use(ngx_cs_redis_tls_t *tls,
    ngx_connection_t *c);
static ngx_uint_t ngx_cs_redis_tls_address(ngx_str_t *host, char *text);


ngx_cs_redis_tls_t *
ngx_cs_redis_tls_create(ngx_conf_t *cf, ngx_cs_redis_tls_conf_t *conf)
{
    ngx_cs_redis_tls_t  *tls;
    ngx_pool_cleanup_t  *cln;

    if (!conf->certificate.data != !conf->key.data) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"clear_status_redis\" needs certificate= and "
                           "certificate_key= together");
        return NULL;
    }

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_cs_redis_tls_t));
    if (cln == NULL) {
        return NULL;
    }

    tls = cln->data;
    ngx_memzero(tls, sizeof(ngx_cs_redis_tls_t));

    cln->handler = ngx_cs_redis_tls_cleanup;

    if (ngx_cs_redis_tls_context(tls, cf->log) != NGX_OK) {
        return NULL;
    }

    if (ngx_cs_redis_tls_files(tls, conf, cf->log) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "certificates in \"clear_status_redis\" cannot be "
                           "used");
        return NULL;
    }

    return tls;
}


static ngx_int_t
ngx_cs_redis_tls_context(ngx_cs_redis_tls_t *tls, ngx_log_t *log)
{
    tls->ssl.log = log;

    if (ngx_ssl_create(&tls->ssl, NGX_SSL_TLSv1_2|NGX_SSL_TLSv1_3, NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* what is to be written again may be in another place, and be more, then */

    SSL_CTX_set_mode(tls->ssl.ctx, SSL_MODE_ENABLE_PARTIAL_WRITE
                                   |SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);

    SSL_CTX_set_verify_depth(tls->ssl.ctx, NGX_CS_REDIS_TLS_DEPTH);

    return NGX_OK;
}


static ngx_int_t
ngx_cs_redis_tls_files(ngx_cs_redis_tls_t *tls, ngx_cs_redis_tls_conf_t *conf,
    ngx_log_t *log)
{
    ngx_cs_certificates_t  *certificates;

    certificates = &tls->certificates;
    certificates->peer = "Redis";
    certificates->verify = 1;

    ngx_cs_redis_tls_file(&certificates->trust.file[0],
                          "clear_status_redis trusted_certificate=",
                          &conf->trusted);
    ngx_cs_redis_tls_file(&certificates->identity.file[0],
                          "clear_status_redis certificate=",
                          &conf->certificate);
    ngx_cs_redis_tls_file(&certificates->identity.file[1],
                          "clear_status_redis certificate_key=", &conf->key);

    return ngx_cs_certificates_load(certificates, log);
}


static void
ngx_cs_redis_tls_file(ngx_cs_pem_file_t *file, char *directive,
    ngx_str_t *path)
{
    file->directive = directive;
    file->path = *path;
}


static void
ngx_cs_redis_tls_cleanup(void *data)
{
    ngx_cs_redis_tls_t *tls = data;

    ngx_cs_certificates_free(&tls->certificates);

    if (tls->ssl.ctx) {
        ngx_ssl_cleanup_ctx(&tls->ssl);
    }
}


void
ngx_cs_redis_tls_private(ngx_cs_redis_tls_t *tls, ngx_cycle_t *cycle)
{
    ngx_cs_certificates_check(&tls->certificates, cycle);
}


void
ngx_cs_redis_tls_look(ngx_cs_redis_tls_t *tls, ngx_log_t *log)
{
    ngx_cs_certificates_look(&tls->certificates, log);
}


ngx_int_t
ngx_cs_redis_tls_start(ngx_cs_redis_tls_t *tls, ngx_connection_t *c,
    ngx_str_t *host, void (*handler)(ngx_connection_t *c))
{
    char       text[NGX_SOCKADDR_STRLEN + 256];
    ngx_int_t  rc;

    if (ngx_ssl_create_connection(&tls->ssl, c, NGX_SSL_CLIENT) != NGX_OK
        || ngx_cs_redis_tls_use(tls, c) != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* a literal address is no server name (RFC 6066, section 3) */

    if (!ngx_cs_redis_tls_address(host, text)
        && SSL_set_tlsext_host_name(c->ssl->connection, text) == 0)
    {
        ngx_ssl_error(NGX_LOG_ERR, c->log, 0,
                      "SSL_set_tlsext_host_name(\"%s\") failed", text);
        return NGX_ERROR;
    }

    rc = ngx_ssl_handshake(c);

    if (rc == NGX_AGAIN) {
        c->ssl->handler = handler;
    }

    return rc;
}


/*
 * Of this connection, not of all by their context: there a key of another kind
 * would stand beside the one before.
 */

static ngx_int_t
ngx_cs_redis_tls_use(ngx_cs_redis_tls_t *tls, ngx_connection_t *c)
{
    SSL                    *ssl;
    ngx_cs_certificates_t  *certificates;

    ssl = c->ssl->connection;
    certificates = &tls->certificates;

    if (SSL_set1_verify_cert_store(ssl, certificates->store) == 1
        && (certificates->pair == NULL
            || ngx_cs_pem_use(ssl, certificates->pair) == NGX_OK))
    {
        return NGX_OK;
    }

    ngx_ssl_error(NGX_LOG_ERR, c->log, 0, "certificates cannot be used");

    return NGX_ERROR;
}


const char *
ngx_cs_redis_tls_check(ngx_connection_t *c, ngx_str_t *host)
{
    int    ok;
    char   text[NGX_SOCKADDR_STRLEN + 256];
    long   rc;
    X509  *cert;

    rc = SSL_get_verify_result(c->ssl->connection);

    if (rc != X509_V_OK) {
        return X509_verify_cert_error_string(rc);
    }

    cert = SSL_get_peer_certificate(c->ssl->connection);

    if (cert == NULL) {
        return "it has no certificate";
    }

    ok = ngx_cs_redis_tls_address(host, text)
         ? X509_check_ip_asc(cert, text, 0)
         : X509_check_host(cert, text, 0, 0, NULL);

    X509_free(cert);

    return (ok == 1) ? NULL : "its certificate is of another host";
}


/* the host as a string; whether it is a literal address */

static ngx_uint_t
ngx_cs_redis_tls_address(ngx_str_t *host, char *text)
{
    size_t  len;

#if (NGX_HAVE_INET6)
    u_char  addr[16];
#endif

    len = ngx_min(host->len, NGX_SOCKADDR_STRLEN + 255);

    ngx_memcpy(text, host->data, len);
    text[len] = '\0';

#if (NGX_HAVE_INET6)
    if (ngx_inet6_addr(host->data, host->len, addr) == NGX_OK) {
        return 1;
    }
#endif

    return ngx_inet_addr(host->data, host->len) != INADDR_NONE;
}


#else

ngx_cs_redis_tls_t *
ngx_cs_redis_tls_create(ngx_conf_t *cf, ngx_cs_redis_tls_conf_t *conf)
{
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"rediss://\" in \"clear_status_redis\" needs an nginx "
                       "with SSL");
    return NULL;
}


void
ngx_cs_redis_tls_private(ngx_cs_redis_tls_t *tls, ngx_cycle_t *cycle)
{
    /* void */
}


void
ngx_cs_redis_tls_look(ngx_cs_redis_tls_t *tls, ngx_log_t *log)
{
    /* void */
}

#endif
