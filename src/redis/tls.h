/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * TLS to Redis by nginx's own means: the peer's certificate has to be one that
 * is trusted, and of the host that was asked for.  Files are read again when
 * they change, see core/certificates.h.
 */


#ifndef _NGX_CS_REDIS_TLS_H_INCLUDED_
#define _NGX_CS_REDIS_TLS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "redis/redis.h"


/* names of files, whole and terminated, or empty */

typedef struct {
    ngx_str_t                    trusted;      /* empty: OpenSSL's own */
    ngx_str_t                    certificate;
    ngx_str_t                    key;
    ngx_uint_t                   wanted;
} ngx_cs_redis_tls_conf_t;


/* at configuration time; NULL on an error, which is logged */
ngx_cs_redis_tls_t *ngx_cs_redis_tls_create(ngx_conf_t *cf,
    ngx_cs_redis_tls_conf_t *conf);

/*
 * Once the configuration is read: tells of files that the workers will not be
 * able to read again.
 */
void ngx_cs_redis_tls_private(ngx_cs_redis_tls_t *tls, ngx_cycle_t *cycle);

/* reads files that have changed, for connections that are made from now on */
void ngx_cs_redis_tls_look(ngx_cs_redis_tls_t *tls, ngx_log_t *log);

#if (NGX_SSL)

/*
 * Begins a handshake with that host, by the files as they are now.  NGX_OK: it
 * is done; NGX_AGAIN: handler will be called; NGX_ERROR, which is logged.
 */
ngx_int_t ngx_cs_redis_tls_start(ngx_cs_redis_tls_t *tls, ngx_connection_t *c,
    ngx_str_t *host, void (*handler)(ngx_connection_t *c));

/* after the handshake: NULL, or why that peer is not to be trusted */
const char *ngx_cs_redis_tls_check(ngx_connection_t *c, ngx_str_t *host);

#endif


#endif /* _NGX_CS_REDIS_TLS_H_INCLUDED_ */
