/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Which flight a look-up is of.  For this room alone, within the lock.
 */


#ifndef _NGX_CS_ZONE_LOOKUP_H_INCLUDED_
#define _NGX_CS_ZONE_LOOKUP_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "zone/layout.h"


/* the lease of the look-up's ticket; NULL: it is no longer there */
ngx_cs_lease_t *ngx_cs_lookup_lease(ngx_cs_shm_t *shm,
    ngx_cs_lookup_t *lookup);


#endif /* _NGX_CS_ZONE_LOOKUP_H_INCLUDED_ */
