/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Channels: on a connection of their own, as one that listens takes no other
 * commands (in version 2 of the protocol).  A request for a channel brings one
 * answer, in order like all others; messages come in between.
 */


#include "redis/link.h"

#include "core/str.h"


static void ngx_cs_redis_channel_up(ngx_cs_redis_link_t *link);
static void ngx_cs_redis_channel_down(ngx_cs_redis_link_t *link);
static ngx_int_t ngx_cs_redis_channel_push(ngx_cs_redis_link_t *link,
    redisReply *reply);
static ngx_int_t ngx_cs_redis_channel_beat(ngx_cs_redis_link_t *link);
static void ngx_cs_redis_channel_alive(ngx_cs_redis_link_t *link, void *owner,
    redisReply *reply);
static void ngx_cs_redis_channel_asked(ngx_cs_redis_link_t *link, void *owner,
    redisReply *reply);
static ngx_int_t ngx_cs_redis_channel_send(ngx_cs_redis_link_t *link,
    char *command, ngx_str_t *name, ngx_cs_redis_channel_t *channel);
static ngx_str_t ngx_cs_redis_channel_text(redisReply *reply);


const ngx_cs_redis_kind_t  ngx_cs_redis_channel_kind = {
    ngx_cs_redis_channel_up,
    ngx_cs_redis_channel_down,
    ngx_cs_redis_channel_push,
    ngx_cs_redis_channel_beat
};


ngx_int_t
ngx_cs_redis_subscribe(ngx_cs_redis_t *redis, ngx_cs_redis_channel_t *channel)
{
    ngx_cs_redis_worker_t  *worker;

    worker = redis->worker;

    if (worker->nsubscribed == NGX_CS_REDIS_CHANNELS_MAX) {
        return NGX_DECLINED;
    }

    channel->redis = redis;
    channel->asked = 0;
    channel->on = 0;

    ngx_queue_insert_tail(&worker->subscribed, &channel->queue);
    worker->nsubscribed++;

    /* the first one makes the connection, which then stays */

    if (worker->channels.state == NGX_CS_REDIS_OFF && !ngx_exiting) {
        worker->channels.state = NGX_CS_REDIS_WAITING;
        ngx_cs_redis_link_limit(&worker->channels, 1);
    }

    ngx_cs_redis_channel_ask(&worker->channels);

    return NGX_OK;
}


void
ngx_cs_redis_unsubscribe(ngx_cs_redis_channel_t *channel)
{
    ngx_uint_t              i;
    ngx_cs_redis_link_t    *link;
    ngx_cs_redis_slot_t    *slot;
    ngx_cs_redis_worker_t  *worker;

    if (channel->redis == NULL) {
        return;
    }

    worker = channel->redis->worker;
    link = &worker->channels;

    ngx_queue_remove(&channel->queue);
    worker->nsubscribed--;
    channel->redis = NULL;

    for (i = link->first; i != link->last; i++) {
        slot = ngx_cs_redis_wire_slot(link, i);

        if (slot->owner == channel) {
            slot->owner = NULL;
        }
    }

    /* where this cannot be sent, messages are of no channel */

    if (link->state == NGX_CS_REDIS_UP && channel->asked) {
        (void) ngx_cs_redis_channel_send(link, "UNSUBSCRIBE", &channel->name,
                                         NULL);
    }

    channel->asked = 0;
    channel->on = 0;
}


void
ngx_cs_redis_channel_ask(ngx_cs_redis_link_t *link)
{
    ngx_queue_t             *q;
    ngx_cs_redis_channel_t  *channel;

    if (link->state != NGX_CS_REDIS_UP) {
        return;
    }

    for (q = ngx_queue_head(&link->worker->subscribed);
         q != ngx_queue_sentinel(&link->worker->subscribed);
         q = ngx_queue_next(q))
    {
        channel = ngx_queue_data(q, ngx_cs_redis_channel_t, queue);

        if (!channel->asked
            && ngx_cs_redis_channel_send(link, "SUBSCRIBE", &channel->name,
                                         channel)
               == NGX_OK)
        {
            channel->asked = 1;
        }
    }
}


static void
ngx_cs_redis_channel_up(ngx_cs_redis_link_t *link)
{
    ngx_cs_redis_channel_ask(link);
}


