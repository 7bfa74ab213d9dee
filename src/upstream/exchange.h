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

#include "core/answer.h"
#include "core/question.h"


typedef void (*ngx_cs_exchange_pt)(void *data, ngx_cs_answer_t *answer);


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


#endif /* _NGX_CS_UPSTREAM_EXCHANGE_H_INCLUDED_ */
