/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The task id that a caller asks for: taken from the query string, decoded
 * and checked, and written again as a query argument for upstream.
 * Plain C: no nginx, no allocation, no state.
 */


#ifndef _CLEAR_TASK_ID_H_INCLUDED_
#define _CLEAR_TASK_ID_H_INCLUDED_


#include <stddef.h>


/* the longest decoded task id, in bytes, and its longest escaped form */
#define CLEAR_TASK_ID_MAX          256
#define CLEAR_TASK_ID_ESCAPED_MAX  (3 * CLEAR_TASK_ID_MAX)


typedef enum {
    CLEAR_TASK_ID_OK = 0,
    CLEAR_TASK_ID_MISSING,
    CLEAR_TASK_ID_EMPTY,
    CLEAR_TASK_ID_REPEATED,
    CLEAR_TASK_ID_TOO_LONG,
    CLEAR_TASK_ID_CONTROL,
    CLEAR_TASK_ID_BAD_UTF8,
    CLEAR_TASK_ID_BAD_ESCAPE
} clear_task_id_e;


/*
 * Finds the argument "taskId" in a raw query string (no leading "?") and
 * decodes it: names and values by RFC 3986 percent-encoding, "+" as a space
 * (WHATWG URL, application/x-www-form-urlencoded, which Clear's servers read).
 * A name counts after decoding, so "task%49d" is a second taskId.
 *
 * args, len: the query string, may be NULL with len 0.
 * id: receives at most CLEAR_TASK_ID_MAX bytes, not terminated; undefined
 * unless CLEAR_TASK_ID_OK is returned.  id_len: receives its length.
 */
clear_task_id_e clear_task_id_parse(const unsigned char *args, size_t len,
    unsigned char *id, size_t *id_len);

/*
 * The same for what nearly all callers send, at a fraction of the cost: this
 * argument alone, with nothing in it to decode or to refuse, which is sure of
 * the bytes from "," to "~".  Returns the id's length and where it lies in
 * args, or 0 where clear_task_id_parse() has to look.
 */
size_t clear_task_id_plain(const unsigned char *args, size_t len,
    const unsigned char **id);

/*
 * Writes a task id as a query argument's value: all but the unreserved
 * characters of RFC 3986, section 2.3, percent-encoded, in upper case.
 *
 * dst: room for 3 * len bytes.  Returns the bytes written.
 */
size_t clear_task_id_escape(const unsigned char *id, size_t len,
    unsigned char *dst);

/*
 * A static text for people that says what is wrong, for a validation error;
 * NULL for CLEAR_TASK_ID_OK.
 */
const char *clear_task_id_strerror(clear_task_id_e rc);


#endif /* _CLEAR_TASK_ID_H_INCLUDED_ */
