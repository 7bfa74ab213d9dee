/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Which of a caller's header fields go upstream with a fetch: those that tell
 * whose request it began with, and no other.
 */


#ifndef _NGX_CS_REQUEST_TRACE_H_INCLUDED_
#define _NGX_CS_REQUEST_TRACE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "core/question.h"


/*
 * Gives a question the fields of a request, whose values stay in the request's
 * memory.  One that cannot be sent is left out.
 */
void ngx_cs_trace(ngx_http_request_t *r, ngx_cs_question_t *question);


#endif /* _NGX_CS_REQUEST_TRACE_H_INCLUDED_ */
