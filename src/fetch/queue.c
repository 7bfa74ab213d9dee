/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Whose fetch goes next; see the header.
 *
 * Turns are given by a posted event, so no caller is called back from within
 * its call.  Tenants that wait stand in one of many queues, by the number of
 * streams that they have: those that have fewer than are free are in the
 * first of them, and among these the one with the fewest is next.
 *
 * What is allocated for a tenant goes with its last place, so there is never
 * more of it than there are places.
 */


#include "fetch/queue.h"

#include <ngx_event.h>

#include "core/str.h"


/* how soon to look again whether nginx has connections, ms */
#define NGX_CS_QUEUE_BLOCKED  100


/* an upstream: the same way to the same host */

typedef struct {
    ngx_queue_t                  queue;     /* of all */
    ngx_cs_fetch_conf_t          conf;      /* of who came first */
    ngx_rbtree_t                 tenants;
    ngx_rbtree_node_t            sentinel;
    ngx_queue_t                  turns[NGX_CS_STREAMS];
    ngx_uint_t                   places;
    ngx_uint_t                   streams;
    ngx_event_t                  turn;
    ngx_event_t                  timer;     /* while blocked */
    unsigned                     blocked:1; /* by lack of connections */
} ngx_cs_upstream_t;


struct ngx_cs_tenant_s {
    ngx_str_node_t               node;      /* first */
    ngx_queue_t                  queue;     /* in turns */
    ngx_cs_upstream_t           *upstream;
    ngx_queue_t                  waiting;   /* places, and those that are */
    ngx_queue_t                  last;      /* to go last */
    ngx_uint_t                   places;
    ngx_uint_t                   streams;
    ngx_event_t                  timer;     /* set: it may not begin */
    unsigned                     queued:1;  /* in turns */
};


static ngx_cs_upstream_t *ngx_cs_queue_upstream(ngx_cs_fetch_conf_t *conf);
static ngx_cs_tenant_t *ngx_cs_queue_tenant(ngx_cs_upstream_t *upstream,
    ngx_str_t *name, uint32_t hash);
static void ngx_cs_queue_sort(ngx_cs_tenant_t *tenant);
static void ngx_cs_queue_stream(ngx_cs_place_t *place, ngx_uint_t on);
static void ngx_cs_queue_post(ngx_cs_upstream_t *upstream);
static void ngx_cs_queue_turn_handler(ngx_event_t *ev);
static ngx_cs_tenant_t *ngx_cs_queue_next(ngx_cs_upstream_t *upstream);
static ngx_int_t ngx_cs_queue_turn(ngx_cs_tenant_t *tenant);
static void ngx_cs_queue_block(ngx_cs_upstream_t *upstream);
static void ngx_cs_queue_unblock(void);
static void ngx_cs_queue_timer_handler(ngx_event_t *ev);
static void ngx_cs_queue_tenant_handler(ngx_event_t *ev);


/* of this worker */
static ngx_queue_t  ngx_cs_upstreams;
static ngx_uint_t   ngx_cs_streams;


void
ngx_cs_queue_init(void)
{
    ngx_queue_init(&ngx_cs_upstreams);
}


ngx_int_t
ngx_cs_queue_enter(ngx_cs_place_t *place, ngx_cs_fetch_conf_t *conf,
    ngx_str_t *tenant)
{
    uint32_t            hash;
    ngx_uint_t          own, max;
    ngx_cs_tenant_t    *t;
    ngx_cs_upstream_t  *upstream;

    upstream = ngx_cs_queue_upstream(conf);
    if (upstream == NULL) {
        return NGX_ERROR;
    }

    hash = ngx_murmur_hash2(tenant->data, tenant->len);

    t = (ngx_cs_tenant_t *) ngx_str_rbtree_lookup(&upstream->tenants, tenant,
                                                  hash);

    own = t ? t->places : 0;
    max = conf->max_flights;

    if (upstream->places >= max || own >= max - upstream->places) {
        return NGX_BUSY;
    }

    if (t == NULL) {
        t = ngx_cs_queue_tenant(upstream, tenant, hash);
        if (t == NULL) {
            return NGX_ERROR;
        }
    }

    t->places++;
    upstream->places++;
    place->tenant = t;

    return NGX_OK;
}


