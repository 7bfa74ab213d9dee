/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What a location's settings say of whom it trusts and what it sends, as one
 * digest: locations that differ in it are different tenants.
 */


#ifndef _NGX_CS_CONF_TRUST_H_INCLUDED_
#define _NGX_CS_CONF_TRUST_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "fetch/conf.h"


/*
 * At configuration time, once merged.  trust: receives the digest, in the
 * pool, or nothing where all is as it is by default.  Returns NGX_OK or
 * NGX_ERROR: no memory.
 */
ngx_int_t ngx_cs_trust(ngx_pool_t *pool, ngx_cs_fetch_conf_t *conf,
    ngx_str_t *trust);


#endif /* _NGX_CS_CONF_TRUST_H_INCLUDED_ */
