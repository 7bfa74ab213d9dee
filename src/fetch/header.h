/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The header of a request, as libcurl's list; and that of the response, line
 * by line, as libcurl tells it: what of it counts, and what is not accepted.
 */


#ifndef _NGX_CS_FETCH_HEADER_H_INCLUDED_
#define _NGX_CS_FETCH_HEADER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include <curl/curl.h>

#include "clear/verdict.h"
#include "fetch/conf.h"


typedef struct {
    ngx_str_t                    retry_after;  /* data NULL: none */
    ngx_str_t                    date;         /* likewise */
    off_t                        length;       /* -1: not said */
    size_t                       size;         /* bytes so far */
    size_t                       all;          /* with those of interim ones
                                                  before */
    unsigned                     complete:1;
} ngx_cs_fetch_header_t;


/*
 * Our fields, those of a location, and these, as a list in memory of the pool,
 * so that libcurl keeps no copy of a secret.  A value ends at its first NUL.
 * NULL: no memory.
 */
struct curl_slist *ngx_cs_fetch_header_list(ngx_pool_t *pool,
    ngx_cs_fetch_conf_t *conf, ngx_keyval_t *headers, ngx_uint_t n);

void ngx_cs_fetch_header_reset(ngx_cs_fetch_header_t *header);

/* one line with its end; CLEAR_TRANSPORT_OK: go on */
clear_transport_e ngx_cs_fetch_header_line(ngx_cs_fetch_header_t *header,
    ngx_pool_t *pool, u_char *p, size_t len);


#endif /* _NGX_CS_FETCH_HEADER_H_INCLUDED_ */
