/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Whose connection stands; see the header.
 */


#include "redis/block.h"

#include "core/alive.h"


ngx_cs_redis_process_t *
ngx_cs_redis_block_enter(ngx_shm_zone_t *block)
{
    ngx_uint_t               i;
    ngx_cs_redis_block_t    *b;
    ngx_cs_redis_process_t  *process;

    b = block->data;

    for (i = 0; i < NGX_CS_REDIS_PROCESSES; i++) {
        process = &b->processes[i];

        if (ngx_cs_alive_take(&process->pid)) {
            process->up = 0;
            return process;
        }
    }

    return NULL;
}


void
ngx_cs_redis_block_up(ngx_cs_redis_process_t *process, ngx_uint_t up)
{
    if (process) {
        process->up = up;
    }
}


void
ngx_cs_redis_block_leave(ngx_cs_redis_process_t *process)
{
    if (process) {
        process->up = 0;
        process->pid = 0;
    }
}


ngx_uint_t
ngx_cs_redis_block_all(ngx_shm_zone_t *block)
{
    ngx_uint_t               i, n;
    ngx_cs_redis_block_t    *b;
    ngx_cs_redis_process_t  *process;

    b = block->data;
    n = 0;

    for (i = 0; i < NGX_CS_REDIS_PROCESSES; i++) {
        process = &b->processes[i];

        if (!ngx_cs_alive((ngx_pid_t) process->pid)) {
            continue;
        }

        if (!process->up) {
            return 0;
        }

        n++;
    }

    return n != 0;
}
