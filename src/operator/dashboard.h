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

#include "operator/dashboard_state.h"


/* a content handler's work */
ngx_int_t ngx_cs_dashboard(ngx_http_request_t *r, ngx_cs_dashboard_t *d);


#endif /* _NGX_CS_OPERATOR_DASHBOARD_H_INCLUDED_ */
