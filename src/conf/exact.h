/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Our locations with "=", which can be told by a request's URI alone: nginx
 * refuses some requests, as TRACE, before it looks for their location.
 */


#ifndef _NGX_CS_CONF_EXACT_H_INCLUDED_
#define _NGX_CS_CONF_EXACT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "request/request.h"


typedef struct {
    void                       **server;       /* its outermost loc_conf */
    ngx_str_t                    uri;
    ngx_cs_conf_t               *conf;
} ngx_cs_exact_t;


/* while the location at hand is merged.  NGX_ERROR: no memory */
ngx_int_t ngx_cs_exact_add(ngx_conf_t *cf, ngx_array_t *exacts,
    ngx_cs_conf_t *conf);

/* the one for which the request came, where it has no location; else NULL */
ngx_cs_conf_t *ngx_cs_exact_find(ngx_http_request_t *r, ngx_array_t *exacts);


#endif /* _NGX_CS_CONF_EXACT_H_INCLUDED_ */
