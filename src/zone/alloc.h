/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Room in a zone, and who has to go for it.  For this room alone, within the
 * lock.
 */


#ifndef _NGX_CS_ZONE_ALLOC_H_INCLUDED_
#define _NGX_CS_ZONE_ALLOC_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "zone/layout.h"


/*
 * Appends n chunks to a chain, and evicts for them: the least recently used
 * first, unfinished entries and errors before finished ones; those in use
 * stay.  A small part of the zone is kept free besides, for leases.
 * NGX_DECLINED: no room, though all was evicted that one call may evict.
 */
ngx_int_t ngx_cs_take(ngx_cs_zone_t *zone, ngx_cs_chain_t *chain, uint32_t n,
    ngx_cs_deferred_t *after);

/* an entry for a flight that is about to complete; NULL: no room */
ngx_cs_entry_t *ngx_cs_entry_create(ngx_cs_zone_t *zone, ngx_cs_key_t *key,
    ngx_cs_deferred_t *after);

/*
 * A lease, not sent yet, on an entry, which is made for it where e is NULL.
 * No finished answer goes for it, and all that are not sent take a share of
 * the zone at the most.  NULL: no room.
 */
ngx_cs_lease_t *ngx_cs_lease_create(ngx_cs_zone_t *zone, ngx_cs_entry_t *e,
    ngx_cs_key_t *key, int64_t until, ngx_cs_deferred_t *after);


#endif /* _NGX_CS_ZONE_ALLOC_H_INCLUDED_ */
