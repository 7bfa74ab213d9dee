/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Where a reply of Redis ends, in its protocol's version 2 (RESP), looked for
 * as the bytes come, and whether it is one that may be read: a reader that
 * allocates what it is told of is given nothing that is too long, too many or
 * too deep.  Plain C: no nginx, no allocation.
 */


#ifndef _CLEAR_REDIS_SCAN_H_INCLUDED_
#define _CLEAR_REDIS_SCAN_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


/* of one reply: arrays in arrays, and all elements of all arrays */
#define CLEAR_REDIS_DEPTH     6
#define CLEAR_REDIS_ELEMENTS  4096


typedef struct {
    size_t                       max;      /* bytes of a reply; set by who
                                              zeroed the rest */
    size_t                       size;     /* so many are seen of this one */
    unsigned                     elements; /* of it, so far */
    unsigned                     depth;    /* of arrays that are open */
    unsigned                     left[CLEAR_REDIS_DEPTH];  /* in each */
    uint64_t                     number;   /* of the line at hand */
    size_t                       bulk;     /* bytes to go of a string */
    unsigned                     digits;
    unsigned                     state:4;
    unsigned                     minus:1;
    unsigned char                type;
} clear_redis_scan_t;


/*
 * Looks at the next len bytes.  Returns how many of them belong to the reply
 * at hand: all, or, with *whole = 1, those up to its end, after which a new
 * one is looked for.  Returns -1 where they are no reply, or one that may not
 * be read; scan is of no use then.
 */
ptrdiff_t clear_redis_scan(clear_redis_scan_t *scan, const unsigned char *p,
    size_t len, int *whole);


#endif /* _CLEAR_REDIS_SCAN_H_INCLUDED_ */
