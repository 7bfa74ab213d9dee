/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Who listens for news of an entry in Redis; see the header.
 */


#include "tier/fleet_ears.h"

#include "tier/fleet_names.h"


/* a channel that nobody listens to is left after so long, ms */
#define NGX_CS_FLEET_LINGER  10000


struct ngx_cs_fleet_channel_s {
    ngx_cs_redis_channel_t       redis;     /* first */
    ngx_cs_fleet_t              *fleet;
    ngx_queue_t                  ears;
    ngx_uint_t                   listeners;
    ngx_event_t                  timer;
};


/* of this worker */

struct ngx_cs_fleet_ears_s {
    ngx_cs_fleet_channel_t       channels[NGX_CS_FLEET_CHANNELS];
};


static struct ngx_cs_fleet_ears_s *ngx_cs_fleet_ears(ngx_cs_fleet_t *fleet);
static void ngx_cs_fleet_ears_confirmed(ngx_cs_redis_channel_t *redis);
static void ngx_cs_fleet_ears_message(ngx_cs_redis_channel_t *redis,
    ngx_str_t *text);
static void ngx_cs_fleet_ears_lost(ngx_cs_redis_channel_t *redis);
static void ngx_cs_fleet_ears_leave(ngx_event_t *ev);
static void ngx_cs_fleet_ear_handler(ngx_event_t *ev);


ngx_int_t
ngx_cs_fleet_ear_open(ngx_cs_fleet_t *fleet, ngx_cs_fleet_ear_t *ear)
{
    ngx_uint_t                   n;
    struct ngx_cs_fleet_ears_s  *ears;

    ears = ngx_cs_fleet_ears(fleet);
    if (ears == NULL) {
        return NGX_ERROR;
    }

    n = ngx_cs_fleet_names_channel(ear->hex);

    ear->channel = &ears->channels[n];
    ear->sure = ear->channel->redis.on;

    ear->event.handler = ngx_cs_fleet_ear_handler;
    ear->event.data = ear;
    ear->event.log = ngx_cycle->log;

    ngx_queue_insert_tail(&ear->channel->ears, &ear->queue);

    return NGX_OK;
}


/* made with the first ear, as long as the worker lives */

static struct ngx_cs_fleet_ears_s *
ngx_cs_fleet_ears(ngx_cs_fleet_t *fleet)
{
    ngx_uint_t                   i;
    ngx_cs_fleet_channel_t      *channel;
    struct ngx_cs_fleet_ears_s  *ears;

    if (fleet->ears) {
        return fleet->ears;
    }

    ears = ngx_pcalloc(ngx_cycle->pool, sizeof(struct ngx_cs_fleet_ears_s));
    if (ears == NULL) {
        return NULL;
    }

    for (i = 0; i < NGX_CS_FLEET_CHANNELS; i++) {
        channel = &ears->channels[i];

        if (ngx_cs_fleet_names_of_channel(ngx_cycle->pool, fleet, i,
                                          &channel->redis.name)
            != NGX_OK)
        {
            return NULL;
        }

        channel->redis.data = channel;
        channel->redis.confirmed = ngx_cs_fleet_ears_confirmed;
        channel->redis.message = ngx_cs_fleet_ears_message;
        channel->redis.lost = ngx_cs_fleet_ears_lost;
        channel->fleet = fleet;
        ngx_queue_init(&channel->ears);

        channel->timer.handler = ngx_cs_fleet_ears_leave;
        channel->timer.data = channel;
        channel->timer.log = ngx_cycle->log;
        channel->timer.cancelable = 1;
    }

    fleet->ears = ears;

    return ears;
}


ngx_int_t
ngx_cs_fleet_ear_listen(ngx_cs_fleet_ear_t *ear)
{
    ngx_cs_fleet_channel_t  *channel;

    channel = ear->channel;

    if (!ear->listens) {
        ear->listens = 1;
        channel->listeners++;

        if (channel->timer.timer_set) {
            ngx_del_timer(&channel->timer);
        }
    }

    if (channel->redis.redis == NULL) {
        (void) ngx_cs_redis_subscribe(channel->fleet->redis, &channel->redis);
        return NGX_AGAIN;
    }

    if (ear->sure) {
        return NGX_OK;
    }

    /* confirmed since it was opened: what was before may have been missed */

    if (channel->redis.on) {
        ear->sure = 1;
        ngx_post_event(&ear->event, &ngx_posted_events);
    }

    return NGX_AGAIN;
}


