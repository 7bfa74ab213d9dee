/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Entries in a zone's shared memory: found, made and dropped.  For this room
 * alone, within the lock.
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

/* what an entry for the key takes, in chunks */
uint32_t ngx_cs_entry_size(ngx_cs_key_t *key);

/* makes an entry of a chain of that size, and enters it */
ngx_cs_entry_t *ngx_cs_entry_insert(ngx_cs_shm_t *shm, ngx_cs_chain_t *chain,
    ngx_cs_key_t *key);

/* deletes an entry in which nothing is left */
void ngx_cs_entry_trim(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    ngx_cs_deferred_t *after);

/* drops results and flights, whatever they are, and the entry */
void ngx_cs_entry_delete(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    ngx_cs_deferred_t *after);

/* a flight for it ended: whoever looks at the stripe sees, who holds wakes */
void ngx_cs_entry_ended(ngx_cs_shm_t *shm, ngx_cs_entry_t *e,
    ngx_cs_deferred_t *after);


#endif /* _NGX_CS_ZONE_ENTRY_H_INCLUDED_ */
