/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Between an exchange and its tenant's breaker: may it be sent, what callers
 * get where not, and what its end tells the tenant's next fetches.
 */


#ifndef _NGX_CS_UPSTREAM_PAUSE_H_INCLUDED_
#define _NGX_CS_UPSTREAM_PAUSE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "clear/verdict.h"
#include "core/answer.h"
#include "core/question.h"
#include "fetch/types.h"
#include "upstream/breakers.h"


/* embedded in an exchange */

typedef struct {
    ngx_cs_question_t           *question;
    ngx_cs_breaker_key_t         key;
    clear_pass_t                 pass;
    unsigned                     entered:1;
} ngx_cs_pause_t;


/*
 * Before the first of the following, and with each other token.  NGX_OK or
 * NGX_ERROR: OpenSSL cannot.
 */
ngx_int_t ngx_cs_pause_init(ngx_cs_pause_t *pause,
    ngx_cs_question_t *question, ngx_str_t *token);

/*
 * NGX_OK        it may be sent now
 * NGX_DECLINED  the tenant's fetches pause: *answer tells why
 * NGX_ERROR     no memory for that
 */
ngx_int_t ngx_cs_pause_enter(ngx_cs_pause_t *pause, ngx_pool_t *pool,
    ngx_cs_answer_t *answer);

/* how long it would not be sent, ms; 0: it may be */
int64_t ngx_cs_pause_left(ngx_cs_pause_t *pause);

/*
 * Another gateway knows that upstream asked this tenant to wait, ms, and with
 * which status: the answer that callers have.  NGX_OK or NGX_ERROR: no memory.
 */
ngx_int_t ngx_cs_pause_asked_for(ngx_pool_t *pool,
    ngx_cs_question_t *question, ngx_uint_t status, int64_t wait,
    ngx_cs_answer_t *answer);

/* it was not sent, or nothing is known of it: that counts for nobody */
void ngx_cs_pause_abandon(ngx_cs_pause_t *pause);

/*
 * It has ended.  Sets answer's retry_until, which callers are told, and down.
 * Returns what is left of the pause that it began, or ended in, ms; 0: none.
 */
int64_t ngx_cs_pause_leave(ngx_cs_pause_t *pause,
    ngx_cs_fetch_result_t *result,
    clear_verdict_t *verdict, ngx_cs_answer_t *answer, ngx_log_t *log);

/* 1 where the log has told of refusals of the credential already */
#define ngx_cs_pause_quiet(p)  ((p)->pass.quiet)


#endif /* _NGX_CS_UPSTREAM_PAUSE_H_INCLUDED_ */
