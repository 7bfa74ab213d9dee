/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The entity tags that a caller has: the list of an If-None-Match header
 * field (RFC 9110, section 13.1.2).
 * Plain C: no nginx, no allocation, no state.
 */


#ifndef _CLEAR_ETAG_H_INCLUDED_
#define _CLEAR_ETAG_H_INCLUDED_


#include <stddef.h>


typedef enum {
    CLEAR_ETAG_OTHER = 0,      /* it is none of those listed */
    CLEAR_ETAG_LISTED,
    CLEAR_ETAG_ANY             /* "*" */
} clear_etag_e;


/*
 * Whether an entity tag is one of a list, by weak comparison (section
 * 8.8.3.2).  A list that is broken counts up to where it is.
 *
 * line, len: the field's value.  tag, tag_len: the tag with its quotes and
 * without W/.
 */
clear_etag_e clear_etag_listed(const unsigned char *line, size_t len,
    const unsigned char *tag, size_t tag_len);


#endif /* _CLEAR_ETAG_H_INCLUDED_ */
