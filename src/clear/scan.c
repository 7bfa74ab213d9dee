/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What yajl lets pass; see the header.
 */


#include "clear/scan.h"

#include <string.h>

#include "clear/utf8.h"
#include "clear/word.h"


static size_t clear_scan_partial(clear_scan_t *scan, const unsigned char *p,
    size_t len);
static int clear_scan_may_go_on(const unsigned char *p, size_t len);
static void clear_scan_quotes(clear_scan_t *scan, const unsigned char *p,
    size_t len);
static void clear_scan_plain(clear_scan_t *scan, unsigned char c);
static void clear_scan_escape(clear_scan_t *scan, unsigned char c);
static void clear_scan_digit(clear_scan_t *scan, unsigned char c);
static void clear_scan_unit(clear_scan_t *scan);


int
clear_scan_bytes(clear_scan_t *scan, const unsigned char *p, size_t len)
{
    size_t  n;

    if (scan->npartial) {
        n = clear_scan_partial(scan, p, len);

        if (n == 0 && len) {
            return 0;
        }

        p += n;
        len -= n;
    }

    while (len) {

        if (len >= CLEAR_WORD_SIZE
            && !clear_word_outside(clear_word(p), 0x20, 0x7f))
        {
            p += CLEAR_WORD_SIZE;
            len -= CLEAR_WORD_SIZE;
            continue;
        }

        if (*p < 0x80) {

            if (*p < 0x20 && *p != '\t' && *p != '\n' && *p != '\r') {
                return 0;
            }

            p++;
            len--;
            continue;
        }

        n = clear_utf8_length(p, len);

        if (n == 0) {

            if (!clear_scan_may_go_on(p, len)) {
                return 0;
            }

            memcpy(scan->partial, p, len);
            scan->npartial = len;
            return 1;
        }

        p += n;
        len -= n;
    }

    return 1;
}


/* completes a character; the bytes it took, 0 where it cannot be one */

static size_t
clear_scan_partial(clear_scan_t *scan, const unsigned char *p, size_t len)
{
    size_t  n;

    for (n = 0; n < len; n++) {
        scan->partial[scan->npartial++] = p[n];

        if (clear_utf8_length(scan->partial, scan->npartial)) {
            scan->npartial = 0;
            return n + 1;
        }

        if (!clear_scan_may_go_on(scan->partial, scan->npartial)) {
            return 0;
        }
    }

    return n;
}


/* whether these bytes, less than a character, can begin one */

static int
clear_scan_may_go_on(const unsigned char *p, size_t len)
{
    size_t         need;
    unsigned char  whole[4];

    need = (p[0] >= 0xf0) ? 4 : (p[0] >= 0xe0) ? 3 : 2;

    if (len >= need) {
        return 0;
    }

    /* with a second byte that fits the first where it is still to come */

    whole[0] = p[0];
    whole[1] = (p[0] == 0xe0) ? 0xa0 : (p[0] == 0xf0) ? 0x90 : 0x80;
    whole[2] = 0x80;
    whole[3] = 0x80;

    memcpy(whole, p, len);

    return clear_utf8_length(whole, need) == need;
}


int
clear_scan_done(const clear_scan_t *scan)
{
    return scan->npartial == 0;
}


void
clear_scan_strings(clear_scan_t *scan, const unsigned char *p, size_t len)
{
    const unsigned char  *last;

    if (!scan->digits && !scan->escape && !scan->high
        && (len == 0 || memchr(p, '\\', len) == NULL))
    {
        clear_scan_quotes(scan, p, len);
        return;
    }

    for (last = p + len; p < last; p++) {

        if (scan->digits) {
            clear_scan_digit(scan, *p);

        } else if (scan->escape) {
            clear_scan_escape(scan, *p);

        } else if (*p == '\\' || *p == '"' || scan->high) {
            clear_scan_plain(scan, *p);
        }
    }
}


/* without an escape only the beginnings and ends of strings matter */

static void
clear_scan_quotes(clear_scan_t *scan, const unsigned char *p, size_t len)
{
    size_t  n;

    n = 0;

    while (len >= CLEAR_WORD_SIZE) {
        n += clear_word_count(clear_word(p), '"');
        p += CLEAR_WORD_SIZE;
        len -= CLEAR_WORD_SIZE;
    }

    while (len--) {
        n += (*p++ == '"');
    }

    /* one of them began a string */

    if (n > scan->string) {
        scan->lone = 0;
    }

    scan->string ^= n & 1;
}


static void
clear_scan_plain(clear_scan_t *scan, unsigned char c)
{
    if (c == '\\') {
        scan->escape = 1;
        return;
    }

    if (scan->high) {
        scan->high = 0;
        scan->lone = 1;
    }

    if (c == '"') {

        if (!scan->string) {
            scan->lone = 0;
        }

        scan->string = !scan->string;
    }
}


static void
clear_scan_escape(clear_scan_t *scan, unsigned char c)
{
    scan->escape = 0;

    if (c == 'u') {
        scan->digits = 4;
        scan->unit = 0;
        return;
    }

    if (scan->high) {
        scan->high = 0;
        scan->lone = 1;
    }
}


/* what is no digit yajl refuses */

static void
clear_scan_digit(clear_scan_t *scan, unsigned char c)
{
    unsigned  value;

    value = (c <= '9') ? (unsigned) (c - '0')
                       : (unsigned) ((c | 0x20) - 'a' + 10);

    scan->unit = (scan->unit << 4 | (value & 0xf)) & 0xffff;
    scan->digits--;

    if (scan->digits == 0) {
        clear_scan_unit(scan);
    }
}


/* RFC 8259, section 7: a high surrogate, then a low one */

static void
clear_scan_unit(clear_scan_t *scan)
{
    unsigned  kind;

    kind = scan->unit & 0xfc00;

    if (kind == 0xdc00) {
        scan->lone |= !scan->high;
        scan->high = 0;
        return;
    }

    scan->lone |= scan->high;
    scan->high = (kind == 0xd800);
}


size_t
clear_scan_slice(const unsigned char *p, size_t len, size_t slice)
{
    int     string;
    size_t  i, begin;

    if (len <= slice) {
        return len;
    }

    string = 0;
    begin = 0;

    for (i = 0; i < len; i++) {

        if (p[i] == '"') {
            string = !string;
            begin = i;

        } else if (string) {

            if (i - begin >= 4 * slice) {
                return begin;
            }

            i += (p[i] == '\\');

        } else if (p[i] == ',' && i >= slice) {
            return i;
        }
    }

    return len;
}


size_t
clear_scan_piece(const unsigned char *p, size_t len, size_t slice, int *ended)
{
    size_t  i;

    *ended = 0;
    i = 0;

    while (i < len) {

        if (p[i] == '"') {
            *ended = 1;
            return i + 1;
        }

        /* neither in a character of several bytes nor in an escape */

        if (i >= slice && (p[i] & 0xc0) != 0x80) {
            return i;
        }

        i += (p[i] != '\\') ? 1 : (i + 1 < len && p[i + 1] == 'u') ? 6 : 2;
    }

    return len;
}
