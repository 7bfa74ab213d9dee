/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What the unit tests share: cmocka with what it needs, strings with their
 * lengths, and memory that is counted and runs out on demand.
 */


#ifndef _UNIT_H_INCLUDED_
#define _UNIT_H_INCLUDED_


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "clear/alloc.h"
#include "clear/task.h"


#define unit_count(array)  (sizeof(array) / sizeof((array)[0]))

/* a literal's bytes and their number; it may have NULs in it */
#define unit_bytes(s)  (const unsigned char *) (s), sizeof(s) - 1

#define unit_str(s)  { (const unsigned char *) (s), sizeof(s) - 1 }

#define unit_run(tests)                                                       \
    cmocka_run_group_tests_name(__FILE__, tests, NULL, NULL)


/* all zero is memory that never runs out */

typedef struct {
    size_t                   asked;       /* calls that want memory */
    size_t                   live;        /* blocks that are not yet freed */
    size_t                   fail_at;     /* that call gets none, from 1 on */
} unit_memory_t;


void unit_alloc_init(clear_alloc_t *alloc, unit_memory_t *memory);

/* with text NULL: that the string is not there */
void unit_check_str(const clear_str_t *s, const char *text);

/* the bytes at path, to be freed */
unsigned char *unit_read(const char *path, size_t *len);


#endif /* _UNIT_H_INCLUDED_ */
