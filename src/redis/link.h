/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A connection to Redis, and its ways there: from an address or a Sentinel by
 * TLS and login until it is up, and back when it is lost.  What is sent is
 * answered in order, so whoever sends takes a place in a ring.
 *
 * The parts, from the top: calls.c and channel.c, which use a link; link.c, its
 * life; connect.c, login.c; wire.c, bytes; report.c, what is logged of it.
 */


#ifndef _NGX_CS_REDIS_LINK_H_INCLUDED_
#define _NGX_CS_REDIS_LINK_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_event_connect.h>

#include "clear/redis_scan.h"
#include "redis/block.h"
#include "redis/redis.h"


/* of silence, before the peer is asked for a sign of life; in ms */
#define NGX_CS_REDIS_BEAT       5000

/* requests that are not answered yet, those of nobody too */
#define NGX_CS_REDIS_RING       2048

/* bytes that are not sent yet */
#define NGX_CS_REDIS_OUT_MAX    (4 * NGX_CS_REDIS_VALUE_MAX)

/* addresses that a name may have */
#define NGX_CS_REDIS_ADDRS      8

#define NGX_CS_REDIS_REASON     256


typedef struct ngx_cs_redis_link_s  ngx_cs_redis_link_t;


/*
 * The answer to a request of owner, which is NULL where it does not wait any
 * more.  reply: NULL where the link is lost.
 */
typedef void (*ngx_cs_redis_reply_pt)(ngx_cs_redis_link_t *link, void *owner,
    redisReply *reply);


typedef struct {
    ngx_cs_redis_reply_pt        told;
    void                        *owner;
} ngx_cs_redis_slot_t;


typedef enum {
    NGX_CS_REDIS_OFF = 0,
    NGX_CS_REDIS_WAITING,            /* for the next try */
    NGX_CS_REDIS_RESOLVING,
    NGX_CS_REDIS_CONNECTING,         /* and shaking hands */
    NGX_CS_REDIS_LOGIN,
    NGX_CS_REDIS_UP
} ngx_cs_redis_state_e;


/* what is wrong; an error of Redis is NGX_CS_REDIS_SAYS + clear_redis_error_e
 */

typedef enum {
    NGX_CS_REDIS_CLOSED = 1,         /* by the peer, while it was up */
    NGX_CS_REDIS_AWAY,
    NGX_CS_REDIS_LATE,
    NGX_CS_REDIS_TLS,
    NGX_CS_REDIS_NONSENSE,
    NGX_CS_REDIS_WRONG,              /* it is not what the URL says */
    NGX_CS_REDIS_SAYS
} ngx_cs_redis_why_e;


/* what the two links of a worker do otherwise; only beat is required */

typedef struct {
    void                       (*up)(ngx_cs_redis_link_t *link);

    /* each is told by its place in the ring already */
    void                       (*down)(ngx_cs_redis_link_t *link);

    /* NGX_OK: it was no answer; NGX_DECLINED: it is one */
    ngx_int_t                  (*push)(ngx_cs_redis_link_t *link,
                                    redisReply *reply);

    /* asks for an answer that only a good peer gives */
    ngx_int_t                  (*beat)(ngx_cs_redis_link_t *link);
} ngx_cs_redis_kind_t;


struct ngx_cs_redis_link_s {
    ngx_cs_redis_worker_t       *worker;
    ngx_cs_redis_t              *redis;
    const ngx_cs_redis_kind_t   *kind;
    ngx_cs_redis_state_e         state;
    ngx_event_t                  timer;     /* of the state */
    ngx_event_t                  flush;     /* there is something to send */
    ngx_msec_t                   since;     /* it is up */
    ngx_msec_t                   heard;     /* the last bytes */
    ngx_uint_t                   failed;    /* tries in a row */
    ngx_uint_t                   stuck;     /* unanswered, and out of time */
    ngx_uint_t                   late;      /* calls out of time in a row */

    /* where it goes */
    ngx_uint_t                   host;      /* of redis->hosts */
    ngx_uint_t                   tried;     /* hosts in this round */
    ngx_str_t                    name;      /* of the peer: data is text */
    in_port_t                    port;
    ngx_sockaddr_t               addrs[NGX_CS_REDIS_ADDRS];
    socklen_t                    socklens[NGX_CS_REDIS_ADDRS];
    ngx_uint_t                   naddrs;
    ngx_uint_t                   addr;      /* of these */
    ngx_str_t                    shown;     /* its text: data is at */
    u_char                       text[256];
    u_char                       at[NGX_SOCKADDR_STRLEN];
    ngx_resolver_ctx_t          *resolving;
    ngx_peer_connection_t        peer;
    ngx_pool_t                  *pool;      /* of the connection */

    /* bytes */
    clear_redis_scan_t           scan;
    redisReader                 *reader;
    u_char                      *out;
    size_t                       out_size;
    size_t                       out_pos;
    size_t                       out_last;
    ngx_cs_redis_slot_t         *ring;
    ngx_uint_t                   first;     /* place that is answered next */
    ngx_uint_t                   last;      /* place that is free */
    ngx_uint_t                   closed;    /* connections, so far */

