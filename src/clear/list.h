/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What the parsers of header fields share: the tokens, quoted strings and
 * blanks that lists are made of (RFC 9110, section 5.6).
 * Plain C: no nginx, no allocation, no state.
 */


#ifndef _CLEAR_LIST_H_INCLUDED_
#define _CLEAR_LIST_H_INCLUDED_


#include <stddef.h>

#include "clear/task.h"


/* what is left of a field's value */

typedef struct {
    const unsigned char     *p;
    const unsigned char     *last;        /* behind the last byte */
} clear_list_t;


/*
 * Calls member() with data for each member of a field's value until one says
 * that it is the one: 1, or 0 where none does.  It goes over as much as it
 * reads; the rest is skipped, up to a comma that is in no quoted string.
 */
int clear_list_find(const unsigned char *line, size_t len,
    int (*member)(clear_list_t *list, void *data), void *data);

/* over OWS, blanks and tabs */
void clear_list_blanks(clear_list_t *list);

/* 1 and over c where it is next, else 0 */
int clear_list_char(clear_list_t *list, unsigned char c);

/* a token; 1, or 0 where none is next.  s points into the value */
int clear_list_token(clear_list_t *list, clear_str_t *s);

/*
 * A token or a quoted string; 1, or 0 where neither is next.  s receives what
 * is between the quotes, with its escapes.
 */
int clear_list_word(clear_list_t *list, clear_str_t *s);

/*
 * What follows in a member of the list, to its end, *( OWS ";" OWS
 * [ parameter ] ): 1 where it is well formed, else 0.  parameter() is to go
 * over one, and says 0 where that is not.
 */
int clear_list_parameters(clear_list_t *list,
    int (*parameter)(clear_list_t *list));

/* 1 where s is name, which is in lower case, in any case */
int clear_list_is(const clear_str_t *s, const char *name);


#endif /* _CLEAR_LIST_H_INCLUDED_ */
