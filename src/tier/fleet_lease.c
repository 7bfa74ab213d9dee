/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A lease that Redis gave this gateway; see the header.
 */


#include "tier/fleet_lease.h"

#include <ngx_event.h>

#include "tier/fleet_eval.h"
#include "tier/fleet_parcel.h"
#include "tier/fleet_scripts.h"


/* who got no turn by the first of these is told; it is renewed at each second
 * one, ms */
#define NGX_CS_FLEET_TICK   250

/* after its freshness, how long an error is kept for those who waited, ms */
#define NGX_CS_FLEET_ERROR  5000


struct ngx_cs_fleet_lease_s {
    ngx_pool_t                  *pool;
    ngx_cs_fleet_t              *fleet;
    ngx_cs_fleet_names_t         names;
    ngx_str_t                    fence;
    ngx_msec_t                   given;
    ngx_cs_redis_call_t          call;
    ngx_event_t                  timer;
    ngx_uint_t                   ticks;
    int64_t                      later;     /* us, the tenant's turns */
    ngx_cs_fleet_unsent_pt       unsent;
    void                        *data;
    unsigned                     sent:1;
    unsigned                     lost:1;    /* another one has it */
    unsigned                     ended:1;
};


static void ngx_cs_fleet_lease_tick(ngx_event_t *ev);
static void ngx_cs_fleet_lease_renew(ngx_cs_fleet_lease_t *lease);
static ngx_int_t ngx_cs_fleet_lease_give(ngx_cs_fleet_lease_t *lease);
static ngx_int_t ngx_cs_fleet_lease_land(ngx_cs_fleet_lease_t *lease,
    ngx_cs_question_t *question, ngx_cs_answer_t *answer);
static int64_t ngx_cs_fleet_lease_keep(ngx_cs_fleet_lease_t *lease,
    ngx_cs_question_t *question, ngx_cs_answer_t *answer,
    ngx_cs_fleet_parcel_t *parcel);
static void ngx_cs_fleet_lease_told(ngx_cs_redis_call_t *call, ngx_int_t rc,
    redisReply *reply);
static void ngx_cs_fleet_lease_destroy(ngx_cs_fleet_lease_t *lease);


