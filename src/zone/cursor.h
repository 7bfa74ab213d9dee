/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A place in a zone's index, which is walked some of it at a time.  For this
 * room alone, within the lock.
 */


#ifndef _NGX_CS_ZONE_CURSOR_H_INCLUDED_
#define _NGX_CS_ZONE_CURSOR_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "zone/layout.h"


/*
 * The next entry of the task that is walked for, or of any, if it is near;
 * keeps the place, so that the entry may be dropped.
 *
 * NGX_OK     it is returned, and its key is walk->at
 * NGX_AGAIN  none among those that this step looked at
 * NGX_DONE   there are no more; the walk begins again at the next step
 * NGX_ERROR  no memory in the pool
 */
ngx_cs_entry_t *ngx_cs_cursor_step(ngx_cs_shm_t *shm, ngx_cs_walk_t *walk,
    ngx_pool_t *pool, ngx_int_t *rc);


#endif /* _NGX_CS_ZONE_CURSOR_H_INCLUDED_ */
