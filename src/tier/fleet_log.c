/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Purges over a fleet; see the header.
 *
 * The purges of others are made in one walk through the zone, in turns of the
 * event loop.  What Redis had no room for is a purge of all.
 */


#include "tier/fleet_log.h"

#include <ngx_event.h>

#include "clear/redis_scan.h"
#include "core/counters.h"
#include "tier/fleet_eval.h"
#include "tier/fleet_names.h"
#include "tier/fleet_scripts.h"
#include "tier/fleet_sweep.h"
#include "tier/purge_disk.h"
#include "upstream/breakers.h"
#include "zone/zone.h"


/* purges that Redis keeps; more are one of all */
#define NGX_CS_FLEET_LOG_MAX    "4096"

/* those that are made in one walk */
#define NGX_CS_FLEET_LOG_BATCH  1024
#define NGX_CS_FLEET_LOG_LIMIT  "1024"

_Static_assert(2 + 2 * NGX_CS_FLEET_LOG_BATCH <= CLEAR_REDIS_ELEMENTS,
               "a reply may have that many purges");

/* how long a worker that makes them may be silent, ms */
#define NGX_CS_FLEET_LOG_CLAIM  5000

/* where Redis did not take it, or another worker is at it, ms */
#define NGX_CS_FLEET_LOG_RETRY  250

/* steps of ngx_cs_zone_purge() in a turn, and from turn to turn, ms */
#define NGX_CS_FLEET_LOG_STEPS  16
#define NGX_CS_FLEET_LOG_PAUSE  1


/* by its digest */

typedef struct {
    u_char                       kind;      /* 't' or 'o' */
    u_char                       digest[NGX_CS_SEAL_TASK];
    int64_t                      at;        /* us */
} ngx_cs_fleet_purged_t;


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
    ngx_event_t                  turn;
    unsigned                     behind:1;  /* there may be some to be made */
    int64_t                      last;      /* of those that are made; us */
    int64_t                      all;       /* when all was purged, us, or 0 */
    ngx_uint_t                   n;
    ngx_cs_fleet_purged_t        purged[NGX_CS_FLEET_LOG_BATCH];  /* sorted */
};


static void ngx_cs_fleet_log_confirmed(ngx_cs_redis_channel_t *channel);
static void ngx_cs_fleet_log_message(ngx_cs_redis_channel_t *channel,
    ngx_str_t *text);
static void ngx_cs_fleet_log_later(struct ngx_cs_fleet_log_s *log);
static void ngx_cs_fleet_log_retry(ngx_event_t *ev);
static void ngx_cs_fleet_log_told(ngx_cs_redis_call_t *call, ngx_int_t rc,
    redisReply *reply);
static ngx_uint_t ngx_cs_fleet_log_claim(ngx_cs_fleet_block_t *block);
static void ngx_cs_fleet_log_ask(struct ngx_cs_fleet_log_s *log);
static void ngx_cs_fleet_log_read(ngx_cs_redis_call_t *call, ngx_int_t rc,
    redisReply *reply);
static ngx_int_t ngx_cs_fleet_log_parse(struct ngx_cs_fleet_log_s *log,
    redisReply *reply);
static ngx_int_t ngx_cs_fleet_log_member(struct ngx_cs_fleet_log_s *log,
    redisReply *member, int64_t at);
static void ngx_cs_fleet_log_begin(struct ngx_cs_fleet_log_s *log);
static void ngx_cs_fleet_log_turn(ngx_event_t *ev);
static ngx_uint_t ngx_cs_fleet_log_match(ngx_str_t *tenant, void *data);
static ngx_uint_t ngx_cs_fleet_log_find(struct ngx_cs_fleet_log_s *log,
    u_char kind, u_char *digest);
static int ngx_libc_cdecl ngx_cs_fleet_log_cmp(const void *one,
    const void *two);
static void ngx_cs_fleet_log_done(struct ngx_cs_fleet_log_s *log);


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

    fleet->log = log;

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
    owner = ngx_cs_fleet_block_owner(log->fleet->block);

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
    u_char                      digits[NGX_INT64_LEN];
    ngx_str_t                   args[5];
    ngx_cs_fleet_block_t       *block;
    struct ngx_cs_fleet_log_s  *log;

    log = fleet->log;

    if (log == NULL || log->tells.redis
        || ngx_cs_fleet_block_pending(fleet->block, &log->told) != NGX_OK)
    {
        return;
    }

    block = fleet->block->data;

    args[0].data = log->told.member;
    args[0].len = log->told.len;
    ngx_str_set(&args[1], NGX_CS_FLEET_LOG_MAX);
    args[2] = log->channel.name;
    args[3].data = ngx_cs_fleet_block_owner(fleet->block);
    args[3].len = NGX_CS_FLEET_OWNER;
    ngx_cs_fleet_eval_number(&args[4], (int64_t) block->seen, digits);

    if (ngx_cs_fleet_eval(fleet, &log->tells, &ngx_cs_fleet_purge, &log->key,
                          1, args, 5)
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
        ngx_cs_fleet_block_told(log->fleet->block, &log->told,
                                reply->integer);
        ngx_cs_fleet_sweep_begin(log->fleet);
        ngx_cs_fleet_log_tell(log->fleet);
        return;
    }

    ngx_cs_fleet_log_later(log);
}


