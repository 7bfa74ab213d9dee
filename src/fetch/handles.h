/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Easy handles that are used again by the fetches of one profile, with all
 * options set that such fetches share.
 */


#ifndef _NGX_CLEAR_STATUS_FETCH_EASY_H_INCLUDED_
#define _NGX_CLEAR_STATUS_FETCH_EASY_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include <curl/curl.h>

#include "fetch/conf.h"


/* transfers at once, of a worker */
#define NGX_CLEAR_STATUS_STREAMS  100


typedef struct {
    CURL                        *easy[NGX_CLEAR_STATUS_STREAMS];
    ngx_uint_t                   n;
    CURLU                       *url;      /* of all of them */
} ngx_clear_status_easy_t;


/* NULL: no memory */
CURL *ngx_clear_status_fetch_easy_get(ngx_clear_status_easy_t *free,
    ngx_clear_status_fetch_conf_t *conf);

/* out of every multi handle */
void ngx_clear_status_fetch_easy_put(ngx_clear_status_easy_t *free,
    CURL *easy);

/* none of them may be in use */
void ngx_clear_status_fetch_easy_exit(ngx_clear_status_easy_t *free);


#endif /* _NGX_CLEAR_STATUS_FETCH_EASY_H_INCLUDED_ */
