/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Purges over a fleet; see the header.
 *
 * The purges of others are made in one walk through the zone for some of them,
 * in turns of the event loop, until there are no more.  What Redis had no room
 * for is a purge of all, as is one that is unknown here.
 *
 * A purge is of whatever is there as it is made: nothing is compared with its
 * time, which is Redis' and not this machine's.  How far the log was made is
 * kept, on disk too, so that none is made twice.
 */


#include "tier/fleet_log.h"

#include <ngx_event.h>

#include "core/counters.h"
#include "core/digest.h"
#include "tier/fleet_batch.h"
#include "tier/fleet_eval.h"
#include "tier/fleet_names.h"
#include "tier/fleet_scripts.h"
#include "tier/fleet_sweep.h"
#include "tier/memory.h"
#include "tier/purge_disk.h"
#include "upstream/breakers.h"
#include "zone/zone.h"


/* purges that Redis keeps; more are one of all */
#define NGX_CS_FLEET_LOG_MAX    "4096"

/* how long a worker that makes them may be silent, ms */
#define NGX_CS_FLEET_LOG_CLAIM  5000

/* where Redis did not take it, or another worker or the disk is at it, ms */
#define NGX_CS_FLEET_LOG_RETRY  250

/* how long a disk that has no room is waited for, ms */
#define NGX_CS_FLEET_LOG_DISK   10000

/* how long what the disk remembers is waited for, ms */
#define NGX_CS_FLEET_LOG_RECALL 5000

/* steps of ngx_cs_zone_purge() in a turn, and from turn to turn, ms */
#define NGX_CS_FLEET_LOG_STEPS  16
#define NGX_CS_FLEET_LOG_PAUSE  1


/* of this worker */

struct ngx_cs_fleet_log_s {
    ngx_cs_fleet_t              *fleet;
    ngx_str_t                    key;       /* of the purges */
    ngx_cs_redis_channel_t       channel;
    ngx_cs_redis_call_t          tells;
    ngx_cs_fleet_purge_t         told;      /* that is being told */
    ngx_event_t                  retry;
    ngx_cs_redis_call_t          looks;
    ngx_pool_t                  *pool;      /* while purges are made */
    ngx_cs_purge_t               purge;
    ngx_cs_purge_disk_t          disk;
    ngx_cs_disk_ticket_t         tickets[NGX_CS_FLEET_BATCH + 1];
    ngx_event_t                  turn;
    ngx_msec_t                   recall;    /* no longer waited for */
    unsigned                     behind:1;  /* there may be some to be made */
    ngx_cs_fleet_batch_t         batch;     /* that is made */
};


static void ngx_cs_fleet_log_confirmed(ngx_cs_redis_channel_t *channel);
static void ngx_cs_fleet_log_message(ngx_cs_redis_channel_t *channel,
    ngx_str_t *text);
static void ngx_cs_fleet_log_later(struct ngx_cs_fleet_log_s *log);
static void ngx_cs_fleet_log_retry(ngx_event_t *ev);
static void ngx_cs_fleet_log_told(ngx_cs_redis_call_t *call, ngx_int_t rc,
    redisReply *reply);
static ngx_uint_t ngx_cs_fleet_log_recalls(struct ngx_cs_fleet_log_s *log);
static ngx_uint_t ngx_cs_fleet_log_claim(ngx_cs_fleet_block_t *block);
static void ngx_cs_fleet_log_ask(struct ngx_cs_fleet_log_s *log);
static void ngx_cs_fleet_log_read(ngx_cs_redis_call_t *call, ngx_int_t rc,
    redisReply *reply);
static void ngx_cs_fleet_log_begin(struct ngx_cs_fleet_log_s *log);
static ngx_int_t ngx_cs_fleet_log_disk(struct ngx_cs_fleet_log_s *log);
static void ngx_cs_fleet_log_turn(ngx_event_t *ev);
static ngx_uint_t ngx_cs_fleet_log_match(ngx_str_t *tenant, void *data);
static void ngx_cs_fleet_log_done(struct ngx_cs_fleet_log_s *log);
static void ngx_cs_fleet_log_end(struct ngx_cs_fleet_log_s *log,
    ngx_uint_t later);


