/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The slots of the processes that use a zone: what one holds is given back
 * when it is dead.  For this room alone.
 */


#ifndef _NGX_CS_ZONE_SLOT_H_INCLUDED_
#define _NGX_CS_ZONE_SLOT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "zone/layout.h"


/* see ngx_cs_zone_attach() and ngx_cs_zone_detach() */
void ngx_cs_slot_attach(ngx_cs_zone_t *zone, ngx_log_t *log);
void ngx_cs_slot_detach(ngx_cs_zone_t *zone);

/* whether a slot's process is still there; a system call */
ngx_uint_t ngx_cs_slot_alive(ngx_cs_slot_t *slot);


#endif /* _NGX_CS_ZONE_SLOT_H_INCLUDED_ */
