/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The value of a Retry-After header field (RFC 9110, section 10.2.3).
 * Plain C: no nginx, no allocation, no state.
 */


#ifndef _CLEAR_RETRY_AFTER_H_INCLUDED_
#define _CLEAR_RETRY_AFTER_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


/*
 * value, len: the field's value: delay-seconds, also with a fraction, or an
 * HTTP-date in any of the three forms of RFC 9110, section 5.6.7; surrounding
 * blanks are ignored.
 * date, date_len: the value of the same response's Date, against which an
 * HTTP-date is measured, as upstream's clock may differ from ours; where it is
 * none, now counts: epoch seconds.
 *
 * Returns whole seconds from now, rounded up, 0 for a date in the past, at
 * most INT32_MAX, or -1 where the value is not valid.
 */
int64_t clear_retry_after_parse(const unsigned char *value, size_t len,
    const unsigned char *date, size_t date_len, int64_t now);


#endif /* _CLEAR_RETRY_AFTER_H_INCLUDED_ */
