/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * SHA-256; see the header.
 */


#include "core/digest.h"

#include <openssl/evp.h>


/* of this process, and used again: OpenSSL 3 looks algorithms up by name */
static EVP_MD_CTX  *ngx_cs_digest_ctx;


ngx_int_t
ngx_cs_digest(u_char *p, size_t len, u_char digest[NGX_CS_DIGEST_LEN])
{
    const EVP_MD  *md;

    md = NULL;

    if (ngx_cs_digest_ctx == NULL) {
        md = EVP_sha256();
        ngx_cs_digest_ctx = EVP_MD_CTX_new();
    }

    if (ngx_cs_digest_ctx
        && EVP_DigestInit_ex(ngx_cs_digest_ctx, md, NULL) == 1
        && EVP_DigestUpdate(ngx_cs_digest_ctx, p, len) == 1
        && EVP_DigestFinal_ex(ngx_cs_digest_ctx, digest, NULL) == 1)
    {
        return NGX_OK;
    }

    EVP_MD_CTX_free(ngx_cs_digest_ctx);
    ngx_cs_digest_ctx = NULL;

    return NGX_ERROR;
}
