/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The address of a name that a connection was last made to: what a fetch goes
 * on with where the name cannot be looked up now (RFC 8767 does so for
 * answers that are too old).  An open connection to it is found by it too.
 */


#ifndef _NGX_CS_FETCH_KNOWN_H_INCLUDED_
#define _NGX_CS_FETCH_KNOWN_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* all zero at first */

typedef struct {
    u_char                      *address;   /* text, terminated; or NULL */
    ngx_msec_t                   failed;    /* when the name was not found */
    unsigned                     doubted:1; /* failed counts */
} ngx_cs_known_t;


/* a connection was made there; without memory the old one stays */
void ngx_cs_known_note(ngx_cs_known_t *known, const char *address);

/* the name could not be looked up: for a while nobody waits for that again */
void ngx_cs_known_failed(ngx_cs_known_t *known);

/* whether there is an address that is to be used without a look-up */
ngx_uint_t ngx_cs_known_at_once(ngx_cs_known_t *known);

void ngx_cs_known_free(ngx_cs_known_t *known);


#endif /* _NGX_CS_FETCH_KNOWN_H_INCLUDED_ */
