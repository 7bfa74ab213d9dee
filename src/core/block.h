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
 * A block of which a gateway has one.  Whom it belongs to defines it, with
 * its name and size; the door has the table of all.
 */

typedef struct {
    ngx_str_t                    name;     /* of the shared memory */
    size_t                       size;
    ngx_shm_zone_t              *zone;     /* in a worker, of the configuration
                                              that it runs; NULL: there is
                                              none, do without */
} ngx_cs_block_t;


/*
 * At configuration time: declares the blocks of a table that NULL ends.
 * tag: the module.  Returns their zones in the same order, of the pool of the
 * configuration, or NULL on an error that is logged.
 */
ngx_shm_zone_t **ngx_cs_blocks_add(ngx_conf_t *cf, ngx_cs_block_t **blocks,
    void *tag);

/* in each worker, before any owner of a block is asked; zones: of the above */
void ngx_cs_blocks_init_process(ngx_cs_block_t **blocks,
    ngx_shm_zone_t **zones);

/*
 * A block of which there may be more: declares one.  name: as long as the
 * configuration.  Returns NULL on an error that is logged.
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
