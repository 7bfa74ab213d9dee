/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A fleet (tier/fleet.h) for each clear_status_redis.
 */


#ifndef _NGX_CS_CONF_FLEET_H_INCLUDED_
#define _NGX_CS_CONF_FLEET_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "conf/conf.h"


/*
 * At the configuration's end, when each Redis has its zone.  NGX_OK or
 * NGX_ERROR, which is logged.
 */
ngx_int_t ngx_cs_fleet_init_conf(ngx_conf_t *cf, ngx_cs_main_conf_t *cmcf);


#endif /* _NGX_CS_CONF_FLEET_H_INCLUDED_ */
