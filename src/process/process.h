/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What a process does when it begins and when it ends: memory that workers
 * share is declared, and each room that has something of its own in a worker
 * makes it, in the order in which they need each other.
 */


#ifndef _NGX_CS_PROCESS_PROCESS_H_INCLUDED_
#define _NGX_CS_PROCESS_PROCESS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "conf/conf.h"


/*
 * At configuration time, where it is used: declares the small shared memories.
 * NGX_OK, or NGX_ERROR, which is logged.
 */
ngx_int_t ngx_cs_process_init_conf(ngx_conf_t *cf, ngx_cs_main_conf_t *cmcf);

/* nginx's hooks; the first in the master, the others in each process */
ngx_int_t ngx_cs_process_init_module(ngx_cycle_t *cycle);
ngx_int_t ngx_cs_process_init(ngx_cycle_t *cycle);
void ngx_cs_process_exit(ngx_cycle_t *cycle);


#endif /* _NGX_CS_PROCESS_PROCESS_H_INCLUDED_ */
