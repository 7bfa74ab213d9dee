/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Trust for upstream's TLS: certificates are read once, when the
 * configuration is, into a store that all connections share.  libcurl alone
 * would parse the whole bundle again for each connection.
 */


#ifndef _NGX_CLEAR_STATUS_TLS_H_INCLUDED_
#define _NGX_CLEAR_STATUS_TLS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include <curl/curl.h>


/*
 * The store of a file's certificates, or of the system's where the path is
 * empty; freed with the pool of the configuration.  NULL on an error, which
 * is logged.
 */
void *ngx_clear_status_tls_store(ngx_conf_t *cf, ngx_str_t *path);

/*
 * Whether certificate and key can be read and belong together.
 */
ngx_int_t ngx_clear_status_tls_check(ngx_conf_t *cf, ngx_str_t *certificate,
    ngx_str_t *key);

/* makes a transfer use a store, and nothing else */
void ngx_clear_status_tls_set(CURL *easy, void *store);


#endif /* _NGX_CLEAR_STATUS_TLS_H_INCLUDED_ */
