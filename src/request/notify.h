/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Notifications: somebody says that a task changed, and it is fetched at once
 * for all who wait for it.  Nothing is believed but the task's id.
 */


#ifndef _NGX_CS_REQUEST_NOTIFY_H_INCLUDED_
#define _NGX_CS_REQUEST_NOTIFY_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "request/request.h"


void ngx_cs_notify_init_process(void);

/* the content handler */
ngx_int_t ngx_cs_notify(ngx_http_request_t *r, ngx_cs_ctx_t *ctx);


#endif /* _NGX_CS_REQUEST_NOTIFY_H_INCLUDED_ */
