/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The counters, and the zones' numbers, as text that Prometheus reads.
 */


#ifndef _NGX_CS_OPERATOR_PROMETHEUS_H_INCLUDED_
#define _NGX_CS_OPERATOR_PROMETHEUS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * zones: n of them.  text: in the pool.  NGX_OK or NGX_ERROR: no memory.
 */
ngx_int_t ngx_cs_prometheus(ngx_pool_t *pool, ngx_shm_zone_t **zones,
    ngx_uint_t n, ngx_str_t *text);


#endif /* _NGX_CS_OPERATOR_PROMETHEUS_H_INCLUDED_ */
