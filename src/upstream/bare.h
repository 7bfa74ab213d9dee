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


/* at configuration time; NULL on an error that is logged */
ngx_shm_zone_t *ngx_cs_bare_add(ngx_conf_t *cf, void *tag);

/* in each worker, before any of the following; NULL: no tenant ever is */
void ngx_cs_bare_init_process(ngx_shm_zone_t *shm_zone);

/* from now on, for a minute */
void ngx_cs_bare_note(ngx_str_t *tenant);

/* 1 where the tenant's fetches go without callers' fields now */
ngx_uint_t ngx_cs_bare_is(ngx_str_t *tenant);


#endif /* _NGX_CS_UPSTREAM_BARE_H_INCLUDED_ */
