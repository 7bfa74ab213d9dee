/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What a caller prefers: the "wait" of a Prefer header field (RFC 7240).
 * Plain C: no nginx, no allocation, no state.
 */


#ifndef _CLEAR_PREFER_H_INCLUDED_
#define _CLEAR_PREFER_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


/* a wait of more seconds is taken as this many: nobody waits so long */
#define CLEAR_PREFER_MAX  INT64_C(1000000000)


/*
 * Looks for "wait" in one Prefer line; line, len: its value.
 *
 * Returns 1 where there is one: the first counts, whatever it says, also over
 * several lines (RFC 7240, section 2).  *seconds receives its delay-seconds
 * (section 4.3), or 0 where it is malformed.  Returns 0 where there is none.
 */
int clear_prefer_wait(const unsigned char *line, size_t len,
    int64_t *seconds);


#endif /* _CLEAR_PREFER_H_INCLUDED_ */
