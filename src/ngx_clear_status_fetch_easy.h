/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Easy handles of a worker that are used again, all options unset.
 */


#ifndef _NGX_CLEAR_STATUS_FETCH_EASY_H_INCLUDED_
#define _NGX_CLEAR_STATUS_FETCH_EASY_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include <curl/curl.h>


/* NULL: no memory */
CURL *ngx_clear_status_fetch_easy_get(void);

/* out of every multi handle */
void ngx_clear_status_fetch_easy_put(CURL *easy);

void ngx_clear_status_fetch_easy_exit(void);


#endif /* _NGX_CLEAR_STATUS_FETCH_EASY_H_INCLUDED_ */
