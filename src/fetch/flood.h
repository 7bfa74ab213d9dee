/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What comes over a connection of HTTP/2 and tells no transfer anything: PING,
 * SETTINGS, empty DATA and the like.  Before 8.7 libcurl goes on reading it in
 * one call for as long as there is any, so a connection over which too much of
 * it came is shut down from within that call.
 */


#ifndef _NGX_CS_FETCH_FLOOD_H_INCLUDED_
#define _NGX_CS_FETCH_FLOOD_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "fetch/sockets.h"


/* of a multi handle, which lives longer than its connections */

typedef struct {
    ngx_cs_sockets_t            *sockets;
    size_t                       barren;    /* bytes since a transfer was told
                                               anything */
    unsigned                     over:1;    /* too much: all are shut down */
} ngx_cs_flood_t;


/* ctx: the SSL_CTX of a connection that is about to be made */
void ngx_cs_flood_watch(ngx_cs_flood_t *flood, void *ctx);


#endif /* _NGX_CS_FETCH_FLOOD_H_INCLUDED_ */
