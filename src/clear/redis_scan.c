/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Where a reply of Redis ends; see the header.  The protocol:
 * https://redis.io/docs/latest/develop/reference/protocol-spec/
 */


#include "clear/redis_scan.h"

#include <string.h>


/* of a number that is a length, and of any, which has 64 bits */
#define CLEAR_REDIS_LENGTH_DIGITS  10
#define CLEAR_REDIS_NUMBER_DIGITS  19


enum {
    CLEAR_REDIS_TYPE = 0,
    CLEAR_REDIS_TEXT,                /* of + and - */
    CLEAR_REDIS_SIGN,                /* of :, $ and * */
    CLEAR_REDIS_DIGITS,
    CLEAR_REDIS_LF,                  /* behind a line */
    CLEAR_REDIS_BULK,
    CLEAR_REDIS_BULK_CR,
    CLEAR_REDIS_BULK_LF,
    CLEAR_REDIS_WHOLE
};


static int clear_redis_scan_byte(clear_redis_scan_t *scan, unsigned char c);
static int clear_redis_scan_digit(clear_redis_scan_t *scan, unsigned char c);
static int clear_redis_scan_line(clear_redis_scan_t *scan);
static int clear_redis_scan_array(clear_redis_scan_t *scan);
static void clear_redis_scan_element(clear_redis_scan_t *scan);


ptrdiff_t
clear_redis_scan(clear_redis_scan_t *scan, const unsigned char *p, size_t len,
    int *whole)
{
    size_t  i, n;

    *whole = 0;

    for (i = 0; i < len; i += n) {

        if (scan->state == CLEAR_REDIS_BULK) {
            n = (scan->bulk < len - i) ? scan->bulk : len - i;
            scan->bulk -= n;

            if (scan->bulk == 0) {
                scan->state = CLEAR_REDIS_BULK_CR;
            }

        } else {
            n = 1;

            if (!clear_redis_scan_byte(scan, p[i])) {
                return -1;
            }
        }

        scan->size += n;

        if (scan->size > scan->max) {
            return -1;
        }

        if (scan->state == CLEAR_REDIS_WHOLE) {
            scan->size = 0;
            scan->elements = 0;
            scan->state = CLEAR_REDIS_TYPE;
            *whole = 1;

            return i + 1;
        }
    }

    return len;
}


/* 0 where it may not be there */

static int
clear_redis_scan_byte(clear_redis_scan_t *scan, unsigned char c)
{
    switch (scan->state) {

    case CLEAR_REDIS_TYPE:
        scan->type = c;
        scan->state = (c == '+' || c == '-') ? CLEAR_REDIS_TEXT
                                             : CLEAR_REDIS_SIGN;
        scan->number = 0;
        scan->digits = 0;
        scan->minus = 0;

        return c != '\0' && strchr("+-:$*", c) != NULL;

    case CLEAR_REDIS_TEXT:
        if (c == '\r') {
            scan->state = CLEAR_REDIS_LF;
        }

        return c != '\n';

    case CLEAR_REDIS_SIGN:
        scan->state = CLEAR_REDIS_DIGITS;

        if (c == '-') {
            scan->minus = 1;
            return 1;
        }

        return clear_redis_scan_digit(scan, c);

    case CLEAR_REDIS_DIGITS:
        if (c == '\r') {
            scan->state = CLEAR_REDIS_LF;
            return scan->digits != 0;
        }

        return clear_redis_scan_digit(scan, c);

    case CLEAR_REDIS_LF:
        return c == '\n' && clear_redis_scan_line(scan);

    case CLEAR_REDIS_BULK_CR:
        scan->state = CLEAR_REDIS_BULK_LF;
        return c == '\r';

    default: /* CLEAR_REDIS_BULK_LF */
        clear_redis_scan_element(scan);
        return c == '\n';
    }
}


static int
clear_redis_scan_digit(clear_redis_scan_t *scan, unsigned char c)
{
    if (c < '0' || c > '9') {
        return 0;
    }

    scan->number = 10 * scan->number + (c - '0');
    scan->digits++;

    return scan->digits <= (scan->type == ':' ? CLEAR_REDIS_NUMBER_DIGITS
                                              : CLEAR_REDIS_LENGTH_DIGITS);
}


/* a line is at its end */

static int
clear_redis_scan_line(clear_redis_scan_t *scan)
{
    if (scan->type == ':' || scan->type == '+' || scan->type == '-') {
        clear_redis_scan_element(scan);
        return 1;
    }

    /* a length of -1 is nil; there is none below */

    if (scan->minus) {
        clear_redis_scan_element(scan);
        return scan->number == 1;
    }

    if (scan->type == '*') {
        return clear_redis_scan_array(scan);
    }

    if (scan->number > scan->max) {
        return 0;
    }

    scan->bulk = scan->number;
    scan->state = scan->bulk ? CLEAR_REDIS_BULK : CLEAR_REDIS_BULK_CR;

    return 1;
}


static int
clear_redis_scan_array(clear_redis_scan_t *scan)
{
    if (scan->number == 0) {
        clear_redis_scan_element(scan);
        return 1;
    }

    if (scan->depth == CLEAR_REDIS_DEPTH
        || scan->number > CLEAR_REDIS_ELEMENTS - scan->elements)
    {
        return 0;
    }

    scan->elements += scan->number;
    scan->left[scan->depth++] = scan->number;
    scan->state = CLEAR_REDIS_TYPE;

    return 1;
}


/* an element is at its end, and with it maybe arrays, or the reply */

static void
clear_redis_scan_element(clear_redis_scan_t *scan)
{
    while (scan->depth && --scan->left[scan->depth - 1] == 0) {
        scan->depth--;
    }

    scan->state = scan->depth ? CLEAR_REDIS_TYPE : CLEAR_REDIS_WHOLE;
}