static ngx_cs_upstream_t *
ngx_cs_queue_upstream(ngx_cs_fetch_conf_t *conf)
{
    ngx_uint_t          i;
    ngx_queue_t        *q;
    ngx_cs_upstream_t  *upstream;

    for (q = ngx_queue_head(&ngx_cs_upstreams);
         q != ngx_queue_sentinel(&ngx_cs_upstreams);
         q = ngx_queue_next(q))
    {
        upstream = ngx_queue_data(q, ngx_cs_upstream_t, queue);

        if (upstream->conf.https == conf->https
            && ngx_cs_str_eq(&upstream->conf.authority, &conf->authority)
            && ngx_cs_str_eq(&upstream->conf.route, &conf->route)
            && ngx_cs_str_eq(&upstream->conf.proxy, &conf->proxy))
        {
            return upstream;
        }
    }

    upstream = ngx_pcalloc(ngx_cycle->pool, sizeof(ngx_cs_upstream_t));
    if (upstream == NULL) {
        return NULL;
    }

    upstream->conf = *conf;

    ngx_rbtree_init(&upstream->tenants, &upstream->sentinel,
                    ngx_str_rbtree_insert_value);

    for (i = 0; i < NGX_CS_STREAMS; i++) {
        ngx_queue_init(&upstream->turns[i]);
    }

    upstream->turn.handler = ngx_cs_queue_turn_handler;
    upstream->turn.data = upstream;
    upstream->turn.log = ngx_cycle->log;

    upstream->timer.handler = ngx_cs_queue_timer_handler;
    upstream->timer.data = upstream;
    upstream->timer.log = ngx_cycle->log;
    upstream->timer.cancelable = 1;

    ngx_queue_insert_tail(&ngx_cs_upstreams, &upstream->queue);

    return upstream;
}


static ngx_cs_tenant_t *
ngx_cs_queue_tenant(ngx_cs_upstream_t *upstream, ngx_str_t *name,
    uint32_t hash)
{
    ngx_cs_tenant_t  *tenant;

    tenant = ngx_calloc(sizeof(ngx_cs_tenant_t) + name->len, ngx_cycle->log);
    if (tenant == NULL) {
        return NULL;
    }

    tenant->upstream = upstream;
    tenant->node.node.key = hash;
    tenant->node.str.len = name->len;
    tenant->node.str.data = (u_char *) &tenant[1];
    ngx_memcpy(tenant->node.str.data, name->data, name->len);

    ngx_queue_init(&tenant->waiting);
    ngx_queue_init(&tenant->last);

    tenant->timer.handler = ngx_cs_queue_tenant_handler;
    tenant->timer.data = tenant;
    tenant->timer.log = ngx_cycle->log;
    tenant->timer.cancelable = 1;

    ngx_rbtree_insert(&upstream->tenants, &tenant->node.node);

    return tenant;
}


void
ngx_cs_queue_wait(ngx_cs_place_t *place, ngx_cs_queue_e rank)
{
    ngx_cs_tenant_t  *tenant;

    ngx_cs_queue_yield(place);

    tenant = place->tenant;
    place->waiting = 1;

    if (rank == NGX_CS_QUEUE_FIRST) {
        ngx_queue_insert_head(&tenant->waiting, &place->queue);

    } else {
        ngx_queue_insert_tail(rank == NGX_CS_QUEUE_LAST ? &tenant->last
                                                        : &tenant->waiting,
                              &place->queue);
    }

    ngx_cs_queue_sort(tenant);
    ngx_cs_queue_post(tenant->upstream);
}


void
ngx_cs_queue_yield(ngx_cs_place_t *place)
{
    if (place->waiting) {
        place->waiting = 0;
        ngx_queue_remove(&place->queue);
        ngx_cs_queue_sort(place->tenant);
    }

    if (place->stream) {
        ngx_cs_queue_stream(place, 0);
        ngx_cs_queue_post(place->tenant->upstream);
        ngx_cs_queue_unblock();
    }
}


void
ngx_cs_queue_leave(ngx_cs_place_t *place)
{
    ngx_cs_tenant_t  *tenant;

    tenant = place->tenant;

    if (tenant == NULL) {
        return;
    }

    ngx_cs_queue_yield(place);

    place->tenant = NULL;
    tenant->upstream->places--;

    if (--tenant->places) {
        return;
    }

    if (tenant->timer.timer_set) {
        ngx_del_timer(&tenant->timer);
    }

    ngx_rbtree_delete(&tenant->upstream->tenants, &tenant->node.node);
    ngx_free(tenant);
}


ngx_uint_t
ngx_cs_queue_streams(void)
{
    return ngx_cs_streams;
}


/* puts a tenant where it belongs, whatever has changed about it */

static void
ngx_cs_queue_sort(ngx_cs_tenant_t *tenant)
{
    if (tenant->queued) {
        ngx_queue_remove(&tenant->queue);
        tenant->queued = 0;
    }

    if (tenant->timer.timer_set
        || (ngx_queue_empty(&tenant->waiting)
            && ngx_queue_empty(&tenant->last)))
    {
        return;
    }

    ngx_queue_insert_tail(&tenant->upstream->turns[tenant->streams],
                          &tenant->queue);
    tenant->queued = 1;
}


