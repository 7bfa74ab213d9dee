/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * An address that worked before; see the header.
 */


#include "fetch/known.h"

#include <ngx_event.h>


/* how long nobody asks again where an address is known, ms */
#define NGX_CS_KNOWN_DOUBTED  5000


void
ngx_cs_known_note(ngx_cs_known_t *known, const char *address)
{
    size_t   len;
    u_char  *copy;

    len = ngx_strlen(address);

    if (len == 0
        || (known->address && ngx_strcmp(known->address, address) == 0))
    {
        return;
    }

    copy = ngx_alloc(len + 1, ngx_cycle->log);
    if (copy == NULL) {
        return;
    }

    ngx_memcpy(copy, address, len + 1);

    ngx_cs_known_free(known);
    known->address = copy;
}


void
ngx_cs_known_failed(ngx_cs_known_t *known)
{
    known->failed = ngx_current_msec;
    known->doubted = 1;
}


ngx_uint_t
ngx_cs_known_at_once(ngx_cs_known_t *known)
{
    if (known->doubted
        && ngx_current_msec - known->failed >= NGX_CS_KNOWN_DOUBTED)
    {
        known->doubted = 0;
    }

    return known->doubted && known->address;
}


void
ngx_cs_known_free(ngx_cs_known_t *known)
{
    if (known->address) {
        ngx_free(known->address);
        known->address = NULL;
    }
}
