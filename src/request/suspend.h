/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A request that waits for what is no event of its own connection.
 */


#ifndef _NGX_CS_REQUEST_SUSPEND_H_INCLUDED_
#define _NGX_CS_REQUEST_SUSPEND_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/*
 * Keeps the request until it is resumed; a caller that leaves meanwhile ends
 * it.  Returns NGX_DONE, as the content handler has to then.
 */
ngx_int_t ngx_cs_suspend(ngx_http_request_t *r);

/*
 * For a write event's handler.  1: the caller has gone, and the request may be
 * gone too.  Who leaves over HTTP/3 may tell it on the way to him alone (RFC
 * 9114, 4.1.1: STOP_SENDING), which nginx takes for an error of writing.  That
 * somebody leaves is seen after the rest of a request's body too by this.
 */
ngx_uint_t ngx_cs_suspend_left(ngx_http_request_t *r);

/*
 * Goes on with rc as a content handler's.  The request may be gone after it.
 */
void ngx_cs_resume(ngx_http_request_t *r, ngx_int_t rc);


#endif /* _NGX_CS_REQUEST_SUSPEND_H_INCLUDED_ */
