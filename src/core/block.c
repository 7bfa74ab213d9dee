/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A block of shared memory of a fixed size; see the header.
 */


#include "core/block.h"


/* what the slab pool around the block needs itself */
#define NGX_CS_SHARED_POOL  (16 * ngx_pagesize)


static ngx_int_t ngx_cs_block_init(ngx_shm_zone_t *shm_zone, void *data);


ngx_shm_zone_t **
ngx_cs_blocks_add(ngx_conf_t *cf, ngx_cs_block_t **blocks, void *tag)
{
    ngx_uint_t        i, n;
    ngx_shm_zone_t  **zones;

    for (n = 0; blocks[n]; n++) {
        /* void */
    }

    zones = ngx_palloc(cf->pool, n * sizeof(ngx_shm_zone_t *));
    if (zones == NULL) {
        return NULL;
    }

    for (i = 0; i < n; i++) {
        zones[i] = ngx_cs_block_add(cf, &blocks[i]->name, blocks[i]->size,
                                    tag);
        if (zones[i] == NULL) {
            return NULL;
        }
    }

    return zones;
}


void
ngx_cs_blocks_init_process(ngx_cs_block_t **blocks, ngx_shm_zone_t **zones)
{
    ngx_uint_t  i;

    for (i = 0; blocks[i]; i++) {
        blocks[i]->zone = zones[i];
    }
}


ngx_shm_zone_t *
ngx_cs_block_add(ngx_conf_t *cf, ngx_str_t *name, size_t size, void *tag)
{
    ngx_shm_zone_t  *shm_zone;

    shm_zone = ngx_shared_memory_add(cf, name,
                                     size + NGX_CS_SHARED_POOL, tag);

    if (shm_zone) {
        shm_zone->init = ngx_cs_block_init;
    }

    return shm_zone;
}


/*
 * nginx hands over old data only where name, size and tag are the same; the
 * size is that of the block, so another layout makes another block.
 */

static ngx_int_t
ngx_cs_block_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_slab_pool_t  *shpool;

    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (data == NULL && shm_zone->shm.exists) {
        data = shpool->data;
    }

    if (data == NULL) {
        data = ngx_slab_calloc(shpool, shm_zone->shm.size
                                       - NGX_CS_SHARED_POOL);
        if (data == NULL) {
            return NGX_ERROR;
        }

        shpool->data = data;
    }

    shm_zone->data = data;

    return NGX_OK;
}


void
ngx_cs_block_lock(ngx_shm_zone_t *shm_zone)
{
    ngx_slab_pool_t  *shpool;

    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    ngx_shmtx_lock(&shpool->mutex);
}


void
ngx_cs_block_unlock(ngx_shm_zone_t *shm_zone)
{
    ngx_slab_pool_t  *shpool;

    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    ngx_shmtx_unlock(&shpool->mutex);
}
