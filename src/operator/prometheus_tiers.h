/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The metrics of what is below the zone: the disk and the fleet.
 */


#ifndef _NGX_CS_OPERATOR_PROMETHEUS_TIERS_H_INCLUDED_
#define _NGX_CS_OPERATOR_PROMETHEUS_TIERS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "operator/exposition.h"


/* of n zones and their samples */
void ngx_cs_prometheus_tiers(ngx_cs_text_t *t, ngx_shm_zone_t **zones,
    ngx_cs_sample_t *samples, ngx_uint_t n);


#endif /* _NGX_CS_OPERATOR_PROMETHEUS_TIERS_H_INCLUDED_ */
