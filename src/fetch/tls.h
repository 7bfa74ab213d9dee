/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Trust for upstream's TLS, and who we are there.  Certificates are read
 * once, by the master when the configuration is read, into a store that all
 * connections share: libcurl alone would parse the whole bundle again for
 * each connection, and a worker may not be allowed to read a key.
 */


#ifndef _NGX_CS_FETCH_TLS_H_INCLUDED_
#define _NGX_CS_FETCH_TLS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include <curl/curl.h>


/* paths are terminated by a NUL that their length does not count, or empty */

typedef struct {
    ngx_flag_t                   verify;
    ngx_str_t                    trusted;      /* empty: the system's */
    ngx_str_t                    certificate;  /* empty: none */
    ngx_str_t                    key;
} ngx_cs_tls_conf_t;


/*
 * Equal settings of a cycle give the same pointer; freed with the pool of the
 * configuration.  NULL on an error, which is logged.
 */
void *ngx_cs_tls_create(ngx_conf_t *cf, ngx_cs_tls_conf_t *conf);

/* makes a transfer use it, and nothing else */
void ngx_cs_tls_set(CURL *easy, void *tls);

/*
 * What the connection speaks that a transfer is about to be sent over: 0 for
 * plain bytes, else 1, and whether that is HTTP/2, and whether anything came
 * that was not read yet.
 */
ngx_uint_t ngx_cs_tls_spoken(CURL *easy, ngx_uint_t *h2, ngx_uint_t *pending);


#endif /* _NGX_CS_FETCH_TLS_H_INCLUDED_ */
