/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Wake-ups between workers: an eventfd for each worker, made by the master
 * before it forks, registered in each worker's event loop.  The descriptors
 * are kept over reloads, so that workers of two generations reach each other
 * where their number is the same.  A wake-up says only that something ended;
 * who is woken looks for itself.
 */


#ifndef _NGX_CS_CORE_WAKE_H_INCLUDED_
#define _NGX_CS_CORE_WAKE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* in the master, for each configuration, before workers are forked */
ngx_int_t ngx_cs_wake_init_module(ngx_cycle_t *cycle);

/*
 * In each worker: handler is called from the event loop after a wake-up,
 * once for any number of them; quit where nginx asks the worker to leave, when
 * it closes idle connections.
 */
ngx_int_t ngx_cs_wake_init_process(ngx_cycle_t *cycle, void (*handler)(void),
    void (*quit)(void));

void ngx_cs_wake_exit_process(ngx_cycle_t *cycle);

#define NGX_CS_WAKE_ALL  UINT64_MAX

/*
 * Wakes the workers whose number modulo 64 is set in the mask.  If ours is, it
 * means the one of another generation, but we are woken too.
 */
void ngx_cs_wake(uint64_t mask);


#endif /* _NGX_CS_CORE_WAKE_H_INCLUDED_ */
