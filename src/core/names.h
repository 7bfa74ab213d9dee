/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What counters are called by those who show them: the same names for
 * Prometheus, for the dashboard and for variables.  What the zone counts has
 * its names there, and a task's states theirs in clear/task.h.
 */


#ifndef _NGX_CS_CORE_NAMES_H_INCLUDED_
#define _NGX_CS_CORE_NAMES_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "core/answer.h"
#include "core/counters.h"


/* by ngx_cs_cache_e */
extern ngx_str_t  ngx_cs_names_caches[];

/* by ngx_cs_source_e */
extern ngx_str_t  ngx_cs_names_sources[];

/* by what ngx_cs_counters_fetch() counts */
extern ngx_str_t  ngx_cs_names_outcomes[];

/* by NGX_CS_COUNTERS_WAIT, and by NGX_CS_COUNTERS_FINISHED */
extern ngx_str_t  ngx_cs_names_kinds[];
extern ngx_str_t  ngx_cs_names_ends[];


#endif /* _NGX_CS_CORE_NAMES_H_INCLUDED_ */
