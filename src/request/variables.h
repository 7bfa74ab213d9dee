/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The variables $clear_status_*: what happened to a request, for logs.
 */


#ifndef _NGX_CS_REQUEST_VARIABLES_H_INCLUDED_
#define _NGX_CS_REQUEST_VARIABLES_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* at preconfiguration */
ngx_int_t ngx_cs_variables_add(ngx_conf_t *cf);


#endif /* _NGX_CS_REQUEST_VARIABLES_H_INCLUDED_ */
