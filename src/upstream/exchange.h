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


typedef struct ngx_cs_exchange_s  ngx_cs_exchange_t;

/* it leaves the queue and goes out */
typedef void (*ngx_cs_sent_pt)(void *data);

typedef void (*ngx_cs_exchange_pt)(void *data, ngx_cs_answer_t *answer);


/*
 * question lives until the answer is there; the answer's body lies in the pool.
 * It waits for its turn as long as nobody cancels it, and nothing of it keeps
 * an exiting worker alive.
 *
 * NGX_OK     sent will be called at most once, and handler once, both from the
 *            event loop; *exchange is it until handler is called
 * NGX_DONE   no fetch may go out now: *answer tells why; nothing is called
 * NGX_ERROR  no memory
 */
ngx_int_t ngx_cs_exchange_start(ngx_pool_t *pool, ngx_log_t *log,
    ngx_cs_question_t *question, ngx_cs_sent_pt sent,
    ngx_cs_exchange_pt handler, void *data, ngx_cs_exchange_t **exchange,
    ngx_cs_answer_t *answer);

/*
 * How long none could be sent, as the tenant's fetches pause, ms; 0: one could.
 * For what callers are told: it costs two comparisons while nobody's pause.
 */
int64_t ngx_cs_exchange_left(ngx_cs_question_t *question, ngx_log_t *log);

/* somebody waits for it now */
void ngx_cs_exchange_hurry(ngx_cs_exchange_t *x);

/*
 * Ends one that was not sent; neither sent nor handler is called.
 * NGX_OK, or NGX_DECLINED: it was, or is about to end.
 */
ngx_int_t ngx_cs_exchange_cancel(ngx_cs_exchange_t *x);


#endif /* _NGX_CS_UPSTREAM_EXCHANGE_H_INCLUDED_ */
