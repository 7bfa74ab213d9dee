/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Numbers as bytes, the most significant first.
 */


#ifndef _CLEAR_BYTES_H_INCLUDED_
#define _CLEAR_BYTES_H_INCLUDED_


#include <stdint.h>


/* returns where the next one goes */

static inline unsigned char *
clear_bytes_put(unsigned char *p, uint64_t n, unsigned bytes)
{
    while (bytes--) {
        *p++ = (unsigned char) (n >> (8 * bytes));
    }

    return p;
}


static inline uint64_t
clear_bytes_get(const unsigned char *p, unsigned bytes)
{
    uint64_t  n;

    for (n = 0; bytes; bytes--) {
        n = n << 8 | *p++;
    }

    return n;
}


#endif /* _CLEAR_BYTES_H_INCLUDED_ */
