/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A libcurl multi handle on nginx's event loop: sockets, timers, and the
 * drive.  It knows easy handles, not what they are for.
 */


#ifndef _NGX_CS_FETCH_MULTI_H_INCLUDED_
#define _NGX_CS_FETCH_MULTI_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include <curl/curl.h>

#include "fetch/admit.h"


typedef struct ngx_cs_multi_s             ngx_cs_multi_t;


typedef struct {
    ngx_uint_t                   max_host;  /* connections to a host */
    ngx_msec_t                   keepalive_time;
    ngx_log_t                   *log;
    void                        *data;      /* of the multi handle */

    /* a transfer ended; the easy handle is out of the multi already */
    void                       (*ended)(CURL *easy, CURLcode code);

    /*
     * libcurl will not go on with any transfer in it: they have to be removed,
     * and the multi retired.
     */
    void                       (*broken)(ngx_cs_multi_t *multi);

    /* connections that were kept are dead, of which libcurl will learn */
    void                       (*died)(ngx_cs_multi_t *multi);

    /* it is about to be freed */
    void                       (*freed)(void *data);
} ngx_cs_multi_conf_t;


/* a transfer's, which lives as long as its easy handle is in the multi */

typedef struct {
    ngx_cs_multi_t              *multi;
    ngx_cs_admit_t               admit;
    ngx_err_t                    err;       /* why a socket could not be
                                               opened */
} ngx_cs_multi_opening_t;


/* conf is copied; NULL: no memory */
ngx_cs_multi_t *ngx_cs_multi_create(ngx_cs_multi_conf_t *conf);

/* no easy handle may be in it; not from within a handler */
void ngx_cs_multi_destroy(ngx_cs_multi_t *multi);

/* destroys all there are, the retired ones too; nothing may be in them */
void ngx_cs_multi_exit(void);

/* destroys it as soon as no transfer is in it, never before this returns */
void ngx_cs_multi_retire(ngx_cs_multi_t *multi);

void *ngx_cs_multi_data(ngx_cs_multi_t *multi);

/* whether nginx has connections enough for one more transfer */
ngx_uint_t ngx_cs_multi_room(ngx_cs_multi_t *multi);

ngx_int_t ngx_cs_multi_add(ngx_cs_multi_t *multi, CURL *easy,
    ngx_cs_multi_opening_t *opening);

/* stops a transfer; not from within a callback of libcurl's */
void ngx_cs_multi_remove(ngx_cs_multi_t *multi, CURL *easy);

/* a request is about to be sent; opening->admit says where, see there */
ngx_int_t ngx_cs_multi_admit(ngx_cs_multi_opening_t *opening);

void ngx_cs_multi_max_host(ngx_cs_multi_t *multi, ngx_uint_t max_host);

/* transfers of several tenants share its connections, over HTTP/2 alone */
void ngx_cs_multi_share(ngx_cs_multi_t *multi);

/* libcurl looks names up in it, in threads that must not take signals */
void ngx_cs_multi_threads(ngx_cs_multi_t *multi);

/* a connection with that SSL_CTX is about to be made in it */
void ngx_cs_multi_watch(ngx_cs_multi_t *multi, void *ctx);

/* a transfer in it was told something that upstream sent */
void ngx_cs_multi_heard(ngx_cs_multi_t *multi);

/* whether upstream flooded it, which ended its transfers */
ngx_uint_t ngx_cs_multi_flooded(ngx_cs_multi_t *multi);

/* transfers in it */
ngx_uint_t ngx_cs_multi_active(ngx_cs_multi_t *multi);

/* connections that wait for their next transfer; and those that are dead */
ngx_uint_t ngx_cs_multi_idle(ngx_cs_multi_t *multi);
ngx_uint_t ngx_cs_multi_dead(ngx_cs_multi_t *multi);

/* shuts down the one that has been idle for longest */
void ngx_cs_multi_shut_oldest(ngx_cs_multi_t *multi);


#endif /* _NGX_CS_FETCH_MULTI_H_INCLUDED_ */
