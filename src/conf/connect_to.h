/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The directive clear_status_connect_to: where to connect instead of the host
 * and port of clear_status_pass.
 */


#ifndef _NGX_CS_CONF_CONNECT_TO_H_INCLUDED_
#define _NGX_CS_CONF_CONNECT_TO_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * HOST, HOST:PORT or "off"; as ngx_command_t's set.  The host is stored in
 * lower case, an IPv6 address in brackets.
 */
char *ngx_cs_set_connect_to(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


#endif /* _NGX_CS_CONF_CONNECT_TO_H_INCLUDED_ */
