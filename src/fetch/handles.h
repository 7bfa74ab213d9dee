/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Easy handles that are used again by the fetches of one origin, with all
 * options set that such fetches share.
 */


#ifndef _NGX_CS_FETCH_HANDLES_H_INCLUDED_
#define _NGX_CS_FETCH_HANDLES_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include <curl/curl.h>

#include "fetch/conf.h"
#include "fetch/queue.h"


typedef struct {
    CURL                        *easy[NGX_CS_STREAMS];
    ngx_uint_t                   n;
    CURLU                       *url;      /* of all of them */
} ngx_cs_handle_t;


/* NULL: no memory */
CURL *ngx_cs_handles_get(ngx_cs_handle_t *free, ngx_cs_fetch_conf_t *conf);

/* out of every multi handle */
void ngx_cs_handles_put(ngx_cs_handle_t *free, CURL *easy);

/* none of them may be in use */
void ngx_cs_handles_exit(ngx_cs_handle_t *free);


#endif /* _NGX_CS_FETCH_HANDLES_H_INCLUDED_ */
