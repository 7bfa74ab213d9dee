/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Connections by origin and tenant; see the header.
 */


#include "fetch/pool.h"

#include "core/str.h"
#include "fetch/sockets.h"


/* of a worker: connections that are kept, and pools that nobody uses now */
#define NGX_CS_POOL_IDLE   64
#define NGX_CS_POOL_SPARE  64

/* timeouts without a byte in a row, before new connections are used */
#define NGX_CS_POOL_SILENT  2


static ngx_cs_pool_t *ngx_cs_pool_find(ngx_cs_origin_t *origin,
    ngx_str_t *tenant);
static ngx_cs_pool_t *ngx_cs_pool_create(ngx_cs_origin_t *origin,
    ngx_str_t *tenant, ngx_cs_multi_conf_t *conf);
static void ngx_cs_pool_shared(ngx_cs_pool_t *pool);
static void ngx_cs_pool_apart(ngx_cs_origin_t *origin);
static void ngx_cs_pool_died(ngx_cs_multi_t *multi);
static void ngx_cs_pool_bury(ngx_cs_pool_t *pool);
static void ngx_cs_pool_freed(void *data);


/* of this worker */
static ngx_queue_t  ngx_cs_pools;


void
ngx_cs_pool_init(void)
{
    ngx_queue_init(&ngx_cs_pools);
}


/* what still has transfers ends with the process */

void
ngx_cs_pool_exit(void)
{
    ngx_queue_t    *q, *next;
    ngx_cs_pool_t  *pool;

    for (q = ngx_queue_head(&ngx_cs_pools);
         q != ngx_queue_sentinel(&ngx_cs_pools);
         q = next)
    {
        next = ngx_queue_next(q);
        pool = ngx_queue_data(q, ngx_cs_pool_t, queue);

        if (ngx_cs_multi_active(pool->multi) == 0) {
            ngx_cs_multi_destroy(pool->multi);
        }
    }
}


ngx_cs_pool_t *
ngx_cs_pool_get(ngx_cs_origin_t *origin, ngx_str_t *tenant,
    void (*ended)(CURL *easy, CURLcode code),
    void (*broken)(ngx_cs_multi_t *multi))
{
    ngx_str_t             all;
    ngx_cs_pool_t        *pool;
    ngx_cs_multi_conf_t   conf;

    ngx_str_null(&all);

    if (origin->shared) {
        tenant = &all;
    }

    pool = ngx_cs_pool_find(origin, tenant);

    /* connections that are never idle would never be too old */

    if (pool && origin->shared
        && ngx_current_msec - pool->created >= origin->conf.keepalive_time)
    {
        ngx_cs_pool_retire(pool);
        pool = NULL;
    }

    if (pool) {
        ngx_queue_remove(&pool->queue);
        ngx_queue_insert_head(&ngx_cs_pools, &pool->queue);
        return pool;
    }

    ngx_memzero(&conf, sizeof(ngx_cs_multi_conf_t));

    conf.max_host = origin->max_host;
    conf.keepalive_time = origin->conf.keepalive_time;
    conf.log = ngx_cycle->log;
    conf.ended = ended;
    conf.broken = broken;
    conf.died = ngx_cs_pool_died;
    conf.freed = ngx_cs_pool_freed;

    return ngx_cs_pool_create(origin, tenant, &conf);
}


static ngx_cs_pool_t *
ngx_cs_pool_find(ngx_cs_origin_t *origin, ngx_str_t *tenant)
{
    ngx_queue_t    *q;
    ngx_cs_pool_t  *pool;

    for (q = ngx_queue_head(&ngx_cs_pools);
         q != ngx_queue_sentinel(&ngx_cs_pools);
         q = ngx_queue_next(q))
    {
        pool = ngx_queue_data(q, ngx_cs_pool_t, queue);

        if (pool->origin == origin && ngx_cs_str_eq(&pool->tenant, tenant)) {
            return pool;
        }
    }

    return NULL;
}


