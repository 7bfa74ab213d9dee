/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Digests of what leaves the zone; see the header.
 */


#include "tier/seal.h"

#include "core/digest.h"


ngx_int_t
ngx_cs_seal_key(ngx_str_t *tenant, ngx_str_t *task_id,
    u_char key[NGX_CS_SEAL_KEY])
{
    u_char  both[2 * NGX_CS_DIGEST_LEN], digest[NGX_CS_DIGEST_LEN];

    if (ngx_cs_digest(task_id->data, task_id->len, both) != NGX_OK
        || ngx_cs_digest(tenant->data, tenant->len, both + NGX_CS_DIGEST_LEN)
           != NGX_OK
        || ngx_cs_digest(both, sizeof(both), digest) != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* all tenants' answers for a task stand together in the index */

    ngx_memcpy(key, both, NGX_CS_SEAL_TASK);
    ngx_memcpy(key + NGX_CS_SEAL_TASK, digest,
               NGX_CS_SEAL_KEY - NGX_CS_SEAL_TASK);

    return NGX_OK;
}


ngx_int_t
ngx_cs_seal_owner(ngx_str_t *integration_id, int64_t *owner)
{
    u_char  digest[NGX_CS_DIGEST_LEN];

    if (ngx_cs_digest(integration_id->data, integration_id->len, digest)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_memcpy(owner, digest, sizeof(int64_t));

    return NGX_OK;
}


ngx_int_t
ngx_cs_seal(u_char key[NGX_CS_SEAL_KEY], u_char *record, size_t len,
    u_char seal[NGX_CS_SEAL])
{
    u_char  both[NGX_CS_SEAL_KEY + NGX_CS_DIGEST_LEN];
    u_char  digest[NGX_CS_DIGEST_LEN];

    ngx_memcpy(both, key, NGX_CS_SEAL_KEY);

    if (ngx_cs_digest(record, len, both + NGX_CS_SEAL_KEY) != NGX_OK
        || ngx_cs_digest(both, sizeof(both), digest) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_memcpy(seal, digest, NGX_CS_SEAL);

    return NGX_OK;
}
