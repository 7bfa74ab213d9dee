/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * TLS to Redis; see the header.
 */


#include "redis/tls.h"

#if (NGX_SSL)
#include <openssl/x509v3.h>
#endif


#if (NGX_SSL)

/* of certificates between the peer's and the one that is trusted */
#define NGX_CS_REDIS_TLS_DEPTH  5


static ngx_int_t ngx_cs_redis_tls_files(ngx_conf_t *cf, ngx_ssl_t *ssl,
    ngx_cs_redis_tls_t *tls);
static ngx_uint_t ngx_cs_redis_tls_address(ngx_str_t *host, char *text);


ngx_ssl_t *
ngx_cs_redis_tls_create(ngx_conf_t *cf, ngx_cs_redis_tls_t *tls)
{
    ngx_ssl_t           *ssl;
    ngx_pool_cleanup_t  *cln;

    if (!tls->certificate.data != !tls->key.data) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"clear_status_redis\" needs certificate= and "
                           "certificate_key= together");
        return NULL;
    }

    ssl = ngx_pcalloc(cf->pool, sizeof(ngx_ssl_t));
    if (ssl == NULL) {
        return NULL;
    }

    ssl->log = cf->log;

    if (ngx_ssl_create(ssl, NGX_SSL_TLSv1_2|NGX_SSL_TLSv1_3, NULL) != NGX_OK) {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (cln == NULL) {
        ngx_ssl_cleanup_ctx(ssl);
        return NULL;
    }

    cln->handler = ngx_ssl_cleanup_ctx;
    cln->data = ssl;

    /* what is to be written again may be in another place, and be more, then */

    SSL_CTX_set_mode(ssl->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE
                               |SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);

    if (ngx_cs_redis_tls_files(cf, ssl, tls) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "certificates in \"clear_status_redis\" cannot be "
                           "used");
        return NULL;
    }

    return ssl;
}


static ngx_int_t
ngx_cs_redis_tls_files(ngx_conf_t *cf, ngx_ssl_t *ssl, ngx_cs_redis_tls_t *tls)
{
    ngx_str_t    *password;
    ngx_array_t  *passwords;

    if (tls->certificate.data) {

        /* an empty one, or OpenSSL asks on the terminal for an encrypted key's
         */

        passwords = ngx_array_create(cf->pool, 1, sizeof(ngx_str_t));
        if (passwords == NULL) {
            return NGX_ERROR;
        }

        password = ngx_array_push(passwords);
        ngx_str_set(password, "");

        if (ngx_ssl_certificate(cf, ssl, &tls->certificate, &tls->key,
                                passwords)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (tls->trusted.data) {
        return ngx_ssl_trusted_certificate(cf, ssl, &tls->trusted,
                                           NGX_CS_REDIS_TLS_DEPTH);
    }

    if (SSL_CTX_set_default_verify_paths(ssl->ctx) == 0) {
        ngx_ssl_error(NGX_LOG_EMERG, cf->log, 0,
                      "SSL_CTX_set_default_verify_paths() failed");
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_cs_redis_tls_start(ngx_ssl_t *ssl, ngx_connection_t *c, ngx_str_t *host,
    void (*handler)(ngx_connection_t *c))
{
    char       text[NGX_SOCKADDR_STRLEN + 256];
    ngx_int_t  rc;

    if (ngx_ssl_create_connection(ssl, c, NGX_SSL_CLIENT) != NGX_OK) {
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

ngx_ssl_t *
ngx_cs_redis_tls_create(ngx_conf_t *cf, ngx_cs_redis_tls_t *tls)
{
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"rediss://\" in \"clear_status_redis\" needs an nginx "
                       "with SSL");
    return NULL;
}

#endif