static void
ngx_cs_queue_stream(ngx_cs_place_t *place, ngx_uint_t on)
{
    ngx_cs_tenant_t  *tenant;

    tenant = place->tenant;
    place->stream = on;

    if (on) {
        tenant->streams++;
        tenant->upstream->streams++;
        ngx_cs_streams++;

    } else {
        tenant->streams--;
        tenant->upstream->streams--;
        ngx_cs_streams--;
    }

    ngx_cs_queue_sort(tenant);
}


static void
ngx_cs_queue_post(ngx_cs_upstream_t *upstream)
{
    if (!upstream->blocked) {
        ngx_post_event(&upstream->turn, &ngx_posted_events);
    }
}


static void
ngx_cs_queue_turn_handler(ngx_event_t *ev)
{
    ngx_cs_tenant_t    *tenant;
    ngx_cs_upstream_t  *upstream;

    upstream = ev->data;

    for ( ;; ) {
        tenant = ngx_cs_queue_next(upstream);

        if (tenant == NULL) {
            return;
        }

        /*
         * What an upstream takes of nginx's connections follows the same
         * rule; it does not know how many streams will share one.
         */

        if (upstream->streams && upstream->streams
                                 >= ngx_cycle->free_connection_n
                                    + ngx_cycle->reusable_connections_n)
        {
            ngx_cs_queue_block(upstream);
            return;
        }

        if (ngx_cs_queue_turn(tenant) == NGX_BUSY) {
            ngx_cs_queue_block(upstream);
            return;
        }
    }
}


/* NULL: nobody waits who may have a stream */

static ngx_cs_tenant_t *
ngx_cs_queue_next(ngx_cs_upstream_t *upstream)
{
    ngx_uint_t    n;
    ngx_queue_t  *turns;

    for (n = 0; n < NGX_CS_STREAMS - upstream->streams; n++) {
        turns = &upstream->turns[n];

        if (!ngx_queue_empty(turns)) {
            return ngx_queue_data(ngx_queue_head(turns), ngx_cs_tenant_t,
                                  queue);
        }
    }

    return NULL;
}


static ngx_int_t
ngx_cs_queue_turn(ngx_cs_tenant_t *tenant)
{
    ngx_int_t        rc;
    ngx_msec_t       wait;
    ngx_queue_t     *from;
    ngx_cs_place_t  *place;

    from = ngx_queue_empty(&tenant->waiting) ? &tenant->last
                                             : &tenant->waiting;

    place = ngx_queue_data(ngx_queue_head(from), ngx_cs_place_t, queue);

    ngx_queue_remove(&place->queue);   /* NOLINT(clang-analyzer-core.*) */
    place->waiting = 0;
    ngx_cs_queue_stream(place, 1);

    wait = 0;
    rc = place->handler(place->data, &wait);

    if (rc == NGX_OK) {
        return NGX_OK;
    }

    if (rc == NGX_AGAIN || rc == NGX_BUSY) {
        ngx_queue_insert_head(from, &place->queue);
        place->waiting = 1;
    }

    if (rc == NGX_AGAIN && !tenant->timer.timer_set) {
        ngx_add_timer(&tenant->timer, ngx_max(wait, 1));
    }

    ngx_cs_queue_stream(place, 0);

    return rc;
}


static void
ngx_cs_queue_block(ngx_cs_upstream_t *upstream)
{
    upstream->blocked = 1;

    if (!upstream->timer.timer_set) {
        ngx_add_timer(&upstream->timer, NGX_CS_QUEUE_BLOCKED);
    }
}


/* what one upstream gives back another may need */

static void
ngx_cs_queue_unblock(void)
{
    ngx_queue_t        *q;
    ngx_cs_upstream_t  *upstream;

    for (q = ngx_queue_head(&ngx_cs_upstreams);
         q != ngx_queue_sentinel(&ngx_cs_upstreams);
         q = ngx_queue_next(q))
    {
        upstream = ngx_queue_data(q, ngx_cs_upstream_t, queue);

        if (upstream->blocked) {
            upstream->blocked = 0;
            ngx_cs_queue_post(upstream);
        }
    }
}


static void
ngx_cs_queue_timer_handler(ngx_event_t *ev)
{
    ngx_cs_queue_unblock();
}


static void
ngx_cs_queue_tenant_handler(ngx_event_t *ev)
{
    ngx_cs_tenant_t  *tenant;

    tenant = ev->data;

    ngx_cs_queue_sort(tenant);
    ngx_cs_queue_post(tenant->upstream);
}
