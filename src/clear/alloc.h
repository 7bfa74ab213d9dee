/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Where plain C gets its memory from: functions of the caller's.
 * Plain C: no nginx, no state.
 */


#ifndef _CLEAR_ALLOC_H_INCLUDED_
#define _CLEAR_ALLOC_H_INCLUDED_


#include <stddef.h>


/* all three as in C, with a context; alloc and realloc may return NULL */

typedef struct {
    void                  *(*alloc)(void *ctx, size_t size);
    void                  *(*realloc)(void *ctx, void *p, size_t size);
    void                   (*free)(void *ctx, void *p);
    void                    *ctx;
} clear_alloc_t;


#endif /* _CLEAR_ALLOC_H_INCLUDED_ */
