/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Which flight a look-up is of; see the header.
 */


#include "zone/lookup.h"

#include "zone/entry.h"
#include "zone/lease.h"


ngx_cs_lease_t *
ngx_cs_lookup_lease(ngx_cs_shm_t *shm, ngx_cs_lookup_t *lookup)
{
    ngx_cs_entry_t  *e;

    e = ngx_cs_entry_find(shm, lookup->key);

    return e ? ngx_cs_lease_find(shm, e, lookup->ticket) : NULL;
}
