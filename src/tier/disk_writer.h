/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Writes a zone's finished answers to its database, and purges and trims that:
 * in nginx's cache manager process, a transaction a second.  What it does may
 * block, and then holds up what else that process does.
 */


#ifndef _NGX_CS_TIER_DISK_WRITER_H_INCLUDED_
#define _NGX_CS_TIER_DISK_WRITER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* ngx_path_t.manager; data: ngx_cs_disk_t.  Returns when to call again, ms */
ngx_msec_t ngx_cs_disk_writer(void *data);


#endif /* _NGX_CS_TIER_DISK_WRITER_H_INCLUDED_ */
