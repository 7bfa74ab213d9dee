/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * DELETE drops stored answers: of a task, of an integration id, or all.
 */


#ifndef _NGX_CS_OPERATOR_PURGE_H_INCLUDED_
#define _NGX_CS_OPERATOR_PURGE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* a content handler's work, on the answers of one zone */
ngx_int_t ngx_cs_purge(ngx_http_request_t *r, ngx_shm_zone_t *shm_zone);


#endif /* _NGX_CS_OPERATOR_PURGE_H_INCLUDED_ */
