/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Which entries of a zone have an answer that is to be saved.  For this room
 * alone, within the lock.
 */


#ifndef _NGX_CS_ZONE_UNSAVED_H_INCLUDED_
#define _NGX_CS_ZONE_UNSAVED_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "zone/layout.h"


/* the entry's success is to be saved, also where an older one is just now */
void ngx_cs_unsaved_insert(ngx_cs_shm_t *shm, ngx_cs_entry_t *e);

/* or no longer; nothing where it is not */
void ngx_cs_unsaved_remove(ngx_cs_shm_t *shm, ngx_cs_entry_t *e);


#endif /* _NGX_CS_ZONE_UNSAVED_H_INCLUDED_ */
