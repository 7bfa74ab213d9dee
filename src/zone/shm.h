/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A zone's shared memory as a whole: its making, the lock, and what happens
 * when the lock's holder dies.  For this room alone.
 */


#ifndef _NGX_CS_ZONE_SHM_H_INCLUDED_
#define _NGX_CS_ZONE_SHM_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "zone/layout.h"


ngx_int_t ngx_cs_shm_init(ngx_shm_zone_t *shm_zone, void *data);

/*
 * A critical section; unlock also wakes and frees what is in after, or NULL.
 */
void ngx_cs_shm_lock(ngx_cs_zone_t *zone);
void ngx_cs_shm_unlock(ngx_cs_zone_t *zone, ngx_cs_deferred_t *after);

#if (NGX_CS_FAULTS)

/*
 * For tests: kills this process, within the lock, once in the zone's life, if
 * the entry's task id is the environment's CLEAR_STATUS_FAULT_LOCK.
 */
void ngx_cs_shm_fault(ngx_cs_shm_t *shm, ngx_cs_entry_t *e);

/*
 * Stops this process if the environment's CLEAR_STATUS_FAULT_STOP names the
 * task.
 */
void ngx_cs_shm_stop(ngx_cs_key_t *key);

#endif


#endif /* _NGX_CS_ZONE_SHM_H_INCLUDED_ */
