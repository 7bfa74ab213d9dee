/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What is stored for a task id; see the header.
 *
 * A turn is a timer's, not a posted event: what waits in the kernel is served
 * in between, and a timer keeps a worker that shuts down.
 */


#include "operator/dashboard_search.h"

#include "core/str.h"
#include "request/credentials.h"
#include "request/suspend.h"


/* steps of ngx_cs_zone_walk() in a turn, and from turn to turn, ms */
#define NGX_CS_SEARCH_STEPS  16
#define NGX_CS_SEARCH_PAUSE  1


static void ngx_cs_search_turn_handler(ngx_event_t *ev);
static ngx_int_t ngx_cs_search_turn(ngx_cs_search_t *search);
static ngx_int_t ngx_cs_search_found(ngx_cs_search_t *search,
    ngx_cs_walked_t *seen);
static void ngx_cs_search_cleanup(void *data);


ngx_int_t
ngx_cs_search(ngx_http_request_t *r, ngx_cs_search_t *search)
{
    ngx_int_t            rc;
    ngx_http_cleanup_t  *cln;

    rc = ngx_cs_search_turn(search);
    if (rc != NGX_AGAIN) {
        return search->done(r, search, rc);
    }

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return search->done(r, search, NGX_ERROR);
    }

    cln->handler = ngx_cs_search_cleanup;
    cln->data = search;

    search->request = r;
    search->turn.handler = ngx_cs_search_turn_handler;
    search->turn.data = search;
    search->turn.log = r->connection->log;

    ngx_add_timer(&search->turn, NGX_CS_SEARCH_PAUSE);

    return ngx_cs_suspend(r);
}


static void
ngx_cs_search_turn_handler(ngx_event_t *ev)
{
    ngx_int_t            rc;
    ngx_cs_search_t     *search;
    ngx_http_request_t  *r;

    search = ev->data;
    r = search->request;

    ngx_http_set_log_request(r->connection->log, r);

    rc = ngx_cs_search_turn(search);

    if (rc == NGX_AGAIN) {
        ngx_add_timer(ev, NGX_CS_SEARCH_PAUSE);
        return;
    }

    ngx_cs_resume(r, search->done(r, search, rc));
}


/* NGX_OK: all was looked at, or enough was found; NGX_AGAIN; NGX_ERROR */

static ngx_int_t
ngx_cs_search_turn(ngx_cs_search_t *search)
{
    ngx_int_t      rc;
    ngx_uint_t     n;
    ngx_pool_t    *pool;
    ngx_cs_walked_t  seen;

    pool = search->pool;

    for (n = 0; n < NGX_CS_SEARCH_STEPS; n++) {

        if (search->zone == search->nzones) {
            return NGX_OK;
        }

        rc = ngx_cs_zone_walk(search->zones[search->zone],
                              &search->walk, search->body, pool,
                              &seen);
        switch (rc) {

        case NGX_OK:

            rc = ngx_cs_search_found(search, &seen);
            if (rc != NGX_AGAIN) {
                return rc;
            }

            break;

        case NGX_AGAIN:
            break;

        case NGX_DONE:
            search->zone++;
            break;

        default:
            return NGX_ERROR;
        }
    }

    return NGX_AGAIN;
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


/* the caller has gone, or has its answer */

static void
ngx_cs_search_cleanup(void *data)
{
    ngx_cs_search_t *search = data;

    if (search->turn.timer_set) {
        ngx_del_timer(&search->turn);
    }
}