ngx_int_t
ngx_cs_fleet_log_init(ngx_cs_fleet_t *fleet)
{
    struct ngx_cs_fleet_log_s  *log;

    log = ngx_pcalloc(ngx_cycle->pool, sizeof(struct ngx_cs_fleet_log_s));

    if (log == NULL
        || ngx_cs_fleet_names_of_purges(ngx_cycle->pool, fleet, &log->key,
                                        &log->channel.name)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    log->fleet = fleet;

    log->channel.data = log;
    log->channel.confirmed = ngx_cs_fleet_log_confirmed;
    log->channel.message = ngx_cs_fleet_log_message;

    log->tells.told = ngx_cs_fleet_log_told;
    log->tells.data = log;
    log->tells.log = ngx_cycle->log;

    log->looks.told = ngx_cs_fleet_log_read;
    log->looks.data = log;
    log->looks.log = ngx_cycle->log;

    log->retry.handler = ngx_cs_fleet_log_retry;
    log->retry.data = log;
    log->retry.log = ngx_cycle->log;
    log->retry.cancelable = 1;

    log->turn.handler = ngx_cs_fleet_log_turn;
    log->turn.data = log;
    log->turn.log = ngx_cycle->log;

    log->recall = ngx_current_msec + NGX_CS_FLEET_LOG_RECALL;

    fleet->log = log;

    ngx_cs_fleet_block_serve(fleet->block, ngx_cs_zone_id(fleet->shm_zone));

    (void) ngx_cs_redis_subscribe(fleet->redis, &log->channel);

    return NGX_OK;
}


/* Redis is here, or here again */

static void
ngx_cs_fleet_log_confirmed(ngx_cs_redis_channel_t *channel)
{
    struct ngx_cs_fleet_log_s  *log;

    log = channel->data;
    log->behind = 1;

    ngx_cs_fleet_log_tell(log->fleet);
    ngx_cs_fleet_log_ask(log);
}


/* who says so */

static void
ngx_cs_fleet_log_message(ngx_cs_redis_channel_t *channel, ngx_str_t *text)
{
    u_char                     *owner;
    struct ngx_cs_fleet_log_s  *log;

    log = channel->data;
    owner = ngx_cs_zone_id(log->fleet->shm_zone);

    if (text->len == NGX_CS_FLEET_OWNER
        && ngx_memcmp(text->data, owner, NGX_CS_FLEET_OWNER) == 0)
    {
        return;
    }

    log->behind = 1;
    ngx_cs_fleet_log_ask(log);
}


void
ngx_cs_fleet_log_tell(ngx_cs_fleet_t *fleet)
{
    u_char                      digits[2][NGX_INT64_LEN];
    ngx_str_t                   args[6];
    ngx_cs_fleet_mark_t         mark;
    struct ngx_cs_fleet_log_s  *log;

    log = fleet->log;

    if (log == NULL || log->tells.redis
        || ngx_cs_fleet_block_pending(fleet->block, &log->told) != NGX_OK)
    {
        return;
    }

    mark = ngx_cs_fleet_block_mark(fleet->block);

    args[0].data = log->told.member;
    args[0].len = log->told.len;
    ngx_str_set(&args[1], NGX_CS_FLEET_LOG_MAX);
    args[2] = log->channel.name;
    args[3].data = ngx_cs_zone_id(fleet->shm_zone);
    args[3].len = NGX_CS_FLEET_OWNER;
    ngx_cs_fleet_eval_number(&args[4], mark.seen, digits[0]);
    ngx_cs_fleet_eval_number(&args[5], mark.epoch, digits[1]);

    if (ngx_cs_fleet_eval(fleet, &log->tells, &ngx_cs_fleet_purge, &log->key,
                          1, args, 6)
        != NGX_OK)
    {
        ngx_cs_fleet_log_later(log);
    }
}


static void
ngx_cs_fleet_log_later(struct ngx_cs_fleet_log_s *log)
{
    if (!log->retry.timer_set) {
        ngx_add_timer(&log->retry, NGX_CS_FLEET_LOG_RETRY);
    }
}


static void
ngx_cs_fleet_log_retry(ngx_event_t *ev)
{
    struct ngx_cs_fleet_log_s  *log;

    log = ev->data;

    ngx_cs_fleet_log_tell(log->fleet);

    if (log->behind) {
        ngx_cs_fleet_log_ask(log);
    }
}


static void
ngx_cs_fleet_log_told(ngx_cs_redis_call_t *call, ngx_int_t rc,
    redisReply *reply)
{
    struct ngx_cs_fleet_log_s  *log;

    log = call->data;

    if (rc == NGX_OK && reply->type == REDIS_REPLY_INTEGER) {
        ngx_cs_fleet_block_told(log->fleet->block,
                                ngx_cs_zone_id(log->fleet->shm_zone),
                                &log->told, reply->integer);
        ngx_cs_fleet_sweep_begin(log->fleet);
        ngx_cs_fleet_log_tell(log->fleet);
        return;
    }

    ngx_cs_fleet_log_later(log);
}


void
ngx_cs_fleet_log_wake(ngx_cs_fleet_t *fleet)
{
    if (fleet->log && !fleet->log->retry.timer_set) {
        ngx_cs_fleet_log_tell(fleet);
    }
}


void
ngx_cs_fleet_log_look(ngx_cs_fleet_t *fleet, int64_t newest)
{
    ngx_cs_fleet_block_t  *block;

    block = fleet->block->data;

    ngx_cs_fleet_log_wake(fleet);

    /* less: it has lost the last ones, or all */

    if (fleet->log && newest != block->mark.seen) {
        fleet->log->behind = 1;
        ngx_cs_fleet_log_ask(fleet->log);
    }
}


/* what the disk remembers is not known yet */

static ngx_uint_t
ngx_cs_fleet_log_recalls(struct ngx_cs_fleet_log_s *log)
{
    return (ngx_msec_int_t) (log->recall - ngx_current_msec) > 0
           && ngx_cs_memory_awaited(log->fleet->shm_zone,
                                    log->fleet->block);
}


/* one worker does it for all; if it dies, another one later */

static ngx_uint_t
ngx_cs_fleet_log_claim(ngx_cs_fleet_block_t *block)
{
    ngx_atomic_uint_t  until;

    until = block->claimed;

    return (ngx_msec_int_t) (ngx_current_msec - until) >= 0
           && ngx_atomic_cmp_set(&block->claimed, until,
                                 ngx_current_msec + NGX_CS_FLEET_LOG_CLAIM);
}


static void
ngx_cs_fleet_log_ask(struct ngx_cs_fleet_log_s *log)
{
    u_char                 digits[3][NGX_INT64_LEN];
    ngx_str_t              args[3];
    ngx_cs_fleet_block_t  *block;

    block = log->fleet->block->data;

    /* whoever leaves a zone that callers have left makes none for the others */

    if (log->looks.redis || log->pool
        || !ngx_cs_fleet_block_serves(log->fleet->block,
                                      ngx_cs_zone_id(log->fleet->shm_zone)))
    {
        return;
    }

    if (ngx_cs_fleet_log_recalls(log) || !ngx_cs_fleet_log_claim(block)) {
        ngx_cs_fleet_log_later(log);
        return;
    }

    log->batch.from = ngx_cs_fleet_block_mark(log->fleet->block);

    ngx_cs_fleet_eval_number(&args[0], log->batch.from.epoch, digits[0]);
    ngx_cs_fleet_eval_number(&args[1], log->batch.from.seen, digits[1]);
    ngx_cs_fleet_eval_number(&args[2], NGX_CS_FLEET_BATCH, digits[2]);

    if (ngx_cs_fleet_eval(log->fleet, &log->looks, &ngx_cs_fleet_log,
                          &log->key, 1, args, 3)
        != NGX_OK)
    {
        block->claimed = ngx_current_msec;
        ngx_cs_fleet_log_later(log);
        return;
    }

    /* whoever says so from now on may say what the reply has not */

    log->behind = 0;
}


static void
ngx_cs_fleet_log_read(ngx_cs_redis_call_t *call, ngx_int_t rc,
    redisReply *reply)
{
    ngx_cs_fleet_block_t       *block;
    struct ngx_cs_fleet_log_s  *log;

    log = call->data;
    block = log->fleet->block->data;

    if (rc == NGX_OK) {
        rc = ngx_cs_fleet_batch_parse(&log->batch, log->fleet->block, reply);
    }

    if (rc == NGX_OK) {
        ngx_cs_fleet_log_begin(log);
        return;
    }

    block->claimed = ngx_current_msec;

    if (rc != NGX_DONE) {
        log->behind = 1;
        ngx_cs_fleet_log_later(log);

    } else if (log->behind) {
        ngx_cs_fleet_log_ask(log);
    }
}


static void
ngx_cs_fleet_log_begin(struct ngx_cs_fleet_log_s *log)
{
    ngx_int_t              rc;
    ngx_cs_fleet_block_t  *block;

    block = log->fleet->block->data;

    if (log->batch.n == 0 && !log->batch.all) {
        (void) ngx_cs_fleet_block_made(log->fleet->block,
                                       ngx_cs_zone_id(log->fleet->shm_zone),
                                       log->batch.from, log->batch.to);
        block->claimed = ngx_current_msec;

        if (log->behind) {
            ngx_cs_fleet_log_ask(log);
        }

        return;
    }

    log->pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE / 8, ngx_cycle->log);
    if (log->pool == NULL) {
        ngx_cs_fleet_log_end(log, 1);
        return;
    }

    rc = ngx_cs_fleet_log_disk(log);

    if (rc != NGX_OK) {
        ngx_cs_fleet_log_end(log, 1);
        return;
    }

    ngx_memzero(&log->purge, sizeof(ngx_cs_purge_t));

    log->purge.match = log->batch.all ? NULL : ngx_cs_fleet_log_match;
    log->purge.data = log;

    ngx_cs_fleet_log_turn(&log->turn);
}


