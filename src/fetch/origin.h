/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What the fetches of a worker share that go to the same place under the same
 * settings: easy handles, and what was learned about the place.  None of it is
 * used again under other settings.
 */


#ifndef _NGX_CS_FETCH_ORIGIN_H_INCLUDED_
#define _NGX_CS_FETCH_ORIGIN_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "fetch/conf.h"
#include "fetch/handles.h"
#include "fetch/known.h"


typedef struct {
    ngx_queue_t                  queue;
    ngx_cs_fetch_conf_t          conf;
    ngx_cs_handle_t              easy;      /* not in use now */
    ngx_cs_known_t               known;     /* its peer's */
    ngx_uint_t                   max_host;  /* connections of a pool */
    unsigned                     shared:1;  /* it has shown HTTP/2 */
} ngx_cs_origin_t;


void ngx_cs_origin_init(void);
void ngx_cs_origin_exit(void);

/* NULL: no memory */
ngx_cs_origin_t *ngx_cs_origin_get(ngx_cs_fetch_conf_t *conf);

/* whether it is libcurl that looks up a name */
ngx_uint_t ngx_cs_origin_looks_up(ngx_cs_origin_t *origin);

/* whether a new connection is worth waiting for, as it may be shared */
ngx_uint_t ngx_cs_origin_may_share(ngx_cs_origin_t *origin);

/* it has shown HTTP/2, or that it does not speak it */
void ngx_cs_origin_shares(ngx_cs_origin_t *origin, ngx_uint_t shares);


#endif /* _NGX_CS_FETCH_ORIGIN_H_INCLUDED_ */
