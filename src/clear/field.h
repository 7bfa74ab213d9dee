/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What may be sent as the value of a header field.
 * Plain C: no nginx, no allocation, no state.
 */


#ifndef _CLEAR_FIELD_H_INCLUDED_
#define _CLEAR_FIELD_H_INCLUDED_


#include <stddef.h>


/*
 * 1 where p, len can be sent as a field's value and arrives as it is: visible
 * characters, bytes over 0x7f, and blanks inside (RFC 9110, section 5.5), so
 * that it cannot end the field.  0 also where it is empty.
 */
int clear_field_value(const unsigned char *p, size_t len);


#endif /* _CLEAR_FIELD_H_INCLUDED_ */
