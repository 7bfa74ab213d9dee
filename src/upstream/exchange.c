/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * One exchange with upstream; see the header.
 */


#include "upstream/exchange.h"

#include <ngx_http.h>

#include "clear/task_id.h"
#include "core/counters.h"
#include "core/failures.h"
#include "core/secret_file.h"
#include "fetch/fetch.h"
#include "upstream/bare.h"
#include "upstream/body.h"
#include "upstream/judge.h"
#include "upstream/permit.h"
#include "upstream/report.h"


struct ngx_cs_exchange_s {
    ngx_cs_fetch_t                 fetch;
    ngx_cs_fetch_conf_t            conf;      /* with the time that is left */
    ngx_cs_question_t             *question;
    ngx_keyval_t                   headers[NGX_CS_TRACE_MAX + 2];
    ngx_str_t                      token;
    ngx_cs_body_t                  body;
    ngx_cs_fetch_result_t          result;
    ngx_msec_t                     start;     /* when it was sent first */
    ngx_uint_t                     connections;  /* of those that were asked
                                                    again */
    ngx_cs_permit_t                permit;
    ngx_cs_answer_t                paused;    /* why it was not sent */
    ngx_cs_sent_pt                 sent_handler;
    ngx_cs_exchange_pt             handler;
    void                          *data;
    unsigned                       renewed:1; /* sent again with a new token */
    unsigned                       bare:1;    /* sent again without callers'
                                                 fields */
    unsigned                       queued:1;  /* and was not sent yet */
};


static ngx_int_t ngx_cs_exchange_enter(ngx_cs_exchange_t *x,
    ngx_cs_answer_t *answer);
static ngx_int_t ngx_cs_exchange_token(ngx_cs_exchange_t *x,
    ngx_cs_answer_t *answer);
static ngx_int_t ngx_cs_exchange_tokenless(ngx_cs_exchange_t *x,
    ngx_cs_answer_t *answer);
static ngx_cs_secret_file_t *ngx_cs_exchange_file(ngx_cs_question_t *question,
    ngx_log_t *log);
static ngx_int_t ngx_cs_exchange_target(ngx_cs_exchange_t *x);
static ngx_int_t ngx_cs_exchange_send(ngx_cs_exchange_t *x);
static ngx_int_t ngx_cs_exchange_turn(void *data, ngx_msec_t *wait);
static void ngx_cs_exchange_begin(void *data);
static ngx_int_t ngx_cs_exchange_body(void *data, u_char *p, size_t len);
static void ngx_cs_exchange_unsent(ngx_cs_exchange_t *x);
static void ngx_cs_exchange_done(void *data, ngx_cs_fetch_result_t *result);
static void ngx_cs_exchange_parsed(void *data);
static ngx_int_t ngx_cs_exchange_again(ngx_cs_exchange_t *x,
    clear_verdict_t *verdict);
static ngx_uint_t ngx_cs_exchange_renew(ngx_cs_exchange_t *x);
static ngx_uint_t ngx_cs_exchange_bare(ngx_cs_exchange_t *x);
static void ngx_cs_exchange_close(ngx_cs_exchange_t *x);


