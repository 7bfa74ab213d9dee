/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A location's settings as libcurl's options of one transfer, and the request
 * header as its list.
 */


#ifndef _NGX_CLEAR_STATUS_FETCH_OPTIONS_H_INCLUDED_
#define _NGX_CLEAR_STATUS_FETCH_OPTIONS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include <curl/curl.h>

#include "ngx_clear_status_fetch_conf.h"


/*
 * All but what is the transfer's own: its URL, header, callbacks, and time.
 */
void ngx_clear_status_fetch_options(CURL *easy,
    ngx_clear_status_fetch_conf_t *conf);

/*
 * A list in memory of the pool, so that libcurl keeps no copy of a secret.
 * NULL: no memory.
 */
struct curl_slist *ngx_clear_status_fetch_list(ngx_pool_t *pool,
    ngx_keyval_t *headers, ngx_uint_t n);


#endif /* _NGX_CLEAR_STATUS_FETCH_OPTIONS_H_INCLUDED_ */
