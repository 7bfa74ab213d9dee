/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The log phase: each request of our locations is counted once, when all is
 * known of it, also one that nginx itself refused.
 */


#ifndef _NGX_CS_REQUEST_LOG_H_INCLUDED_
#define _NGX_CS_REQUEST_LOG_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "request/request.h"


/*
 * At postconfiguration: enters the phase handler.
 * ours: tells whether a request is in a location that counts.
 */
ngx_int_t ngx_cs_log_init(ngx_conf_t *cf,
    ngx_cs_ours_pt ours);


#endif /* _NGX_CS_REQUEST_LOG_H_INCLUDED_ */
