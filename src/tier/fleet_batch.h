/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Some purges of a fleet's log, as Redis tells of them: those that are made in
 * one walk through the zone.
 */


#ifndef _NGX_CS_TIER_FLEET_BATCH_H_INCLUDED_
#define _NGX_CS_TIER_FLEET_BATCH_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "redis/redis.h"
#include "tier/fleet_block.h"
#include "tier/purge_disk.h"


/* as many at the most */
#define NGX_CS_FLEET_BATCH  NGX_CS_PURGE_DISK_MAX


/* a purge of a task or an integration id, by its digest */

typedef struct {
    u_char                       kind;      /* 't' or 'o' */
    u_char                       digest[NGX_CS_SEAL_TASK];
} ngx_cs_fleet_purged_t;


typedef struct {
    ngx_cs_fleet_mark_t          from;      /* before they are made; the
                                               caller's */
    ngx_cs_fleet_mark_t          to;        /* and after it */
    ngx_uint_t                   all;       /* one of them is of all */
    ngx_uint_t                   unknown;   /* as nobody knows of what it is */
    ngx_uint_t                   n;
    ngx_cs_fleet_purged_t        purged[NGX_CS_FLEET_BATCH];  /* sorted */
} ngx_cs_fleet_batch_t;


/*
 * What the script "log" says to whom asks from batch->from on; this gateway's
 * own, as the fleet's block knows them, are left out.  One that is of nothing
 * known, as a later version's may be, is of all.
 * NGX_OK: there is something new; NGX_DONE: there is nothing; NGX_DECLINED: it
 * is nothing that the script says.
 */
ngx_int_t ngx_cs_fleet_batch_parse(ngx_cs_fleet_batch_t *batch,
    ngx_shm_zone_t *fleet, redisReply *reply);

/* 1 where it has a purge of that digest's, else 0 */
ngx_uint_t ngx_cs_fleet_batch_find(ngx_cs_fleet_batch_t *batch, u_char kind,
    u_char *digest);


#endif /* _NGX_CS_TIER_FLEET_BATCH_H_INCLUDED_ */
