/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Well-formed UTF-8; see the header.
 */


#include "clear/utf8.h"

#include "clear/word.h"


size_t
clear_utf8_length(const unsigned char *p, size_t len)
{
    size_t         n, i;
    unsigned char  low, high;

    if (len == 0) {
        return 0;
    }

    if (p[0] < 0x80) {
        return 1;
    }

    n = (p[0] >= 0xc2 && p[0] <= 0xdf) ? 2
        : (p[0] >= 0xe0 && p[0] <= 0xef) ? 3
        : (p[0] >= 0xf0 && p[0] <= 0xf4) ? 4 : 0;

    if (n == 0 || len < n) {
        return 0;
    }

    /* the second byte's range depends on the first */

    low = (p[0] == 0xe0) ? 0xa0 : (p[0] == 0xf0) ? 0x90 : 0x80;
    high = (p[0] == 0xed) ? 0x9f : (p[0] == 0xf4) ? 0x8f : 0xbf;

    if (p[1] < low || p[1] > high) {
        return 0;
    }

    for (i = 2; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }

    return n;
}


int
clear_utf8_valid(const unsigned char *p, size_t len)
{
    size_t  n;

    while (len) {

        if (len >= CLEAR_WORD_SIZE
            && !clear_word_outside(clear_word(p), 0, 0x7f))
        {
            p += CLEAR_WORD_SIZE;
            len -= CLEAR_WORD_SIZE;
            continue;
        }

        n = clear_utf8_length(p, len);

        if (n == 0) {
            return 0;
        }

        p += n;
        len -= n;
    }

    return 1;
}
