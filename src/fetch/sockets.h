/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The sockets of a libcurl multi handle as nginx connections, so that the
 * event loop can wait for them.  libcurl owns the sockets themselves: it opens
 * and closes them, and a number comes back as another connection; nothing of
 * the old one may be left in epoll, nor a posted event.
 *
 * A socket that libcurl waits for is busy.  One that it only keeps for a later
 * request is idle, and goes on being watched: what becomes readable before
 * anything was asked is nobody's answer (RFC 9112, section 9.2), so the
 * connection is shut down.  Then it is dead, until libcurl finds that out.
 */


#ifndef _NGX_CS_FETCH_SOCKETS_H_INCLUDED_
#define _NGX_CS_FETCH_SOCKETS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include <curl/curl.h>


/* connections that many transfers share are so many at the most */
#define NGX_CS_SOCKETS_SHARED  4


typedef struct ngx_cs_sockets_s            ngx_cs_sockets_t;

/* a busy socket can be read (CURL_CSELECT_IN) or written (..._OUT) */
typedef void (*ngx_cs_sockets_pt)(void *data, curl_socket_t s, int what);

/* one that was idle is dead now */
typedef void (*ngx_cs_sockets_dead_pt)(void *data);


typedef struct {
    ngx_queue_t                  queue;     /* of those in the same state */
    ngx_cs_sockets_t            *sockets;
    ngx_connection_t            *connection;  /* NULL: dead */
    curl_socket_t                fd;
    in_port_t                    port;      /* of our end; 0: not known yet */
    sa_family_t                  family;    /* likewise */
    ngx_msec_t                   opened;
    unsigned                     idle:1;
    unsigned                     used:1;    /* carried a request */
} ngx_cs_socket_t;


struct ngx_cs_sockets_s {
    ngx_queue_t                  busy;
    ngx_queue_t                  idle;      /* the longest idle one last */
    ngx_queue_t                  dead;
    ngx_uint_t                   nbusy;
    ngx_uint_t                   nidle;
    ngx_uint_t                   ndead;

    ngx_msec_t                   keepalive_time;  /* an idle one older than
                                                     that is shut down */
    ngx_cs_sockets_pt            handler;
    ngx_cs_sockets_dead_pt       died;
    void                        *data;      /* of these */
    ngx_log_t                   *log;
    unsigned                     shared:1;  /* HTTP/2: frames may come while
                                               nothing was asked */
};


void ngx_cs_sockets_init(ngx_cs_sockets_t *sockets);

/* what is left of them, once libcurl has none */
void ngx_cs_sockets_free(ngx_cs_sockets_t *sockets);

/* libcurl waits for s.  NULL: no memory, or nginx has no connection left */
ngx_cs_socket_t *ngx_cs_sockets_busy(ngx_cs_sockets_t *sockets,
    curl_socket_t s);

/* waits for what, CURL_POLL_..., and nothing else */
ngx_int_t ngx_cs_sockets_wait(ngx_cs_socket_t *socket, int what);

/*
 * libcurl does not wait for it any more.  1 where libcurl had closed it before
 * it said so, else 0: it is idle, or about to be closed.
 */
ngx_uint_t ngx_cs_sockets_rest(ngx_cs_socket_t *socket);

/*
 * libcurl opened a socket, maybe under the number of one that it closed
 * without a word: then it is waited for as the old one was.
 */
ngx_int_t ngx_cs_sockets_opened(ngx_cs_sockets_t *sockets, curl_socket_t s);

/* libcurl is about to close it */
void ngx_cs_sockets_closed(ngx_cs_sockets_t *sockets, curl_socket_t s);

/* the busy ones are not waited for any more, what becomes of them is unknown */
void ngx_cs_sockets_forget_busy(ngx_cs_sockets_t *sockets);

/* shuts down the one that has been idle for longest, if there is one */
void ngx_cs_sockets_shut_oldest(ngx_cs_sockets_t *sockets);

/* shuts down all there are */
void ngx_cs_sockets_shut_all(ngx_cs_sockets_t *sockets);

/* from now on idle ones are not watched, or are again */
void ngx_cs_sockets_share(ngx_cs_sockets_t *sockets, ngx_uint_t shared);

/* of all there are in this worker */
ngx_uint_t ngx_cs_sockets_idle(void);

/* whether nothing has come, not even the other end's close */
ngx_uint_t ngx_cs_sockets_silent(ngx_cs_socket_t *socket);

/* nothing that came or comes over it will be read as anybody's answer */
void ngx_cs_sockets_shut(ngx_cs_socket_t *socket);

/*
 * What is sent between these two goes out in as few packets as it fits in, also
 * by connections that were idle.  cork() returns 0 where there are too many
 * sockets for that to be of use.
 */
ngx_uint_t ngx_cs_sockets_cork(ngx_cs_sockets_t *sockets);
void ngx_cs_sockets_uncork(ngx_cs_sockets_t *sockets);


#endif /* _NGX_CS_FETCH_SOCKETS_H_INCLUDED_ */
