/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Easy handles that are used again; see the header.
 */


#include "ngx_clear_status_fetch_easy.h"


#define NGX_CLEAR_STATUS_EASY_MAX  100


/* of this worker */
static CURL        *ngx_clear_status_easy[NGX_CLEAR_STATUS_EASY_MAX];
static ngx_uint_t   ngx_clear_status_neasy;


CURL *
ngx_clear_status_fetch_easy_get(void)
{
    if (ngx_clear_status_neasy) {
        return ngx_clear_status_easy[--ngx_clear_status_neasy];
    }

    return curl_easy_init();
}


/* unset at once: what its options point to goes with the fetch */

void
ngx_clear_status_fetch_easy_put(CURL *easy)
{
    if (ngx_clear_status_neasy == NGX_CLEAR_STATUS_EASY_MAX) {
        curl_easy_cleanup(easy);
        return;
    }

    curl_easy_reset(easy);
    ngx_clear_status_easy[ngx_clear_status_neasy++] = easy;
}


void
ngx_clear_status_fetch_easy_exit(void)
{
    while (ngx_clear_status_neasy) {
        curl_easy_cleanup(ngx_clear_status_easy[--ngx_clear_status_neasy]);
    }
}
