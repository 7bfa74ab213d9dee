/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * SHA-256 of bytes at hand, by OpenSSL: of bodies for their entity tags, of
 * tenants and tokens to know them by.
 */


#ifndef _NGX_CS_CORE_DIGEST_H_INCLUDED_
#define _NGX_CS_CORE_DIGEST_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_CS_DIGEST_LEN  32


/* NGX_OK; NGX_ERROR: no memory, and digest is undefined */
ngx_int_t ngx_cs_digest(u_char *p, size_t len,
    u_char digest[NGX_CS_DIGEST_LEN]);


#endif /* _NGX_CS_CORE_DIGEST_H_INCLUDED_ */
