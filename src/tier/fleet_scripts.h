/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What Redis does for a fleet in one step each, in its own Lua: the scripts
 * and their arguments.  Times are Redis' own, in us; digests are hexadecimal.
 *
 * An entry is a hash: "v" a success as bytes (clear/parcel.h), "at" when it was
 * fetched, "until" when it stops being fresh, "vf" the fence of its flight,
 * "fin" 1 where it is finished; "e", "eat", "euntil", "ef" the same of the last
 * error; "owner", "lease" who flies and until when, "fence" the last one given
 * out; "seen" when the task was first asked for, "noted" when it was last
 * fetched as somebody said that it changed, "o" whose it is.
 *
 * Purges are a sorted set: whose they are ("t" and a task's digest, "o" and an
 * integration id's, "*") by when they were; "_" is the latest of those that
 * there was no room for, and "e" and a time, the first of all, says when this
 * log began: Redis may lose one, and its clock may be set back.
 */


#ifndef _NGX_CS_TIER_FLEET_SCRIPTS_H_INCLUDED_
#define _NGX_CS_TIER_FLEET_SCRIPTS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* what a take says */

typedef enum {
    NGX_CS_FLEET_NONE = 0,         /* of a look: nothing that is fresh */
    NGX_CS_FLEET_HIT,              /* here it is */
    NGX_CS_FLEET_WAIT,             /* another gateway flies */
    NGX_CS_FLEET_YOURS,            /* fly */
    NGX_CS_FLEET_PAUSED,           /* upstream asked this tenant to wait */
    NGX_CS_FLEET_LATER             /* its turn is later */
} ngx_cs_fleet_take_e;


/*
 * take    keys: the entry, the purges, the tenant
 *         args: owner, lease (ms), tie-breaker, fence that was waited for or
 *         "", mode ("fly", "look" without a lease, "over" whatever is there,
 *         "note" too, as somebody said that it changed), task's and integration
 *         id's digest, us between two fetches of the tenant's or 0, 1 where the
 *         turn was waited for, 1 where what is stale is wanted
 *         returns: ngx_cs_fleet_take_e; ms (until the lease ends, the pause
 *         ends, the turn is; for YOURS the task's age as seen so far; else 0);
 *         fence, or the pause's status; the result and its age in ms; a stale
 *         success and its age in ms; the last purge
 *
 * renew   keys: the entry; args: owner, fence, lease (ms)
 *         returns: 1, or 0: it is another's
 *
 * give    keys: as take; args: fence, channel, message, us for which the
 *         tenant's turns are later, as it was fetched more than once
 *         a lease without a result.  returns: 1, or 0: it is another's
 *
 * land    keys: as take; args: fence, bytes, age (ms), lifetime (ms, or -1 for
 *         ever), kind ("v", "f" finished, "e"), how long to keep it (ms),
 *         digests as above, channel, message, tenant's pause (ms) and its
 *         status, or 0, how long ago the fence was given (ms), us as of give
 *         returns: 1, or 0: refused, as a later flight was begun, or what it
 *         brings was purged
 *
 * purge   keys: the purges; args: member, how many are kept, channel, message,
 *         a time that it is later than, which is that of the last purge that
 *         was read, and when the log began that it was read from, or 0
 *         returns: when it was
 *
 * log     keys: the purges; args: when the log began that was read so far, or
 *         0; the last of it that was, or 0; how many at the most
 *         returns: when this log began, or 0; the last purge of all; the last
 *         that is told here; 1 where there was no room for some that were not
 *         read, else 0; and members with their times, in order
 *
 * sweep   keys: the purges, twice; args: SCAN's cursor, its pattern and count,
 *         length of the pattern's fixed part
 *         deletes what was purged; returns: the next cursor, 0 at the end
 */

extern ngx_str_t  ngx_cs_fleet_take;
extern ngx_str_t  ngx_cs_fleet_renew;
extern ngx_str_t  ngx_cs_fleet_give;
extern ngx_str_t  ngx_cs_fleet_land;
extern ngx_str_t  ngx_cs_fleet_purge;
extern ngx_str_t  ngx_cs_fleet_log;
extern ngx_str_t  ngx_cs_fleet_sweep;


#endif /* _NGX_CS_TIER_FLEET_SCRIPTS_H_INCLUDED_ */
