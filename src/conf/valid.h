/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The directive clear_status_valid: how long an answer is fresh, by state or
 * code, and how that grows as a task ages.
 */


#ifndef _NGX_CS_CONF_VALID_H_INCLUDED_
#define _NGX_CS_CONF_VALID_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* as ngx_command_t's set; NGX_CONF_OK, or an error that is logged */
char *ngx_cs_set_valid(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


#endif /* _NGX_CS_CONF_VALID_H_INCLUDED_ */
