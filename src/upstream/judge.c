/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * From what came to an answer; see the header.
 */


#include "upstream/judge.h"

#include <ngx_http.h>

#include "clear/pace.h"
#include "core/limits.h"
#include "core/wall.h"


static ngx_cs_limited_e ngx_cs_judge_limited(ngx_cs_fetch_result_t *result,
    clear_verdict_t *verdict);
static ngx_uint_t ngx_cs_judge_word(ngx_cs_body_t *body,
    clear_verdict_t *verdict, ngx_cs_answer_t *answer);
static int64_t ngx_cs_judge_age(ngx_cs_question_t *question, int64_t wall);
static void ngx_cs_judge_success(ngx_cs_fetch_t *fetch,
    ngx_cs_question_t *question, ngx_cs_body_t *body,
    ngx_cs_answer_t *answer);


void
ngx_cs_judge(ngx_cs_fetch_t *fetch, ngx_cs_question_t *question,
    ngx_cs_body_t *body, ngx_cs_fetch_result_t *result,
    clear_verdict_t *verdict, ngx_cs_answer_t *answer)
{
    int64_t  wall, lifetime;

    wall = ngx_cs_wall();

    if (verdict->success && body->task) {
        ngx_cs_judge_success(fetch, question, body, answer);

    } else if (ngx_cs_answer_error(fetch->pool, &verdict->error, answer)
               == NGX_OK)
    {
        answer->storable = (result->transport != CLEAR_TRANSPORT_LOCAL);
        ngx_cs_limits_note(answer, ngx_cs_judge_limited(result, verdict),
                           &question->limits);

    } else {
        answer->status = NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    lifetime = clear_freshness_lifetime(question->freshness, answer->status,
                                        verdict->success ? body->task : NULL,
                                        wall,
                                        ngx_cs_judge_age(question, wall));

    answer->word = ngx_cs_judge_word(body, verdict, answer);

    if (verdict->upstream == CLEAR_UPSTREAM_DOWN) {
        lifetime = clear_breaker_keep(lifetime, answer->down);
    }

    /* of another task: nobody is to keep it */

    if (answer->status == NGX_HTTP_OK && !answer->storable) {
        lifetime = 0;
    }

    clear_freshness_stamp(&answer->stamp, ngx_current_msec, lifetime,
                          clear_freshness_terminal(answer->workflow));

    answer->stamp.definite = (answer->status >= 400 && answer->status < 500
                              && verdict->upstream != CLEAR_UPSTREAM_LIMITED
                              && verdict->upstream
                                 != CLEAR_UPSTREAM_UNAUTHORIZED);
}


/*
 * Whether it is upstream's own word on the task, which it would tell any
 * gateway: an envelope, or that it wants to be left alone; nothing about our
 * way to it or our credentials.
 */

static ngx_uint_t
ngx_cs_judge_word(ngx_cs_body_t *body, clear_verdict_t *verdict,
    ngx_cs_answer_t *answer)
{
    if (!answer->storable || answer->limited != NGX_CS_LIMITED_NOT) {
        return 0;
    }

    return verdict->success
           || (verdict->upstream == CLEAR_UPSTREAM_LIMITED
               && answer->retry_until)
           || (body->rc == CLEAR_ENVELOPE_OK
               && verdict->upstream == CLEAR_UPSTREAM_ALIVE);
}


/* what a location that allows more, or another token, could spare itself */

static ngx_cs_limited_e
ngx_cs_judge_limited(ngx_cs_fetch_result_t *result, clear_verdict_t *verdict)
{
    switch (result->transport) {

    case CLEAR_TRANSPORT_TIMEOUT:
        return NGX_CS_LIMITED_TIME;

    case CLEAR_TRANSPORT_TOO_LARGE:
        return NGX_CS_LIMITED_SIZE;

    default:
        return verdict->credentials ? NGX_CS_LIMITED_TOKEN
                                    : NGX_CS_LIMITED_NOT;
    }
}


/* the task's age, ms */

static int64_t
ngx_cs_judge_age(ngx_cs_question_t *question, int64_t wall)
{
    int64_t     seen;
    ngx_str_t  *task_id;

    task_id = &question->task_id;

    seen = question->seen
           ? (int64_t) ngx_current_msec - question->seen : 0;

    return clear_pace_age(task_id->data, task_id->len, wall, seen);
}


static void
ngx_cs_judge_success(ngx_cs_fetch_t *fetch, ngx_cs_question_t *question,
    ngx_cs_body_t *body, ngx_cs_answer_t *answer)
{
    ngx_str_t           *task_id;
    const clear_task_t  *task;

    task = body->task;

    answer->status = NGX_HTTP_OK;
    answer->workflow = task->workflow;
    answer->urls = task->urls;
    answer->body.data = body->bytes;
    answer->body.len = body->len;

    if (ngx_cs_answer_etag(answer) != NGX_OK) {
        answer->status = NGX_HTTP_SERVICE_UNAVAILABLE;
        answer->workflow = CLEAR_WORKFLOW_NONE;
        ngx_str_null(&answer->body);
        return;
    }

    task_id = &question->task_id;

    if (task->task_id.len == task_id->len
        && ngx_memcmp(task->task_id.data, task_id->data, task_id->len) == 0)
    {
        answer->storable = 1;
        return;
    }

    ngx_log_error(NGX_LOG_WARN, fetch->log, 0,
                  "upstream sent the answer of another task, it is not "
                  "stored");
}
