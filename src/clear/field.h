/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What may be sent as a header field, and what of a caller's.
 * Plain C: no nginx, no allocation, no state.
 */


#ifndef _CLEAR_FIELD_H_INCLUDED_
#define _CLEAR_FIELD_H_INCLUDED_


#include <stddef.h>


/*
 * 1 where p, len is a field's name, a token: letters, digits and
 * "!#$%&'*+-.^_`|~", at least one (RFC 9110, section 5.6.2).
 */
int clear_field_name(const unsigned char *p, size_t len);

/*
 * 1 where p, len can be sent as a field's value and arrives as it is: visible
 * characters, bytes over 0x7f, and blanks inside (RFC 9110, section 5.5), so
 * that it cannot end the field.  0 also where it is empty.
 */
int clear_field_value(const unsigned char *p, size_t len);

/*
 * 1 for what a caller may name its request by (X-Request-Id): 1 to 128 bytes
 * of letters, digits and "-_.~+/=:".
 */
int clear_field_request_id(const unsigned char *p, size_t len);

/*
 * 1 for a traceparent: version, trace id, parent id and flags in lower-case
 * hexadecimal, neither id all zeroes, and not the version "ff" (W3C Trace
 * Context, section 3.2).
 */
int clear_field_traceparent(const unsigned char *p, size_t len);

/*
 * 1 for a tracestate, its lines joined: at most 512 bytes, visible characters
 * of ASCII and blanks (W3C Trace Context, section 3.3).
 */
int clear_field_tracestate(const unsigned char *p, size_t len);


#endif /* _CLEAR_FIELD_H_INCLUDED_ */
