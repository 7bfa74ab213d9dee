/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What was purged is deleted in Redis; see the header.
 *
 * Entries of a task or an integration id are not known by name, so all of them
 * are looked at.  Where that fails it is left for the next purge: nobody gets
 * what was purged in any case.
 */


#include "tier/fleet_sweep.h"

#include <ngx_event.h>

#include "tier/fleet_eval.h"
#include "tier/fleet_names.h"
#include "tier/fleet_scripts.h"


/* keys that one step looks at, and from step to step, ms */
#define NGX_CS_FLEET_SWEEP_COUNT  "200"
#define NGX_CS_FLEET_SWEEP_PAUSE  5


/* of this worker */

struct ngx_cs_fleet_sweep_s {
    ngx_cs_fleet_t              *fleet;
    ngx_str_t                    purges;    /* a key */
    ngx_str_t                    pattern;   /* of all keys */
    ngx_cs_redis_call_t          call;
    ngx_event_t                  timer;
    u_char                       cursor[NGX_INT64_LEN];
    size_t                       cursor_len;  /* 0: no walk is under way */
    ngx_uint_t                   again;
};


static struct ngx_cs_fleet_sweep_s *ngx_cs_fleet_sweep_create(
    ngx_cs_fleet_t *fleet);
static void ngx_cs_fleet_sweep_step(struct ngx_cs_fleet_sweep_s *sweep);
static void ngx_cs_fleet_sweep_told(ngx_cs_redis_call_t *call, ngx_int_t rc,
    redisReply *reply);
static void ngx_cs_fleet_sweep_timer(ngx_event_t *ev);


void
ngx_cs_fleet_sweep_begin(ngx_cs_fleet_t *fleet)
{
    struct ngx_cs_fleet_sweep_s  *sweep;

    if (fleet->sweep == NULL) {
        fleet->sweep = ngx_cs_fleet_sweep_create(fleet);
    }

    sweep = fleet->sweep;

    if (sweep == NULL) {
        return;
    }

    if (sweep->cursor_len) {
        sweep->again = 1;
        return;
    }

    sweep->again = 0;
    sweep->cursor[0] = '0';
    sweep->cursor_len = 1;

    ngx_cs_fleet_sweep_step(sweep);
}


static struct ngx_cs_fleet_sweep_s *
ngx_cs_fleet_sweep_create(ngx_cs_fleet_t *fleet)
{
    struct ngx_cs_fleet_sweep_s  *sweep;

    sweep = ngx_pcalloc(ngx_cycle->pool, sizeof(struct ngx_cs_fleet_sweep_s));

    if (sweep == NULL
        || ngx_cs_fleet_names_of_purges(ngx_cycle->pool, fleet,
                                        &sweep->purges, NULL)
           != NGX_OK
        || ngx_cs_fleet_names_of_all(ngx_cycle->pool, fleet, &sweep->pattern)
           != NGX_OK)
    {
        return NULL;
    }

    sweep->fleet = fleet;

    sweep->call.told = ngx_cs_fleet_sweep_told;
    sweep->call.data = sweep;
    sweep->call.log = ngx_cycle->log;

    sweep->timer.handler = ngx_cs_fleet_sweep_timer;
    sweep->timer.data = sweep;
    sweep->timer.log = ngx_cycle->log;
    sweep->timer.cancelable = 1;

    return sweep;
}


static void
ngx_cs_fleet_sweep_step(struct ngx_cs_fleet_sweep_s *sweep)
{
    u_char     digits[NGX_INT64_LEN];
    ngx_str_t  keys[2], args[4];

    keys[0] = sweep->purges;
    keys[1] = sweep->purges;

    args[0].data = sweep->cursor;
    args[0].len = sweep->cursor_len;
    args[1] = sweep->pattern;
    ngx_str_set(&args[2], NGX_CS_FLEET_SWEEP_COUNT);
    ngx_cs_fleet_eval_number(&args[3], (int64_t) sweep->pattern.len - 1,
                             digits);

    if (ngx_cs_fleet_eval(sweep->fleet, &sweep->call, &ngx_cs_fleet_sweep,
                          keys, 2, args, 4)
        != NGX_OK)
    {
        sweep->cursor_len = 0;
    }
}


static void
ngx_cs_fleet_sweep_told(ngx_cs_redis_call_t *call, ngx_int_t rc,
    redisReply *reply)
{
    struct ngx_cs_fleet_sweep_s  *sweep;

    sweep = call->data;
    sweep->cursor_len = 0;

    if (rc != NGX_OK || reply->type != REDIS_REPLY_STRING
        || reply->len == 0 || reply->len > NGX_INT64_LEN)
    {
        return;
    }

    if (reply->len == 1 && reply->str[0] == '0') {

        if (sweep->again) {
            ngx_cs_fleet_sweep_begin(sweep->fleet);
        }

        return;
    }

    sweep->cursor_len = (size_t) reply->len;
    ngx_memcpy(sweep->cursor, reply->str, sweep->cursor_len);

    ngx_add_timer(&sweep->timer, NGX_CS_FLEET_SWEEP_PAUSE);
}


static void
ngx_cs_fleet_sweep_timer(ngx_event_t *ev)
{
    ngx_cs_fleet_sweep_step(ev->data);
}
