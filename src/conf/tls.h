/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The directives for upstream's TLS that need more than nginx's own setters.
 */


#ifndef _NGX_CS_CONF_TLS_H_INCLUDED_
#define _NGX_CS_CONF_TLS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* as ngx_command_t's set; whether OpenSSL has the ciphers is seen later */
char *ngx_cs_set_ssl_protocols(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_cs_set_ssl_ciphers(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_cs_set_ssl_name(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


#endif /* _NGX_CS_CONF_TLS_H_INCLUDED_ */
