/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What is stored for a task id; see the header.
 */


#include "operator/dashboard_search.h"

#include "core/str.h"
#include "request/credentials.h"


static ngx_int_t ngx_cs_search_step(void *data);
static ngx_int_t ngx_cs_search_found(ngx_cs_search_t *search,
    ngx_cs_walked_t *seen);
static ngx_int_t ngx_cs_search_done(ngx_http_request_t *r, void *data,
    ngx_int_t rc);


ngx_int_t
ngx_cs_search(ngx_http_request_t *r, ngx_cs_search_t *search)
{
    search->turns.step = ngx_cs_search_step;
    search->turns.done = ngx_cs_search_done;
    search->turns.data = search;

    return ngx_cs_turns(r, &search->turns);
}


/* NGX_OK: all was looked at, or enough was found; NGX_AGAIN; NGX_ERROR */

static ngx_int_t
ngx_cs_search_step(void *data)
{
    ngx_cs_search_t *search = data;

    ngx_int_t        rc;
    ngx_cs_walked_t  seen;

    if (search->zone == search->nzones) {
        return NGX_OK;
    }

    rc = ngx_cs_zone_walk(search->zones[search->zone], &search->walk,
                          search->body, search->pool, &seen);

    switch (rc) {

    case NGX_OK:
        return ngx_cs_search_found(search, &seen);

    case NGX_DONE:
        search->zone++;
        return NGX_AGAIN;

    default:
        return rc;
    }
}


static ngx_int_t
ngx_cs_search_found(ngx_cs_search_t *search, ngx_cs_walked_t *seen)
{
    ngx_str_t          id;
    ngx_cs_finding_t  *finding;

    if (ngx_cs_credentials_id_of(&seen->tenant, &id) != NGX_OK) {
        ngx_str_null(&id);
    }

    if (search->integration_id.data
        && !ngx_cs_str_eq(&id, &search->integration_id))
    {
        return NGX_AGAIN;
    }

    if (search->nfound == NGX_CS_SEARCH_MAX) {
        search->more = 1;
        return NGX_OK;
    }

    finding = &search->found[search->nfound++];

    finding->zone = &search->zones[search->zone]->shm.name;
    finding->seen = *seen;
    finding->integration_id.len = id.len;
    finding->integration_id.data = ngx_pstrdup(search->pool, &id);

    return finding->integration_id.data ? NGX_AGAIN : NGX_ERROR;
}


static ngx_int_t
ngx_cs_search_done(ngx_http_request_t *r, void *data, ngx_int_t rc)
{
    ngx_cs_search_t *search = data;

    return search->done(r, search, rc);
}
