/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The disk as a tier: finished answers in an SQLite database, read in nginx's
 * thread pool, one task a worker at a time, and written behind by the cache
 * manager process (tier/disk_writer.h).  A disk that does not answer in time
 * is gone around, and after three times in a row left alone for a while.
 */


#ifndef _NGX_CS_TIER_DISK_H_INCLUDED_
#define _NGX_CS_TIER_DISK_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "tier/disk_block.h"
#include "tier/tier.h"


/* the integration id in a tenant, which was made above; it points there */
typedef ngx_int_t (*ngx_cs_disk_id_pt)(ngx_str_t *tenant, ngx_str_t *id);


/* one clear_status_disk */

typedef struct {
    ngx_str_t                    zone;      /* its name */
    ngx_shm_zone_t              *shm_zone;
    ngx_shm_zone_t              *block;     /* ngx_cs_disk_block_t */
    ngx_shm_zone_t              *fleet;     /* ngx_cs_fleet_block_t; NULL:
                                               there is none */
    ngx_path_t                  *path;
    char                        *file;      /* the database's name */
    struct ngx_thread_pool_s    *threads;
    ngx_cs_disk_id_pt            id_of;
    off_t                        max_size;  /* bytes */
    int64_t                      keep;      /* ms */
    ngx_msec_t                   timeout;
    u_char                      *conf_file;
    ngx_uint_t                   line;
    void                        *worker;    /* the reader's or writer's state,
                                               in its process */
} ngx_cs_disk_t;


/* in a worker; disks is of ngx_cs_disk_t * and lives as long as it */
void ngx_cs_disk_init_process(ngx_array_t *disks);
void ngx_cs_disk_exit_process(void);

/* the disk of a zone, in a worker; NULL: there is none */
ngx_cs_disk_t *ngx_cs_disk_of(ngx_shm_zone_t *shm_zone);

extern ngx_cs_tier_t  ngx_cs_tier_disk;


#endif /* _NGX_CS_TIER_DISK_H_INCLUDED_ */
