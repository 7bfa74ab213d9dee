/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What the unit tests share; see the header.
 */


#include "unit.h"


static void *
unit_alloc(void *ctx, size_t size)
{
    void           *p;
    unit_memory_t  *memory = ctx;

    if (++memory->asked == memory->fail_at) {
        return NULL;
    }

    p = malloc(size);
    assert_non_null(p);
    memory->live++;

    return p;
}


/* a block counts once, wherever it moves */

static void *
unit_realloc(void *ctx, void *p, size_t size)
{
    void           *moved;
    unit_memory_t  *memory = ctx;

    if (p == NULL) {
        return unit_alloc(ctx, size);
    }

    if (++memory->asked == memory->fail_at) {
        return NULL;
    }

    moved = realloc(p, size);
    assert_non_null(moved);

    return moved;
}


static void
unit_free(void *ctx, void *p)
{
    unit_memory_t  *memory = ctx;

    if (p) {
        memory->live--;
        free(p);
    }
}


void
unit_alloc_init(clear_alloc_t *alloc, unit_memory_t *memory)
{
    alloc->alloc = unit_alloc;
    alloc->realloc = unit_realloc;
    alloc->free = unit_free;
    alloc->ctx = memory;
}


void
unit_check_str(const clear_str_t *s, const char *text)
{
    if (text == NULL) {
        assert_null(s->data);
        return;
    }

    assert_non_null(s->data);
    assert_int_equal(s->len, strlen(text));
    assert_memory_equal(s->data, text, s->len);
}


unsigned char *
unit_read(const char *path, size_t *len)
{
    FILE           *file;
    unsigned char  *p;

    file = fopen(path, "rb");
    assert_non_null(file);

    p = malloc(65536);
    assert_non_null(p);

    *len = fread(p, 1, 65536, file);
    (void) fclose(file);

    return p;
}
