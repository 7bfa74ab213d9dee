/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Tenants whose fetches go without callers' header fields for a while, as
 * upstream's front answered one that had them with an error.  Over all workers
 * and reloads, in a small shared memory without a lock.
 */


#ifndef _NGX_CS_UPSTREAM_BARE_H_INCLUDED_
#define _NGX_CS_UPSTREAM_BARE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "core/block.h"


/* without its zone no tenant ever is */
extern ngx_cs_block_t  ngx_cs_bare_block;

/* from now on, for a minute */
void ngx_cs_bare_note(ngx_str_t *tenant);

/* 1 where the tenant's fetches go without callers' fields now */
ngx_uint_t ngx_cs_bare_is(ngx_str_t *tenant);


#endif /* _NGX_CS_UPSTREAM_BARE_H_INCLUDED_ */
