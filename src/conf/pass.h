/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The directive clear_status_pass, which makes a location ours.
 */


#ifndef _NGX_CS_CONF_PASS_H_INCLUDED_
#define _NGX_CS_CONF_PASS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * As ngx_command_t's set.  The URL is checked and normalised, so that equal
 * URLs make equal tenants: scheme and host in lower case, no default port, and
 * Clear's own path where there is none.
 */
char *ngx_cs_set_pass(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


#endif /* _NGX_CS_CONF_PASS_H_INCLUDED_ */
