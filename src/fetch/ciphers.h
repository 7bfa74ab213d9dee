/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The protocols and ciphers that upstream may be spoken to with.
 */


#ifndef _NGX_CS_FETCH_CIPHERS_H_INCLUDED_
#define _NGX_CS_FETCH_CIPHERS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include <openssl/ssl.h>

#include "core/pem.h"


/* of a list, in bytes */
#define NGX_CS_CIPHERS_MAX  1536


/*
 * protocols: NGX_CS_TLS_..., at least one.
 * ciphers: as OpenSSL's cipher list, and among them names of TLS 1.3, which
 * begin with "TLS_"; terminated; empty: OpenSSL's own.
 * NGX_OK or NGX_ERROR, of which OpenSSL may know more.
 */
ngx_int_t ngx_cs_ciphers_set(SSL_CTX *ctx, ngx_uint_t protocols,
    ngx_str_t *ciphers);

/* at configuration time: whether they can be set, else it is logged why not */
ngx_int_t ngx_cs_ciphers_check(ngx_uint_t protocols, ngx_str_t *ciphers,
    ngx_cs_pem_log_t *log);


#endif /* _NGX_CS_FETCH_CIPHERS_H_INCLUDED_ */
