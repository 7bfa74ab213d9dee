/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The script that takes; see the header.
 */


#include "tier/fleet_take.h"

#include "tier/fleet_eval.h"
#include "tier/fleet_lease.h"


/* the longest that a lease, a turn or a pause is waited for, and the oldest
 * that a task is, ms */
#define NGX_CS_FLEET_WAIT_MAX   (2 * NGX_CS_FLEET_LEASE)
#define NGX_CS_FLEET_TURN_MAX   60000
#define NGX_CS_FLEET_PAUSE_MAX  ((int64_t) 24 * 3600 * 1000)
#define NGX_CS_FLEET_SEEN_MAX   ((int64_t) 365 * 24 * 3600 * 1000)

/* fields of a reply */
#define NGX_CS_FLEET_SAID       8


static int64_t ngx_cs_fleet_take_apart(ngx_uint_t rate);
static void ngx_cs_fleet_take_tie(ngx_str_t *tie, u_char *digits);
static void ngx_cs_fleet_take_string(redisReply *reply, ngx_str_t *s);
static ngx_int_t ngx_cs_fleet_take_bound(ngx_cs_fleet_said_t *said);


ngx_int_t
ngx_cs_fleet_take_send(ngx_cs_fleet_t *fleet, ngx_cs_redis_call_t *call,
    ngx_cs_fleet_names_t *names, ngx_cs_fleet_asks_t *asks)
{
    u_char            tie[2 * sizeof("ffffffff")];
    u_char            lease[NGX_INT64_LEN], apart[NGX_INT64_LEN];
    ngx_str_t         keys[3], args[10];

    /* by ngx_cs_fleet_mode_e */

    static ngx_str_t  modes[] = {
        ngx_string("fly"), ngx_string("look"), ngx_string("over"),
        ngx_string("note")
    };

    static ngx_str_t  flags[] = { ngx_string("0"), ngx_string("1") };

    keys[0] = names->entry;
    keys[1] = names->purges;
    keys[2] = names->tenant;

    args[0].data = ngx_cs_zone_id(fleet->shm_zone);
    args[0].len = NGX_CS_FLEET_OWNER;
    ngx_cs_fleet_eval_number(&args[1], NGX_CS_FLEET_LEASE, lease);
    ngx_cs_fleet_take_tie(&args[2], tie);
    args[3] = *asks->waited;
    args[4] = modes[asks->mode];
    args[5] = names->task;
    args[6] = names->id;
    ngx_cs_fleet_eval_number(&args[7], ngx_cs_fleet_take_apart(asks->rate),
                             apart);
    args[8] = flags[asks->turned];
    args[9] = flags[asks->stale];

    return ngx_cs_fleet_eval(fleet, call, &ngx_cs_fleet_take, keys, 3, args,
                             10);
}


int64_t
ngx_cs_fleet_take_later(ngx_uint_t rate, ngx_uint_t fetches)
{
    return (fetches > 1)
           ? (int64_t) (fetches - 1) * ngx_cs_fleet_take_apart(rate) : 0;
}


static int64_t
ngx_cs_fleet_take_apart(ngx_uint_t rate)
{
    return rate ? 1000 * 1000 * 1000 / (int64_t) rate : 0;
}


/* two fences of the same microsecond, as where Redis lost what it had */

static void
ngx_cs_fleet_take_tie(ngx_str_t *tie, u_char *digits)
{
    tie->data = digits;
    tie->len = ngx_sprintf(digits, "%08xD%08xD", (uint32_t) ngx_random(),
                           (uint32_t) ngx_random())
               - digits;
}


ngx_int_t
ngx_cs_fleet_take_read(redisReply *reply, ngx_cs_fleet_said_t *said)
{
    ngx_uint_t    i;
    redisReply  **field;

    static int  types[NGX_CS_FLEET_SAID] = {
        REDIS_REPLY_INTEGER, REDIS_REPLY_INTEGER, REDIS_REPLY_STRING,
        REDIS_REPLY_STRING, REDIS_REPLY_INTEGER, REDIS_REPLY_STRING,
        REDIS_REPLY_INTEGER, REDIS_REPLY_INTEGER
    };

    if (reply->type != REDIS_REPLY_ARRAY
        || reply->elements != NGX_CS_FLEET_SAID)
    {
        return NGX_DECLINED;
    }

    field = reply->element;

    for (i = 0; i < NGX_CS_FLEET_SAID; i++) {
        if (field[i]->type != types[i]) {
            return NGX_DECLINED;
        }
    }

    if (field[0]->integer < NGX_CS_FLEET_NONE
        || field[0]->integer > NGX_CS_FLEET_LATER)
    {
        return NGX_DECLINED;
    }

    said->kind = (ngx_cs_fleet_take_e) field[0]->integer;
    said->ms = field[1]->integer;
    said->age = field[4]->integer;
    said->stale_age = field[6]->integer;
    said->newest = field[7]->integer;

    ngx_cs_fleet_take_string(field[2], &said->word);
    ngx_cs_fleet_take_string(field[3], &said->result);
    ngx_cs_fleet_take_string(field[5], &said->stale);

    return ngx_cs_fleet_take_bound(said);
}


static void
ngx_cs_fleet_take_string(redisReply *reply, ngx_str_t *s)
{
    s->data = (u_char *) reply->str;
    s->len = (size_t) reply->len;
}


static ngx_int_t
ngx_cs_fleet_take_bound(ngx_cs_fleet_said_t *said)
{
    ngx_int_t  status;

    if (said->word.len > NGX_CS_FLEET_FENCE) {
        return NGX_DECLINED;
    }

    said->ms = ngx_max(said->ms, 0);

    switch (said->kind) {

    case NGX_CS_FLEET_WAIT:
        said->ms = ngx_min(said->ms, NGX_CS_FLEET_WAIT_MAX);
        return NGX_OK;

    case NGX_CS_FLEET_LATER:
        said->ms = ngx_min(ngx_max(said->ms, 1), NGX_CS_FLEET_TURN_MAX);
        return NGX_OK;

    case NGX_CS_FLEET_PAUSED:
        status = ngx_atoi(said->word.data, said->word.len);
        said->status = (status == 429) ? 429 : 503;
        said->ms = ngx_min(ngx_max(said->ms, 1), NGX_CS_FLEET_PAUSE_MAX);
        return NGX_OK;

    case NGX_CS_FLEET_YOURS:
        said->ms = ngx_min(said->ms, NGX_CS_FLEET_SEEN_MAX);
        return said->word.len ? NGX_OK : NGX_DECLINED;

    default:
        return NGX_OK;
    }
}
