/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Whose fetch goes next.  Each upstream has its own streams, places and turns,
 * and in it each tenant: a tenant takes a place, and then a stream, while it
 * has fewer than are free, so that whoever takes all it can get leaves room
 * for whoever comes later.  Who has the fewest streams is next.
 *
 * A place is for a fetch that is in the air or waits for its turn.  Nothing
 * here knows what a fetch is.
 */


#ifndef _NGX_CS_FETCH_QUEUE_H_INCLUDED_
#define _NGX_CS_FETCH_QUEUE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "fetch/conf.h"


/* transfers at once, of a worker, to one upstream: a lone tenant has half */
#define NGX_CS_STREAMS  200


typedef struct ngx_cs_tenant_s            ngx_cs_tenant_t;


/*
 * The turn of a place, called from the event loop; it has a stream meanwhile.
 *
 * NGX_OK        keeps it until yield or leave
 * NGX_AGAIN     its tenant may not begin anything for *wait ms
 * NGX_BUSY      this worker has no connection for it; it stays the first
 * NGX_DECLINED  does not want it any more, and waits no longer
 */
typedef ngx_int_t (*ngx_cs_turn_pt)(void *data, ngx_msec_t *wait);


/* embedded in what has a place; handler and data are set before enter */

typedef struct {
    ngx_queue_t                  queue;
    ngx_cs_tenant_t             *tenant;   /* NULL: no place */
    ngx_cs_turn_pt               handler;
    void                        *data;
    unsigned                     waiting:1;
    unsigned                     stream:1;
} ngx_cs_place_t;


void ngx_cs_queue_init(void);

/*
 * Takes a place for one of that tenant's, among at most conf->max_flights.
 *
 * NGX_OK     until leave
 * NGX_BUSY   none is free for that tenant
 * NGX_ERROR  no memory
 */
ngx_int_t ngx_cs_queue_enter(ngx_cs_place_t *place, ngx_cs_fetch_conf_t *conf,
    ngx_str_t *tenant);

/* who waits for a turn, in this order */

typedef enum {
    NGX_CS_QUEUE_FIRST = 0,       /* it had its turn before */
    NGX_CS_QUEUE_NEXT,
    NGX_CS_QUEUE_LAST             /* when no other of its tenant's waits */
} ngx_cs_queue_e;

/* handler will be called, never from within; again: with another rank */
void ngx_cs_queue_wait(ngx_cs_place_t *place, ngx_cs_queue_e rank);

/* gives back its stream, or its turn, and keeps its place */
void ngx_cs_queue_yield(ngx_cs_place_t *place);

/* gives back all that it has, which may be nothing */
void ngx_cs_queue_leave(ngx_cs_place_t *place);

/* in use now, over all upstreams */
ngx_uint_t ngx_cs_queue_streams(void);


#endif /* _NGX_CS_FETCH_QUEUE_H_INCLUDED_ */
