/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Whether other gateways know of a task; see the header.
 */


#include "tier/known.h"

#if (NGX_CS_HAVE_HIREDIS)

#include "tier/fleets.h"
#include "tier/fleet_names.h"
#include "tier/fleet_parcel.h"
#include "tier/fleet_take.h"


struct ngx_cs_known_s {
    ngx_cs_fleet_t              *fleet;
    ngx_cs_question_t           *question;
    ngx_pool_t                  *pool;
    ngx_cs_fleet_names_t         names;
    ngx_cs_redis_call_t          call;
    ngx_cs_known_pt              handler;
    void                        *data;
};


static void ngx_cs_known_told(ngx_cs_redis_call_t *call, ngx_int_t rc,
    redisReply *reply);
static ngx_cs_known_e ngx_cs_known_read(ngx_cs_known_t *known,
    redisReply *reply);


ngx_cs_known_t *
ngx_cs_known_ask(ngx_pool_t *pool, ngx_shm_zone_t *shm_zone,
    ngx_cs_question_t *question, ngx_cs_known_pt handler, void *data)
{
    ngx_str_t             none = ngx_null_string;
    ngx_cs_known_t       *known;
    ngx_cs_fleet_t       *fleet;
    ngx_cs_fleet_asks_t   asks;

    fleet = ngx_cs_fleet_of(shm_zone);

    if (fleet == NULL) {
        return NULL;
    }

    known = ngx_pcalloc(pool, sizeof(ngx_cs_known_t));

    if (known == NULL
        || ngx_cs_fleet_names(pool, fleet, &question->tenant,
                              &question->task_id, &known->names)
           != NGX_OK)
    {
        return NULL;
    }

    known->fleet = fleet;
    known->question = question;
    known->pool = pool;
    known->handler = handler;
    known->data = data;

    known->call.told = ngx_cs_known_told;
    known->call.data = known;
    known->call.log = ngx_cycle->log;

    ngx_memzero(&asks, sizeof(ngx_cs_fleet_asks_t));
    asks.mode = NGX_CS_FLEET_LOOK;
    asks.waited = &none;
    asks.stale = 1;

    return (ngx_cs_fleet_take_send(fleet, &known->call, &known->names, &asks)
            == NGX_OK)
           ? known : NULL;
}


void
ngx_cs_known_cancel(ngx_cs_known_t *known)
{
    if (known) {
        ngx_cs_redis_cancel(&known->call);
    }
}


static void
ngx_cs_known_told(ngx_cs_redis_call_t *call, ngx_int_t rc, redisReply *reply)
{
    ngx_cs_known_e   what;
    ngx_cs_known_t  *known;

    known = call->data;

    what = (rc == NGX_OK) ? ngx_cs_known_read(known, reply)
                          : NGX_CS_KNOWN_NOT;

    known->handler(known->data, what);
}


static ngx_cs_known_e
ngx_cs_known_read(ngx_cs_known_t *known, redisReply *reply)
{
    int64_t               age;
    ngx_int_t             rc;
    ngx_str_t            *bytes;
    ngx_cs_answer_t       answer;
    ngx_cs_fleet_said_t   said;

    if (ngx_cs_fleet_take_read(reply, &said) != NGX_OK) {
        return NGX_CS_KNOWN_NOT;
    }

    /* a success, fresh or not, also beside an error */

    bytes = said.stale.len ? &said.stale : &said.result;
    age = said.stale.len ? said.stale_age : said.age;

    rc = ngx_cs_fleet_parcel_read(known->pool, known->names.key,
                                  known->question, bytes, age,
                                  known->fleet->redis->keep, &answer);

    if ((rc != NGX_OK && rc != NGX_AGAIN) || answer.status != NGX_CS_OK) {
        return NGX_CS_KNOWN_NOT;
    }

    return answer.stamp.terminal ? NGX_CS_KNOWN_FINISHED
                                 : NGX_CS_KNOWN_UNFINISHED;
}


#else

ngx_cs_known_t *
ngx_cs_known_ask(ngx_pool_t *pool, ngx_shm_zone_t *shm_zone,
    ngx_cs_question_t *question, ngx_cs_known_pt handler, void *data)
{
    return NULL;
}


void
ngx_cs_known_cancel(ngx_cs_known_t *known)
{
}

#endif
