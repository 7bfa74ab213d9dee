/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The script that takes (tier/fleet_scripts.h): what it is asked, and what it
 * says, which is somebody else's word and bounded here.
 */


#ifndef _NGX_CS_TIER_FLEET_TAKE_H_INCLUDED_
#define _NGX_CS_TIER_FLEET_TAKE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "tier/fleet_names.h"
#include "tier/fleet_scripts.h"


typedef enum {
    NGX_CS_FLEET_FLY = 0,
    NGX_CS_FLEET_LOOK,             /* without a lease */
    NGX_CS_FLEET_OVER,             /* whatever is there */
    NGX_CS_FLEET_NOTE              /* as somebody said that it changed */
} ngx_cs_fleet_mode_e;


typedef struct {
    ngx_cs_fleet_mode_e          mode;
    ngx_str_t                   *waited;    /* the fence that was waited for,
                                               or an empty one */
    ngx_uint_t                   rate;      /* as of ngx_cs_rate_begin() */
    unsigned                     turned:1;  /* the tenant's turn has come */
    unsigned                     stale:1;   /* is wanted */
} ngx_cs_fleet_asks_t;


/* strings are the reply's */

typedef struct {
    ngx_cs_fleet_take_e          kind;
    int64_t                      ms;
    ngx_str_t                    word;      /* the fence */
    ngx_uint_t                   status;    /* of a pause */
    ngx_str_t                    result;
    int64_t                      age;       /* ms */
    ngx_str_t                    stale;
    int64_t                      stale_age; /* ms */
    int64_t                      newest;    /* the last purge, us */
} ngx_cs_fleet_said_t;


/*
 * For how many us a tenant's next turns are later where the fleet permitted one
 * fetch, and there were so many; rate: as of ngx_cs_rate_begin().
 */
int64_t ngx_cs_fleet_take_later(ngx_uint_t rate, ngx_uint_t fetches);

/* as ngx_cs_redis_call() */
ngx_int_t ngx_cs_fleet_take_send(ngx_cs_fleet_t *fleet,
    ngx_cs_redis_call_t *call, ngx_cs_fleet_names_t *names,
    ngx_cs_fleet_asks_t *asks);

/* NGX_OK or NGX_DECLINED: it is nothing that the script says */
ngx_int_t ngx_cs_fleet_take_read(redisReply *reply,
    ngx_cs_fleet_said_t *said);


#endif /* _NGX_CS_TIER_FLEET_TAKE_H_INCLUDED_ */
