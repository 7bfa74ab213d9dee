/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Leases, each one flight for an entry: found, sent and freed.  For this room
 * alone, within the lock.
 */


#ifndef _NGX_CS_ZONE_LEASE_H_INCLUDED_
#define _NGX_CS_ZONE_LEASE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "zone/layout.h"


/* the flight with that ticket, or NULL */
ngx_cs_lease_t *ngx_cs_lease_find(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    ngx_cs_ticket_t ticket);

/* it is no longer among those that are not sent, if it was */
void ngx_cs_lease_sent(ngx_cs_shm_t *shm, ngx_cs_lease_t *lease);

/* a flight is over, and nobody has to collect: another worker may fly */
void ngx_cs_lease_free(ngx_cs_shm_t *shm, ngx_cs_lease_t *lease,
    ngx_cs_deferred_t *after);

/* frees those whose time is over */
void ngx_cs_lease_expire(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    ngx_cs_deferred_t *after);


#endif /* _NGX_CS_ZONE_LEASE_H_INCLUDED_ */
