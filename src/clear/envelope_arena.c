/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Memory for a library that does not look whether it got any; see the header.
 * Each block is in a list, behind a head that keeps the alignment.
 */


#include "clear/envelope_arena.h"


struct clear_arena_block_s {
    clear_arena_block_t     *prev;
    clear_arena_block_t     *next;
};


static void *clear_arena_alloc(void *arena, size_t size);
static void clear_arena_free(void *arena, void *p);
static void clear_arena_unlink(clear_arena_t *a, clear_arena_block_t *b);


void
clear_arena_init(clear_arena_t *arena, const clear_alloc_t *alloc)
{
    arena->alloc = *alloc;
    arena->blocks = NULL;
}


void
clear_arena_funcs(clear_arena_t *arena, yajl_alloc_funcs *funcs)
{
    funcs->malloc = clear_arena_alloc;
    funcs->realloc = clear_arena_realloc;
    funcs->free = clear_arena_free;
    funcs->ctx = arena;
}


void
clear_arena_destroy(clear_arena_t *arena)
{
    clear_arena_block_t  *b;

    while (arena->blocks) {
        b = arena->blocks;
        arena->blocks = b->next;
        arena->alloc.free(arena->alloc.ctx, b);
    }
}


static void *
clear_arena_alloc(void *arena, size_t size)
{
    return clear_arena_realloc(arena, NULL, size);
}


void *
clear_arena_realloc(void *arena, void *p, size_t size)
{
    clear_arena_t        *a;
    clear_arena_block_t  *b, *old;

    a = arena;
    old = p ? (clear_arena_block_t *) p - 1 : NULL;

    size += sizeof(clear_arena_block_t);

    b = old ? a->alloc.realloc(a->alloc.ctx, old, size)
            : a->alloc.alloc(a->alloc.ctx, size);

    if (b == NULL) {
        longjmp(a->failed, 1);
    }

    if (old == NULL) {
        b->prev = NULL;
        b->next = a->blocks;
    }

    /* the neighbours point to where it was */

    if (b->next) {
        b->next->prev = b;
    }

    if (b->prev) {
        b->prev->next = b;

    } else {
        a->blocks = b;
    }

    return b + 1;
}


static void
clear_arena_free(void *arena, void *p)
{
    clear_arena_t        *a;
    clear_arena_block_t  *b;

    if (p) {
        a = arena;
        b = (clear_arena_block_t *) p - 1;

        clear_arena_unlink(a, b);
        a->alloc.free(a->alloc.ctx, b);
    }
}


static void
clear_arena_unlink(clear_arena_t *a, clear_arena_block_t *b)
{
    if (b->next) {
        b->next->prev = b->prev;
    }

    if (b->prev) {
        b->prev->next = b->next;

    } else {
        a->blocks = b->next;
    }
}
