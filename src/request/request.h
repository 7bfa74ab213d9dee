/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What all of this room know of a request: its location's settings, and how
 * far it has come.
 */


#ifndef _NGX_CS_REQUEST_REQUEST_H_INCLUDED_
#define _NGX_CS_REQUEST_REQUEST_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "fetch/conf.h"
#include "flight/flight.h"
#include "request/credentials.h"
#include "request/hold.h"
#include "request/reply.h"


/* a location's settings: those of the floors below, each its own */

typedef struct {
    ngx_cs_fetch_conf_t                  fetch;
    ngx_cs_credentials_conf_t            credentials;
    clear_freshness_conf_t               freshness;
    clear_breaker_conf_t                 breaker;
    ngx_cs_hold_conf_t                   hold;
    ngx_shm_zone_t                      *shm_zone;     /* NULL: off */
    ngx_msec_t                           max_age;      /* of Cache-Control */
    ngx_flag_t                           notify;       /* takes notices */
} ngx_cs_conf_t;


/* the settings of a request's location, NULL where it is none of ours */
typedef ngx_cs_conf_t  *(*ngx_cs_ours_pt)(ngx_http_request_t *r);


/* whether a caller stays for what comes after the answer at hand */

typedef enum {
    NGX_CS_PATIENCE_NONE = 0,
    NGX_CS_PATIENCE_WAIT,                /* Prefer: wait */
    NGX_CS_PATIENCE_EVENTS               /* Accept: text/event-stream */
} ngx_cs_patience_e;


/* a request's state; the variables read it */

typedef struct {
    ngx_cs_conf_t                       *conf;
    ngx_cs_waiter_t                      waiter;
    ngx_cs_handling_t                    handling;
    ngx_cs_limits_t                      limits;       /* its own */
    ngx_str_t                            task_id;
    ngx_uint_t                           upstream_status;
    ngx_msec_t                           upstream_time;
    ngx_cs_source_e                      source;
    int64_t                              fetched;      /* mono, ms; or 0 */
    clear_workflow_e                     workflow;
    ngx_cs_patience_e                    patience;
    ngx_msec_t                           wait;         /* what was preferred,
                                                          cut to the limit */
    ngx_msec_t                           held_since;   /* if it was held */
    ngx_msec_t                           held_time;    /* so long */
    void                                *stream;       /* of events.c */
    ngx_buf_t                           *refusal;      /* its envelope */
    unsigned                             expired:1;    /* at the look-up */
    unsigned                             replied:1;    /* by us, not nginx */
    unsigned                             refused:1;    /* refusal was sent */
    unsigned                             preferred:1;  /* there was a wait */
    unsigned                             held:1;       /* for news */
    unsigned                             told:1;       /* and no longer */
    unsigned                             suspended:1;  /* it is answered from
                                                          the event loop */
} ngx_cs_ctx_t;


extern ngx_module_t  ngx_clear_status_module;


/* a new request's; NULL: no memory.  conf: its location's, or NULL */

static ngx_inline ngx_cs_ctx_t *
ngx_cs_ctx_create(ngx_http_request_t *r, ngx_cs_conf_t *conf)
{
    ngx_cs_ctx_t  *ctx;

    ctx = ngx_pcalloc(r->pool, sizeof(ngx_cs_ctx_t));

    if (ctx) {
        ctx->conf = conf;
        ngx_http_set_ctx(r, ctx, ngx_clear_status_module);
    }

    return ctx;
}


/*
 * After a reply of ours that returned rc, which it returns: where even the
 * header could not be made, nginx's own error follows, and that one is to be
 * turned into an envelope.
 */

static ngx_inline ngx_int_t
ngx_cs_replied(ngx_http_request_t *r, ngx_cs_ctx_t *ctx, ngx_int_t rc)
{
    ctx->replied = r->header_sent;

    return rc;
}


#endif /* _NGX_CS_REQUEST_REQUEST_H_INCLUDED_ */