/*
 * NGX_OK, or NGX_DECLINED: the disk is at others yet.  One that cannot be
 * written, is to delete all, or has had no room for too long, as it hangs,
 * takes what it has no room for as one of all, so that the zone goes on to be
 * purged.
 */

static ngx_int_t
ngx_cs_fleet_log_disk(struct ngx_cs_fleet_log_s *log)
{
    ngx_int_t              rc;
    ngx_uint_t             i;
    ngx_cs_fleet_block_t  *block;

    ngx_cs_purge_disk_begin(&log->disk, log->fleet->shm_zone, log->tickets);

    block = log->fleet->block->data;

    if (log->batch.all) {
        block->refused = 0;
        return ngx_cs_purge_disk_add(&log->disk, '*', NULL);
    }

    rc = ngx_cs_purge_disk_busy(&log->disk) ? NGX_DECLINED : NGX_OK;

    for (i = 0; i < log->batch.n && rc == NGX_OK; i++) {
        rc = ngx_cs_purge_disk_add(&log->disk, log->batch.purged[i].kind,
                                   log->batch.purged[i].digest);
    }

    if (rc == NGX_OK) {
        block->refused = 0;
        return NGX_OK;
    }

    if (block->refused == 0) {
        block->refused = ngx_max(ngx_current_msec, 1);
    }

    if (!ngx_cs_purge_disk_fails(&log->disk)
        && ngx_current_msec - block->refused < NGX_CS_FLEET_LOG_DISK)
    {
        return NGX_DECLINED;
    }

    block->refused = 0;

    return ngx_cs_purge_disk_add(&log->disk, '*', NULL);
}


