/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The purges of other gateways on this one's disk: entered, and made when they
 * are made in the zone.
 */


#ifndef _NGX_CS_TIER_PURGE_DISK_H_INCLUDED_
#define _NGX_CS_TIER_PURGE_DISK_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* more of them are one of all */
#define NGX_CS_PURGE_DISK_MAX  64


typedef struct {
    ngx_shm_zone_t              *shm_zone;  /* the disk's, or NULL */
    ngx_uint_t                   n;
    ngx_uint_t                   places[NGX_CS_PURGE_DISK_MAX + 1];
} ngx_cs_purge_disk_t;


/* zone: that has a disk or not */
void ngx_cs_purge_disk_begin(ngx_cs_purge_disk_t *purge, ngx_shm_zone_t *zone);

/*
 * kind: 't' a task, 'o' an integration id, by the digest's first bytes, or '*'
 * all; what was fetched until then, wall ms.
 * NGX_OK or NGX_DECLINED: too many wait.
 */
ngx_int_t ngx_cs_purge_disk_add(ngx_cs_purge_disk_t *purge, u_char kind,
    u_char *digest, int64_t until);

/* the zone is purged, however that ended */
void ngx_cs_purge_disk_end(ngx_cs_purge_disk_t *purge);


#endif /* _NGX_CS_TIER_PURGE_DISK_H_INCLUDED_ */
