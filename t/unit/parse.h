/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A body through the envelope's parser, for the tests of it: whole, and in
 * every split, which must not make a difference.  What it took is counted.
 */


#ifndef _PARSE_H_INCLUDED_
#define _PARSE_H_INCLUDED_


#include "unit.h"

#include "clear/envelope.h"


typedef struct {
    unit_memory_t            memory;
    clear_alloc_t            alloc;
    clear_envelope_t        *env;
    clear_envelope_e         rc;
    const clear_task_t    *answer;      /* where rc is OK, else NULL */
} parse_t;


/* a literal, in the one object of an error that is good else */
#define PARSE_ERROR(members)                                                  \
    "{\"status\":404,\"success\":false,\"error\":{" members "}}"

/* in the root of a success that is good else */
#define PARSE_ROOT(members)                                                   \
    "{\"status\":200,\"success\":true,\"result\":{}," members "}"

/* in the result of one */
#define PARSE_RESULT(members)                                                 \
    "{\"status\":200,\"success\":true,\"result\":{" members "}}"


/* in chunks of at, rest; where at is 0, byte by byte */
void parse_split(parse_t *parse, const unsigned char *body, size_t len,
    size_t at);

/*
 * In steps, as a body that is there as a whole.  1 where it was refused for a
 * string that is too long for the slice.
 */
int parse_steps(parse_t *parse, const unsigned char *body, size_t len,
    size_t slice);

/* frees, and fails where not all came back */
void parse_end(parse_t *parse);

/* whole, and that every split gives the same */
void parse_all(parse_t *parse, const unsigned char *body, size_t len);

/* that every split of body gives rc and, where it is given, the reason */
void parse_check(const unsigned char *body, size_t len, clear_envelope_e rc,
    const char *reason);


#endif /* _PARSE_H_INCLUDED_ */
