/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Shared memory in chunks of one size; see the header.
 */


#include "zone/chunks.h"


/* what to do with a piece of a chain; not NGX_OK ends the walk */
typedef ngx_int_t (*ngx_cs_piece_pt)(u_char *chunk, u_char *mine, size_t len);


static ngx_inline ngx_cs_chunk_t *ngx_cs_chunk_next(ngx_cs_chunks_t *chunks,
    ngx_cs_chunk_t *chunk);
static ngx_inline ngx_int_t ngx_cs_chunks_walk(ngx_cs_chunks_t *chunks,
    uint32_t head, size_t offset, u_char *mine, size_t len,
    ngx_cs_piece_pt piece);
static ngx_int_t ngx_cs_piece_write(u_char *chunk, u_char *mine, size_t len);
static ngx_int_t ngx_cs_piece_read(u_char *chunk, u_char *mine, size_t len);
static ngx_int_t ngx_cs_piece_cmp(u_char *chunk, u_char *mine, size_t len);


void
ngx_cs_chunks_init(ngx_cs_chunks_t *chunks, u_char *base, size_t size)
{
    ngx_memzero(chunks, sizeof(ngx_cs_chunks_t));

    chunks->base = base;
    chunks->total = (uint32_t) ngx_min(size / NGX_CS_CHUNK_SIZE,
                                       NGX_MAX_UINT32_VALUE);
}


uint32_t
ngx_cs_chunks_needed(size_t size)
{
    return (uint32_t) ((size + NGX_CS_CHUNK_DATA - 1)
                       / NGX_CS_CHUNK_DATA);
}


uint32_t
ngx_cs_chunks_left(ngx_cs_chunks_t *chunks)
{
    return chunks->free.n + chunks->total - chunks->carved;
}


ngx_int_t
ngx_cs_chunks_take(ngx_cs_chunks_t *chunks, ngx_cs_chain_t *chain, uint32_t n)
{
    uint32_t         i;
    ngx_cs_chunk_t  *chunk;

    if (n > ngx_cs_chunks_left(chunks)) {
        return NGX_DECLINED;
    }

    while (n--) {

        i = chunks->free.head;

        if (i) {
            chunks->free.head = ngx_cs_chunk_at(chunks, i)->next;
            chunks->free.n--;

        } else {
            i = ++chunks->carved;
        }

        chunk = ngx_cs_chunk_at(chunks, i);
        chunk->next = 0;

        if (chain->tail) {
            ngx_cs_chunk_at(chunks, chain->tail)->next = i;

        } else {
            chain->head = i;
        }

        chain->tail = i;
        chain->n++;
    }

    return NGX_OK;
}


void
ngx_cs_chunks_join(ngx_cs_chunks_t *chunks, ngx_cs_chain_t *chain,
    ngx_cs_chain_t *more)
{
    if (chain->tail) {
        ngx_cs_chunk_at(chunks, chain->tail)->next = more->head;

    } else {
        chain->head = more->head;
    }

    chain->tail = more->tail;
    chain->n += more->n;

    ngx_memzero(more, sizeof(ngx_cs_chain_t));
}


void
ngx_cs_chunks_give(ngx_cs_chunks_t *chunks, ngx_cs_chain_t *chain)
{
    if (chain->head) {
        ngx_cs_chunk_at(chunks, chain->tail)->next =
                                                           chunks->free.head;
        chunks->free.head = chain->head;
        chunks->free.n += chain->n;
    }

    ngx_memzero(chain, sizeof(ngx_cs_chain_t));
}


void
ngx_cs_chunks_write(ngx_cs_chunks_t *chunks, uint32_t head, size_t offset,
    u_char *src, size_t len)
{
    (void) ngx_cs_chunks_walk(chunks, head, offset, src, len,
                              ngx_cs_piece_write);
}


void
ngx_cs_chunks_read(ngx_cs_chunks_t *chunks, uint32_t head, size_t offset,
    u_char *dst, size_t len)
{
    (void) ngx_cs_chunks_walk(chunks, head, offset, dst, len,
                              ngx_cs_piece_read);
}


ngx_int_t
ngx_cs_chunks_cmp(ngx_cs_chunks_t *chunks, uint32_t head, size_t offset,
    u_char *src, size_t len)
{
    return ngx_cs_chunks_walk(chunks, head, offset, src, len,
                              ngx_cs_piece_cmp);
}


/*
 * NULL where a chain ends that should go on: it is read without the lock, and
 * the zone was emptied meanwhile.
 */

static ngx_inline ngx_cs_chunk_t *
ngx_cs_chunk_next(ngx_cs_chunks_t *chunks, ngx_cs_chunk_t *chunk)
{
    uint32_t  next;

    next = *(volatile uint32_t *) &chunk->next;

    return next ? ngx_cs_chunk_at(chunks, next) : NULL;
}


/* inline, so that each of the three above is a loop of its own */

static ngx_inline ngx_int_t
ngx_cs_chunks_walk(ngx_cs_chunks_t *chunks, uint32_t head, size_t offset,
    u_char *mine, size_t len, ngx_cs_piece_pt piece)
{
    size_t           n;
    ngx_int_t        rc;
    ngx_cs_chunk_t  *chunk;

    chunk = ngx_cs_chunk_at(chunks, head);

    while (offset >= NGX_CS_CHUNK_DATA && len) {

        chunk = ngx_cs_chunk_next(chunks, chunk);
        if (chunk == NULL) {
            return NGX_DECLINED;
        }

        offset -= NGX_CS_CHUNK_DATA;
    }

    for (n = NGX_CS_CHUNK_DATA - offset;
         len > n;
         n = NGX_CS_CHUNK_DATA)
    {
        rc = piece(chunk->data + offset, mine, n);
        if (rc != NGX_OK) {
            return rc;
        }

        mine += n;
        len -= n;
        offset = 0;

        chunk = ngx_cs_chunk_next(chunks, chunk);
        if (chunk == NULL) {
            return NGX_DECLINED;
        }
    }

    return len ? piece(chunk->data + offset, mine, len) : NGX_OK;
}


static ngx_int_t
ngx_cs_piece_write(u_char *chunk, u_char *mine, size_t len)
{
    ngx_memcpy(chunk, mine, len);

    return NGX_OK;
}


static ngx_int_t
ngx_cs_piece_read(u_char *chunk, u_char *mine, size_t len)
{
    ngx_memcpy(mine, chunk, len);

    return NGX_OK;
}


static ngx_int_t
ngx_cs_piece_cmp(u_char *chunk, u_char *mine, size_t len)
{
    return ngx_memcmp(chunk, mine, len);
}
