/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What goes out of a database: purged, too old, or too much; and the room is
 * given back to the system.  For the writer alone, step by step.
 */


#ifndef _NGX_CS_TIER_DISK_TRIM_H_INCLUDED_
#define _NGX_CS_TIER_DISK_TRIM_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <sqlite3.h>

#include "tier/disk.h"


/* begins with zeroes but for the disk */

typedef struct {
    ngx_cs_disk_t               *disk;
    sqlite3                     *db;
    int64_t                      aged;     /* looked for old ones, wall, ms */
    int64_t                      counted;  /* wall, ms: when there were so */
    int64_t                      answers;  /* many, up to this id */
    int64_t                      highest;
    ngx_uint_t                   more;     /* another step is to follow soon */
    ngx_uint_t                   left;     /* a purge is to go on then */
    unsigned                     last:1;   /* this process is about to end */
    unsigned                     purged:1; /* in this transaction */
    unsigned                     wipe:1;   /* the log has yet to be emptied */
    ngx_uint_t                   ndone;
    ngx_cs_disk_ticket_t         done[NGX_CS_DISK_PURGES];  /* those */
} ngx_cs_disk_trim_t;


/*
 * Within a transaction: what is purged; and what is old or too much.  A purge
 * that a worker has yet to make in the zone waits for it; but the last time it
 * is made, and not done with, as there may be nobody after us, or else he makes
 * it again.
 */
int ngx_cs_disk_trim_purge(ngx_cs_disk_trim_t *trim);
int ngx_cs_disk_trim_old(ngx_cs_disk_trim_t *trim);

/* after it: says what is purged, and gives room back */
int ngx_cs_disk_trim_done(ngx_cs_disk_trim_t *trim);


#endif /* _NGX_CS_TIER_DISK_TRIM_H_INCLUDED_ */
