/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Purges over a fleet: those of this gateway are told to Redis, now or when it
 * is back, and those of others are made here, by one worker, when Redis tells
 * of them or this gateway is back.
 */


#ifndef _NGX_CS_TIER_FLEET_LOG_H_INCLUDED_
#define _NGX_CS_TIER_FLEET_LOG_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "tier/fleet_types.h"


/* in a worker: listens from now on.  NGX_OK or NGX_ERROR: no memory */
ngx_int_t ngx_cs_fleet_log_init(ngx_cs_fleet_t *fleet);

/* Redis is to be told of what waits in the fleet's block */
void ngx_cs_fleet_log_tell(ngx_cs_fleet_t *fleet);

/* somebody else may have put something there: the disk's writer does */
void ngx_cs_fleet_log_wake(ngx_cs_fleet_t *fleet);

/* the last purge is of that time, us: this gateway makes what it has not */
void ngx_cs_fleet_log_look(ngx_cs_fleet_t *fleet, int64_t newest);


#endif /* _NGX_CS_TIER_FLEET_LOG_H_INCLUDED_ */
