/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Whom a location trusts and what it sends; see the header.
 *
 * A directive that counts has its line in ngx_cs_trust().
 */


#include "conf/trust.h"

#include "core/digest.h"


static ngx_int_t ngx_cs_trust_protocols(ngx_array_t *words,
    ngx_uint_t protocols);
static ngx_int_t ngx_cs_trust_add(ngx_array_t *words, char *directive,
    ngx_str_t *value);


ngx_int_t
ngx_cs_trust(ngx_pool_t *pool, ngx_cs_fetch_conf_t *conf, ngx_str_t *trust)
{
    ngx_str_t      off = ngx_string("off");
    ngx_uint_t     i;
    ngx_array_t    words;
    ngx_keyval_t  *field;

    ngx_str_null(trust);

    if (ngx_array_init(&words, pool, 64, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    if (conf->https) {

        if ((!conf->ssl_verify
             && ngx_cs_trust_add(&words, "ssl_verify", &off) != NGX_OK)
            || ngx_cs_trust_add(&words, "ssl_trusted_certificate",
                                &conf->ssl_trusted_certificate)
               != NGX_OK
            || ngx_cs_trust_add(&words, "ssl_certificate",
                                &conf->ssl_certificate)
               != NGX_OK
            || ngx_cs_trust_add(&words, "ssl_certificate_key",
                                &conf->ssl_certificate_key)
               != NGX_OK
            || ngx_cs_trust_add(&words, "ssl_crl", &conf->ssl_crl) != NGX_OK
            || ngx_cs_trust_add(&words, "ssl_ciphers", &conf->ssl_ciphers)
               != NGX_OK
            || ngx_cs_trust_add(&words, "ssl_name", &conf->ssl_name) != NGX_OK
            || ngx_cs_trust_protocols(&words, conf->ssl_protocols) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (ngx_cs_trust_add(&words, "connect_to", &conf->route) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; conf->fields && i < conf->fields->nelts; i++) {
        field = (ngx_keyval_t *) conf->fields->elts + i;

        if (ngx_cs_trust_add(&words, "set_header", &field->key) != NGX_OK
            || ngx_cs_trust_add(&words, "value", &field->value) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (words.nelts == 0) {
        return NGX_OK;
    }

    trust->len = NGX_CS_DIGEST_LEN;
    trust->data = ngx_pnalloc(pool, trust->len);

    return trust->data ? ngx_cs_digest(words.elts, words.nelts, trust->data)
                       : NGX_ERROR;
}


static ngx_int_t
ngx_cs_trust_protocols(ngx_array_t *words, ngx_uint_t protocols)
{
    u_char     text[NGX_INT_T_LEN];
    ngx_str_t  value;

    if (protocols == NGX_CS_TLS_DEFAULT) {
        return NGX_OK;
    }

    value.data = text;
    value.len = ngx_sprintf(text, "%ui", protocols) - text;

    return ngx_cs_trust_add(words, "ssl_protocols", &value);
}


/* its words, behind their lengths, where it has any */

static ngx_int_t
ngx_cs_trust_add(ngx_array_t *words, char *directive, ngx_str_t *value)
{
    u_char  *p;
    size_t   len;

    if (value->len == 0) {
        return NGX_OK;
    }

    len = ngx_strlen(directive) + value->len + NGX_SIZE_T_LEN
          + sizeof(" :,") - 1;

    p = ngx_array_push_n(words, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    words->nelts -= len;
    words->nelts += ngx_sprintf(p, "%s %uz:%V,", directive, value->len, value)
                    - p;

    return NGX_OK;
}
