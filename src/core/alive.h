/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Whether a process is there, by what shared memory says of it.
 */


#ifndef _NGX_CS_CORE_ALIVE_H_INCLUDED_
#define _NGX_CS_CORE_ALIVE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* 1 where a process has this number, whoever's it is; 0 has none */

static ngx_inline ngx_uint_t
ngx_cs_alive(ngx_pid_t pid)
{
    return pid != 0
           && (pid == ngx_pid || kill(pid, 0) == 0 || ngx_errno != NGX_ESRCH);
}


/* 1 where a place was free, or its process dead, and is this one's now */

static ngx_inline ngx_uint_t
ngx_cs_alive_take(ngx_atomic_t *place)
{
    ngx_atomic_uint_t  pid;

    pid = *place;

    return !ngx_cs_alive((ngx_pid_t) pid)
           && ngx_atomic_cmp_set(place, pid, ngx_pid);
}


#endif /* _NGX_CS_CORE_ALIVE_H_INCLUDED_ */
