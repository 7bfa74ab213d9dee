/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What a gateway's disk remembers of its fleet, for when nginx is started
 * anew: how far the log of purges is made, and the purges that Redis has yet
 * to be told.  The writer reads it when it opens the database, and writes it
 * in its transactions.
 */


#ifndef _NGX_CS_TIER_MEMORY_H_INCLUDED_
#define _NGX_CS_TIER_MEMORY_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


struct sqlite3;


/* the writer's, of one database that is open; begins with zeroes */

typedef struct {
    ngx_shm_zone_t              *fleet;     /* its block; NULL: there is none */
    ngx_shm_zone_t              *disk;      /* its block */
    ngx_atomic_uint_t            kept;      /* of the fleet's block: changes */
    ngx_atomic_uint_t            keeping;   /* and in this transaction */
    int64_t                      version;   /* of the database, when it was
                                               seen what others wrote */
    unsigned                     same:1;    /* all of those are kept */
    unsigned                     late:1;    /* the mark has to wait */
    unsigned                     wakes:1;   /* workers, where something was
                                               found that is to be told */
} ngx_cs_memory_t;


/*
 * To be called when a database is open; place: of the file, not 0.  What
 * another file knew than the one that was read last is joined to the fleet's
 * block: of two marks the earlier one, so that nothing is missed.
 * Returns SQLite's code, as does the next one.
 */
int ngx_cs_memory_recall(ngx_cs_memory_t *memory, struct sqlite3 *db,
    uint64_t place);

/*
 * In a transaction, after its purges: takes over what earlier writers wrote,
 * who may be there yet, and those that have left, and writes what is new.  A
 * mark waits until the purges before it are made on disk.  last: 1 where the
 * writer leaves.
 */
int ngx_cs_memory_keep(ngx_cs_memory_t *memory, struct sqlite3 *db,
    ngx_uint_t last);

/* that transaction was committed: workers tell what was taken over */
void ngx_cs_memory_kept(ngx_cs_memory_t *memory);

/*
 * In a worker: 1 where a zone has a disk whose memory is still to be read, as
 * far as one can know, else 0.  fleet: its block.
 */
ngx_uint_t ngx_cs_memory_awaited(ngx_shm_zone_t *zone, ngx_shm_zone_t *fleet);


#endif /* _NGX_CS_TIER_MEMORY_H_INCLUDED_ */
