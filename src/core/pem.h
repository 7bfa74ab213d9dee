/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Certificates, keys and revocation lists from files, as they are read with the
 * configuration and again when they change.  Whoever reads says how an error
 * is logged.
 */


#ifndef _NGX_CS_CORE_PEM_H_INCLUDED_
#define _NGX_CS_CORE_PEM_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include <openssl/ssl.h>

#include "clear/file_stamp.h"


/* paths are terminated by a NUL that their length does not count, or empty */

typedef struct {
    char                        *directive;
    ngx_str_t                    path;
    clear_file_stamp_t           stamp;     /* of what was last tried */
    ngx_err_t                    err;       /* why it could not be read then;
                                               0: it could */
} ngx_cs_pem_file_t;


typedef struct {
    ngx_log_t                   *log;
    ngx_uint_t                   level;
    char                        *end;       /* of a message */
} ngx_cs_pem_log_t;


/* in memory that no core file has */

typedef struct {
    ngx_str_t                    certificate;
    ngx_str_t                    key;
    ngx_uint_t                   refs;      /* 0: with the last it is freed */
} ngx_cs_pem_pair_t;


/*
 * A store with what is trusted, and, where crl has a path, with its lists,
 * which are then looked at for each certificate of a chain.  An empty path of
 * trusted: the system's.
 *
 * expires: receives when the first of the lists has to be renewed, in s since
 * the epoch, or 0.
 * Returns NULL on an error, which is logged.
 */
X509_STORE *ngx_cs_pem_store(ngx_cs_pem_file_t *trusted,
    ngx_cs_pem_file_t *crl, time_t *expires, ngx_cs_pem_log_t *log);

/*
 * Certificate and key, which belong together, as content: one of refs is the
 * caller's.  NULL on an error, which is logged.
 */
ngx_cs_pem_pair_t *ngx_cs_pem_pair(ngx_cs_pem_file_t *certificate,
    ngx_cs_pem_file_t *key, ngx_cs_pem_log_t *log);

/*
 * Makes it that of a connection, which has none yet.  NGX_OK, or NGX_ERROR, of
 * which OpenSSL knows more.
 */
ngx_int_t ngx_cs_pem_use(SSL *ssl, ngx_cs_pem_pair_t *pair);

/* gives one of refs back; pair may be NULL */
void ngx_cs_pem_release(ngx_cs_pem_pair_t *pair);

/* logs what OpenSSL says last */
void ngx_cs_pem_error(char *directive, ngx_str_t *path, ngx_cs_pem_log_t *log);


#endif /* _NGX_CS_CORE_PEM_H_INCLUDED_ */
