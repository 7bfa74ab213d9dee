/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What other gateways learn of a task; see the header.
 *
 * A message says that there may be something new, and so does a connection that
 * is back; then it is looked for, without a lease.
 */


#include "tier/listen.h"

#if (NGX_CS_HAVE_HIREDIS)

#include "tier/fleets.h"
#include "tier/fleet_ears.h"
#include "tier/fleet_names.h"
#include "tier/fleet_parcel.h"
#include "tier/fleet_take.h"


struct ngx_cs_listen_s {
    ngx_cs_fleet_t              *fleet;
    ngx_cs_question_t           *question;
    ngx_cs_key_t                *key;
    ngx_cs_fleet_names_t         names;
    ngx_cs_fleet_ear_t           ear;
    ngx_cs_redis_call_t          call;
    uint64_t                     purges;    /* when it was looked for */
    unsigned                     again:1;   /* heard while it was */
};


static void ngx_cs_listen_heard(ngx_cs_fleet_ear_t *ear);
static void ngx_cs_listen_told(ngx_cs_redis_call_t *call, ngx_int_t rc,
    redisReply *reply);
static void ngx_cs_listen_store(ngx_cs_listen_t *listener,
    ngx_cs_fleet_said_t *said);


ngx_cs_listen_t *
ngx_cs_listen(ngx_pool_t *pool, ngx_shm_zone_t *shm_zone,
    ngx_cs_question_t *question, ngx_cs_key_t *key)
{
    ngx_cs_fleet_t   *fleet;
    ngx_cs_listen_t  *listener;

    fleet = ngx_cs_fleet_of(shm_zone);

    if (fleet == NULL) {
        return NULL;
    }

    listener = ngx_pcalloc(pool, sizeof(ngx_cs_listen_t));

    if (listener == NULL
        || ngx_cs_fleet_names(pool, fleet, &question->tenant,
                              &question->task_id, &listener->names)
           != NGX_OK)
    {
        return NULL;
    }

    listener->fleet = fleet;
    listener->question = question;
    listener->key = key;

    listener->call.told = ngx_cs_listen_told;
    listener->call.data = listener;
    listener->call.log = ngx_cycle->log;

    listener->ear.hex = listener->names.hex.data;
    listener->ear.heard = ngx_cs_listen_heard;
    listener->ear.data = listener;

    if (ngx_cs_fleet_ear_open(fleet, &listener->ear) != NGX_OK) {
        return NULL;
    }

    (void) ngx_cs_fleet_ear_listen(&listener->ear);

    return listener;
}


void
ngx_cs_unlisten(ngx_cs_listen_t *listener)
{
    if (listener) {
        ngx_cs_redis_cancel(&listener->call);
        ngx_cs_fleet_ear_close(&listener->ear);
    }
}


static void
ngx_cs_listen_heard(ngx_cs_fleet_ear_t *ear)
{
    ngx_str_t             none = ngx_null_string;
    ngx_cs_listen_t      *listener;
    ngx_cs_fleet_asks_t   asks;

    listener = ear->data;

    if (listener->call.redis) {
        listener->again = 1;
        return;
    }

    listener->again = 0;
    listener->purges = ngx_cs_zone_purges(listener->fleet->shm_zone);

    ngx_memzero(&asks, sizeof(ngx_cs_fleet_asks_t));
    asks.mode = NGX_CS_FLEET_LOOK;
    asks.waited = &none;

    /* where Redis is off, whoever waits asks by himself */

    (void) ngx_cs_fleet_take_send(listener->fleet, &listener->call,
                                  &listener->names, &asks);
}


static void
ngx_cs_listen_told(ngx_cs_redis_call_t *call, ngx_int_t rc, redisReply *reply)
{
    ngx_cs_listen_t      *listener;
    ngx_cs_fleet_said_t   said;

    listener = call->data;

    if (rc == NGX_OK
        && ngx_cs_fleet_take_read(reply, &said) == NGX_OK
        && said.kind == NGX_CS_FLEET_HIT)
    {
        ngx_cs_listen_store(listener, &said);
    }

    if (listener->again) {
        ngx_cs_listen_heard(&listener->ear);
    }
}


static void
ngx_cs_listen_store(ngx_cs_listen_t *listener, ngx_cs_fleet_said_t *said)
{
    ngx_pool_t       *pool;
    ngx_cs_lookup_t   lookup;

    pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE / 8, ngx_cycle->log);
    if (pool == NULL) {
        return;
    }

    ngx_memzero(&lookup, sizeof(ngx_cs_lookup_t));

    lookup.shm_zone = listener->fleet->shm_zone;
    lookup.key = listener->key;
    lookup.freshness = listener->question->freshness;
    lookup.limits = &listener->question->limits;
    lookup.pool = pool;
    lookup.purges = listener->purges;

    if (ngx_cs_fleet_parcel_read(pool, listener->names.key, listener->question,
                                 &said->result, said->age,
                                 listener->fleet->redis->keep,
                                 &lookup.outcome.answer)
        == NGX_OK
        && !ngx_cs_fleet_block_purged(listener->fleet->block,
                                      listener->names.task.data,
                                      listener->names.id.data))
    {
        ngx_cs_zone_complete(&lookup);
    }

    ngx_destroy_pool(pool);
}


#else

ngx_cs_listen_t *
ngx_cs_listen(ngx_pool_t *pool, ngx_shm_zone_t *shm_zone,
    ngx_cs_question_t *question, ngx_cs_key_t *key)
{
    return NULL;
}


void
ngx_cs_unlisten(ngx_cs_listen_t *listener)
{
}

#endif
