/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Where a worker leaves a body that is too large for the zone; see the header.
 * The first page of the file holds the next offset and is mapped by all.
 */


#include "zone/spill.h"

#include <fcntl.h>
#include <sys/mman.h>


typedef struct {
    ngx_fd_t                     fd;
    ngx_atomic_t                *next;
    ngx_uint_t                   refs;     /* configurations */
} ngx_cs_spill_t;


static ngx_int_t ngx_cs_spill_open(ngx_log_t *log);
static void ngx_cs_spill_close(void *data);


static ngx_cs_spill_t             ngx_cs_spill = { -1, NULL, 0 };


ngx_int_t
ngx_cs_spill_init_module(ngx_cycle_t *cycle)
{
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(cycle->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_cs_spill_close;
    ngx_cs_spill.refs++;

    if (ngx_cs_spill.next == NULL
        && ngx_cs_spill_open(cycle->log) != NGX_OK)
    {
        ngx_log_error(NGX_LOG_WARN, cycle->log, ngx_errno,
                      "no memory file: answers larger than a zone are "
                      "fetched once by each worker that needs them");
    }

    return NGX_OK;
}


static ngx_int_t
ngx_cs_spill_open(ngx_log_t *log)
{
    void     *p;
    ngx_fd_t  fd;

    fd = memfd_create("clear_status", MFD_CLOEXEC);
    if (fd == -1) {
        return NGX_ERROR;
    }

    p = MAP_FAILED;

    if (ftruncate(fd, ngx_pagesize) == 0) {
        p = mmap(NULL, ngx_pagesize, PROT_READ|PROT_WRITE, MAP_SHARED, fd, 0);
    }

    if (p == MAP_FAILED) {
        (void) close(fd);
        return NGX_ERROR;
    }

    ngx_cs_spill.fd = fd;
    ngx_cs_spill.next = p;
    *ngx_cs_spill.next = ngx_pagesize;

    return NGX_OK;
}


/* with the last configuration that uses it */

static void
ngx_cs_spill_close(void *data)
{
    ngx_cs_spill_t  *spill;

    spill = &ngx_cs_spill;

    if (--spill->refs || spill->next == NULL) {
        return;
    }

    (void) munmap((void *) spill->next, ngx_pagesize);
    (void) close(spill->fd);

    spill->next = NULL;
    spill->fd = -1;
}


uint64_t
ngx_cs_spill_reserve(size_t len)
{
    if (ngx_cs_spill.next == NULL || len == 0) {
        return 0;
    }

    /* whole pages each, so that each can be given back */

    return ngx_atomic_fetch_add(ngx_cs_spill.next,
                                ngx_align(len, ngx_pagesize));
}


ngx_int_t
ngx_cs_spill_write(uint64_t offset, u_char *body, size_t len)
{
    size_t   done;
    ssize_t  n;

    for (done = 0; done < len; done += n) {
        n = pwrite(ngx_cs_spill.fd, body + done, len - done, offset + done);

        if (n <= 0) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_cs_spill_get(uint64_t offset, u_char *body, size_t len)
{
    size_t   done;
    ssize_t  n;

    for (done = 0; done < len; done += n) {
        n = pread(ngx_cs_spill.fd, body + done, len - done, offset + done);

        if (n <= 0) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


void
ngx_cs_spill_free(uint64_t offset, size_t len)
{
    if (ngx_cs_spill.next) {
        (void) fallocate(ngx_cs_spill.fd,
                         FALLOC_FL_PUNCH_HOLE|FALLOC_FL_KEEP_SIZE, offset,
                         ngx_align(len, ngx_pagesize));
    }
}