    /* what nginx says of the connection comes here */
    ngx_log_t                    log;
    u_char                       reason[NGX_CS_REDIS_REASON];
    size_t                       reason_len;

    unsigned                     sentinel:1;  /* the peer is one */
    unsigned                     beating:1;
    unsigned                     secret:1;    /* in what is to be sent */
};


struct ngx_cs_redis_worker_s {
    ngx_cs_redis_t              *redis;
    ngx_log_t                   *log;
    ngx_cs_redis_process_t      *process;
    ngx_cs_redis_link_t          commands;
    ngx_cs_redis_link_t          channels;
    ngx_queue_t                  subscribed;  /* ngx_cs_redis_channel_t */
    ngx_uint_t                   nsubscribed;
    ngx_msec_t                   refused;     /* when a call was, last; or
                                                 its own start */
};


/* link.c */

void ngx_cs_redis_link_init(ngx_cs_redis_worker_t *worker,
    ngx_cs_redis_link_t *link, const ngx_cs_redis_kind_t *kind);

/* for one that is off */
void ngx_cs_redis_link_start(ngx_cs_redis_link_t *link);

/* the process ends: nobody is told, and nothing starts again */
void ngx_cs_redis_link_stop(ngx_cs_redis_link_t *link);

/*
 * It is of no use as it is, for a reason that is logged: the next address or
 * Sentinel is tried, or, after a while, all of them anew.  All who wait are
 * told.  It may be up again, or connecting, after that.
 */
void ngx_cs_redis_link_fail(ngx_cs_redis_link_t *link, ngx_uint_t why,
    const char *text);

/* what the state is to be left after, in ms, at the latest */
void ngx_cs_redis_link_limit(ngx_cs_redis_link_t *link, ngx_msec_t ms);

/* the login is done */
void ngx_cs_redis_link_up(ngx_cs_redis_link_t *link);

/* there was an answer in time: the next try after a loss comes soon */
void ngx_cs_redis_link_good(ngx_cs_redis_link_t *link);

/* how long connecting, and each step of it, may take, in ms */
ngx_msec_t ngx_cs_redis_link_patience(ngx_cs_redis_link_t *link);


/* connect.c */

/* to the host at hand; where that fails at once, the link failed */
void ngx_cs_redis_connect(ngx_cs_redis_link_t *link);

/* to what a Sentinel tells, an address or a name */
void ngx_cs_redis_connect_to(ngx_cs_redis_link_t *link, ngx_str_t *name,
    in_port_t port);

/* after a failure: NGX_OK: another one is tried; NGX_DECLINED: that was all */
ngx_int_t ngx_cs_redis_connect_next(ngx_cs_redis_link_t *link);

/* whether a connection stands, and it is TLS that does not */
ngx_uint_t ngx_cs_redis_connect_stands(ngx_cs_redis_link_t *link);

void ngx_cs_redis_disconnect(ngx_cs_redis_link_t *link);


/* login.c */

/* on a connection that stands */
void ngx_cs_redis_login(ngx_cs_redis_link_t *link);

/* asks whether it still is a master, and answers */
ngx_int_t ngx_cs_redis_login_again(ngx_cs_redis_link_t *link);


/* wire.c */

/* handlers of the connection's events from now on */
ngx_int_t ngx_cs_redis_wire_open(ngx_cs_redis_link_t *link);

/* nothing is left, and nobody is told */
void ngx_cs_redis_wire_close(ngx_cs_redis_link_t *link);

/*
 * Sends a request.  place, if not NULL, receives that in the ring.  NGX_OK,
 * NGX_DECLINED: too much is under way; NGX_ERROR: no memory.
 */
ngx_int_t ngx_cs_redis_wire_send(ngx_cs_redis_link_t *link, ngx_uint_t argc,
    const ngx_str_t *argv, ngx_cs_redis_reply_pt told, void *owner,
    ngx_uint_t *place);

/* the slot of a place, until it was answered */
#define ngx_cs_redis_wire_slot(link, place)                                  \
    (&(link)->ring[(place) % NGX_CS_REDIS_RING])

/* of link->flush */
void ngx_cs_redis_wire_flush(ngx_event_t *ev);


/* report.c */

void ngx_cs_redis_report_off(ngx_cs_redis_link_t *link, ngx_uint_t why,
    const char *text);

/* a link is up, or lost */
void ngx_cs_redis_report_state(ngx_cs_redis_worker_t *worker);

/* a call was answered: refused by Redis, or not */
void ngx_cs_redis_report_answer(ngx_cs_redis_worker_t *worker,
    clear_redis_error_e error);

/* link->log for what nginx logs of the connection: it becomes the reason */
void ngx_cs_redis_report_catch(ngx_cs_redis_link_t *link);


/* channel.c */

extern const ngx_cs_redis_kind_t  ngx_cs_redis_channel_kind;

/* asks for those that are not asked for */
void ngx_cs_redis_channel_ask(ngx_cs_redis_link_t *link);


#endif /* _NGX_CS_REDIS_LINK_H_INCLUDED_ */
