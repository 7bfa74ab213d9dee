/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Whom a TLS connection trusts, and who we are on it, by files: read by the
 * master with the configuration, and again by each worker when they have
 * changed, where it may read them.  What cannot be used leaves the last good
 * ones in use, which is told once.  Looked at by whoever is about to connect.
 */


#ifndef _NGX_CS_CORE_CERTIFICATES_H_INCLUDED_
#define _NGX_CS_CORE_CERTIFICATES_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "core/pem.h"


/* files that are read together, and which of them workers may not read */

typedef struct {
    ngx_cs_pem_file_t            file[2];
    unsigned                     recent:1;  /* to be read once more */
    unsigned                     failed:1;  /* the last try */
    unsigned                     private:1;
} ngx_cs_certificates_files_t;


/* zeroed, and the first block set, by its owner */

typedef struct {
    ngx_cs_certificates_files_t  trust;     /* certificates, lists */
    ngx_cs_certificates_files_t  identity;  /* certificate, key; or none */
    char                        *peer;      /* in the log: who is spoken to */
    ngx_flag_t                   verify;    /* 0: nobody is */

    X509_STORE                  *store;     /* NULL: nothing is verified */
    ngx_cs_pem_pair_t           *pair;      /* NULL: nobody in particular */
    time_t                       expires;   /* the first list; 0: none */
    ngx_msec_t                   looked;
    unsigned                     told:1;    /* that it has */
} ngx_cs_certificates_t;


/* reads all of them.  NGX_OK, or NGX_ERROR, which is logged at emerg */
ngx_int_t ngx_cs_certificates_load(ngx_cs_certificates_t *certificates,
    ngx_log_t *log);

/*
 * In the master, where it is root, once the configuration is read: tells of
 * files that the workers will not be able to read again.
 */
void ngx_cs_certificates_check(ngx_cs_certificates_t *certificates,
    ngx_cycle_t *cycle);

/*
 * In a worker: reads what has changed, if the last look is a second ago.  Who
 * needs store or pair for longer than until the next call takes a reference.
 */
void ngx_cs_certificates_look(ngx_cs_certificates_t *certificates,
    ngx_log_t *log);

void ngx_cs_certificates_free(ngx_cs_certificates_t *certificates);


#endif /* _NGX_CS_CORE_CERTIFICATES_H_INCLUDED_ */
