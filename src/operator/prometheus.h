/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The counters, and the zones' numbers, as text that Prometheus reads.
 */


#ifndef _NGX_CS_OPERATOR_PROMETHEUS_H_INCLUDED_
#define _NGX_CS_OPERATOR_PROMETHEUS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/*
 * For a content handler to return.  zones: n of them.  libcurl: its version.
 */
ngx_int_t ngx_cs_prometheus(ngx_http_request_t *r, ngx_shm_zone_t **zones,
    ngx_uint_t n, const char *libcurl);


#endif /* _NGX_CS_OPERATOR_PROMETHEUS_H_INCLUDED_ */
