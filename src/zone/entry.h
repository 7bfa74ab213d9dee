/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Entries, results and leases in a zone's shared memory: found, made, freed
 * and evicted.  For ngx_clear_status_zone*.c alone, within the lock.
 */


#ifndef _NGX_CLEAR_STATUS_ZONE_ENTRY_H_INCLUDED_
#define _NGX_CLEAR_STATUS_ZONE_ENTRY_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "zone/layout.h"


/* an empty tree */
void ngx_clear_status_entry_init(ngx_clear_status_shm_t *shm);

ngx_clear_status_entry_t *ngx_clear_status_entry_find(
    ngx_clear_status_shm_t *shm, ngx_clear_status_key_t *key);

/* the next in a bucket, whether the key is there or not; NULL: the last was */
ngx_clear_status_entry_t *ngx_clear_status_entry_after(
    ngx_clear_status_shm_t *shm, uint32_t bucket, ngx_clear_status_key_t *key);

/* the next in the same bucket; NULL: the last was */
ngx_clear_status_entry_t *ngx_clear_status_entry_next(
    ngx_clear_status_shm_t *shm, ngx_clear_status_entry_t *e);

/* NULL: no room, though all was evicted that one call may evict */
ngx_clear_status_entry_t *ngx_clear_status_entry_create(
    ngx_clear_status_zone_t *zone, ngx_clear_status_key_t *key,
    ngx_clear_status_after_t *after);

/* as recently used, in the queue that its content belongs to */
void ngx_clear_status_entry_touch(ngx_clear_status_shm_t *shm,
    ngx_clear_status_entry_t *e);

/* deletes an entry in which nothing is left */
void ngx_clear_status_entry_trim(ngx_clear_status_shm_t *shm,
    ngx_clear_status_entry_t *e);

/* drops results and flights, whatever they are, and the entry */
void ngx_clear_status_entry_delete(ngx_clear_status_shm_t *shm,
    ngx_clear_status_entry_t *e, ngx_clear_status_after_t *after);

/* the state that statistics count an entry under */
ngx_uint_t ngx_clear_status_entry_state(ngx_clear_status_shm_t *shm,
    ngx_clear_status_entry_t *e);

/* chunks, and evicts for them; NGX_DECLINED as above */
ngx_int_t ngx_clear_status_shm_take(ngx_clear_status_zone_t *zone,
    ngx_clear_status_chain_t *chain, uint32_t n,
    ngx_clear_status_after_t *after);

void ngx_clear_status_result_free(ngx_clear_status_shm_t *shm,
    uint32_t *result);

ngx_clear_status_lease_t *ngx_clear_status_lease_create(
    ngx_clear_status_zone_t *zone, ngx_clear_status_entry_t *e,
    ngx_clear_status_after_t *after);
ngx_clear_status_lease_t *ngx_clear_status_lease_find(
    ngx_clear_status_shm_t *shm, ngx_clear_status_entry_t *e,
    ngx_clear_status_ticket_t ticket);
void ngx_clear_status_lease_free(ngx_clear_status_shm_t *shm,
    ngx_clear_status_lease_t *lease, ngx_clear_status_after_t *after);


#endif /* _NGX_CLEAR_STATUS_ZONE_ENTRY_H_INCLUDED_ */
