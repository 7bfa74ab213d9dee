/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Well-formed UTF-8, as Unicode's table 3-7 and RFC 3629, section 4, have it:
 * no overlong form, no surrogate, nothing over U+10FFFF.
 * Plain C: no nginx, no allocation, no state.
 */


#ifndef _CLEAR_UTF8_H_INCLUDED_
#define _CLEAR_UTF8_H_INCLUDED_


#include <stddef.h>


/*
 * The length of the character that begins at p, 1 to 4; or 0 where none does,
 * or where it does not end within len bytes.
 */
size_t clear_utf8_length(const unsigned char *p, size_t len);

/* 1 where all len bytes are well-formed, else 0 */
int clear_utf8_valid(const unsigned char *p, size_t len);


#endif /* _CLEAR_UTF8_H_INCLUDED_ */
