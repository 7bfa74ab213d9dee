/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The directives for those who wait: clear_status_wait, clear_status_events
 * and clear_status_notify.
 */


#ifndef _NGX_CS_CONF_WAITING_H_INCLUDED_
#define _NGX_CS_CONF_WAITING_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* as ngx_command_t's set; NGX_CONF_OK, or an error that is logged */
char *ngx_cs_set_wait(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_cs_set_events(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_cs_set_notify(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


#endif /* _NGX_CS_CONF_WAITING_H_INCLUDED_ */
