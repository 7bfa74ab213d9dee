/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Whether the workers, who run as another user than the master that read the
 * configuration, will be able to read a file again.
 */


#ifndef _NGX_CS_CORE_MAY_READ_H_INCLUDED_
#define _NGX_CS_CORE_MAY_READ_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * In the master: 1 where the workers' user may read the file and search all
 * folders on its way, by owner, group and mode.  Access control lists are not
 * looked at.  path: terminated.
 */
ngx_uint_t ngx_cs_may_read(ngx_cycle_t *cycle, ngx_str_t *path);


#endif /* _NGX_CS_CORE_MAY_READ_H_INCLUDED_ */
