/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Where a worker leaves a body that is too large for the zone, for workers
 * that wait for it: an anonymous file in memory, made by the master before it
 * forks and kept over reloads.  Its offsets only grow, so that nothing is
 * ever overwritten; what has been read is punched out again.
 */


#ifndef _NGX_CS_ZONE_SPILL_H_INCLUDED_
#define _NGX_CS_ZONE_SPILL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* in the master, for each configuration, before workers are forked */
ngx_int_t ngx_cs_spill_init_module(ngx_cycle_t *cycle);

/* room for a body; returns its offset, or 0 where it cannot be left */
uint64_t ngx_cs_spill_reserve(size_t len);

/* leaves it there.  NGX_OK, or NGX_ERROR: no memory; what was is to be freed */
ngx_int_t ngx_cs_spill_write(uint64_t offset, u_char *body, size_t len);

/* NGX_OK, or NGX_DECLINED where it is not there */
ngx_int_t ngx_cs_spill_get(uint64_t offset, u_char *body, size_t len);

void ngx_cs_spill_free(uint64_t offset, size_t len);


#endif /* _NGX_CS_ZONE_SPILL_H_INCLUDED_ */
