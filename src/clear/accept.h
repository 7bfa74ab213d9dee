/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Whether a caller wants a stream of events: the media range
 * text/event-stream in an Accept header field (RFC 9110, section 12.5.1).
 * Plain C: no nginx, no allocation, no state.
 */


#ifndef _CLEAR_ACCEPT_H_INCLUDED_
#define _CLEAR_ACCEPT_H_INCLUDED_


#include <stddef.h>


/* no line that is shorter wants events: nobody need read it */
#define CLEAR_ACCEPT_EVENTS_MIN  (sizeof("text/event-stream") - 1)


/*
 * 1 where an Accept line names text/event-stream itself, with a weight that
 * is not 0, else 0: a range such as text/ or any type with "*" does not count,
 * nor does one that is malformed.  line, len: its value.
 */
int clear_accept_events(const unsigned char *line, size_t len);


#endif /* _CLEAR_ACCEPT_H_INCLUDED_ */
