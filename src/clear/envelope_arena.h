/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Memory for a library that does not look whether it got any: yajl 2.1.0
 * writes to what its allocator returns, NULL or not.  Where memory runs out,
 * the arena jumps out of the library to where it was entered, and all that
 * the library had taken is freed with the arena.
 */


#ifndef _CLEAR_ENVELOPE_ARENA_H_INCLUDED_
#define _CLEAR_ENVELOPE_ARENA_H_INCLUDED_


#include <setjmp.h>
#include <stddef.h>
#include <yajl/yajl_common.h>

#include "clear/alloc.h"


typedef struct clear_arena_block_s  clear_arena_block_t;


typedef struct {
    clear_alloc_t            alloc;
    clear_arena_block_t     *blocks;
    jmp_buf                  failed;  /* set with setjmp() before the library
                                         is entered, each time */
} clear_arena_t;


void clear_arena_init(clear_arena_t *arena, const clear_alloc_t *alloc);

/* for the library: its allocations come from the arena from now on */
void clear_arena_funcs(clear_arena_t *arena, yajl_alloc_funcs *funcs);

/* frees all that is still there */
void clear_arena_destroy(clear_arena_t *arena);

/* as realloc(), p may be NULL; jumps where there is no memory */
void *clear_arena_realloc(void *arena, void *p, size_t size);


#endif /* _CLEAR_ENVELOPE_ARENA_H_INCLUDED_ */
