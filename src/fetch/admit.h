/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Whether a request may go out over the connection that libcurl has chosen for
 * it, asked right before it is sent.  libcurl takes a connection that can be
 * read for one that is alive, and would read what is there as the answer.
 */


#ifndef _NGX_CS_FETCH_ADMIT_H_INCLUDED_
#define _NGX_CS_FETCH_ADMIT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "fetch/sockets.h"


/* sockets that a transfer opened, the last ones */
#define NGX_CS_ADMIT_OPENED  4


typedef struct {
    char                        *address;   /* of our end */
    in_port_t                    port;
    unsigned                     tls:1;
    unsigned                     h2:1;
    unsigned                     pending:1; /* bytes that TLS has to give */
    unsigned                     ahead:1;   /* and those that it has read */
    unsigned                     veiled:1;  /* there may be more, in the TLS of
                                               a proxy: nobody can look there */

    curl_socket_t                s[NGX_CS_ADMIT_OPENED];
    ngx_uint_t                   n;         /* that it opened, in all */
} ngx_cs_admit_t;


/*
 * NGX_OK, or NGX_DECLINED: it has to go over another connection, since this
 * one has something to say already, is too old, or may have served somebody
 * else; it is shut down.
 */
ngx_int_t ngx_cs_admit(ngx_cs_sockets_t *sockets, ngx_cs_admit_t *admit);


#endif /* _NGX_CS_FETCH_ADMIT_H_INCLUDED_ */