ngx_int_t
ngx_cs_exchange_start(ngx_pool_t *pool, ngx_log_t *log,
    ngx_cs_question_t *question, ngx_cs_sent_pt sent,
    ngx_cs_exchange_pt handler, void *data, ngx_cs_exchange_t **exchange,
    ngx_cs_answer_t *answer)
{
    ngx_int_t           rc;
    ngx_cs_exchange_t  *x;

    x = ngx_pcalloc(pool, sizeof(ngx_cs_exchange_t));
    if (x == NULL) {
        return NGX_ERROR;
    }

    x->question = question;
    x->conf = *question->fetch;
    x->sent_handler = sent;
    x->handler = handler;
    x->data = data;

    x->fetch.conf = &x->conf;
    x->fetch.tenant = question->tenant;
    x->fetch.background = question->background;
    x->fetch.pool = pool;
    x->fetch.log = log;
    x->fetch.data = x;
    x->fetch.headers = x->headers;
    x->fetch.turn = ngx_cs_exchange_turn;
    x->fetch.begin = ngx_cs_exchange_begin;
    x->fetch.body = ngx_cs_exchange_body;
    x->fetch.done = ngx_cs_exchange_done;

    x->body.pool = pool;
    x->body.parsed = ngx_cs_exchange_parsed;
    x->body.data = x;

    /* in a pause there is nothing to queue for */

    rc = ngx_cs_exchange_enter(x, answer);

    if (rc != NGX_OK) {
        ngx_cs_exchange_close(x);
        return (rc == NGX_DECLINED) ? NGX_DONE : NGX_ERROR;
    }

    rc = ngx_cs_exchange_target(x);

    if (rc == NGX_OK) {
        rc = ngx_cs_exchange_send(x);
    }

    if (rc == NGX_OK) {
        x->queued = 1;
        ngx_cs_counters_queued(1);
        *exchange = x;

        return NGX_OK;
    }

    ngx_cs_permit_abandon(&x->permit);
    ngx_cs_exchange_close(x);

    return (rc == NGX_BUSY && ngx_cs_permit_busy(pool, log, answer) == NGX_OK)
           ? NGX_DONE : NGX_ERROR;
}


int64_t
ngx_cs_exchange_left(ngx_cs_question_t *question, ngx_log_t *log)
{
    ngx_str_t             *token;
    ngx_cs_pause_t         pause;
    ngx_cs_secret_file_t  *file;

    if (!ngx_cs_breakers_any()) {
        return 0;
    }

    file = ngx_cs_exchange_file(question, log);

    if (file == NULL && question->token_path.len) {
        return 0;
    }

    token = file ? ngx_cs_secret_file_get(file, log) : &question->token;

    return (ngx_cs_pause_init(&pause, question, token) == NGX_OK)
           ? ngx_cs_pause_left(&pause) : 0;
}


void
ngx_cs_exchange_hurry(ngx_cs_exchange_t *x)
{
    if (x->queued) {
        ngx_cs_fetch_hurry(&x->fetch);
    }
}


ngx_int_t
ngx_cs_exchange_cancel(ngx_cs_exchange_t *x)
{
    if (!x->queued || ngx_cs_fetch_cancel(&x->fetch) != NGX_OK) {
        return NGX_DECLINED;
    }

    x->queued = 0;
    ngx_cs_counters_queued(-1);

    ngx_cs_permit_abandon(&x->permit);
    ngx_cs_exchange_close(x);

    return NGX_OK;
}


/*
 * Takes a token and asks whether it may be used.  In a pause the token's file
 * is looked at: a new token waits for nothing.
 */

static ngx_int_t
ngx_cs_exchange_enter(ngx_cs_exchange_t *x, ngx_cs_answer_t *answer)
{
    ngx_int_t              rc;
    ngx_cs_secret_file_t  *file;

    rc = ngx_cs_exchange_token(x, answer);

    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_cs_permit_enter(&x->permit, 0, x->fetch.pool, answer);

    file = ngx_cs_exchange_file(x->question, x->fetch.log);

    if (rc == NGX_DECLINED
        && file
        && ngx_cs_secret_file_refresh(file, &x->token, x->fetch.log) == NGX_OK)
    {
        rc = ngx_cs_exchange_token(x, answer);

        if (rc != NGX_OK) {
            return rc;
        }

        rc = ngx_cs_permit_enter(&x->permit, 0, x->fetch.pool, answer);
    }

    return rc;
}


/*
 * The token is copied for the time of the fetch, since its file may change
 * meanwhile, and the copy is wiped after it.  NGX_DECLINED: the file has gone,
 * which answer says.
 */

