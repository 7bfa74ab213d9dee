/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What the dashboard's page reads of the gateway's own state, as JSON: who it
 * is, which tenants pause, who waits, its files with secrets, what lies below
 * a zone, and its last two minutes.  Each adds names to the object at hand.
 */


#ifndef _NGX_CS_OPERATOR_DASHBOARD_STATE_H_INCLUDED_
#define _NGX_CS_OPERATOR_DASHBOARD_STATE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "core/counters.h"
#include "operator/json.h"
#include "zone/zone.h"


/* what the page shows besides counters: all of the configuration's */

typedef struct {
    ngx_shm_zone_t             **zones;
    ngx_uint_t                   nzones;
    ngx_array_t                 *secret_files;
    time_t                       read;     /* when that was, wall, s */
    const char                  *libcurl;  /* its version */
    ngx_uint_t                   body;     /* stored bodies may be shown */
} ngx_cs_dashboard_t;


void ngx_cs_state_gateway(ngx_cs_json_t *j, ngx_cs_dashboard_t *d);
void ngx_cs_state_now(ngx_cs_json_t *j, ngx_cs_counters_t *m);
void ngx_cs_state_history(ngx_cs_json_t *j);
void ngx_cs_state_paused(ngx_cs_json_t *j);
void ngx_cs_state_waiting(ngx_cs_json_t *j, ngx_cs_counters_t *m);

/* files: of ngx_cs_secret_file_t *; as this worker sees them */
void ngx_cs_state_secret_files(ngx_cs_json_t *j, ngx_array_t *files);

/* stat: the zone's */
void ngx_cs_state_tiers(ngx_cs_json_t *j, ngx_shm_zone_t *shm_zone,
    ngx_cs_zone_stat_t *stat);


#endif /* _NGX_CS_OPERATOR_DASHBOARD_STATE_H_INCLUDED_ */
