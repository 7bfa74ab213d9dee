/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A block of shared memory of a fixed size, zeroed once and kept over
 * reloads, for what needs no allocation in it.
 */


#ifndef _NGX_CS_CORE_BLOCK_H_INCLUDED_
#define _NGX_CS_CORE_BLOCK_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * At configuration time: declares the block.  name: a constant.  tag: the
 * module.  Returns NULL on an error that is logged.
 *
 * In a worker shm_zone->data is the block, aligned to a page; its mutex is
 * that of the zone's slab pool.
 */
ngx_shm_zone_t *ngx_cs_block_add(ngx_conf_t *cf, ngx_str_t *name, size_t size,
    void *tag);

/* in a worker; not for long */
void ngx_cs_block_lock(ngx_shm_zone_t *shm_zone);
void ngx_cs_block_unlock(ngx_shm_zone_t *shm_zone);


#endif /* _NGX_CS_CORE_BLOCK_H_INCLUDED_ */
