/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The directive clear_status_redis: read where it stands, and checked when all
 * zones, and a resolver if there is one, are known.
 */


#ifndef _NGX_CS_CONF_REDIS_H_INCLUDED_
#define _NGX_CS_CONF_REDIS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "conf/conf.h"


/* as ngx_command_t's set */
char *ngx_cs_set_redis(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/*
 * At the configuration's end: each Redis has its zone, its addresses or a
 * resolver, its certificates, and shared memory of its own.  NGX_OK or
 * NGX_ERROR, which is logged.
 */
ngx_int_t ngx_cs_redis_init_conf(ngx_conf_t *cf, ngx_cs_main_conf_t *cmcf);


#endif /* _NGX_CS_CONF_REDIS_H_INCLUDED_ */