static ngx_int_t
ngx_cs_exchange_token(ngx_cs_exchange_t *x, ngx_cs_answer_t *answer)
{
    ngx_str_t             *token;
    ngx_cs_secret_file_t  *file;

    file = ngx_cs_exchange_file(x->question, x->fetch.log);

    if (file) {
        token = ngx_cs_secret_file_get(file, x->fetch.log);

    } else if (x->question->token_path.len) {
        return ngx_cs_exchange_tokenless(x, answer);

    } else {
        token = &x->question->token;
    }

    ngx_explicit_memzero(x->token.data, x->token.len);
    x->token.len = 0;

    x->token.data = ngx_pstrdup(x->fetch.pool, token);
    if (x->token.data == NULL) {
        return NGX_ERROR;
    }

    x->token.len = token->len;

    return ngx_cs_pause_init(&x->permit.pause, x->question, &x->token);
}


/* as who asks from now on is told; none of those who have another token */

static ngx_int_t
ngx_cs_exchange_tokenless(ngx_cs_exchange_t *x, ngx_cs_answer_t *answer)
{
    clear_error_t  error;
    static u_char  text[] = NGX_CS_NO_CREDENTIALS;

    ngx_memzero(&error, sizeof(clear_error_t));

    error.status = NGX_HTTP_FORBIDDEN;
    error.message.data = text;
    error.message.len = sizeof(text) - 1;

    if (ngx_cs_answer_error(x->fetch.pool, &error, answer) != NGX_OK) {
        return NGX_ERROR;
    }

    answer->source = NGX_CS_SOURCE_GATEWAY;

    ngx_cs_limits_note(answer, NGX_CS_LIMITED_TOKEN, &x->question->limits);

    return NGX_DECLINED;
}


/* NULL: the token is from no file, or the file has gone */

static ngx_cs_secret_file_t *
ngx_cs_exchange_file(ngx_cs_question_t *question, ngx_log_t *log)
{
    if (question->token_path.len == 0) {
        return question->token_file;
    }

    return ngx_cs_secret_file_find(NGX_CS_TOKEN_FILE, &question->token_path,
                                   log);
}


