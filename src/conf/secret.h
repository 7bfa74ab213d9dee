/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The directives that name a file with a secret in it.
 */


#ifndef _NGX_CS_CONF_SECRET_H_INCLUDED_
#define _NGX_CS_CONF_SECRET_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * clear_status_auth_token_file: a file, or a folder and behind it a name with
 * variables; as ngx_command_t's set.
 */
char *ngx_cs_set_token_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* clear_status_proxy_password_file, likewise, without variables */
char *ngx_cs_set_password_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


#endif /* _NGX_CS_CONF_SECRET_H_INCLUDED_ */
