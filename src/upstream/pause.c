/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * What an exchange asks its tenant's breaker, and tells it; see the header.
 */


#include "upstream/pause.h"

#include <ngx_http.h>

#include "clear/retry_after.h"
#include "upstream/failing.h"


static ngx_int_t ngx_cs_pause_answer(ngx_pool_t *pool,
    ngx_cs_question_t *question, clear_pause_e kind, int64_t wait,
    ngx_cs_answer_t *answer);
static int64_t ngx_cs_pause_asked(ngx_cs_pause_t *pause,
    ngx_cs_fetch_result_t *result, clear_verdict_t *verdict, ngx_log_t *log);
static void ngx_cs_pause_log(ngx_cs_pause_t *pause, clear_upstream_e upstream,
    int64_t ms, int64_t retry_after, ngx_log_t *log);


ngx_int_t
ngx_cs_pause_init(ngx_cs_pause_t *pause, ngx_cs_question_t *question,
    ngx_str_t *token)
{
    ngx_str_t  *task_id;

    task_id = &question->task_id;

    pause->question = question;
    pause->pass.task = ngx_murmur_hash2(task_id->data, task_id->len);
    pause->pass.down = question->down;
    pause->pass.quiet = 0;
    pause->entered = 0;

    return ngx_cs_breakers_key(&question->tenant, &question->integration_id,
                               question->url, token, &pause->key);
}


ngx_int_t
ngx_cs_pause_enter(ngx_cs_pause_t *pause, ngx_pool_t *pool,
    ngx_cs_answer_t *answer)
{
    int64_t             wait;
    clear_pause_e       kind;
    ngx_cs_question_t  *question;

    question = pause->question;

    if (ngx_cs_breakers_enter(&pause->key, question->breaker,
                              question->timeout, &pause->pass,
                              question->leased, &wait, &kind)
        == CLEAR_BREAKER_PAUSED)
    {
        return ngx_cs_pause_answer(pool, question, kind, wait, answer);
    }

    pause->entered = 1;

    return NGX_OK;
}


int64_t
ngx_cs_pause_left(ngx_cs_pause_t *pause)
{
    return ngx_cs_breakers_left(&pause->key, pause->question->breaker,
                                &pause->pass, pause->question->leased);
}


static ngx_int_t
ngx_cs_pause_answer(ngx_pool_t *pool, ngx_cs_question_t *question,
    clear_pause_e kind, int64_t wait, ngx_cs_answer_t *answer)
{
    clear_error_t  error;
    static u_char  failing[] = "Upstream is failing, ask again later";
    static u_char  asked[] = "Upstream asked to wait, ask again later";
    static u_char  refused[] = "Upstream refuses this gateway's credentials, "
                               "ask again later";

    ngx_memzero(&error, sizeof(clear_error_t));

    error.status = kind;

    switch (kind) {

    case CLEAR_PAUSE_LIMITED:
        error.message.data = asked;
        error.message.len = sizeof(asked) - 1;
        break;

    case CLEAR_PAUSE_CREDENTIAL:
        error.message.data = refused;
        error.message.len = sizeof(refused) - 1;
        break;

    default:
        error.message.data = failing;
        error.message.len = sizeof(failing) - 1;
    }

    if (ngx_cs_answer_error(pool, &error, answer) != NGX_OK) {
        return NGX_ERROR;
    }

    answer->source = NGX_CS_SOURCE_PAUSED;
    answer->retry_until = (int64_t) ngx_current_msec + wait;

    /* who waits with another token is not refused */

    if (kind == CLEAR_PAUSE_CREDENTIAL) {
        ngx_cs_limits_note(answer, NGX_CS_LIMITED_TOKEN, &question->limits);
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_cs_pause_asked_for(ngx_pool_t *pool, ngx_cs_question_t *question,
    ngx_uint_t status, int64_t wait, ngx_cs_answer_t *answer)
{
    wait = ngx_min(wait, question->breaker->max_retry_after);

    return (ngx_cs_pause_answer(pool, question,
                                (status == CLEAR_PAUSE_LIMITED)
                                ? CLEAR_PAUSE_LIMITED : CLEAR_PAUSE_DOWN,
                                wait, answer)
            == NGX_DECLINED)
           ? NGX_OK : NGX_ERROR;
}


void
ngx_cs_pause_abandon(ngx_cs_pause_t *pause)
{
    if (!pause->entered) {
        return;
    }

    pause->entered = 0;

    (void) ngx_cs_breakers_leave(&pause->key, pause->question->breaker,
                                 &pause->pass, pause->question->leased,
                                 CLEAR_UPSTREAM_UNKNOWN, 0);
}


int64_t
ngx_cs_pause_leave(ngx_cs_pause_t *pause, ngx_cs_fetch_result_t *result,
    clear_verdict_t *verdict, ngx_cs_answer_t *answer, ngx_log_t *log)
{
    int64_t             ms, retry_after;
    ngx_cs_question_t  *question;

    question = pause->question;

    retry_after = ngx_cs_pause_asked(pause, result, verdict, log);

    ms = ngx_cs_breakers_leave(&pause->key, question->breaker, &pause->pass,
                               question->leased, verdict->upstream,
                               retry_after);
    pause->entered = 0;

    ngx_cs_pause_log(pause, verdict->upstream, ms, retry_after, log);

    if (retry_after) {
        answer->retry_until = (int64_t) ngx_current_msec + retry_after;
    }

    answer->down = ngx_cs_failing_next(pause->pass.down, verdict->upstream);

    return pause->pass.left;
}


/* what upstream's Retry-After asks for and we do, ms; 0: nothing */

static int64_t
ngx_cs_pause_asked(ngx_cs_pause_t *pause, ngx_cs_fetch_result_t *result,
    clear_verdict_t *verdict, ngx_log_t *log)
{
    int64_t  seconds;

    if (!verdict->waits || result->retry_after.data == NULL) {
        return 0;
    }

    seconds = clear_retry_after_parse(result->retry_after.data,
                                      result->retry_after.len,
                                      result->date.data, result->date.len,
                                      ngx_time());
    if (seconds < 0) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "upstream sent an invalid \"Retry-After\", it is "
                      "ignored");
        return 0;
    }

    return ngx_min(seconds * 1000, pause->question->breaker->max_retry_after);
}


static void
ngx_cs_pause_log(ngx_cs_pause_t *pause, clear_upstream_e upstream,
    int64_t ms, int64_t retry_after, ngx_log_t *log)
{
    char  *why;

    if (pause->pass.unlogged) {
        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "upstream takes the credentials again, %uD more "
                      "fetches were refused", pause->pass.unlogged);
    }

    if (ms == 0) {
        return;
    }

    if (retry_after && ms == retry_after) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "upstream sent \"Retry-After\", this tenant's fetches "
                      "pause for %Ls", (ms + 999) / 1000);
        return;
    }

    why = (upstream == CLEAR_UPSTREAM_DOWN)
          ? "upstream failed too often in a row"
          : (upstream == CLEAR_UPSTREAM_LIMITED)
            ? "upstream limits the rate" : "upstream refuses the credentials";

    ngx_log_error(NGX_LOG_WARN, log, 0,
                  "%s, this tenant's fetches pause for %Lms", why, ms);
}
