/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Work in turns; see the header.
 *
 * A turn is a timer's, not a posted event's: what waits in the kernel is served
 * in between, and a timer keeps a worker that shuts down.
 */


#include "operator/turns.h"

#include "request/suspend.h"


/* steps in a turn, and from turn to turn, ms */
#define NGX_CS_TURNS_STEPS  16
#define NGX_CS_TURNS_PAUSE  1


static void ngx_cs_turns_handler(ngx_event_t *ev);
static ngx_int_t ngx_cs_turns_turn(ngx_cs_turns_t *turns);
static void ngx_cs_turns_cleanup(void *data);


ngx_int_t
ngx_cs_turns(ngx_http_request_t *r, ngx_cs_turns_t *turns)
{
    ngx_int_t            rc;
    ngx_http_cleanup_t  *cln;

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = ngx_cs_turns_cleanup;
    cln->data = turns;

    rc = ngx_cs_turns_turn(turns);
    if (rc != NGX_AGAIN) {
        return turns->done(r, turns->data, rc);
    }

    turns->request = r;
    turns->turn.handler = ngx_cs_turns_handler;
    turns->turn.data = turns;
    turns->turn.log = r->connection->log;

    ngx_add_timer(&turns->turn, NGX_CS_TURNS_PAUSE);

    return ngx_cs_suspend(r);
}


static void
ngx_cs_turns_handler(ngx_event_t *ev)
{
    ngx_int_t            rc;
    ngx_cs_turns_t      *turns;
    ngx_http_request_t  *r;

    turns = ev->data;
    r = turns->request;

    ngx_http_set_log_request(r->connection->log, r);

    rc = ngx_cs_turns_turn(turns);

    if (rc == NGX_AGAIN) {
        ngx_add_timer(ev, NGX_CS_TURNS_PAUSE);
        return;
    }

    ngx_cs_resume(r, turns->done(r, turns->data, rc));
}


static ngx_int_t
ngx_cs_turns_turn(ngx_cs_turns_t *turns)
{
    ngx_int_t   rc;
    ngx_uint_t  n;

    rc = NGX_AGAIN;

    for (n = 0; n < NGX_CS_TURNS_STEPS && rc == NGX_AGAIN; n++) {
        rc = turns->step(turns->data);
    }

    return rc;
}


/* the caller has gone, or has its answer */

static void
ngx_cs_turns_cleanup(void *data)
{
    ngx_cs_turns_t *turns = data;

    if (turns->turn.timer_set) {
        ngx_del_timer(&turns->turn);
    }
}
