/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What the error log says of a fetch: what happened, what upstream and the
 * caller have to do with it, and what the operator can do.  The exchange calls
 * it when a fetch has ended.
 */


#ifndef _NGX_CS_UPSTREAM_REPORT_H_INCLUDED_
#define _NGX_CS_UPSTREAM_REPORT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "clear/verdict.h"
#include "fetch/fetch.h"


/*
 * quiet: the log has told of it already, an info line is enough.
 * detail: what is wrong with the body, or NULL.  Returns the reason of an
 * error, a static text; NULL for what is none to an operator: a success, or a
 * task that upstream has not.
 */
const char *ngx_cs_report(ngx_log_t *log, ngx_cs_fetch_result_t *result,
    clear_verdict_t *verdict, ngx_uint_t quiet, const char *detail);


#endif /* _NGX_CS_UPSTREAM_REPORT_H_INCLUDED_ */