/* a callback may subscribe and unsubscribe: who was told is on no more */

static void
ngx_cs_redis_channel_down(ngx_cs_redis_link_t *link)
{
    ngx_queue_t             *q, *all;
    ngx_cs_redis_channel_t  *channel;

    all = &link->worker->subscribed;

    for (q = ngx_queue_head(all);
         q != ngx_queue_sentinel(all);
         q = ngx_queue_next(q))
    {
        channel = ngx_queue_data(q, ngx_cs_redis_channel_t, queue);
        channel->asked = 0;
    }

    q = ngx_queue_head(all);

    while (q != ngx_queue_sentinel(all)) {
        channel = ngx_queue_data(q, ngx_cs_redis_channel_t, queue);
        q = ngx_queue_next(q);

        if (channel->on) {
            channel->on = 0;

            if (channel->lost) {
                channel->lost(channel);
                q = ngx_queue_head(all);
            }
        }
    }
}


static ngx_int_t
ngx_cs_redis_channel_push(ngx_cs_redis_link_t *link, redisReply *reply)
{
    ngx_str_t                kind, name, text;
    ngx_queue_t             *q;
    ngx_cs_redis_channel_t  *channel;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3) {
        return NGX_DECLINED;
    }

    kind = ngx_cs_redis_channel_text(reply->element[0]);

    if (kind.len != sizeof("message") - 1
        || ngx_strncmp(kind.data, "message", kind.len) != 0)
    {
        return NGX_DECLINED;
    }

    name = ngx_cs_redis_channel_text(reply->element[1]);
    text = ngx_cs_redis_channel_text(reply->element[2]);

    for (q = ngx_queue_head(&link->worker->subscribed);
         q != ngx_queue_sentinel(&link->worker->subscribed);
         q = ngx_queue_next(q))
    {
        channel = ngx_queue_data(q, ngx_cs_redis_channel_t, queue);

        if (ngx_cs_str_eq(&channel->name, &name)) {

            if (channel->message) {
                channel->message(channel, &text);
            }

            break;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_cs_redis_channel_beat(ngx_cs_redis_link_t *link)
{
    ngx_str_t  ping = ngx_string("PING");

    ngx_cs_redis_channel_ask(link);

    return ngx_cs_redis_wire_send(link, 1, &ping, ngx_cs_redis_channel_alive,
                                  link, NULL);
}


static void
ngx_cs_redis_channel_alive(ngx_cs_redis_link_t *link, void *owner,
    redisReply *reply)
{
    if (reply) {
        link->beating = 0;
        ngx_cs_redis_link_good(link);
        ngx_cs_redis_link_limit(link, NGX_CS_REDIS_BEAT);
    }
}


static void
ngx_cs_redis_channel_asked(ngx_cs_redis_link_t *link, void *owner,
    redisReply *reply)
{
    clear_redis_error_e      error;
    ngx_cs_redis_channel_t  *channel = owner;

    if (reply == NULL) {
        return;
    }

    if (reply->type == REDIS_REPLY_ERROR) {
        error = clear_redis_error(reply->str, reply->len);

        ngx_cs_redis_link_fail(link, NGX_CS_REDIS_SAYS + error,
                               clear_redis_error_text(error));
        return;
    }

    if (channel) {
        channel->on = 1;

        if (channel->confirmed) {
            channel->confirmed(channel);
        }
    }
}


static ngx_int_t
ngx_cs_redis_channel_send(ngx_cs_redis_link_t *link, char *command,
    ngx_str_t *name, ngx_cs_redis_channel_t *channel)
{
    ngx_str_t  argv[2];

    argv[0].data = (u_char *) command;
    argv[0].len = ngx_strlen(command);
    argv[1] = *name;

    return ngx_cs_redis_wire_send(link, 2, argv, ngx_cs_redis_channel_asked,
                                  channel, NULL);
}


static ngx_str_t
ngx_cs_redis_channel_text(redisReply *reply)
{
    ngx_str_t  s;

    ngx_str_null(&s);

    if (reply->type == REDIS_REPLY_STRING) {
        s.data = (u_char *) reply->str;
        s.len = reply->len;
    }

    return s;
}
