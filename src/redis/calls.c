/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Calls, and what a worker has; see redis.h.  A call that is out of time leaves
 * its place in the ring to nobody, so that the answer, when it comes, is known
 * for what it is; until then others would wait behind it, so they are
 * declined.
 */


#include "redis/link.h"

#include "redis/tls.h"


/* calls out of time in a row, after which Redis is left alone for a while */
#define NGX_CS_REDIS_LATE_MAX  3


static ngx_int_t ngx_cs_redis_init_worker(ngx_cycle_t *cycle,
    ngx_cs_redis_t *redis);
static void ngx_cs_redis_call_timer(ngx_event_t *ev);
static void ngx_cs_redis_call_reply(ngx_cs_redis_link_t *link, void *owner,
    redisReply *reply);
static void ngx_cs_redis_call_tell(ngx_cs_redis_call_t *call, ngx_int_t rc,
    redisReply *reply);
static ngx_uint_t ngx_cs_redis_call_useless(clear_redis_error_e error);


static const ngx_cs_redis_kind_t  ngx_cs_redis_commands = {
    NULL,
    NULL,
    NULL,
    ngx_cs_redis_login_again
};


void
ngx_cs_redis_init_module(ngx_cycle_t *cycle, ngx_array_t *redises)
{
    ngx_uint_t        i;
    ngx_cs_redis_t  **redis;

    redis = redises->elts;

    for (i = 0; i < redises->nelts; i++) {
        if (redis[i]->tls) {
            ngx_cs_redis_tls_private(redis[i]->tls, cycle);
        }
    }
}