static void
ngx_cs_fleet_log_turn(ngx_event_t *ev)
{
    ngx_int_t                   rc;
    ngx_uint_t                  n;
    ngx_cs_fleet_block_t       *block;
    struct ngx_cs_fleet_log_s  *log;

    log = ev->data;
    block = log->fleet->block->data;
    rc = NGX_AGAIN;

    for (n = 0; n < NGX_CS_FLEET_LOG_STEPS && rc == NGX_AGAIN; n++) {
        rc = ngx_cs_zone_purge(log->fleet->shm_zone, &log->purge, log->pool);
    }

    if (rc == NGX_AGAIN) {
        block->claimed = ngx_current_msec + NGX_CS_FLEET_LOG_CLAIM;
        ngx_add_timer(ev, NGX_CS_FLEET_LOG_PAUSE);
        return;
    }

    if (rc == NGX_DONE) {
        ngx_cs_fleet_log_done(log);
    }

    /* there may be more by now, or there was no memory */

    ngx_cs_fleet_log_end(log, rc != NGX_DONE);
}


static void
ngx_cs_fleet_log_done(struct ngx_cs_fleet_log_s *log)
{
    ngx_uint_t  i;

    (void) ngx_cs_fleet_block_made(log->fleet->block,
                                   ngx_cs_zone_id(log->fleet->shm_zone),
                                   log->batch.from, log->batch.to);

    /* who purges a tenant, or all, wants it asked anew */

    if (log->batch.all) {
        ngx_cs_breakers_lift(NULL);
    }

    for (i = 0; i < log->batch.n; i++) {
        if (log->batch.purged[i].kind == 'o') {
            ngx_cs_breakers_lift_digest(log->batch.purged[i].digest,
                                        NGX_CS_SEAL_TASK);
        }
    }

    ngx_cs_counters_purged(log->purge.purged);

    if (log->batch.unknown) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "another gateway of zone \"%V\" purged what this version "
                      "does not know, so all is purged here",
                      &log->fleet->redis->zone);
    }

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "purged for another gateway from zone \"%V\": %ui answers",
                  &log->fleet->redis->zone, log->purge.purged);
}


