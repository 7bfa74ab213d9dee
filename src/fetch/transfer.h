/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * One fetch on its way: what is known of it while it waits, flies and is tried
 * again, and each attempt as a transfer of libcurl's.
 */


#ifndef _NGX_CS_FETCH_TRANSFER_H_INCLUDED_
#define _NGX_CS_FETCH_TRANSFER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "clear/retry.h"
#include "fetch/header.h"
#include "fetch/origin.h"
#include "fetch/pool.h"
#include "fetch/queue.h"
#include "fetch/resolve.h"
#include "fetch/types.h"


typedef struct ngx_cs_transfer_s           ngx_cs_transfer_t;

struct ngx_cs_transfer_s {
    ngx_queue_t                      queue;     /* of those that fly */
    ngx_cs_place_t                   place;
    ngx_cs_fetch_t                  *fetch;
    ngx_cs_fetch_result_t            result;
    ngx_cs_origin_t                 *origin;
    ngx_cs_pool_t                   *pool;      /* where easy is in */
    ngx_cs_multi_opening_t           opening;
    CURL                            *easy;
    CURLcode                         code;      /* of the last attempt */
    void                            *identity;  /* as well */
    struct curl_slist               *headers;
    ngx_cs_resolve_t                 resolve;
    ngx_cs_fetch_header_t            header;
    ngx_event_t                      deadline;
    ngx_event_t                      retry;     /* after a pause */
    ngx_event_t                      refusal;   /* to be told */
    ngx_msec_t                       start;     /* its first turn */
    size_t                           body_size;
    clear_retry_t                    again;
    clear_transport_e                refused;   /* by us */
    unsigned                         bytes:1;   /* any came */
    unsigned                         opened:1;  /* a connection of its own */
    unsigned                         sent:1;    /* there was a connection */
    unsigned                         tunnel:1;  /* the proxy refused */
    unsigned                         fresh:1;   /* no kept connection */
    unsigned                         declined:1;  /* by admit() */
    unsigned                         died:1;    /* and it used another one */
    unsigned                         shared:1;  /* HTTP/2 */
    unsigned                         begun:1;   /* its time runs */
    unsigned                         turn:1;    /* had, and not yet used */
    unsigned                         long_line:1;  /* of the header */
    char                             text[CURL_ERROR_SIZE];
};


/*
 * Makes t->easy ready for the next attempt.
 * NGX_ERROR: no memory, it is not to be sent.
 */
ngx_int_t ngx_cs_transfer_setup(ngx_cs_transfer_t *t);

/* what libcurl knows about an attempt, before its handle is used again */
void ngx_cs_transfer_info(ngx_cs_transfer_t *t, CURLcode code);

/* after info(): whether it got no further than to the look-up of a name */
ngx_uint_t ngx_cs_transfer_lost(ngx_cs_transfer_t *t, CURLcode code);

/* the same, after info(), as what decides about the next attempt */
void ngx_cs_transfer_attempt(ngx_cs_transfer_t *t, CURLcode code,
    clear_attempt_t *attempt);


#endif /* _NGX_CS_FETCH_TRANSFER_H_INCLUDED_ */
