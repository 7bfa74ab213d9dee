/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Memory for secrets: pages of their own, which a core file does not have.
 */


#ifndef _NGX_CS_CORE_PAGES_H_INCLUDED_
#define _NGX_CS_CORE_PAGES_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * size in bytes, zeroed; what is never written takes no memory.  NULL on an
 * error, which is logged.  A kernel that knows no MADV_DONTDUMP gives them all
 * the same.
 */
u_char *ngx_cs_pages_alloc(size_t size, ngx_log_t *log);

/* of the same size, or NULL; what was there is gone with the pages */
void ngx_cs_pages_free(u_char *p, size_t size);


#endif /* _NGX_CS_CORE_PAGES_H_INCLUDED_ */
