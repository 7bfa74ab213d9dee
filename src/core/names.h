/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What counters are called by those who show them: the same names for
 * Prometheus and for the dashboard.
 */


#ifndef _NGX_CS_CORE_NAMES_H_INCLUDED_
#define _NGX_CS_CORE_NAMES_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* of clear_transport_e, and an error that upstream sent */
#define NGX_CS_NAMES_OUTCOMES  9


/* by ngx_cs_cache_e */
extern char  *ngx_cs_names_caches[];

/* by what ngx_cs_counters_fetch() counts */
extern char  *ngx_cs_names_outcomes[];

/* by NGX_CS_STATE_* and clear_workflow_e */
extern char  *ngx_cs_names_states[];


/* by NGX_CS_COUNTERS_WAIT, and by NGX_CS_COUNTERS_FINISHED */
extern char  *ngx_cs_names_kinds[];
extern char  *ngx_cs_names_ends[];


#endif /* _NGX_CS_CORE_NAMES_H_INCLUDED_ */
