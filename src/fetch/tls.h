/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Trust for upstream's TLS, and who we are there.  Certificates are read by
 * the master when the configuration is read, into a store that all connections
 * share, since libcurl alone would parse the whole bundle again for each
 * connection; and again by each worker when their files change, where it may
 * read them.  What cannot be used leaves the last good ones in use.
 */


#ifndef _NGX_CS_FETCH_TLS_H_INCLUDED_
#define _NGX_CS_FETCH_TLS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include <curl/curl.h>

#include "fetch/admit.h"


/* paths are terminated by a NUL that their length does not count, or empty */

typedef struct {
    ngx_flag_t                   verify;
    ngx_str_t                    trusted;      /* empty: the system's */
    ngx_str_t                    crl;          /* empty: none */
    ngx_str_t                    certificate;  /* empty: none */
    ngx_str_t                    key;
    ngx_uint_t                   protocols;    /* NGX_CS_TLS_... */
    ngx_str_t                    ciphers;      /* terminated; empty: OpenSSL's
                                                  own */
} ngx_cs_tls_conf_t;


/*
 * Equal settings of a cycle give the same pointer; freed with the pool of the
 * configuration.  NULL on an error, which is logged.
 */
void *ngx_cs_tls_create(ngx_conf_t *cf, ngx_cs_tls_conf_t *conf);

/* where the system's trusted certificates are, if they are in a file */
void ngx_cs_tls_system(ngx_str_t *path);

/*
 * Once the configuration is read: tells of files that the workers, who run
 * as another user, will not be able to read again.
 */
void ngx_cs_tls_check(ngx_cycle_t *cycle);

/* makes a transfer use it, and nothing else; once for a handle */
void ngx_cs_tls_set(CURL *easy, void *tls);

/* the same for a connection that is about to be made, ctx its SSL_CTX */
CURLcode ngx_cs_tls_trust(void *tls, void *ctx);

/*
 * For each attempt: reads what has changed, and says who we are.  What is
 * returned, maybe NULL, has to be there as long as the attempt, and is then
 * given back.
 */
void *ngx_cs_tls_identify(CURL *easy, void *tls, ngx_log_t *log);
void ngx_cs_tls_release(void *identity);

/*
 * What the connection speaks that a transfer is about to be sent over, and
 * what came over it that nobody asked for: admit's tls, h2, pending and ahead.
 * libcurl has OpenSSL read ahead since 8.15, whole records too.
 */
void ngx_cs_tls_spoken(CURL *easy, ngx_cs_admit_t *admit);


#endif /* _NGX_CS_FETCH_TLS_H_INCLUDED_ */
