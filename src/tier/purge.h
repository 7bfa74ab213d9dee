/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A purge below the zone: from its beginning on no tier gives out what is to
 * go, and when the zone is purged too, it is deleted there.  Other gateways
 * are told, now or when Redis is back.
 */


#ifndef _NGX_CS_TIER_PURGE_H_INCLUDED_
#define _NGX_CS_TIER_PURGE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "tier/purge_disk.h"


typedef struct {
    ngx_cs_purge_disk_t          disk;
    ngx_cs_disk_ticket_t         ticket;
} ngx_cs_tier_purge_t;


/*
 * Before the zone is purged: of a task, of an integration id, or of all where
 * the data of both are NULL.  NGX_OK; NGX_DECLINED: too many wait, later;
 * NGX_ERROR: OpenSSL cannot.
 */
ngx_int_t ngx_cs_tier_purge_begin(ngx_cs_tier_purge_t *purge,
    ngx_shm_zone_t *shm_zone, ngx_str_t *task_id, ngx_str_t *integration_id);

/* after it, however that ended */
void ngx_cs_tier_purge_end(ngx_cs_tier_purge_t *purge);


#endif /* _NGX_CS_TIER_PURGE_H_INCLUDED_ */
