/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What the dashboard's page reads, as JSON: the numbers, and what is stored
 * for a task.  It is made of copies, outside of any lock.
 */


#ifndef _NGX_CS_OPERATOR_DASHBOARD_JSON_H_INCLUDED_
#define _NGX_CS_OPERATOR_DASHBOARD_JSON_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "operator/dashboard_search.h"


/* counters, zones, tenants, errors; NGX_OK, or NGX_ERROR: no memory */
ngx_int_t ngx_cs_dashboard_numbers(ngx_pool_t *pool, ngx_shm_zone_t **zones,
    ngx_uint_t n, ngx_str_t *text);

/* NGX_OK, or NGX_ERROR: no memory */
ngx_int_t ngx_cs_dashboard_findings(ngx_pool_t *pool, ngx_cs_search_t *search,
    ngx_str_t *text);


#endif /* _NGX_CS_OPERATOR_DASHBOARD_JSON_H_INCLUDED_ */