void
ngx_cs_fleet_ear_close(ngx_cs_fleet_ear_t *ear)
{
    ngx_cs_fleet_channel_t  *channel;

    channel = ear->channel;

    if (channel == NULL) {
        return;
    }

    if (ear->event.posted) {
        ngx_delete_posted_event(&ear->event);
    }

    ngx_queue_remove(&ear->queue);
    ear->channel = NULL;

    if (!ear->listens) {
        return;
    }

    ear->listens = 0;

    if (--channel->listeners == 0) {
        ngx_add_timer(&channel->timer, NGX_CS_FLEET_LINGER);
    }
}


/* what was published before, nobody heard */

static void
ngx_cs_fleet_ears_confirmed(ngx_cs_redis_channel_t *redis)
{
    ngx_queue_t             *q;
    ngx_cs_fleet_ear_t      *ear;
    ngx_cs_fleet_channel_t  *channel;

    channel = redis->data;

    for (q = ngx_queue_head(&channel->ears);
         q != ngx_queue_sentinel(&channel->ears);
         q = ngx_queue_next(q))
    {
        ear = ngx_queue_data(q, ngx_cs_fleet_ear_t, queue);

        if (ear->listens) {
            ear->sure = 1;
            ngx_post_event(&ear->event, &ngx_posted_events);
        }
    }
}


/* a digest and whose message it is; what is anything else is nobody's */

static void
ngx_cs_fleet_ears_message(ngx_cs_redis_channel_t *redis, ngx_str_t *text)
{
    u_char                  *owner;
    ngx_queue_t             *q;
    ngx_cs_fleet_ear_t      *ear;
    ngx_cs_fleet_channel_t  *channel;

    channel = redis->data;

    if (text->len != NGX_CS_FLEET_HEX + NGX_CS_FLEET_OWNER) {
        return;
    }

    owner = ngx_cs_zone_id(channel->fleet->shm_zone);

    /* what this gateway does, its workers know by the zone */

    if (ngx_memcmp(text->data + NGX_CS_FLEET_HEX, owner, NGX_CS_FLEET_OWNER)
        == 0)
    {
        return;
    }

    for (q = ngx_queue_head(&channel->ears);
         q != ngx_queue_sentinel(&channel->ears);
         q = ngx_queue_next(q))
    {
        ear = ngx_queue_data(q, ngx_cs_fleet_ear_t, queue);

        if (ngx_memcmp(text->data, ear->hex, NGX_CS_FLEET_HEX) == 0) {
            ngx_post_event(&ear->event, &ngx_posted_events);
        }
    }
}


static void
ngx_cs_fleet_ears_lost(ngx_cs_redis_channel_t *redis)
{
    ngx_queue_t             *q;
    ngx_cs_fleet_ear_t      *ear;
    ngx_cs_fleet_channel_t  *channel;

    channel = redis->data;

    for (q = ngx_queue_head(&channel->ears);
         q != ngx_queue_sentinel(&channel->ears);
         q = ngx_queue_next(q))
    {
        ear = ngx_queue_data(q, ngx_cs_fleet_ear_t, queue);
        ear->sure = 0;
    }
}


static void
ngx_cs_fleet_ears_leave(ngx_event_t *ev)
{
    ngx_cs_fleet_channel_t  *channel;

    channel = ev->data;

    if (channel->listeners == 0) {
        ngx_cs_fleet_ears_lost(&channel->redis);
        ngx_cs_redis_unsubscribe(&channel->redis);
    }
}


static void
ngx_cs_fleet_ear_handler(ngx_event_t *ev)
{
    ngx_cs_fleet_ear_t  *ear;

    ear = ev->data;
    ear->heard(ear);
}
