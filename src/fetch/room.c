/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Whether nginx has connections, and the system sockets, for one more transfer;
 * and who gives up what is only kept.
 */


#include "fetch/multi_state.h"

#include "fetch/code.h"


/*
 * nginx connections that are left for others, and for a transfer that tries
 * both address families at once
 */
#define NGX_CS_MULTI_SPARE    2

/* from this version on a multi with transfers has one by which its threads wake
 * it up */
#define NGX_CS_MULTI_WAKES    0x081400


static void ngx_cs_multi_spare(ngx_uint_t n);


/*
 * A socket callback that fails ends all transfers of a multi, so there has to
 * be room for all sockets that libcurl may still want before one more begins:
 * one for each transfer that has none yet.
 */

ngx_uint_t
ngx_cs_multi_room(ngx_cs_multi_t *m)
{
    ngx_uint_t       need, free, transfers, sockets;
    ngx_queue_t     *q;
    ngx_cs_multi_t  *item;

    need = NGX_CS_MULTI_SPARE;

    for (q = ngx_queue_head(&ngx_cs_multis);
         q != ngx_queue_sentinel(&ngx_cs_multis);
         q = ngx_queue_next(q))
    {
        item = ngx_queue_data(q, ngx_cs_multi_t, queue);

        transfers = item->active + (item == m);
        sockets = ngx_min(transfers, item->conf.max_host);

        if (transfers && ngx_cs_fetch_libcurl() >= NGX_CS_MULTI_WAKES) {
            sockets++;
        }

        if (sockets > item->sockets.nbusy) {
            need += sockets - item->sockets.nbusy;
        }
    }

    /* nginx takes back what callers only keep alive, we what upstreams do */

    free = ngx_cycle->free_connection_n + ngx_cycle->reusable_connections_n;

    if (free + ngx_cs_sockets_idle() < need) {
        return 0;
    }

    if (free < need) {
        ngx_cs_multi_spare(need - free);
    }

    return 1;
}


/* that many idle connections are given up, those of the oldest multi first */

static void
ngx_cs_multi_spare(ngx_uint_t n)
{
    ngx_queue_t     *q;
    ngx_cs_multi_t  *m;

    for (q = ngx_queue_head(&ngx_cs_multis);
         q != ngx_queue_sentinel(&ngx_cs_multis);
         q = ngx_queue_next(q))
    {
        m = ngx_queue_data(q, ngx_cs_multi_t, queue);

        while (n && m->sockets.nidle) {
            ngx_cs_sockets_shut_oldest(&m->sockets);
            n--;
        }

        m->conf.died(m);
    }
}


curl_socket_t
ngx_cs_multi_new(struct curl_sockaddr *address, ngx_log_t *log, ngx_err_t *err)
{
    curl_socket_t  s;

    if (ngx_cycle->free_connection_n + ngx_cycle->reusable_connections_n == 0) {
        ngx_cs_multi_spare(1);
    }

    if (ngx_cycle->free_connection_n + ngx_cycle->reusable_connections_n == 0) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "worker_connections are not enough for upstream");
        *err = NGX_EMFILE;

        return CURL_SOCKET_BAD;
    }

    s = ngx_socket(address->family, address->socktype, address->protocol);

    if (s != (curl_socket_t) -1) {
        *err = 0;
        return s;
    }

    *err = ngx_socket_errno;

    /* newer versions of libcurl do not say why */

    ngx_log_error(NGX_LOG_ERR, log, *err, ngx_socket_n " for upstream failed");

    /* the next one may have what is only kept */

    if (*err == NGX_EMFILE || *err == NGX_ENFILE) {
        ngx_cs_multi_spare(NGX_CS_MULTI_IDLE);
    }

    return CURL_SOCKET_BAD;
}
