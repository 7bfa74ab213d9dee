/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Protocols and ciphers for upstream; see the header.
 */


#include "fetch/ciphers.h"

#include <openssl/err.h>

#include "fetch/protocols.h"


static ngx_int_t ngx_cs_ciphers_protocols(SSL_CTX *ctx, ngx_uint_t protocols);
static ngx_int_t ngx_cs_ciphers_list(SSL_CTX *ctx, ngx_str_t *ciphers);
static ngx_int_t ngx_cs_ciphers_tls13(SSL_CTX *ctx, u_char *names);
static u_char *ngx_cs_ciphers_add(u_char *list, u_char *p, u_char *word,
    size_t len);


static struct {
    ngx_uint_t                   protocol;
    int                          version;
    uint64_t                     off;
} ngx_cs_ciphers_versions[] = {
    { NGX_CS_TLS_1_0, TLS1_VERSION, SSL_OP_NO_TLSv1 },
    { NGX_CS_TLS_1_1, TLS1_1_VERSION, SSL_OP_NO_TLSv1_1 },
    { NGX_CS_TLS_1_2, TLS1_2_VERSION, SSL_OP_NO_TLSv1_2 },
    { NGX_CS_TLS_1_3, TLS1_3_VERSION, SSL_OP_NO_TLSv1_3 }
};


ngx_int_t
ngx_cs_ciphers_set(SSL_CTX *ctx, ngx_uint_t protocols, ngx_str_t *ciphers)
{
    if (ngx_cs_ciphers_protocols(ctx, protocols) != NGX_OK) {
        return NGX_ERROR;
    }

    return ciphers->len ? ngx_cs_ciphers_list(ctx, ciphers) : NGX_OK;
}


/* also where the system's policy has a lowest of its own, as nginx does */

static ngx_int_t
ngx_cs_ciphers_protocols(SSL_CTX *ctx, ngx_uint_t protocols)
{
    int         low, high;
    ngx_uint_t  i, n;

    low = 0;
    high = 0;
    n = sizeof(ngx_cs_ciphers_versions) / sizeof(ngx_cs_ciphers_versions[0]);

    for (i = 0; i < n; i++) {
        if (protocols & ngx_cs_ciphers_versions[i].protocol) {
            high = ngx_cs_ciphers_versions[i].version;
            low = low ? low : high;
            (void) SSL_CTX_clear_options(ctx, ngx_cs_ciphers_versions[i].off);

        } else {
            (void) SSL_CTX_set_options(ctx, ngx_cs_ciphers_versions[i].off);
        }
    }

    return (SSL_CTX_set_min_proto_version(ctx, low) == 1
            && SSL_CTX_set_max_proto_version(ctx, high) == 1)
           ? NGX_OK : NGX_ERROR;
}


/* OpenSSL has a list for TLS 1.3 and one for what was before, we have one */

static ngx_int_t
ngx_cs_ciphers_list(SSL_CTX *ctx, ngx_str_t *ciphers)
{
    size_t  len;
    u_char  old[NGX_CS_CIPHERS_MAX + 1], new[NGX_CS_CIPHERS_MAX + 1];
    u_char  *p, *last, *word, *o, *n;

    if (ciphers->len > NGX_CS_CIPHERS_MAX) {
        return NGX_ERROR;
    }

    o = old;
    n = new;
    last = ciphers->data + ciphers->len;

    for (p = ciphers->data; p < last; p++) {
        word = p;

        while (p < last && *p != ':' && *p != ',' && *p != ' ') {
            p++;
        }

        len = p - word;

        if (len > 4 && ngx_strncmp(word, "TLS_", 4) == 0) {
            n = ngx_cs_ciphers_add(new, n, word, len);

        } else if (len) {
            o = ngx_cs_ciphers_add(old, o, word, len);
        }
    }

    *o = '\0';
    *n = '\0';

    if (o != old && SSL_CTX_set_cipher_list(ctx, (char *) old) != 1) {
        return NGX_ERROR;
    }

    if (n != new && ngx_cs_ciphers_tls13(ctx, new) != NGX_OK) {
        return NGX_ERROR;
    }

    return (o != old || n != new) ? NGX_OK : NGX_ERROR;
}


/*
 * OpenSSL takes every name of TLS 1.3 that it has heard of.  One that no
 * provider has, as with FIPS, is then not among its ciphers.
 */

static ngx_int_t
ngx_cs_ciphers_tls13(SSL_CTX *ctx, u_char *names)
{
    int                    i;
    const SSL_CIPHER      *cipher;
    STACK_OF(SSL_CIPHER)  *ciphers;

    if (SSL_CTX_set_ciphersuites(ctx, (char *) names) != 1) {
        return NGX_ERROR;
    }

    ciphers = SSL_CTX_get_ciphers(ctx);

    for (i = 0; i < sk_SSL_CIPHER_num(ciphers); i++) {
        cipher = sk_SSL_CIPHER_value(ciphers, i);

        if (ngx_strcmp(SSL_CIPHER_get_version(cipher), "TLSv1.3") == 0) {
            return NGX_OK;
        }
    }

    ERR_put_error(ERR_LIB_SSL, 0, SSL_R_NO_CIPHER_MATCH, __FILE__, __LINE__);
    return NGX_ERROR;
}


static u_char *
ngx_cs_ciphers_add(u_char *list, u_char *p, u_char *word, size_t len)
{
    if (p != list) {
        *p++ = ':';
    }

    return ngx_cpymem(p, word, len);
}


ngx_int_t
ngx_cs_ciphers_check(ngx_uint_t protocols, ngx_str_t *ciphers,
    ngx_cs_pem_log_t *log)
{
    SSL_CTX    *ctx;
    ngx_int_t   rc;

    ctx = SSL_CTX_new(TLS_client_method());
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    ERR_clear_error();

    rc = ngx_cs_ciphers_set(ctx, protocols, ciphers);

    SSL_CTX_free(ctx);

    if (rc != NGX_OK) {
        ngx_cs_pem_error("clear_status_ssl_ciphers", ciphers, log);
    }

    return rc;
}
