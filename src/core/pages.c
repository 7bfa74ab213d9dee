/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Memory that a core file does not have; see the header.
 */


#include "core/pages.h"

#include <sys/mman.h>


u_char *
ngx_cs_pages_alloc(size_t size, ngx_log_t *log)
{
    void  *p;

    p = mmap(NULL, size, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1,
             0);

    if (p == MAP_FAILED) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      "mmap(MAP_ANONYMOUS, %uz) failed", size);
        return NULL;
    }

#ifdef MADV_DONTDUMP
    (void) madvise(p, size, MADV_DONTDUMP);
#endif

    return p;
}


void
ngx_cs_pages_free(u_char *p, size_t size)
{
    if (p) {
        (void) munmap(p, size);
    }
}
