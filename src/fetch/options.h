/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A location's settings as libcurl's options.
 */


#ifndef _NGX_CS_FETCH_OPTIONS_H_INCLUDED_
#define _NGX_CS_FETCH_OPTIONS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include <curl/curl.h>

#include "fetch/conf.h"


/*
 * Where to connect to, taken apart once and for all.  What to ask for there
 * is each transfer's own request target.  NULL: no memory.
 */
CURLU *ngx_cs_fetch_url(ngx_cs_fetch_conf_t *conf);

/*
 * All that the transfers of a origin share, so all but the request target,
 * the header, callbacks, limits and times.  url has to live as long as easy.
 * NGX_ERROR: no memory, and easy is not to be used.
 */
ngx_int_t ngx_cs_fetch_options(CURL *easy, ngx_cs_fetch_conf_t *conf,
    CURLU *url);


#endif /* _NGX_CS_FETCH_OPTIONS_H_INCLUDED_ */
