/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What the files of a multi handle share, and nobody else.
 */


#ifndef _NGX_CS_FETCH_MULTI_STATE_H_INCLUDED_
#define _NGX_CS_FETCH_MULTI_STATE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "fetch/flood.h"
#include "fetch/multi.h"
#include "fetch/sockets.h"


/* connections that wait for their next transfer, at the most */
#define NGX_CS_MULTI_IDLE     64


struct ngx_cs_multi_s {
    ngx_queue_t                        queue;    /* of all */
    CURLM                             *multi;
    ngx_cs_multi_conf_t                conf;
    ngx_event_t                        timer;
    ngx_event_t                        now;      /* a timer of no time */
    ngx_event_t                        end;
    ngx_log_t                         *log;
    ngx_uint_t                         active;   /* transfers */
    ngx_cs_sockets_t                   sockets;
    ngx_cs_flood_t                     flood;    /* over these */
    ngx_uint_t                         begun;    /* transfers, since the last
                                                    drive */
    unsigned                           failed:1;
    unsigned                           given_up:1;  /* a socket, silently */
    unsigned                           retired:1;
    unsigned                           threads:1;
};


/* of this worker */
extern ngx_queue_t  ngx_cs_multis;


/*
 * A socket for a transfer, or CURL_SOCKET_BAD and why.  Without a connection
 * of nginx's for it, which callers may have taken since the transfer began,
 * only this transfer fails.
 */
curl_socket_t ngx_cs_multi_new(struct curl_sockaddr *address, ngx_log_t *log,
    ngx_err_t *err);


#endif /* _NGX_CS_FETCH_MULTI_STATE_H_INCLUDED_ */
