/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What is asked of fetch/ and what it tells: a fetch, and how it ended.
 */


#ifndef _NGX_CS_FETCH_TYPES_H_INCLUDED_
#define _NGX_CS_FETCH_TYPES_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "clear/verdict.h"
#include "fetch/conf.h"


typedef struct {
    clear_transport_e            transport;
    ngx_uint_t                   status;       /* HTTP, 0: none came */
    ngx_str_t                    retry_after;  /* the header field's value, as
                                                  sent; data NULL if none */
    ngx_str_t                    date;         /* likewise */
    ngx_str_t                    text;         /* what went wrong, for a log
                                                  line, without secrets */
    ngx_msec_t                   elapsed;
    ngx_uint_t                   attempts;
    ngx_uint_t                   connections;  /* newly opened */
} ngx_cs_fetch_result_t;


/*
 * The caller's; all of it, and what it points to, lives until done() was
 * called.  done() is called exactly once, from the event loop, and may free
 * it all.  It is not called when the worker exits first.
 */

typedef struct {
    ngx_cs_fetch_conf_t         *conf;
    ngx_str_t                    tenant;   /* whose turn it takes,
                                              and whose connections */
    ngx_str_t                    target;   /* path and query, terminated */
    ngx_keyval_t                *headers;  /* name and value, without CR, LF
                                              and NUL; wiped by the caller */
    ngx_uint_t                   nheaders;
    ngx_pool_t                  *pool;
    ngx_log_t                   *log;
    void                        *data;
    void                        *transfer; /* fetch.c's own */
    unsigned                     begun:1;  /* goes on with one that was sent:
                                              its time runs from now on, and
                                              it is the next */
    unsigned                     background:1;  /* nobody waits for it */

    /*
     * Its turn for an attempt has come.  NGX_OK: it leaves the queue, and its
     * time begins with the first.  NGX_AGAIN: its tenant may not begin
     * anything for *wait ms.  NGX_DECLINED: it is not to be sent, and ends as
     * LOCAL.
     */
    ngx_int_t                  (*turn)(void *data, ngx_msec_t *wait);

    /* an attempt begins: forget what body() gave so far */
    void                       (*begin)(void *data);

    /* the body's next bytes, decoded; NGX_ERROR ends the fetch as LOCAL */
    ngx_int_t                  (*body)(void *data, u_char *p, size_t len);

    void                       (*done)(void *data,
                                    ngx_cs_fetch_result_t *result);
} ngx_cs_fetch_t;


#endif /* _NGX_CS_FETCH_TYPES_H_INCLUDED_ */