void
ngx_cs_fleet_log_look(ngx_cs_fleet_t *fleet, int64_t newest)
{
    ngx_cs_fleet_block_t  *block;

    block = fleet->block->data;

    if (fleet->log && newest > (int64_t) block->seen) {
        fleet->log->behind = 1;
        ngx_cs_fleet_log_ask(fleet->log);
    }
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
    u_char                 digits[NGX_INT64_LEN];
    ngx_str_t              args[2];
    ngx_cs_fleet_block_t  *block;

    block = log->fleet->block->data;

    if (log->looks.redis || log->pool) {
        return;
    }

    if (!ngx_cs_fleet_log_claim(block)) {
        ngx_cs_fleet_log_later(log);
        return;
    }

    ngx_cs_fleet_eval_number(&args[0], (int64_t) block->seen, digits);
    ngx_str_set(&args[1], NGX_CS_FLEET_LOG_LIMIT);

    if (ngx_cs_fleet_eval(log->fleet, &log->looks, &ngx_cs_fleet_log,
                          &log->key, 1, args, 2)
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
        rc = ngx_cs_fleet_log_parse(log, reply);
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


/*
 * NGX_OK: there is something to make; NGX_DONE: there is nothing;
 * NGX_DECLINED: it is nothing that the script says.
 */

static ngx_int_t
ngx_cs_fleet_log_parse(struct ngx_cs_fleet_log_s *log, redisReply *reply)
{
    size_t                  i;
    redisReply            **field;
    ngx_cs_fleet_block_t   *block;

    block = log->fleet->block->data;

    log->n = 0;
    log->all = 0;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements < 2
        || reply->elements % 2)
    {
        return NGX_DECLINED;
    }

    field = reply->element;

    if (field[0]->type != REDIS_REPLY_INTEGER
        || field[1]->type != REDIS_REPLY_INTEGER)
    {
        return NGX_DECLINED;
    }

    if (field[1]->integer <= (int64_t) block->seen) {
        return NGX_DONE;
    }

    log->last = field[1]->integer;

    if (field[0]->integer > (int64_t) block->seen) {
        log->all = field[0]->integer;
    }

    /* the one of those without room is counted, and not told */

    if (reply->elements >= 2 * NGX_CS_FLEET_LOG_BATCH) {
        log->all = log->last;
        return NGX_OK;
    }

    for (i = 2; i < reply->elements; i += 2) {

        if (field[i]->type != REDIS_REPLY_STRING
            || field[i + 1]->type != REDIS_REPLY_INTEGER
            || ngx_cs_fleet_log_member(log, field[i], field[i + 1]->integer)
               != NGX_OK)
        {
            return NGX_DECLINED;
        }
    }

    ngx_qsort(log->purged, log->n, sizeof(ngx_cs_fleet_purged_t),
              ngx_cs_fleet_log_cmp);

    return NGX_OK;
}


static ngx_int_t
ngx_cs_fleet_log_member(struct ngx_cs_fleet_log_s *log, redisReply *member,
    int64_t at)
{
    u_char                 *text;
    ngx_int_t               byte;
    ngx_uint_t              i;
    ngx_cs_fleet_purged_t  *purged;

    text = (u_char *) member->str;

    if (ngx_cs_fleet_block_own(log->fleet->block, at)) {
        return NGX_OK;
    }

    if (member->len == 1 && text[0] == '*') {
        log->all = ngx_max(log->all, at);
        return NGX_OK;
    }

    if (member->len != NGX_CS_FLEET_MEMBER
        || (text[0] != 't' && text[0] != 'o'))
    {
        return NGX_DECLINED;
    }

    purged = &log->purged[log->n];
    ngx_memzero(purged, sizeof(ngx_cs_fleet_purged_t));

    purged->kind = text[0];
    purged->at = at;

    for (i = 0; i < NGX_CS_SEAL_TASK; i++) {
        byte = ngx_hextoi(text + 1 + 2 * i, 2);

        if (byte == NGX_ERROR) {
            return NGX_DECLINED;
        }

        purged->digest[i] = (u_char) byte;
    }

    log->n++;

    return NGX_OK;
}


static void
ngx_cs_fleet_log_begin(struct ngx_cs_fleet_log_s *log)
{
    int64_t                all;
    ngx_int_t              rc;
    ngx_uint_t             i;
    ngx_cs_fleet_block_t  *block;

    block = log->fleet->block->data;
    rc = NGX_OK;

    if (log->n == 0 && !log->all) {
        block->seen = (ngx_atomic_uint_t) log->last;
        block->claimed = ngx_current_msec;

        if (log->behind) {
            ngx_cs_fleet_log_ask(log);
        }

        return;
    }

    log->pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE / 8, ngx_cycle->log);
    if (log->pool == NULL) {
        log->behind = 1;
        ngx_cs_fleet_log_later(log);
        return;
    }

    ngx_cs_purge_disk_begin(&log->disk, log->fleet->shm_zone);

    /*
     * On disk each answer says when it was fetched.  More than it takes are
     * one of all until the last of them: they are in no order of time.
     */

    all = (log->n > NGX_CS_PURGE_DISK_MAX) ? log->last : log->all;

    if (all) {
        rc = ngx_cs_purge_disk_add(&log->disk, '*', NULL, all / 1000);
    }

    for (i = 0; i < log->n && all != log->last && rc == NGX_OK; i++) {
        rc = ngx_cs_purge_disk_add(&log->disk, log->purged[i].kind,
                                   log->purged[i].digest,
                                   log->purged[i].at / 1000);
    }

    if (rc != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "too many purges wait for the disk, those of other "
                      "gateways are tried again later");

        ngx_cs_purge_disk_end(&log->disk);
        ngx_destroy_pool(log->pool);
        log->pool = NULL;
        log->behind = 1;

        ngx_cs_fleet_log_later(log);
        return;
    }

    ngx_memzero(&log->purge, sizeof(ngx_cs_purge_t));

    log->purge.match = log->all ? NULL : ngx_cs_fleet_log_match;
    log->purge.data = log;

    ngx_cs_fleet_log_turn(&log->turn);
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

    ngx_cs_purge_disk_end(&log->disk);

    ngx_destroy_pool(log->pool);
    log->pool = NULL;

    block->claimed = ngx_current_msec;

    /* there may be more by now, or there was no memory */

    if (rc == NGX_DONE) {
        ngx_cs_fleet_log_ask(log);

    } else {
        log->behind = 1;
        ngx_cs_fleet_log_later(log);
    }
}


