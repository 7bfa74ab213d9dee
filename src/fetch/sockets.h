/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The sockets of a libcurl multi handle as nginx connections, so that the
 * event loop can wait for them.  libcurl owns the sockets themselves: it opens
 * and closes them, and a number comes back as another connection; nothing of
 * the old one may be left in epoll, nor a posted event.
 */


#ifndef _NGX_CS_FETCH_SOCKETS_H_INCLUDED_
#define _NGX_CS_FETCH_SOCKETS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include <curl/curl.h>


/* connections that many transfers share are so many at the most */
#define NGX_CS_SOCKETS_SHARED  4


typedef struct {
    ngx_queue_t                  queue;
    ngx_uint_t                   n;

    /* open, but libcurl waits for nothing from them */
    curl_socket_t                idle[NGX_CS_SOCKETS_SHARED];
    ngx_uint_t                   nidle;

    ngx_event_handler_pt         handler;   /* its event is a connection's */
    void                        *data;      /* of each of these */
    ngx_log_t                   *log;
} ngx_cs_sockets_t;


void ngx_cs_sockets_init(ngx_cs_sockets_t *sockets,
    ngx_event_handler_pt handler, void *data, ngx_log_t *log);

/* NULL: nginx has no connection left */
ngx_connection_t *ngx_cs_sockets_add(ngx_cs_sockets_t *sockets,
    curl_socket_t s);

/* waits for what, CURL_POLL_..., and nothing else */
ngx_int_t ngx_cs_sockets_wait(ngx_connection_t *c, int what);

/*
 * libcurl opened a socket, maybe under the number of one that it closed
 * without a word: then it is waited for as the old one was.
 */
ngx_int_t ngx_cs_sockets_opened(ngx_cs_sockets_t *sockets, curl_socket_t s);

/*
 * The socket itself stays as it is.  1 where libcurl had closed it before it
 * said so, else 0.
 */
ngx_uint_t ngx_cs_sockets_forget(ngx_cs_sockets_t *sockets,
    ngx_connection_t *c);

/* libcurl waits for the socket again, or is about to close it */
void ngx_cs_sockets_not_idle(ngx_cs_sockets_t *sockets, curl_socket_t s);

/*
 * What is sent between these two goes out in as few packets as it fits in, also
 * by connections that were idle.  cork() returns 0 where there are too many
 * sockets for that to be of use.
 */
ngx_uint_t ngx_cs_sockets_cork(ngx_cs_sockets_t *sockets);
void ngx_cs_sockets_uncork(ngx_cs_sockets_t *sockets);


#endif /* _NGX_CS_FETCH_SOCKETS_H_INCLUDED_ */
