/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Shared memory in chunks of one size.  Whatever is stored is a chain of
 * chunks, so that no fragmentation can keep out what eviction made room for,
 * and a chain is freed at once however long it is.  The memory is carved as
 * it is needed.  Whoever owns the chunks holds the lock.
 */


#ifndef _NGX_CS_ZONE_CHUNKS_H_INCLUDED_
#define _NGX_CS_ZONE_CHUNKS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_CS_CHUNK_SIZE  256
#define NGX_CS_CHUNK_DATA                                                    \
    (NGX_CS_CHUNK_SIZE - sizeof(uint32_t))


typedef struct {
    u_char                       data[NGX_CS_CHUNK_DATA];
    uint32_t                     next;
} ngx_cs_chunk_t;


/* chunks are numbered from 1; 0 is none */

typedef struct {
    uint32_t                     head;
    uint32_t                     tail;
    uint32_t                     n;
} ngx_cs_chain_t;


typedef struct {
    u_char                      *base;
    uint32_t                     total;
    uint32_t                     carved;    /* of total, so far */
    ngx_cs_chain_t               free;      /* carved and not in use */
} ngx_cs_chunks_t;


void ngx_cs_chunks_init(ngx_cs_chunks_t *chunks, u_char *base, size_t size);

/* how many a content of so many bytes takes */
uint32_t ngx_cs_chunks_needed(size_t size);

/* how many are left */
uint32_t ngx_cs_chunks_left(ngx_cs_chunks_t *chunks);

/* appends n chunks to a chain; NGX_DECLINED where so many are not left */
ngx_int_t ngx_cs_chunks_take(ngx_cs_chunks_t *chunks, ngx_cs_chain_t *chain,
    uint32_t n);

/* appends a chain to another, and empties it */
void ngx_cs_chunks_join(ngx_cs_chunks_t *chunks, ngx_cs_chain_t *chain,
    ngx_cs_chain_t *more);

/* gives a chain back and empties it */
void ngx_cs_chunks_give(ngx_cs_chunks_t *chunks, ngx_cs_chain_t *chain);

/* content from an offset on, into or out of the chain that begins at head */
void ngx_cs_chunks_write(ngx_cs_chunks_t *chunks, uint32_t head,
    size_t offset, u_char *src, size_t len);
void ngx_cs_chunks_read(ngx_cs_chunks_t *chunks, uint32_t head, size_t offset,
    u_char *dst, size_t len);

/* as ngx_memcmp() of content and src */
ngx_int_t ngx_cs_chunks_cmp(ngx_cs_chunks_t *chunks, uint32_t head,
    size_t offset, u_char *src, size_t len);


static ngx_inline ngx_cs_chunk_t *
ngx_cs_chunk_at(ngx_cs_chunks_t *chunks, uint32_t i)
{
    return (ngx_cs_chunk_t *) chunks->base + (i - 1);
}


/* a chunk's content, NGX_CS_CHUNK_DATA bytes, aligned to 256 */

static ngx_inline void *
ngx_cs_chunk(ngx_cs_chunks_t *chunks, uint32_t i)
{
    return ngx_cs_chunk_at(chunks, i)->data;
}


#endif /* _NGX_CS_ZONE_CHUNKS_H_INCLUDED_ */