static ngx_int_t
ngx_cs_exchange_turn(void *data, ngx_msec_t *wait)
{
    ngx_cs_exchange_t *x = data;

    if (ngx_cs_permit_enter(&x->permit, x->queued, x->fetch.pool, &x->paused)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    *wait = ngx_cs_permit_rate(&x->permit, x->conf.max_rate,
                               x->question->paced);

    if (*wait) {

        if (x->queued) {
            ngx_cs_permit_abandon(&x->permit);
        }

        return NGX_AGAIN;
    }

    if (x->queued) {
        x->queued = 0;
        ngx_cs_counters_queued(-1);

        x->start = ngx_current_msec;
        x->sent_handler(x->data);
    }

    /* what the fleet had permitted was this one attempt */

    x->question->paced = 0;
    x->question->turns++;

    return NGX_OK;
}


static ngx_int_t
ngx_cs_exchange_target(ngx_cs_exchange_t *x)
{
    u_char               *p;
    ngx_str_t            *target, path;
    ngx_uint_t            i;
    ngx_cs_question_t    *question;
    ngx_cs_fetch_conf_t  *conf;

    question = x->question;
    conf = question->fetch;
    target = &x->fetch.target;

    path.data = conf->authority.data + conf->authority.len;
    path.len = conf->url.data + conf->url.len - path.data;

    target->data = ngx_pnalloc(x->fetch.pool, path.len + sizeof("?taskId=")
                                              + 3 * question->task_id.len);
    if (target->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(target->data, path.data, path.len);
    p = ngx_cpymem(p, "?taskId=", sizeof("?taskId=") - 1);
    p += clear_task_id_escape(question->task_id.data, question->task_id.len, p);
    *p = '\0';

    target->len = p - target->data;

    ngx_str_set(&x->headers[0].key, "x-clear-auth-token");
    ngx_str_set(&x->headers[1].key, "x-integration-id");
    x->headers[1].value = question->integration_id;

    x->fetch.nheaders = 2;

    if (question->ntrace && ngx_cs_bare_is(&question->tenant)) {
        return NGX_OK;
    }

    for (i = 0; i < question->ntrace; i++) {
        x->headers[x->fetch.nheaders++] = question->trace[i];
    }

    return NGX_OK;
}


/* returns as ngx_cs_fetch_start() */

static ngx_int_t
ngx_cs_exchange_send(ngx_cs_exchange_t *x)
{
    ngx_int_t  rc;

    x->headers[0].value = x->token;

    rc = ngx_cs_fetch_start(&x->fetch);

    if (rc != NGX_OK) {
        ngx_cs_exchange_close(x);
    }

    return rc;
}


static void
ngx_cs_exchange_begin(void *data)
{
    ngx_cs_exchange_t *x = data;

    ngx_cs_body_reset(&x->body);
}


static ngx_int_t
ngx_cs_exchange_body(void *data, u_char *p, size_t len)
{
    ngx_cs_exchange_t *x = data;

    return ngx_cs_body_append(&x->body, p, len);
}


/* it had its turn and was not sent: a pause, or no memory to tell of one */

static void
ngx_cs_exchange_unsent(ngx_cs_exchange_t *x)
{
    x->queued = 0;
    ngx_cs_counters_queued(-1);

    ngx_cs_permit_abandon(&x->permit);
    ngx_cs_exchange_close(x);

    if (x->paused.status == 0) {
        x->paused.status = NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    x->handler(x->data, &x->paused);
}


static void
ngx_cs_exchange_done(void *data, ngx_cs_fetch_result_t *result)
{
    ngx_cs_exchange_t *x = data;

    if (x->queued) {
        ngx_cs_exchange_unsent(x);
        return;
    }

    x->result = *result;

    if (result->transport == CLEAR_TRANSPORT_OK
        && ngx_cs_body_parse(&x->body) == NGX_AGAIN)
    {
        return;
    }

    ngx_cs_exchange_parsed(x);
}


static void
ngx_cs_exchange_parsed(void *data)
{
    ngx_cs_exchange_t *x = data;

    int64_t                 pause;
    const char             *reason;
    clear_verdict_t         verdict;
    ngx_cs_answer_t         answer;
    ngx_cs_fetch_result_t  *result;

    result = &x->result;

    if (x->body.rc == CLEAR_ENVELOPE_NO_MEMORY) {
        result->transport = CLEAR_TRANSPORT_LOCAL;
    }

    clear_verdict(result->transport, result->status, x->body.rc, x->body.task,
                  &verdict);

    if (ngx_cs_exchange_again(x, &verdict) == NGX_OK) {
        return;
    }

    ngx_memzero(&answer, sizeof(ngx_cs_answer_t));

    answer.source = NGX_CS_SOURCE_UPSTREAM;
    answer.upstream_status = result->status;
    answer.upstream_time = ngx_current_msec - x->start;

    ngx_cs_counters_fetch(result->transport != CLEAR_TRANSPORT_OK
                          || verdict.success
                          ? result->transport
                          : NGX_CS_COUNTERS_ERROR,
                          answer.upstream_time,
                          x->connections + result->connections);

    pause = ngx_cs_pause_leave(&x->permit.pause, result, &verdict, &answer,
                               x->fetch.log);

    reason = ngx_cs_report(x->fetch.log, result, &verdict,
                           ngx_cs_pause_quiet(&x->permit.pause),
                           ngx_cs_body_strerror(&x->body));
    if (reason) {
        ngx_cs_failures_note(&x->question->task_id, &x->conf.host,
                             x->conf.port, reason,
                             verdict.error.status, result->status);
    }

    ngx_cs_judge(&x->fetch, x->question, &x->body, result, &verdict, &answer);

    /* who is refused in a pause, or begins one, hears of it, as others in it */

    if (pause && answer.retry_until == 0
        && (verdict.upstream == CLEAR_UPSTREAM_LIMITED
            || verdict.upstream == CLEAR_UPSTREAM_UNAUTHORIZED
            || verdict.upstream == CLEAR_UPSTREAM_FORBIDDEN))
    {
        answer.retry_until = (int64_t) ngx_current_msec + pause;
    }

    ngx_cs_exchange_close(x);

    x->handler(x->data, &answer);
}


/*
 * Whether the same is asked once more, in the time that is left.  NGX_OK: it
 * is, and what came counts for nothing.
 */

static ngx_int_t
ngx_cs_exchange_again(ngx_cs_exchange_t *x, clear_verdict_t *verdict)
{
    ngx_msec_t       elapsed, timeout;
    ngx_uint_t       renew;
    ngx_cs_body_t    body;
    ngx_cs_pause_t   pause;
    ngx_cs_answer_t  answer;

    timeout = x->question->timeout;
    elapsed = ngx_current_msec - x->start;

    if (elapsed >= timeout) {
        return NGX_DECLINED;
    }

    renew = verdict->credentials && ngx_cs_exchange_renew(x);

    if (!renew && !ngx_cs_exchange_bare(x)) {
        return NGX_DECLINED;
    }

    x->conf.timeout = timeout - elapsed;
    x->fetch.begun = 1;

    /* where it cannot be sent, what came is still to be told */

    body = x->body;
    pause = x->permit.pause;

    x->body.bytes = NULL;
    x->body.size = 0;
    x->body.envelope = NULL;
    ngx_cs_body_reset(&x->body);

    if ((renew && ngx_cs_exchange_enter(x, &answer) != NGX_OK)
        || ngx_cs_exchange_send(x) != NGX_OK)
    {
        if (renew) {
            ngx_cs_permit_abandon(&x->permit);
        }

        x->body = body;
        x->permit.pause = pause;

        return NGX_ERROR;
    }

    /* the breaker of a token that is no longer used */

    if (renew) {
        ngx_cs_pause_abandon(&pause);
    }

    ngx_cs_body_reset(&body);

    x->connections += x->result.connections;

    return NGX_OK;
}


/*
 * 1 where upstream refused the credentials, and the token's file has a new one
 * already.
 */

static ngx_uint_t
ngx_cs_exchange_renew(ngx_cs_exchange_t *x)
{
    ngx_cs_secret_file_t  *file;

    file = ngx_cs_exchange_file(x->question, x->fetch.log);

    if (file == NULL
        || ngx_cs_secret_file_refresh(file, &x->token, x->fetch.log) != NGX_OK
        || x->renewed)
    {
        return 0;
    }

    ngx_log_error(NGX_LOG_NOTICE, x->fetch.log, 0,
                  "upstream refused a token that has changed since, "
                  "trying the new one");

    x->renewed = 1;

    return 1;
}


/*
 * 1 where something before the API, a firewall or a proxy, may have taken
 * offence at a caller's fields: other callers must not suffer from them.
 */

static ngx_uint_t
ngx_cs_exchange_bare(ngx_cs_exchange_t *x)
{
    ngx_uint_t  status;

    status = x->result.status;

    if (x->result.transport != CLEAR_TRANSPORT_OK
        || status < 400 || status > 499)
    {
        return 0;
    }

    if (x->bare) {
        ngx_log_error(NGX_LOG_NOTICE, x->fetch.log, 0,
                      "upstream answered %ui without them too, this tenant's "
                      "fetches go without callers' header fields for a minute",
                      status);

        ngx_cs_bare_note(&x->question->tenant);
        return 0;
    }

    if (x->fetch.nheaders == 2
        || x->body.rc == CLEAR_ENVELOPE_OK
        || status == NGX_HTTP_UNAUTHORIZED
        || status == NGX_HTTP_TOO_MANY_REQUESTS)
    {
        return 0;
    }

    ngx_log_error(NGX_LOG_NOTICE, x->fetch.log, 0,
                  "upstream answered %ui without an envelope, asking again "
                  "without the caller's header fields", status);

    x->bare = 1;
    x->fetch.nheaders = 2;

    return 1;
}


static void
ngx_cs_exchange_close(ngx_cs_exchange_t *x)
{
    /* the bytes are the answer's */

    ngx_cs_body_reset(&x->body);

    ngx_explicit_memzero(x->token.data, x->token.len);
    x->token.len = 0;
}
