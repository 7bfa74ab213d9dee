/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The directive clear_status_set_header: another field for upstream.
 */


#ifndef _NGX_CS_CONF_SET_HEADER_H_INCLUDED_
#define _NGX_CS_CONF_SET_HEADER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * FIELD VALUE, as it is; as ngx_command_t's set.  May be repeated: a field that
 * is there twice is sent twice.  A message never shows what may be a
 * credential.
 */
char *ngx_cs_set_header(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


#endif /* _NGX_CS_CONF_SET_HEADER_H_INCLUDED_ */
