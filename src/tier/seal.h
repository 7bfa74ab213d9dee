/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Digests of what leaves the zone: under which key an answer lies elsewhere,
 * whose it is, and a seal by which one that is damaged, or another's, is known.
 */


#ifndef _NGX_CS_TIER_SEAL_H_INCLUDED_
#define _NGX_CS_TIER_SEAL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* 64 bits of SHA-256 of a task id, and of a tenant and a task id together */
#define NGX_CS_SEAL_KEY   16
#define NGX_CS_SEAL_TASK  8

/* of a record under a key */
#define NGX_CS_SEAL       16


/*
 * Digests of a key, of an integration id, and of a record of len bytes under a
 * key.  NGX_OK or NGX_ERROR: OpenSSL cannot.
 */
ngx_int_t ngx_cs_seal_key(ngx_str_t *tenant, ngx_str_t *task_id,
    u_char key[NGX_CS_SEAL_KEY]);
ngx_int_t ngx_cs_seal_owner(ngx_str_t *integration_id, int64_t *owner);
ngx_int_t ngx_cs_seal(u_char key[NGX_CS_SEAL_KEY], u_char *record,
    size_t len, u_char seal[NGX_CS_SEAL]);


#endif /* _NGX_CS_TIER_SEAL_H_INCLUDED_ */
