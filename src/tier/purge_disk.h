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

#if (NGX_CS_HAVE_SQLITE)
#include "tier/disk_block.h"
#endif


/* of them at once, which leaves room for this gateway's own */
#define NGX_CS_PURGE_DISK_MAX  512


#if !(NGX_CS_HAVE_SQLITE)
typedef ngx_uint_t  ngx_cs_disk_ticket_t;
#endif


typedef struct {
    ngx_shm_zone_t              *shm_zone;  /* the disk's, or NULL */
    ngx_uint_t                   n;
    ngx_cs_disk_ticket_t        *tickets;
} ngx_cs_purge_disk_t;


/* zone: that has a disk or not; tickets: as many as are added, until the end */
void ngx_cs_purge_disk_begin(ngx_cs_purge_disk_t *purge, ngx_shm_zone_t *zone,
    ngx_cs_disk_ticket_t *tickets);

/*
 * kind: 't' a task, 'o' an integration id, by the digest's first bytes, or '*'
 * all, for which there is always room: what was fetched until now.
 * NGX_OK or NGX_DECLINED: too many wait.
 */
ngx_int_t ngx_cs_purge_disk_add(ngx_cs_purge_disk_t *purge, u_char kind,
    u_char *digest);

/* 1 where as many wait that another NGX_CS_PURGE_DISK_MAX should not yet; and
 * where it cannot be written at present, or all is to be deleted; else 0 */
ngx_uint_t ngx_cs_purge_disk_busy(ngx_cs_purge_disk_t *purge);
ngx_uint_t ngx_cs_purge_disk_fails(ngx_cs_purge_disk_t *purge);

/* the zone is purged, however that ended */
void ngx_cs_purge_disk_end(ngx_cs_purge_disk_t *purge);


#endif /* _NGX_CS_TIER_PURGE_DISK_H_INCLUDED_ */