/* and asks for the next ones, now or later */

static void
ngx_cs_fleet_log_end(struct ngx_cs_fleet_log_s *log, ngx_uint_t later)
{
    ngx_cs_fleet_block_t  *block;

    block = log->fleet->block->data;

    if (log->pool) {
        ngx_cs_purge_disk_end(&log->disk);
        ngx_destroy_pool(log->pool);
        log->pool = NULL;
    }

    block->claimed = ngx_current_msec;

    if (later) {
        log->behind = 1;
        ngx_cs_fleet_log_later(log);

    } else {
        ngx_cs_fleet_log_ask(log);
    }
}


static ngx_uint_t
ngx_cs_fleet_log_match(ngx_str_t *tenant, void *data)
{
    struct ngx_cs_fleet_log_s *log = data;

    u_char     digest[NGX_CS_DIGEST_LEN];
    int64_t    owner;
    ngx_str_t  id, *task_id;

    task_id = &log->purge.walk.at.task_id;

    if (ngx_cs_digest(task_id->data, task_id->len, digest) == NGX_OK
        && ngx_cs_fleet_batch_find(&log->batch, 't', digest))
    {
        return 1;
    }

    return log->fleet->id_of(tenant, &id) == NGX_OK
           && ngx_cs_seal_owner(&id, &owner) == NGX_OK
           && ngx_cs_fleet_batch_find(&log->batch, 'o', (u_char *) &owner);
}