ngx_cs_fleet_lease_t *
ngx_cs_fleet_lease_create(ngx_cs_fleet_t *fleet, ngx_cs_fleet_names_t *names,
    ngx_str_t *fence, ngx_cs_fleet_unsent_pt unsent, void *data)
{
    ngx_pool_t            *pool;
    ngx_cs_fleet_lease_t  *lease;

    pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE / 16, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    lease = ngx_pcalloc(pool, sizeof(ngx_cs_fleet_lease_t));

    if (lease == NULL
        || ngx_cs_fleet_names_copy(pool, &lease->names, names) != NGX_OK)
    {
        ngx_destroy_pool(pool);
        return NULL;
    }

    lease->fence.len = fence->len;
    lease->fence.data = ngx_pstrdup(pool, fence);

    if (lease->fence.data == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    lease->pool = pool;
    lease->given = ngx_current_msec;
    lease->fleet = fleet;
    lease->unsent = unsent;
    lease->data = data;

    lease->call.told = ngx_cs_fleet_lease_told;
    lease->call.data = lease;
    lease->call.log = ngx_cycle->log;

    lease->timer.handler = ngx_cs_fleet_lease_tick;
    lease->timer.data = lease;
    lease->timer.log = ngx_cycle->log;
    lease->timer.cancelable = 1;

    ngx_add_timer(&lease->timer, NGX_CS_FLEET_TICK);

    return lease;
}


static void
ngx_cs_fleet_lease_tick(ngx_event_t *ev)
{
    ngx_cs_fleet_lease_t  *lease;

    lease = ev->data;

    if (!lease->sent) {
        lease->unsent(lease->data);
        return;
    }

    if (++lease->ticks % 2 == 0) {
        ngx_cs_fleet_lease_renew(lease);
    }

    if (!lease->lost) {
        ngx_add_timer(ev, NGX_CS_FLEET_TICK);
    }
}


void
ngx_cs_fleet_lease_sent(ngx_cs_fleet_lease_t *lease)
{
    lease->sent = 1;
}


static void
ngx_cs_fleet_lease_renew(ngx_cs_fleet_lease_t *lease)
{
    u_char     digits[NGX_INT64_LEN];
    ngx_str_t  args[3];

    /* the last one is still under way */

    if (lease->call.redis) {
        return;
    }

    args[0].data = ngx_cs_zone_id(lease->fleet->shm_zone);
    args[0].len = NGX_CS_FLEET_OWNER;
    args[1] = lease->fence;
    ngx_cs_fleet_eval_number(&args[2], NGX_CS_FLEET_LEASE, digits);

    (void) ngx_cs_fleet_eval(lease->fleet, &lease->call, &ngx_cs_fleet_renew,
                             &lease->names.entry, 1, args, 3);
}


void
ngx_cs_fleet_lease_end(ngx_cs_fleet_lease_t *lease,
    ngx_cs_question_t *question, ngx_cs_answer_t *answer, int64_t later)
{
    ngx_int_t  rc;

    lease->ended = 1;
    lease->later = later;

    if (lease->timer.timer_set) {
        ngx_del_timer(&lease->timer);
    }

    /* a renewal that nobody is told of has no effect on what follows */

    ngx_cs_redis_cancel(&lease->call);

    if (answer && answer->source == NGX_CS_SOURCE_UPSTREAM && answer->word) {
        rc = ngx_cs_fleet_lease_land(lease, question, answer);

    } else {
        rc = NGX_DECLINED;
    }

    /* what is too large for Redis too: nobody is to wait for it */

    if (rc != NGX_OK) {
        rc = ngx_cs_fleet_lease_give(lease);
    }

    if (rc != NGX_OK) {
        ngx_cs_fleet_lease_destroy(lease);
    }
}


static ngx_int_t
ngx_cs_fleet_lease_give(ngx_cs_fleet_lease_t *lease)
{
    u_char     later[NGX_INT64_LEN];
    ngx_str_t  keys[3], args[4];

    keys[0] = lease->names.entry;
    keys[1] = lease->names.purges;
    keys[2] = lease->names.tenant;

    args[0] = lease->fence;
    args[1] = lease->names.channel;
    args[2] = lease->names.message;
    ngx_cs_fleet_eval_number(&args[3], lease->later, later);

    return ngx_cs_fleet_eval(lease->fleet, &lease->call, &ngx_cs_fleet_give,
                             keys, 3, args, 4);
}


static ngx_int_t
ngx_cs_fleet_lease_land(ngx_cs_fleet_lease_t *lease,
    ngx_cs_question_t *question, ngx_cs_answer_t *answer)
{
    u_char                 digits[7][NGX_INT64_LEN];
    int64_t                keep;
    ngx_str_t              keys[3], args[14];
    ngx_uint_t             finished;
    ngx_cs_fleet_parcel_t  parcel;

    if (ngx_cs_fleet_parcel_write(lease->pool, lease->names.key, answer,
                                  &parcel)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    finished = parcel.good && answer->stamp.terminal;
    keep = ngx_cs_fleet_lease_keep(lease, question, answer, &parcel);

    keys[0] = lease->names.entry;
    keys[1] = lease->names.purges;
    keys[2] = lease->names.tenant;

    args[0] = lease->fence;
    args[1] = parcel.bytes;
    ngx_cs_fleet_eval_number(&args[2], parcel.age, digits[0]);
    ngx_cs_fleet_eval_number(&args[3], parcel.lifetime == CLEAR_FOREVER
                                       ? -1 : parcel.lifetime, digits[1]);
    args[4].data = (u_char *) (finished ? "f" : parcel.good ? "v" : "e");
    args[4].len = 1;
    ngx_cs_fleet_eval_number(&args[5], keep, digits[2]);
    args[6] = lease->names.task;
    args[7] = lease->names.id;
    args[8] = lease->names.channel;
    args[9] = lease->names.message;
    ngx_cs_fleet_eval_number(&args[10], parcel.pause, digits[3]);
    ngx_cs_fleet_eval_number(&args[11], (int64_t) answer->status, digits[4]);
    ngx_cs_fleet_eval_number(&args[12],
                             (int64_t) (ngx_current_msec - lease->given),
                             digits[5]);
    ngx_cs_fleet_eval_number(&args[13], lease->later, digits[6]);

    return ngx_cs_fleet_eval(lease->fleet, &lease->call, &ngx_cs_fleet_land,
                             keys, 3, args, 14);
}


/* how long an answer may be of use there, ms */

static int64_t
ngx_cs_fleet_lease_keep(ngx_cs_fleet_lease_t *lease,
    ngx_cs_question_t *question, ngx_cs_answer_t *answer,
    ngx_cs_fleet_parcel_t *parcel)
{
    int64_t                  keep, stale;
    clear_freshness_conf_t  *freshness;

    keep = lease->fleet->redis->keep;
    freshness = question->freshness;

    stale = ngx_max(freshness->stale_if_error,
                    freshness->stale_while_revalidate);

    if (!parcel->good) {
        stale = NGX_CS_FLEET_ERROR;
    }

    if ((parcel->good && answer->stamp.terminal)
        || parcel->lifetime >= keep || stale >= keep)
    {
        return keep;
    }

    return ngx_min(keep, ngx_max(parcel->lifetime + stale,
                                 NGX_CS_FLEET_ERROR));
}


static void
ngx_cs_fleet_lease_told(ngx_cs_redis_call_t *call, ngx_int_t rc,
    redisReply *reply)
{
    ngx_cs_fleet_lease_t  *lease;

    lease = call->data;

    if (lease->ended) {
        ngx_cs_fleet_lease_destroy(lease);
        return;
    }

    if (rc == NGX_OK && reply->type == REDIS_REPLY_INTEGER
        && reply->integer == 0)
    {
        lease->lost = 1;
    }
}


static void
ngx_cs_fleet_lease_destroy(ngx_cs_fleet_lease_t *lease)
{
    ngx_destroy_pool(lease->pool);
}
