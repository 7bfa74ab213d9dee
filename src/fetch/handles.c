/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Easy handles that are used again; see the header.
 */


#include "fetch/handles.h"

#include "fetch/options.h"


CURL *
ngx_cs_handles_get(ngx_cs_handle_t *free, ngx_cs_fetch_conf_t *conf)
{
    CURL  *easy;

    if (free->n) {
        return free->easy[--free->n];
    }

    if (free->url == NULL) {
        free->url = ngx_cs_fetch_url(conf);
    }

    easy = free->url ? curl_easy_init() : NULL;

    if (easy
        && ngx_cs_fetch_options(easy, conf, free->url) != NGX_OK)
    {
        curl_easy_cleanup(easy);
        return NULL;
    }

    return easy;
}


/* what these point to goes with the fetch */

void
ngx_cs_handles_put(ngx_cs_handle_t *free, CURL *easy)
{
    if (free->n == NGX_CS_STREAMS) {
        curl_easy_cleanup(easy);
        return;
    }

    (void) curl_easy_setopt(easy, CURLOPT_HTTPHEADER, NULL);
    (void) curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL);
    (void) curl_easy_setopt(easy, CURLOPT_RESOLVE, NULL);

    free->easy[free->n++] = easy;
}


void
ngx_cs_handles_exit(ngx_cs_handle_t *free)
{
    while (free->n) {
        curl_easy_cleanup(free->easy[--free->n]);
    }

    curl_url_cleanup(free->url);
    free->url = NULL;
}
