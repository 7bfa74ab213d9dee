/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Clear's JSON envelope, both ways: bytes from upstream into an answer, as
 * they arrive, and an error into the six keys that callers get.
 *
 * Plain C and yajl, which nobody else includes.  Memory comes from the
 * caller's functions.  Nothing is known of HTTP here; what an answer means
 * for a caller is clear/verdict.h.
 */


#ifndef _CLEAR_ENVELOPE_H_INCLUDED_
#define _CLEAR_ENVELOPE_H_INCLUDED_


#include <stddef.h>

#include "clear/alloc.h"
#include "clear/task.h"


typedef enum {
    CLEAR_ENVELOPE_OK = 0,
    CLEAR_ENVELOPE_BAD,            /* not JSON, or refused; see strerror */
    CLEAR_ENVELOPE_NOT_ENVELOPE,   /* good JSON, but no envelope */
    CLEAR_ENVELOPE_NO_MEMORY
} clear_envelope_e;


typedef struct clear_envelope_s  clear_envelope_t;


/*
 * A parser for one body.  alloc is copied; its context must outlive the
 * parser.  Returns NULL where memory ran out.
 */
clear_envelope_t *clear_envelope_create(const clear_alloc_t *alloc);

/*
 * The body's next bytes, in any split.  After another value than
 * CLEAR_ENVELOPE_OK further bytes are ignored and the value repeated.
 *
 * Refused as CLEAR_ENVELOPE_BAD: what RFC 8259 forbids, invalid UTF-8, a byte
 * order mark, NUL (also as \u0000 in a captured string), lone surrogates in a
 * captured string, nesting deeper than 64 levels, a key that
 * we read given twice in its object, bytes after the value.
 */
clear_envelope_e clear_envelope_feed(clear_envelope_t *env,
    const unsigned char *data, size_t len);

/*
 * A step of parsing a body that is there as a whole: data, len is what is left
 * of it, *taken receives how much of that was parsed.  A step takes a time
 * that depends on slice alone, in bytes; all of them together, one that
 * depends on the body's length alone.  (What comes in pieces that cut a token
 * makes yajl read the token again with each.)
 *
 * Returns as clear_envelope_feed(), which it takes the place of.  Refused too:
 * a key longer than 4 * slice, and such a string in a place that we read.
 */
clear_envelope_e clear_envelope_step(clear_envelope_t *env,
    const unsigned char *data, size_t len, size_t slice, size_t *taken);

/*
 * The body is complete.  On CLEAR_ENVELOPE_OK *answer points into the parser.
 * An envelope is an object with an integer "status", a boolean "success" and,
 * where success is true, "result" as an object or null;
 * result.workflowStatus, where it is there, is a string or null.
 */
clear_envelope_e clear_envelope_finish(clear_envelope_t *env,
    const clear_task_t **answer);

/*
 * What is wrong, for a log line: a static text of ours ("is not JSON", "is
 * nested too deeply", ...) that never repeats upstream's bytes.
 */
const char *clear_envelope_strerror(const clear_envelope_t *env);

void clear_envelope_destroy(clear_envelope_t *env);


/*
 * An error to be told to a caller.  Strings that are NULL get a default for
 * the status.  validation_errors is JSON text of an array as a parser gave
 * it; or field and field_message make one entry.
 */

typedef struct {
    int                      status;          /* 300 to 599 */
    clear_str_t              message;
    clear_str_t              code;
    clear_str_t              error_message;
    clear_str_t              validation_errors;
    clear_str_t              field;
    clear_str_t              field_message;
} clear_error_t;


/*
 * Writes the envelope for an error: six keys in the documented order, UTF-8,
 * compact.  out->data comes from alloc and is the caller's.  Text that is not
 * UTF-8 is replaced by the default.
 *
 * Returns CLEAR_ENVELOPE_OK or CLEAR_ENVELOPE_NO_MEMORY.
 */
clear_envelope_e clear_envelope_write(const clear_alloc_t *alloc,
    const clear_error_t *error, clear_str_t *out);


#endif /* _CLEAR_ENVELOPE_H_INCLUDED_ */
