/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Entries, results and leases in a zone's shared memory: found, made, freed
 * and evicted.  For zone/ alone, within the lock.
 */


#ifndef _NGX_CS_ZONE_ENTRY_H_INCLUDED_
#define _NGX_CS_ZONE_ENTRY_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "zone/layout.h"


/* an empty tree */
void ngx_cs_entry_init(ngx_cs_shm_t *shm);

ngx_cs_entry_t *ngx_cs_entry_find(ngx_cs_shm_t *shm, ngx_cs_key_t *key);

/* the next in a bucket, whether the key is there or not; NULL: the last was */
ngx_cs_entry_t *ngx_cs_entry_after(ngx_cs_shm_t *shm, uint32_t bucket,
    ngx_cs_key_t *key);

/* the next in the same bucket; NULL: the last was */
ngx_cs_entry_t *ngx_cs_entry_next(ngx_cs_shm_t *shm, ngx_cs_entry_t *e);

/* NULL: no room, though all was evicted that one call may evict */
ngx_cs_entry_t *ngx_cs_entry_create(ngx_cs_zone_t *zone, ngx_cs_key_t *key,
    ngx_cs_deferred_t *after);

/* as recently used, in the queue that its content belongs to */
void ngx_cs_entry_touch(ngx_cs_shm_t *shm, ngx_cs_entry_t *e);

/* deletes an entry in which nothing is left */
void ngx_cs_entry_trim(ngx_cs_shm_t *shm, ngx_cs_entry_t *e);

/* drops results and flights, whatever they are, and the entry */
void ngx_cs_entry_delete(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    ngx_cs_deferred_t *after);

/* the state that statistics count an entry under */
ngx_uint_t ngx_cs_entry_state(ngx_cs_shm_t *shm, ngx_cs_entry_t *e);

/* chunks, and evicts for them; NGX_DECLINED as above */
ngx_int_t ngx_cs_shm_take(ngx_cs_zone_t *zone, ngx_cs_chain_t *chain,
    uint32_t n, ngx_cs_deferred_t *after);

void ngx_cs_result_free(ngx_cs_shm_t *shm, uint32_t *result);

ngx_cs_lease_t *ngx_cs_lease_create(ngx_cs_zone_t *zone, ngx_cs_entry_t *e,
    ngx_cs_deferred_t *after);
ngx_cs_lease_t *ngx_cs_lease_find(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    ngx_cs_ticket_t ticket);
void ngx_cs_lease_free(ngx_cs_shm_t *shm, ngx_cs_lease_t *lease,
    ngx_cs_deferred_t *after);


#endif /* _NGX_CS_ZONE_ENTRY_H_INCLUDED_ */