static void
ngx_cs_fleet_log_done(struct ngx_cs_fleet_log_s *log)
{
    ngx_uint_t             i;
    ngx_cs_fleet_block_t  *block;

    block = log->fleet->block->data;
    block->seen = (ngx_atomic_uint_t) log->last;

    /* who purges a tenant, or all, wants it asked anew */

    if (log->all) {
        ngx_cs_breakers_lift(NULL);
    }

    for (i = 0; i < log->n; i++) {
        if (log->purged[i].kind == 'o') {
            ngx_cs_breakers_lift_digest(log->purged[i].digest,
                                        NGX_CS_SEAL_TASK);
        }
    }

    ngx_cs_counters_purged(log->purge.purged);

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "purged for another gateway from zone \"%V\": %ui answers",
                  &log->fleet->redis->zone, log->purge.purged);
}


static ngx_uint_t
ngx_cs_fleet_log_match(ngx_str_t *tenant, void *data)
{
    struct ngx_cs_fleet_log_s *log = data;

    u_char     digest[NGX_CS_SEAL_KEY];
    int64_t    owner;
    ngx_str_t  id;

    if (ngx_cs_seal_key(tenant, &log->purge.walk.at.task_id, digest) == NGX_OK
        && ngx_cs_fleet_log_find(log, 't', digest))
    {
        return 1;
    }

    return log->fleet->id_of(tenant, &id) == NGX_OK
           && ngx_cs_seal_owner(&id, &owner) == NGX_OK
           && ngx_cs_fleet_log_find(log, 'o', (u_char *) &owner);
}


static ngx_uint_t
ngx_cs_fleet_log_find(struct ngx_cs_fleet_log_s *log, u_char kind,
    u_char *digest)
{
    ngx_cs_fleet_purged_t  wanted;

    ngx_memzero(&wanted, sizeof(ngx_cs_fleet_purged_t));

    wanted.kind = kind;
    ngx_memcpy(wanted.digest, digest, NGX_CS_SEAL_TASK);

    return bsearch(&wanted, log->purged, log->n, sizeof(ngx_cs_fleet_purged_t),
                   ngx_cs_fleet_log_cmp)
           != NULL;
}


static int ngx_libc_cdecl
ngx_cs_fleet_log_cmp(const void *one, const void *two)
{
    return ngx_memcmp(one, two, offsetof(ngx_cs_fleet_purged_t, at));
}
