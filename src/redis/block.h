/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What all workers know of a Redis: whose connections stand, and what was
 * logged of it, so that it is logged once.  Each notes its own in the place
 * that it took, and that of a process which died counts for nothing.
 */


#ifndef _NGX_CS_REDIS_BLOCK_H_INCLUDED_
#define _NGX_CS_REDIS_BLOCK_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_CS_REDIS_PROCESSES  256


typedef struct {
    ngx_atomic_t                 pid;       /* 0: free */
    ngx_atomic_t                 up;
} ngx_cs_redis_process_t;


typedef struct {
    ngx_atomic_t                 off;       /* why, as it was logged; or 0 */
    ngx_atomic_t                 refused;   /* what calls were, as it was
                                               logged; or 0 */
    ngx_cs_redis_process_t       processes[NGX_CS_REDIS_PROCESSES];
} ngx_cs_redis_block_t;


/* this worker's place, not up; NULL where all are taken */
ngx_cs_redis_process_t *ngx_cs_redis_block_enter(ngx_shm_zone_t *block);

/* process may be NULL in both */
void ngx_cs_redis_block_up(ngx_cs_redis_process_t *process, ngx_uint_t up);
void ngx_cs_redis_block_leave(ngx_cs_redis_process_t *process);

/* whether it is up for each worker that is not leaving */
ngx_uint_t ngx_cs_redis_block_all(ngx_shm_zone_t *block);


#endif /* _NGX_CS_REDIS_BLOCK_H_INCLUDED_ */
