/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Eight bytes of text at a time, for loops that look at every byte of what
 * callers and upstream send and nearly never find anything.  A word is what
 * clear_word() loads, from any address and in any byte order.
 */


#ifndef _CLEAR_WORD_H_INCLUDED_
#define _CLEAR_WORD_H_INCLUDED_


#include <stdint.h>
#include <string.h>


#define CLEAR_WORD_SIZE     sizeof(uint64_t)

/* a word of eight times this byte */
#define CLEAR_WORD_ALL(c)   (UINT64_C(0x0101010101010101) * (c))


static inline uint64_t
clear_word(const unsigned char *p)
{
    uint64_t  w;

    memcpy(&w, p, sizeof(w));

    return w;
}


/*
 * Not 0 where a byte is below min or above max, both up to 0x7f: the first such
 * byte borrows into its own top bit, carries there or has it set.
 */

static inline uint64_t
clear_word_outside(uint64_t w, unsigned char min, unsigned char max)
{
    return ((w - CLEAR_WORD_ALL(min)) | (w + CLEAR_WORD_ALL(0x7f - max)) | w)
           & CLEAR_WORD_ALL(0x80);
}


/* how many of the bytes are c */

static inline unsigned
clear_word_count(uint64_t w, unsigned char c)
{
    w ^= CLEAR_WORD_ALL(c);

    /* the top bit of each byte that was c, and no other bit */

    w = ~(((w & CLEAR_WORD_ALL(0x7f)) + CLEAR_WORD_ALL(0x7f)) | w
          | CLEAR_WORD_ALL(0x7f));

    return (unsigned) (((w >> 7) * CLEAR_WORD_ALL(1)) >> 56);
}


#endif /* _CLEAR_WORD_H_INCLUDED_ */
