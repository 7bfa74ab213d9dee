/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What the processes of one gateway tell each other of their fleet, in a block
 * of shared memory that is kept over reloads: numbers, and purges, those that
 * Redis has yet to be told and the last that it told of.
 */


#ifndef _NGX_CS_TIER_FLEET_BLOCK_H_INCLUDED_
#define _NGX_CS_TIER_FLEET_BLOCK_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "tier/seal.h"
#include "tier/tally.h"
#include "zone/zone.h"


/* a gateway's name among others is its zone's */
#define NGX_CS_FLEET_OWNER    NGX_CS_ZONE_ID

/* purges that may wait for Redis; more are one of all */
#define NGX_CS_FLEET_PURGES   256

/* of its own, which are made already when Redis tells of them */
#define NGX_CS_FLEET_OWN      64

/* what a purge is of: "*", or "t" or "o" and a digest in hexadecimal digits */
#define NGX_CS_FLEET_MEMBER   (1 + 2 * NGX_CS_SEAL_TASK)


typedef struct {
    u_char                       member[NGX_CS_FLEET_MEMBER];
    u_char                       len;       /* of it; 0: none */
    ngx_atomic_uint_t            asked;     /* block's when it was, last */
} ngx_cs_fleet_purge_t;


/* which log of purges this gateway has read, and how far */

typedef struct {
    int64_t                      epoch;     /* when it began; Redis' time, us;
                                               0: none was read */
    int64_t                      seen;      /* its last purge that is made */
} ngx_cs_fleet_mark_t;


typedef struct {
    u_char                       serving[NGX_CS_ZONE_ID];  /* the zone that
                                               callers are answered from */
    ngx_cs_tally_t               tally;
    ngx_atomic_t                 lone;      /* flights without a lease there */
    ngx_atomic_t                 pending;   /* purges */
    ngx_cs_fleet_purge_t         purges[NGX_CS_FLEET_PURGES];
    ngx_atomic_t                 asked;     /* for purges, so far */
    ngx_cs_fleet_mark_t          mark;
    ngx_atomic_t                 changes;   /* of purges and mark, so far */
    ngx_atomic_t                 recalled;  /* the file on disk whose memory of
                                               them is here; 0: none */
    ngx_atomic_t                 writer;    /* the number of who writes there */
    ngx_atomic_t                 claimed;   /* until then a worker makes those
                                               after it; mono, ms */
    ngx_atomic_t                 refused;   /* since when the disk has no room
                                               for them; mono, ms; 0: it has */
    ngx_atomic_t                 own[NGX_CS_FLEET_OWN];  /* the last that were
                                               this gateway's own */
    ngx_atomic_t                 nown;
} ngx_cs_fleet_block_t;


/*
 * Callers are answered from the zone of that id from now on: after a reload
 * that made it anew there is another one, for as long as workers leave.
 */
void ngx_cs_fleet_block_serve(ngx_shm_zone_t *shm_zone, u_char *id);

/* 1 where they are, else 0 */
ngx_uint_t ngx_cs_fleet_block_serves(ngx_shm_zone_t *shm_zone, u_char *id);

/* a purge that Redis has to be told */
void ngx_cs_fleet_block_purge(ngx_shm_zone_t *shm_zone, u_char *member,
    size_t len);

/*
 * A copy of the purge in a place, from 0, below NGX_CS_FLEET_PURGES, that
 * Redis has to be told.  NGX_OK or NGX_DECLINED: none there.
 */
ngx_int_t ngx_cs_fleet_block_get(ngx_shm_zone_t *shm_zone, ngx_uint_t place,
    ngx_cs_fleet_purge_t *purge);

/*
 * The first purge that Redis has to be told.  NGX_OK or NGX_DECLINED: there
 * is none.
 */
ngx_int_t ngx_cs_fleet_block_pending(ngx_shm_zone_t *shm_zone,
    ngx_cs_fleet_purge_t *purge);

/*
 * Redis was told of it, and says when it was; it has to be told again where it
 * was asked for meanwhile.  id: of the zone from which it was purged.
 */
void ngx_cs_fleet_block_told(ngx_shm_zone_t *shm_zone, u_char *id,
    ngx_cs_fleet_purge_t *purge, int64_t at);

/*
 * What a member of the log is of, but for one of all: receives the digest's
 * NGX_CS_SEAL_TASK bytes.  NGX_OK, or NGX_DECLINED: of nothing that is known.
 */
ngx_int_t ngx_cs_fleet_block_digest(u_char *member, size_t len,
    u_char *digest);

/* how far the log of purges is read */
ngx_cs_fleet_mark_t ngx_cs_fleet_block_mark(ngx_shm_zone_t *shm_zone);

/*
 * It is read from one mark to another one.  id: of the zone from which those
 * between them were purged, or NULL: of none.  NGX_OK, or NGX_DECLINED: it was
 * set elsewhere meanwhile, and stays there, as where callers are answered from
 * another zone.
 */
ngx_int_t ngx_cs_fleet_block_made(ngx_shm_zone_t *shm_zone, u_char *id,
    ngx_cs_fleet_mark_t from, ngx_cs_fleet_mark_t to);

/* 1 where a purge of that time was this gateway's own, else 0 */
ngx_uint_t ngx_cs_fleet_block_own(ngx_shm_zone_t *shm_zone, int64_t at);

/* 1 where Redis has yet to be told of a purge of a task or an integration id,
 * by their digests in hexadecimal digits, else 0 */
ngx_uint_t ngx_cs_fleet_block_purged(ngx_shm_zone_t *shm_zone, u_char *task,
    u_char *id);


#endif /* _NGX_CS_TIER_FLEET_BLOCK_H_INCLUDED_ */
