/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The module's configuration as nginx keeps it: made, merged and checked.
 * A location's settings for a request are inside, in ngx_cs_conf_t;
 * what else is here counts at configuration time only.
 */


#ifndef _NGX_CS_CONF_CONF_H_INCLUDED_
#define _NGX_CS_CONF_CONF_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "request/request.h"


typedef struct {
    ngx_array_t                  zones;        /* of ngx_shm_zone_t * */
    ngx_array_t                  disks;        /* of ngx_cs_disk_t * */
    ngx_array_t                  redises;      /* of ngx_cs_redis_t * */
    ngx_array_t                  fleets;       /* of ngx_cs_fleet_t * */
    ngx_array_t                  token_files;
    ngx_array_t                  exacts;       /* of exact.c */
    ngx_shm_zone_t             **blocks;       /* of the door's table */
    time_t                       read;         /* it all was, wall, s */
    ngx_uint_t                   used;         /* by some clear_status_pass */
    ngx_uint_t                   dashboard;    /* there is one */
} ngx_cs_main_conf_t;


/* where a directive stands, for what can be checked only later */

typedef struct {
    ngx_str_t                    file;
    ngx_uint_t                   line;
} ngx_cs_conf_place_t;


typedef struct {
    ngx_cs_conf_t                conf;
    ngx_http_handler_pt          handler;      /* of the location, if ours */
    ngx_str_t                    directive;    /* that set it, */
    ngx_cs_conf_place_t          place;        /* and where */
    ngx_cs_conf_place_t          cache;
    ngx_uint_t                   purge;        /* is the handler */
    ngx_cs_conf_place_t          notify;       /* of clear_status_notify */
    ngx_str_t                    zone;         /* its name; empty: off */
    ngx_array_t                 *valid;        /* of clear_valid_t */
    ngx_uint_t                   max_fails;
    ngx_msec_t                   fail_timeout;
    ngx_msec_t                   max_retry_after;
    ngx_uint_t                   dashboard_body;  /* stored bodies shown */
} ngx_cs_loc_conf_t;


void *ngx_cs_create_main_conf(ngx_conf_t *cf);
void *ngx_cs_create_loc_conf(ngx_conf_t *cf);
char *ngx_cs_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child);

/* a zone of this configuration, or NULL */
ngx_shm_zone_t *ngx_cs_zone_by_name(ngx_cs_main_conf_t *cmcf,
    ngx_str_t *name);

/*
 * Whether it resolves names: nginx sets one without name servers where none is
 * configured.
 */
ngx_uint_t ngx_cs_resolves(ngx_resolver_t *resolver);

/* notes where the directive at hand stands */
void ngx_cs_place(ngx_conf_t *cf, ngx_cs_conf_place_t *place);


#endif /* _NGX_CS_CONF_CONF_H_INCLUDED_ */
