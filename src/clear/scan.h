/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What yajl lets pass, seen in the raw bytes of a JSON text as they arrive in
 * any split: UTF-8 that is not well-formed, control bytes taken for white
 * space, and escaped surrogates without their other half.
 * Plain C: no allocation; all zero is a good beginning.
 */


#ifndef _CLEAR_SCAN_H_INCLUDED_
#define _CLEAR_SCAN_H_INCLUDED_


#include <stddef.h>


typedef struct {
    unsigned char            partial[4];  /* a character that is not whole */
    size_t                   npartial;

    unsigned                 string:1;    /* within a string */
    unsigned                 escape:1;    /* after a backslash */
    unsigned                 high:1;      /* a high surrogate came last */
    unsigned                 lone:1;      /* in this or the last string */
    unsigned                 digits:3;    /* of \uXXXX that are to come */
    unsigned                 unit:16;     /* the value of those so far */
} clear_scan_t;


/*
 * Checks the next bytes for UTF-8 and control bytes; 1 where all is well.
 */
int clear_scan_bytes(clear_scan_t *scan, const unsigned char *p, size_t len);

/* 1 where no character is left half */
int clear_scan_done(const clear_scan_t *scan);

/*
 * Follows strings and escapes through the next bytes.  After the last byte of
 * a string scan->lone tells whether it had half a surrogate pair.
 */
void clear_scan_strings(clear_scan_t *scan, const unsigned char *p,
    size_t len);

/*
 * How much of a JSON text to parse at once, so that no token is cut: up to the
 * first comma outside of strings that is not before slice; or up to the
 * beginning of a string that is longer than 4 * slice; or all.  p is outside
 * of strings.  0: p is the beginning of such a string.
 */
size_t clear_scan_slice(const unsigned char *p, size_t len, size_t slice);

/*
 * How much of a long string to parse at once, so that neither a character nor
 * an escape is cut: about slice bytes, or up to and with the quotation mark
 * that ends it; *ended tells.  p is within the string.
 */
size_t clear_scan_piece(const unsigned char *p, size_t len, size_t slice,
    int *ended);


#endif /* _CLEAR_SCAN_H_INCLUDED_ */
