/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What is stored for a task id, in all zones and for all integration ids or
 * one.  As the key has the tenant in it, every entry has to be looked at.
 */


#ifndef _NGX_CS_OPERATOR_DASHBOARD_SEARCH_H_INCLUDED_
#define _NGX_CS_OPERATOR_DASHBOARD_SEARCH_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "operator/turns.h"
#include "zone/zone.h"


/* entries that are shown at the most */
#define NGX_CS_SEARCH_MAX  16


typedef struct {
    ngx_str_t                   *zone;           /* its name */
    ngx_str_t                    integration_id;
    ngx_cs_walked_t              seen;           /* but for the tenant */
} ngx_cs_finding_t;


typedef struct ngx_cs_search_s            ngx_cs_search_t;

/* rc: NGX_OK, or NGX_ERROR: no memory; its value is the request's end */
typedef ngx_int_t (*ngx_cs_search_pt)(ngx_http_request_t *r,
    ngx_cs_search_t *search, ngx_int_t rc);

struct ngx_cs_search_s {

    /* the caller's, from a zeroed one in the request's pool */

    ngx_pool_t                  *pool;           /* the request's */
    ngx_shm_zone_t             **zones;
    ngx_uint_t                   nzones;
    ngx_cs_walk_t                walk;           /* with the task id */
    ngx_str_t                    integration_id; /* data NULL: all */
    ngx_uint_t                   body;           /* bodies too */
    ngx_cs_search_pt             done;

    /* what came of it */

    ngx_cs_finding_t             found[NGX_CS_SEARCH_MAX];
    ngx_uint_t                   nfound;
    ngx_uint_t                   more;           /* there are more */

    ngx_uint_t                   zone;           /* where we are */
    ngx_cs_turns_t               turns;
};


/* for a content handler to return, as ngx_cs_turns() */
ngx_int_t ngx_cs_search(ngx_http_request_t *r, ngx_cs_search_t *search);


#endif /* _NGX_CS_OPERATOR_DASHBOARD_SEARCH_H_INCLUDED_ */