ngx_int_t
ngx_cs_redis_init_process(ngx_cycle_t *cycle, ngx_array_t *redises)
{
    ngx_uint_t        i;
    ngx_cs_redis_t  **redis;

    redis = redises->elts;

    for (i = 0; i < redises->nelts; i++) {
        if (ngx_cs_redis_init_worker(cycle, redis[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_cs_redis_init_worker(ngx_cycle_t *cycle, ngx_cs_redis_t *redis)
{
    ngx_cs_redis_worker_t  *worker;

    worker = ngx_pcalloc(cycle->pool, sizeof(ngx_cs_redis_worker_t));
    if (worker == NULL) {
        return NGX_ERROR;
    }

    redis->worker = worker;

    worker->redis = redis;
    worker->log = cycle->log;
    worker->process = ngx_cs_redis_block_enter(redis->block);
    worker->refused = ngx_current_msec;

    ngx_queue_init(&worker->subscribed);

    ngx_cs_redis_link_init(worker, &worker->commands, &ngx_cs_redis_commands);
    ngx_cs_redis_link_init(worker, &worker->channels,
                           &ngx_cs_redis_channel_kind);

    ngx_cs_redis_link_start(&worker->commands);

    return NGX_OK;
}


void
ngx_cs_redis_exit_process(ngx_array_t *redises)
{
    ngx_uint_t              i;
    ngx_cs_redis_t        **redis;
    ngx_cs_redis_worker_t  *worker;

    redis = redises->elts;

    for (i = 0; i < redises->nelts; i++) {
        worker = redis[i]->worker;

        if (worker == NULL) {
            continue;
        }

        ngx_cs_redis_link_stop(&worker->commands);
        ngx_cs_redis_link_stop(&worker->channels);

        ngx_cs_redis_block_leave(worker->process);
    }
}


ngx_uint_t
ngx_cs_redis_up(ngx_cs_redis_t *redis)
{
    return redis->worker->commands.state == NGX_CS_REDIS_UP
           && redis->worker->commands.stuck == 0;
}


ngx_int_t
ngx_cs_redis_call(ngx_cs_redis_t *redis, ngx_cs_redis_call_t *call,
    ngx_uint_t argc, const ngx_str_t *argv)
{
    ngx_int_t             rc;
    ngx_cs_redis_link_t  *link;

    link = &redis->worker->commands;
    call->redis = NULL;

    if (!ngx_cs_redis_up(redis)
        || link->last - link->first >= NGX_CS_REDIS_CALLS_MAX)
    {
        return NGX_DECLINED;
    }

    rc = ngx_cs_redis_wire_send(link, argc, argv, ngx_cs_redis_call_reply,
                                call, &call->place);
    if (rc != NGX_OK) {
        return rc;
    }

    call->redis = redis;
    call->error = CLEAR_REDIS_FINE;

    ngx_memzero(&call->timer, sizeof(ngx_event_t));
    call->timer.handler = ngx_cs_redis_call_timer;
    call->timer.data = call;
    call->timer.log = call->log;

    ngx_add_timer(&call->timer, redis->timeout);

    return NGX_OK;
}


void
ngx_cs_redis_cancel(ngx_cs_redis_call_t *call)
{
    ngx_cs_redis_link_t  *link;

    if (call->redis == NULL) {
        return;
    }

    link = &call->redis->worker->commands;
    ngx_cs_redis_wire_slot(link, call->place)->owner = NULL;

    ngx_del_timer(&call->timer);
    call->redis = NULL;
}


static void
ngx_cs_redis_call_timer(ngx_event_t *ev)
{
    ngx_cs_redis_call_t *call = ev->data;

    ngx_cs_redis_t       *redis;
    ngx_cs_redis_link_t  *link;

    redis = call->redis;
    link = &redis->worker->commands;

    /* the link itself, which is nobody's call: it is late */

    ngx_cs_redis_wire_slot(link, call->place)->owner = link;

    if (link->stuck++ == 0 && !link->beating) {
        ngx_cs_redis_link_limit(link, NGX_CS_REDIS_LATE_MAX * redis->timeout);
    }

    link->late++;

    ngx_cs_redis_call_tell(call, NGX_ABORT, NULL);

    if (link->late >= NGX_CS_REDIS_LATE_MAX
        && link->state == NGX_CS_REDIS_UP)
    {
        ngx_cs_redis_link_fail(link, NGX_CS_REDIS_LATE,
                               "no answer in time, three times in a row");
    }
}


static void
ngx_cs_redis_call_reply(ngx_cs_redis_link_t *link, void *owner,
    redisReply *reply)
{
    ngx_uint_t            useless;
    clear_redis_error_e   error;
    ngx_cs_redis_call_t  *call;

    call = (owner == link) ? NULL : owner;

    if (reply == NULL) {

        if (call) {
            ngx_cs_redis_call_tell(call, NGX_ERROR, NULL);
        }

        return;
    }

    error = (reply->type == REDIS_REPLY_ERROR)
            ? clear_redis_error(reply->str, reply->len) : CLEAR_REDIS_FINE;

    useless = ngx_cs_redis_call_useless(error);

    if (owner == link) {
        link->stuck--;
    }

    if (call) {

        if (!useless) {
            link->late = 0;
            ngx_cs_redis_link_good(link);
            ngx_cs_redis_report_answer(link->worker, error);
        }

        call->error = error;
        ngx_cs_redis_call_tell(call, NGX_OK, reply);
    }

    if (useless) {
        ngx_cs_redis_link_fail(link, NGX_CS_REDIS_SAYS + error,
                               clear_redis_error_text(error));
    }
}


static void
ngx_cs_redis_call_tell(ngx_cs_redis_call_t *call, ngx_int_t rc,
    redisReply *reply)
{
    if (call->timer.timer_set) {
        ngx_del_timer(&call->timer);
    }

    call->redis = NULL;
    call->told(call, rc, reply);
}


/* whether whatever is asked would get that answer */

static ngx_uint_t
ngx_cs_redis_call_useless(clear_redis_error_e error)
{
    switch (error) {

    case CLEAR_REDIS_LOADING:
    case CLEAR_REDIS_BUSY:
    case CLEAR_REDIS_NOAUTH:
    case CLEAR_REDIS_WRONGPASS:
    case CLEAR_REDIS_READONLY:
    case CLEAR_REDIS_MASTERDOWN:
    case CLEAR_REDIS_CLUSTER:
    case CLEAR_REDIS_DENIED:
        return 1;

    default:
        return 0;
    }
}
