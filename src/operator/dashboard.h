/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A page that shows operators what the gateway does, and the JSON that it
 * reads: ?format=json the numbers, ?format=json&taskId=... what is stored.
 */


#ifndef _NGX_CS_OPERATOR_DASHBOARD_H_INCLUDED_
#define _NGX_CS_OPERATOR_DASHBOARD_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/*
 * A content handler's work.  zones: all of the configuration.  body: whether
 * stored bodies may be shown.
 */
ngx_int_t ngx_cs_dashboard(ngx_http_request_t *r, ngx_shm_zone_t **zones,
    ngx_uint_t n, ngx_uint_t body);


#endif /* _NGX_CS_OPERATOR_DASHBOARD_H_INCLUDED_ */
