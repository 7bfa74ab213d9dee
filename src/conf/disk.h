/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The directive clear_status_disk: read where it stands, and checked when all
 * zones are known.
 */


#ifndef _NGX_CS_CONF_DISK_H_INCLUDED_
#define _NGX_CS_CONF_DISK_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "conf/conf.h"


/* as ngx_command_t's set */
char *ngx_cs_set_disk(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/*
 * At the configuration's end: each disk has its zone, and shared memory of
 * its own.  NGX_OK or NGX_ERROR, which is logged.
 */
ngx_int_t ngx_cs_disk_init_conf(ngx_conf_t *cf, ngx_cs_main_conf_t *cmcf);


#endif /* _NGX_CS_CONF_DISK_H_INCLUDED_ */
