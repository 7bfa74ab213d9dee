/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * One exchange with upstream: from what a flight wants to know to an answer.
 * It asks whether the tenant may fetch, adds the credentials, parses what
 * comes, and judges it.  It knows nothing of zones, waiters or requests.
 */


#ifndef _NGX_CS_UPSTREAM_EXCHANGE_H_INCLUDED_
#define _NGX_CS_UPSTREAM_EXCHANGE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "clear/breaker.h"
#include "core/answer.h"
#include "fetch/fetch.h"
#include "upstream/token_file.h"


/* X-Request-Id, traceparent, tracestate */
#define NGX_CS_TRACE_MAX  3


/* what to ask for, as whom, and by which rules */

typedef struct {
    ngx_cs_fetch_conf_t            *fetch;
    clear_freshness_conf_t         *freshness;
    clear_breaker_conf_t           *breaker;
    ngx_cs_token_file_t            *token_file;  /* or token */
    ngx_str_t                       token;
    ngx_str_t                       integration_id;
    ngx_str_t                       tenant;
    ngx_str_t                       task_id;
    ngx_keyval_t                    trace[NGX_CS_TRACE_MAX];
    ngx_uint_t                      ntrace;
    int64_t                         seen;        /* mono, ms: when the task was
                                                    seen first; 0: just now */
    ngx_log_t                      *log;         /* the location's */
} ngx_cs_question_t;


typedef void (*ngx_cs_exchange_pt)(void *data, ngx_cs_answer_t *answer);


/*
 * Copies an question into a pool.  NGX_OK or NGX_ERROR: no memory.
 */
ngx_int_t ngx_cs_question_copy(ngx_pool_t *pool, ngx_cs_question_t *dst,
    ngx_cs_question_t *src);

/*
 * question lives until the answer is there; the answer's body lies in the pool.
 *
 * NGX_OK     a fetch is out, handler will be called once, from the event loop
 * NGX_DONE   no fetch may go out now: *answer tells why; handler is not called
 * NGX_ERROR  no memory
 */
ngx_int_t ngx_cs_exchange_start(ngx_pool_t *pool, ngx_log_t *log,
    ngx_cs_question_t *question, ngx_cs_exchange_pt handler, void *data,
    ngx_cs_answer_t *answer);

/*
 * An error's envelope as an answer that is not stored.
 * NGX_OK or NGX_ERROR: no memory.
 */
ngx_int_t ngx_cs_answer_error(ngx_pool_t *pool, clear_error_t *error,
    ngx_cs_answer_t *answer);


#endif /* _NGX_CS_UPSTREAM_EXCHANGE_H_INCLUDED_ */
