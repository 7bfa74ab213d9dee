/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A place in a zone's index; see the header.  Between two steps the bucket and
 * the key of the last entry keep it.
 */


#include "zone/cursor.h"

#include "zone/entry.h"


/* what one step looks at: empty buckets, or entries, which cost more */
#define NGX_CS_ZONE_LOOK        512
#define NGX_CS_ZONE_LOOK_ENTRY  8


static ngx_uint_t ngx_cs_cursor_is(ngx_cs_shm_t *shm, ngx_cs_walk_t *walk,
    ngx_cs_entry_t *e);
static ngx_int_t ngx_cs_cursor_place(ngx_cs_shm_t *shm, ngx_cs_walk_t *walk,
    ngx_cs_entry_t *e, ngx_pool_t *pool);


ngx_cs_entry_t *
ngx_cs_cursor_step(ngx_cs_shm_t *shm, ngx_cs_walk_t *walk, ngx_pool_t *pool,
    ngx_int_t *rc)
{
    ngx_uint_t       i;
    ngx_cs_entry_t  *e;

    e = NULL;

    for (i = 0; i < NGX_CS_ZONE_LOOK; i++) {

        e = e ? ngx_cs_entry_next(shm, e)
              : ngx_cs_entry_after(shm, walk->bucket, &walk->at);

        if (e == NULL) {

            ngx_memzero(&walk->at, sizeof(ngx_cs_key_t));

            if (walk->bucket == shm->mask) {
                walk->bucket = 0;
                *rc = NGX_DONE;
                return NULL;
            }

            walk->bucket++;
            continue;
        }

        if (ngx_cs_cursor_is(shm, walk, e)) {
            *rc = ngx_cs_cursor_place(shm, walk, e, pool);
            return e;
        }

        i += NGX_CS_ZONE_LOOK_ENTRY - 1;
    }

    if (e && ngx_cs_cursor_place(shm, walk, e, pool) != NGX_OK) {
        *rc = NGX_ERROR;
        return NULL;
    }

    *rc = NGX_AGAIN;

    return NULL;
}


static ngx_uint_t
ngx_cs_cursor_is(ngx_cs_shm_t *shm, ngx_cs_walk_t *walk, ngx_cs_entry_t *e)
{
    return walk->task_id.len == 0
           || (e->task_id_len == walk->task_id.len
               && ngx_cs_chunks_cmp(&shm->chunks, e->chain.head,
                                    sizeof(ngx_cs_entry_t),
                                    walk->task_id.data, walk->task_id.len)
                  == 0);
}


static ngx_int_t
ngx_cs_cursor_place(ngx_cs_shm_t *shm, ngx_cs_walk_t *walk, ngx_cs_entry_t *e,
    ngx_pool_t *pool)
{
    size_t         len;
    ngx_cs_key_t  *at;

    len = e->task_id_len + e->tenant_len;

    if (len > walk->size) {
        walk->buf = ngx_pnalloc(pool, 2 * len);
        if (walk->buf == NULL) {
            return NGX_ERROR;
        }

        walk->size = 2 * len;
    }

    /* one after the other, as they are stored */

    ngx_cs_chunks_read(&shm->chunks, e->chain.head,
                       sizeof(ngx_cs_entry_t), walk->buf,
                       len);

    at = &walk->at;

    at->hash = e->node.key;
    at->task_id.data = walk->buf;
    at->task_id.len = e->task_id_len;
    at->tenant.data = walk->buf + e->task_id_len;
    at->tenant.len = e->tenant_len;

    return NGX_OK;
}
