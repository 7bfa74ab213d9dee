/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What the fetches of a worker share that go to the same place under the same
 * settings: a multi handle, easy handles, and what was learned about the
 * connections.  None of those is used again under settings that it was not
 * opened with.
 */


#ifndef _NGX_CS_FETCH_ORIGIN_H_INCLUDED_
#define _NGX_CS_FETCH_ORIGIN_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "fetch/conf.h"
#include "fetch/handles.h"
#include "fetch/multi.h"


typedef struct {
    ngx_queue_t                      queue;
    ngx_cs_fetch_conf_t              conf;
    ngx_cs_multi_t                  *multi;     /* NULL: none yet */
    ngx_cs_handle_t                  easy;      /* not in use now */
    ngx_uint_t                       max_host;
    ngx_uint_t                       wedged;    /* timeouts without a byte,
                                                   in a row */
} ngx_cs_origin_t;


void ngx_cs_origin_init(void);
void ngx_cs_origin_exit(void);

/* NULL: no memory */
ngx_cs_origin_t *ngx_cs_origin_get(ngx_cs_fetch_conf_t *conf);

/* makes its multi handle, if there is none */
ngx_int_t ngx_cs_origin_open(ngx_cs_origin_t *origin,
    ngx_cs_multi_pt handler, ngx_cs_multi_broken_pt broken);

/* a transfer was answered in this version, CURL_HTTP_VERSION_... */
void ngx_cs_origin_version(ngx_cs_origin_t *origin, long version);

/* a transfer in that multi handle timed out, and no byte had come */
void ngx_cs_origin_silent(ngx_cs_origin_t *origin, ngx_cs_multi_t *multi,
    ngx_log_t *log);

/* a transfer in it ended so that the next are to begin in another */
void ngx_cs_origin_spoilt(ngx_cs_origin_t *origin, ngx_cs_multi_t *multi);

/* nobody begins in that multi handle any more */
void ngx_cs_origin_drop(ngx_cs_multi_t *multi);


#endif /* _NGX_CS_FETCH_ORIGIN_H_INCLUDED_ */