static ngx_cs_pool_t *
ngx_cs_pool_create(ngx_cs_origin_t *origin, ngx_str_t *tenant,
    ngx_cs_multi_conf_t *conf)
{
    ngx_cs_pool_t  *pool;

    pool = ngx_calloc(sizeof(ngx_cs_pool_t) + tenant->len, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    conf->data = pool;

    pool->multi = ngx_cs_multi_create(conf);
    if (pool->multi == NULL) {
        ngx_free(pool);
        return NULL;
    }

    pool->origin = origin;
    pool->created = ngx_current_msec;
    pool->tenant.len = tenant->len;
    pool->tenant.data = (u_char *) (pool + 1);

    if (tenant->len) {
        ngx_memcpy(pool->tenant.data, tenant->data, tenant->len);
    }

    if (origin->shared) {
        ngx_cs_multi_share(pool->multi);
    }

    if (ngx_cs_origin_looks_up(origin)) {
        ngx_cs_multi_threads(pool->multi);
    }

    ngx_queue_insert_head(&ngx_cs_pools, &pool->queue);

    return pool;
}


void
ngx_cs_pool_fresh(ngx_cs_pool_t *pool, ngx_uint_t wanted)
{
    pool->fresh += wanted ? 1 : -1;

    ngx_cs_multi_max_host(pool->multi, pool->origin->max_host + pool->fresh);
}


void
ngx_cs_pool_version(ngx_cs_pool_t *pool, long version)
{
    ngx_cs_origin_t  *origin;

    origin = pool->origin;

    switch (version) {

    case CURL_HTTP_VERSION_2_0:
        if (!pool->retired && pool->tenant.len) {
            ngx_cs_pool_shared(pool);
        }

        return;

    case CURL_HTTP_VERSION_1_0:
    case CURL_HTTP_VERSION_1_1:
        if (origin->shared || origin->max_host != NGX_CS_STREAMS) {
            ngx_cs_pool_apart(origin);
        }

        return;

    default:
        return;
    }
}


/* from now on its connections are everybody's */

static void
ngx_cs_pool_shared(ngx_cs_pool_t *pool)
{
    ngx_queue_t      *q, *next;
    ngx_cs_pool_t    *item;
    ngx_cs_origin_t  *origin;

    origin = pool->origin;

    ngx_cs_origin_shares(origin, 1);

    for (q = ngx_queue_head(&ngx_cs_pools);
         q != ngx_queue_sentinel(&ngx_cs_pools);
         q = next)
    {
        next = ngx_queue_next(q);
        item = ngx_queue_data(q, ngx_cs_pool_t, queue);

        if (item->origin == origin && item != pool) {
            ngx_cs_pool_retire(item);
        }
    }

    pool->tenant.len = 0;

    ngx_cs_multi_share(pool->multi);
    ngx_cs_multi_max_host(pool->multi, origin->max_host + pool->fresh);
}


/* an HTTP/1 connection in a pool of all tenants is to serve nobody else */

static void
ngx_cs_pool_apart(ngx_cs_origin_t *origin)
{
    ngx_queue_t    *q, *next;
    ngx_cs_pool_t  *pool;

    ngx_cs_origin_shares(origin, 0);

    for (q = ngx_queue_head(&ngx_cs_pools);
         q != ngx_queue_sentinel(&ngx_cs_pools);
         q = next)
    {
        next = ngx_queue_next(q);
        pool = ngx_queue_data(q, ngx_cs_pool_t, queue);

        if (pool->origin != origin) {
            continue;
        }

        if (pool->tenant.len == 0) {
            ngx_cs_pool_retire(pool);

        } else {
            ngx_cs_multi_max_host(pool->multi, origin->max_host + pool->fresh);
        }
    }
}


/*
 * libcurl goes on using an HTTP/2 connection whose other end is gone without
 * a word: after some timeouts in a row a new multi handle begins without it.
 */

void
ngx_cs_pool_silent(ngx_cs_pool_t *pool, ngx_log_t *log)
{
    if (pool->retired || ++pool->silent < NGX_CS_POOL_SILENT) {
        return;
    }

    ngx_log_error(NGX_LOG_NOTICE, log, 0,
                  "upstream connections do not answer, using new ones");

    ngx_cs_pool_retire(pool);
}


void
ngx_cs_pool_retire(ngx_cs_pool_t *pool)
{
    if (pool->retired) {
        return;
    }

    pool->retired = 1;

    ngx_queue_remove(&pool->queue);
    ngx_queue_init(&pool->queue);

    ngx_cs_multi_retire(pool->multi);
}


static void
ngx_cs_pool_died(ngx_cs_multi_t *multi)
{
    ngx_cs_pool_bury(ngx_cs_multi_data(multi));
}


/*
 * libcurl closes what is dead when it next looks for a connection.  Where that
 * may be never, the descriptors are taken back with the whole pool.
 */

static void
ngx_cs_pool_bury(ngx_cs_pool_t *pool)
{
    if (ngx_cs_multi_active(pool->multi) == 0
        && ngx_cs_multi_dead(pool->multi) > ngx_cs_multi_idle(pool->multi))
    {
        ngx_cs_pool_retire(pool);
    }
}


void
ngx_cs_pool_trim(void)
{
    ngx_uint_t      spare;
    ngx_queue_t    *q, *prev;
    ngx_cs_pool_t  *pool;

    spare = 0;

    for (q = ngx_queue_last(&ngx_cs_pools);
         q != ngx_queue_sentinel(&ngx_cs_pools);
         q = prev)
    {
        prev = ngx_queue_prev(q);
        pool = ngx_queue_data(q, ngx_cs_pool_t, queue);

        while (ngx_cs_sockets_idle() > NGX_CS_POOL_IDLE
               && ngx_cs_multi_idle(pool->multi))
        {
            ngx_cs_multi_shut_oldest(pool->multi);
        }

        ngx_cs_pool_bury(pool);

        if (ngx_cs_multi_active(pool->multi) == 0) {
            spare++;
        }
    }

    for (q = ngx_queue_last(&ngx_cs_pools);
         spare > NGX_CS_POOL_SPARE && q != ngx_queue_sentinel(&ngx_cs_pools);
         q = prev)
    {
        prev = ngx_queue_prev(q);
        pool = ngx_queue_data(q, ngx_cs_pool_t, queue);

        if (ngx_cs_multi_active(pool->multi) == 0) {
            ngx_cs_pool_retire(pool);
            spare--;
        }
    }
}


static void
ngx_cs_pool_freed(void *data)
{
    ngx_cs_pool_t *pool = data;

    ngx_queue_remove(&pool->queue);
    ngx_free(pool);
}
