/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What the dashboard's page reads, as JSON: the numbers, and what is stored
 * for a task.  It is made of copies, outside of any lock.
 */


#ifndef _NGX_CS_OPERATOR_DASHBOARD_JSON_H_INCLUDED_
#define _NGX_CS_OPERATOR_DASHBOARD_JSON_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "operator/dashboard_search.h"
#include "operator/dashboard_state.h"
#include "operator/text.h"


/*
 * Counters, zones, tenants, errors; history: and what was in the last two
 * minutes.  The text is marked where memory ran out.
 */
void ngx_cs_dashboard_numbers(ngx_cs_text_t *text, ngx_cs_dashboard_t *d,
    ngx_uint_t history);

/* what a search found */
void ngx_cs_dashboard_findings(ngx_cs_text_t *text, ngx_cs_search_t *search);


#endif /* _NGX_CS_OPERATOR_DASHBOARD_JSON_H_INCLUDED_ */
