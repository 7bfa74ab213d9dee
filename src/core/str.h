/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What nginx's strings lack: to be compared with one another.
 */


#ifndef _NGX_CS_CORE_STR_H_INCLUDED_
#define _NGX_CS_CORE_STR_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* 1 where both have the same bytes; one of no bytes may have no data */

static ngx_inline ngx_uint_t
ngx_cs_str_eq(const ngx_str_t *a, const ngx_str_t *b)
{
    return a->len == b->len
           && (a->len == 0 || ngx_memcmp(a->data, b->data, a->len) == 0);
}


#endif /* _NGX_CS_CORE_STR_H_INCLUDED_ */
