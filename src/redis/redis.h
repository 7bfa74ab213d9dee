/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A Redis or Valkey, spoken to on the event loop: one for each
 * "clear_status_redis".  A worker has two connections to it, one for commands
 * and one for channels, keeps both up by itself, and tells whoever asked how
 * it went.  Nothing here blocks, and nothing waits longer than its time.
 * While it is off, calls are declined at once.
 */


#ifndef _NGX_CS_REDIS_REDIS_H_INCLUDED_
#define _NGX_CS_REDIS_REDIS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include <hiredis/hiredis.h>

#include "clear/redis_error.h"


/* the longest argument of a call, and the longest reply, in bytes */
#define NGX_CS_REDIS_VALUE_MAX  (4 * 1024 * 1024)
#define NGX_CS_REDIS_REPLY_MAX  (NGX_CS_REDIS_VALUE_MAX + 64 * 1024)

/* calls that may be under way in a worker, and its channels */
#define NGX_CS_REDIS_CALLS_MAX     1024
#define NGX_CS_REDIS_CHANNELS_MAX  128


typedef struct ngx_cs_redis_call_s     ngx_cs_redis_call_t;
typedef struct ngx_cs_redis_channel_s  ngx_cs_redis_channel_t;
typedef struct ngx_cs_redis_worker_s   ngx_cs_redis_worker_t;
typedef struct ngx_cs_redis_tls_s      ngx_cs_redis_tls_t;


/* what is in force now; it is valid until the next call */
typedef ngx_str_t *(*ngx_cs_redis_password_pt)(void *data, ngx_log_t *log);


typedef struct {
    ngx_str_t                    name;
    in_port_t                    port;
    ngx_addr_t                  *addrs;     /* none where a resolver is */
    ngx_uint_t                   naddrs;
} ngx_cs_redis_host_t;


/* one clear_status_redis, as configuration made it */

typedef struct {
    ngx_str_t                    zone;      /* its name */
    ngx_shm_zone_t              *shm_zone;
    ngx_shm_zone_t              *block;     /* see redis/block.h */
    ngx_str_t                    url;
    ngx_array_t                  hosts;     /* of ngx_cs_redis_host_t: Redis,
                                               or some Sentinels */
    ngx_str_t                    master;    /* Sentinel's name for it, or
                                               empty */
    ngx_uint_t                   db;
    ngx_str_t                    prefix;    /* of keys and channels */
    int64_t                      keep;      /* ms */
    ngx_msec_t                   timeout;   /* of a call */
    ngx_str_t                    user;      /* empty: "default" */
    ngx_cs_redis_password_pt     password;  /* NULL: no login */
    void                        *password_data;
    ngx_cs_redis_tls_t          *tls;       /* NULL: without TLS */
    ngx_resolver_t              *resolver;  /* NULL: hosts have addresses */
    ngx_msec_t                   resolver_timeout;
    u_char                      *conf_file;
    ngx_uint_t                   line;
    ngx_cs_redis_worker_t       *worker;    /* in a worker, the rest of it */
} ngx_cs_redis_t;


/*
 * How a call went.  rc: NGX_OK: reply is what Redis says, also where that is
 * an error, which call->error has; NGX_ABORT: no answer in time; NGX_ERROR:
 * the connection was lost; in both cases it may have been done or not.
 * reply: NULL unless NGX_OK, and freed afterwards.  call is its caller's again.
 */
typedef void (*ngx_cs_redis_told_pt)(ngx_cs_redis_call_t *call, ngx_int_t rc,
    redisReply *reply);


/* embedded in its caller's memory, which sets the first block, and lives until
 * it was told or cancelled */

struct ngx_cs_redis_call_s {
    ngx_cs_redis_told_pt         told;
    void                        *data;
    ngx_log_t                   *log;

    clear_redis_error_e          error;     /* of the reply; 0: it is none */

    /* the client's */
    ngx_cs_redis_t              *redis;     /* NULL: not under way */
    ngx_uint_t                   place;
    ngx_event_t                  timer;
};


/*
 * A channel that this worker listens to, in its owner's memory, which sets the
 * first block; of each name there is one.  All three are called from the event
 * loop, and may be NULL.
 */

struct ngx_cs_redis_channel_s {
    ngx_str_t                    name;
    void                        *data;

    /* from now on nothing is missed; also again after each "lost" */
    void                       (*confirmed)(ngx_cs_redis_channel_t *channel);

    void                       (*message)(ngx_cs_redis_channel_t *channel,
                                    ngx_str_t *text);

    /* what is published now is missed; it will be confirmed again */
    void                       (*lost)(ngx_cs_redis_channel_t *channel);

    /* the client's */
    ngx_queue_t                  queue;
    ngx_cs_redis_t              *redis;     /* NULL: not subscribed */
    unsigned                     asked:1;   /* SUBSCRIBE is on its way */
    unsigned                     on:1;      /* confirmed */
};


/*
 * Once the configuration is read: tells of certificates that the workers, who
 * run as another user, will not be able to read again.
 */
void ngx_cs_redis_init_module(ngx_cycle_t *cycle, ngx_array_t *redises);

/*
 * In a worker; redises is of ngx_cs_redis_t * and lives as long as it.  At the
 * end nobody is told any more.
 */
ngx_int_t ngx_cs_redis_init_process(ngx_cycle_t *cycle, ngx_array_t *redises);
void ngx_cs_redis_exit_process(ngx_array_t *redises);

/*
 * Sends a command.  argv: argc words, which are copied.
 *
 * NGX_OK        call->told() will be called once, and never from in here
 * NGX_DECLINED  Redis is off, does not answer just now, or has too much to do:
 *               nothing is called
 * NGX_ERROR     no memory: nothing is called
 */
ngx_int_t ngx_cs_redis_call(ngx_cs_redis_t *redis, ngx_cs_redis_call_t *call,
    ngx_uint_t argc, const ngx_str_t *argv);

/* told() is not called any more; nothing where no call is under way */
void ngx_cs_redis_cancel(ngx_cs_redis_call_t *call);

/*
 * Listens to a channel until it is unsubscribed, over all losses of the
 * connection.  Callbacks are never called from in here.  NGX_OK, or
 * NGX_DECLINED: there are too many.
 */
ngx_int_t ngx_cs_redis_subscribe(ngx_cs_redis_t *redis,
    ngx_cs_redis_channel_t *channel);

/* nothing where it is not subscribed */
void ngx_cs_redis_unsubscribe(ngx_cs_redis_channel_t *channel);

/* whether calls are taken by this worker now */
ngx_uint_t ngx_cs_redis_up(ngx_cs_redis_t *redis);


#endif /* _NGX_CS_REDIS_REDIS_H_INCLUDED_ */
