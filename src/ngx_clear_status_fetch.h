/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * One GET to upstream, retries included: libcurl's multi interface on nginx's
 * event loop.  It knows URLs, header fields, time and bytes; nothing of
 * requests, zones or JSON.  It never blocks, and never calls back from within
 * ngx_clear_status_fetch_start().
 */


#ifndef _NGX_CLEAR_STATUS_FETCH_H_INCLUDED_
#define _NGX_CLEAR_STATUS_FETCH_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "clear_verdict.h"


/*
 * Embedded in the location configuration.  The first block is set by
 * directives, before ngx_clear_status_fetch_init_conf(); strings are
 * terminated by a NUL that their length does not count.
 */

typedef struct {
    ngx_str_t                    url;      /* scheme, authority, path */
    ngx_msec_t                   connect_timeout;
    ngx_msec_t                   timeout;  /* the whole, retries included */
    ngx_uint_t                   retries;
    size_t                       max_body_size;  /* decoded bytes */
    ngx_uint_t                   http_version;   /* 11 or 20 */
    ngx_flag_t                   ssl_verify;
    ngx_str_t                    ssl_trusted_certificate;  /* or empty */
    ngx_str_t                    ssl_certificate;
    ngx_str_t                    ssl_certificate_key;
    ngx_str_t                    proxy;    /* empty: none */
    ngx_resolver_t              *resolver; /* NULL: the system's, by libcurl */
    ngx_msec_t                   resolver_timeout;

    void                        *profile;  /* made by init_conf */
} ngx_clear_status_fetch_conf_t;


typedef struct {
    clear_transport_e            transport;
    ngx_uint_t                   status;       /* HTTP, 0: none came */
    ngx_str_t                    retry_after;  /* the header field's value, as
                                                  sent; data NULL if none */
    ngx_str_t                    text;         /* what went wrong, for a log
                                                  line, without secrets */
    ngx_msec_t                   elapsed;
    ngx_uint_t                   attempts;
    ngx_uint_t                   connections;  /* newly opened */
} ngx_clear_status_fetch_result_t;


/*
 * The caller's; all of it, and what it points to, lives until done() was
 * called.  done() is called exactly once, from the event loop, and may free
 * it all.  It is not called when the worker exits first.
 */

typedef struct {
    ngx_clear_status_fetch_conf_t  *conf;
    ngx_str_t                    url;      /* with its query, terminated */
    ngx_keyval_t                *headers;  /* name and value, without CR, LF
                                              and NUL; wiped by the caller */
    ngx_uint_t                   nheaders;
    ngx_pool_t                  *pool;
    ngx_log_t                   *log;
    void                        *data;

    /* an attempt begins: forget what body() gave so far */
    void                       (*begin)(void *data);

    /* the body's next bytes, decoded; NGX_ERROR ends the fetch as LOCAL */
    ngx_int_t                  (*body)(void *data, u_char *p, size_t len);

    void                       (*done)(void *data,
                                    ngx_clear_status_fetch_result_t *result);
} ngx_clear_status_fetch_t;


/*
 * At configuration time, once a location's settings are merged: reads the
 * trusted certificates once into a store that all connections share, checks
 * certificate and key.  Errors are logged with the directive's name.
 */
ngx_int_t ngx_clear_status_fetch_init_conf(ngx_conf_t *cf,
    ngx_clear_status_fetch_conf_t *conf);

ngx_int_t ngx_clear_status_fetch_init_process(ngx_cycle_t *cycle);
void ngx_clear_status_fetch_exit_process(ngx_cycle_t *cycle);

/*
 * Starts a fetch; NGX_OK, or NGX_ERROR with nothing started (no memory).
 * A fetch that has to wait for a free stream waits in a queue, with its
 * timeout running; while it lives it holds a timer that keeps an exiting
 * worker alive.
 */
ngx_int_t ngx_clear_status_fetch_start(ngx_clear_status_fetch_t *fetch);


#endif /* _NGX_CLEAR_STATUS_FETCH_H_INCLUDED_ */
