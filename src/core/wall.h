/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Time since the epoch, in ms, as nginx last looked: for what goes to a disk,
 * to another machine or to people.  All else is ngx_current_msec.
 */


#ifndef _NGX_CS_CORE_WALL_H_INCLUDED_
#define _NGX_CS_CORE_WALL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


static ngx_inline int64_t
ngx_cs_wall(void)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    return (int64_t) tp->sec * 1000 + tp->msec;
}


#endif /* _NGX_CS_CORE_WALL_H_INCLUDED_ */
