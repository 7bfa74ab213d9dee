/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * JSON as it is written, into a text.  It sets the commas; that brackets fit
 * is the caller's.
 */


#ifndef _NGX_CS_OPERATOR_JSON_H_INCLUDED_
#define _NGX_CS_OPERATOR_JSON_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "operator/text.h"


typedef struct {
    ngx_cs_text_t               *text;
    ngx_uint_t                   next;     /* a comma comes before it */
} ngx_cs_json_t;


/*
 * A name is a constant that needs no escapes, and NULL for what stands in a
 * list, or for the root.
 */

void ngx_cs_json_init(ngx_cs_json_t *j, ngx_cs_text_t *text);

/* bracket: "{", "[", and what closes them */
void ngx_cs_json_open(ngx_cs_json_t *j, char *name, char *bracket);
void ngx_cs_json_close(ngx_cs_json_t *j, char *bracket);

void ngx_cs_json_int(ngx_cs_json_t *j, char *name, int64_t value);
void ngx_cs_json_bool(ngx_cs_json_t *j, char *name, ngx_uint_t value);

/* data, len: anything; what it takes to be JSON's is done here */
void ngx_cs_json_string(ngx_cs_json_t *j, char *name, u_char *data,
    size_t len);


#endif /* _NGX_CS_OPERATOR_JSON_H_INCLUDED_ */
