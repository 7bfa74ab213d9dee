/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What an operator asks for and takes long, as all of a zone is looked at: a
 * little in each turn of the event loop, so that the worker goes on serving.
 */


#ifndef _NGX_CS_OPERATOR_TURNS_H_INCLUDED_
#define _NGX_CS_OPERATOR_TURNS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* a step, which is short; NGX_AGAIN: there is more to do */
typedef ngx_int_t (*ngx_cs_turns_step_pt)(void *data);

/* rc: of the last step; its value is a content handler's */
typedef ngx_int_t (*ngx_cs_turns_done_pt)(ngx_http_request_t *r, void *data,
    ngx_int_t rc);


typedef struct {

    /* the caller's, from a zeroed one in the request's pool */

    ngx_cs_turns_step_pt         step;
    ngx_cs_turns_done_pt         done;
    void                        *data;     /* of both */

    ngx_http_request_t          *request;
    ngx_event_t                  turn;
} ngx_cs_turns_t;


/*
 * For a content handler to return: takes steps until one returns something
 * else than NGX_AGAIN, then calls done, at once or from the event loop, unless
 * the request ends before.  Without memory it takes no step.
 */
ngx_int_t ngx_cs_turns(ngx_http_request_t *r, ngx_cs_turns_t *turns);


#endif /* _NGX_CS_OPERATOR_TURNS_H_INCLUDED_ */
