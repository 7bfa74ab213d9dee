/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What nginx itself refuses in a location of ours (deny, limit_req,
 * auth_request, ...) leaves as an envelope: a pair of output filters that put
 * one in the place of nginx's own page, and keep its header fields.
 */


#ifndef _NGX_CS_REQUEST_ENVELOPE_FILTER_H_INCLUDED_
#define _NGX_CS_REQUEST_ENVELOPE_FILTER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "request/request.h"


/*
 * At postconfiguration: enters the filters in nginx's chains.
 * ours: tells whether a request is in a location that they are for.
 */
void ngx_cs_envelope_filter_init(ngx_cs_ours_pt ours);


#endif /* _NGX_CS_REQUEST_ENVELOPE_FILTER_H_INCLUDED_ */
