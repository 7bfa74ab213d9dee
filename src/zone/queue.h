/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * In which of a zone's queues an entry lies, and so which may be evicted and
 * who goes first.  For this room alone, within the lock.
 */


#ifndef _NGX_CS_ZONE_QUEUE_H_INCLUDED_
#define _NGX_CS_ZONE_QUEUE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "zone/layout.h"


/* the state that statistics count an entry under: NGX_CS_STATE_* */
ngx_uint_t ngx_cs_entry_state(ngx_cs_shm_t *shm, ngx_cs_entry_t *e);

/* 1 where the stored success is a finished task's, else 0 */
ngx_uint_t ngx_cs_entry_finished(ngx_cs_shm_t *shm, ngx_cs_entry_t *e);

/*
 * As recently used, in the queue that its content belongs to.  One in use
 * stays where it is: it is touched when its last flight is gone.
 */
void ngx_cs_entry_touch(ngx_cs_shm_t *shm, ngx_cs_entry_t *e);

/* into use: not to be evicted until it is touched without a flight */
void ngx_cs_entry_use(ngx_cs_shm_t *shm, ngx_cs_entry_t *e);


#endif /* _NGX_CS_ZONE_QUEUE_H_INCLUDED_ */
