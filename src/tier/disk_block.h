/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What the processes of one gateway tell each other of a database on disk, in
 * a block of shared memory: counters, damage that a reader met, and purges
 * that the writer has yet to make.  Until it has, no reader gives out what
 * they are to delete.
 */


#ifndef _NGX_CS_TIER_DISK_BLOCK_H_INCLUDED_
#define _NGX_CS_TIER_DISK_BLOCK_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "tier/seal.h"
#include "tier/tally.h"


/* purges that may wait for the writer, the last place for those of all */
#define NGX_CS_DISK_PURGES   1024


typedef enum {
    NGX_CS_DISK_PURGE_NONE = 0,
    NGX_CS_DISK_PURGE_TASK,
    NGX_CS_DISK_PURGE_OWNER,
    NGX_CS_DISK_PURGE_ALL
} ngx_cs_disk_purge_e;


/* what was fetched until then goes, and what is of the future, as of before a
 * clock was set back */

typedef struct {
    int64_t                      until;    /* wall, ms */
    int64_t                      owner;    /* an integration id's digest */
    u_char                       task[NGX_CS_SEAL_TASK];
    ngx_cs_disk_purge_e          kind;     /* none: free */
    ngx_pid_t                    pid;      /* that purges the zone now; 0: it
                                              is done there */
    ngx_atomic_uint_t            serial;   /* of it among all */
} ngx_cs_disk_purge_t;


/* an entry of somebody's */

typedef struct {
    ngx_uint_t                   place;
    ngx_atomic_uint_t            serial;
} ngx_cs_disk_ticket_t;


typedef struct {
    ngx_atomic_t                 damaged;  /* the inode of a damaged file */
    ngx_atomic_t                 bytes;
    ngx_atomic_t                 answers;  /* about */
    ngx_atomic_t                 off_until;  /* a worker's readers; mono ms */
    ngx_atomic_t                 failing;  /* the writer; 0: not */
    ngx_atomic_t                 replaced; /* a damaged file; wall, s */
    ngx_atomic_t                 pending;  /* purges */
    ngx_atomic_t                 serial;   /* of the last one */
    ngx_cs_tally_t               tally;
    ngx_cs_disk_purge_t          purges[NGX_CS_DISK_PURGES];
} ngx_cs_disk_block_t;


/*
 * Enters a purge, whose pid is the caller's until it has purged the zone.
 * Those of all are one, the last one's.  NGX_OK and a ticket, or NGX_DECLINED:
 * too many wait, which does not happen to those of all.
 */
ngx_int_t ngx_cs_disk_purge_add(ngx_shm_zone_t *shm_zone,
    ngx_cs_disk_purge_t *purge, ngx_cs_disk_ticket_t *ticket);

/* a copy of the purge in a place.  NGX_OK or NGX_DECLINED: none there */
ngx_int_t ngx_cs_disk_purge_get(ngx_shm_zone_t *shm_zone, ngx_uint_t place,
    ngx_cs_disk_purge_t *purge);

/* the zone is purged; and: so is the database, of a purge that was got.  Where
 * another one was entered there meanwhile, it stays. */
void ngx_cs_disk_purge_ready(ngx_shm_zone_t *shm_zone,
    ngx_cs_disk_ticket_t *ticket);
void ngx_cs_disk_purge_done(ngx_shm_zone_t *shm_zone,
    ngx_cs_disk_ticket_t *ticket);

/* 1 where a purge waits that is to delete this, else 0; now: wall, ms */
ngx_uint_t ngx_cs_disk_purged(ngx_shm_zone_t *shm_zone,
    u_char key[NGX_CS_SEAL_KEY], int64_t owner, int64_t fetched, int64_t now);


#endif /* _NGX_CS_TIER_DISK_BLOCK_H_INCLUDED_ */
