/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * One request from its arrival to its answer; see the header.
 */


#include "request/handler.h"

#include "core/names.h"
#include "request/argument.h"
#include "request/ask.h"
#include "request/patience.h"
#include "request/refuse.h"
#include "request/suspend.h"
#include "upstream/breakers.h"
#include "upstream/exchange.h"


static ngx_int_t ngx_cs_handler_find(ngx_http_request_t *r,
    ngx_cs_ctx_t *ctx);
static ngx_int_t ngx_cs_find_patient(ngx_http_request_t *r,
    ngx_cs_ctx_t *ctx, ngx_cs_ask_t *ask);
static ngx_int_t ngx_cs_found(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_news_t *news);
static ngx_int_t ngx_cs_serve(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_outcome_t *outcome);
static ngx_int_t ngx_cs_wait(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_ask_t *ask);
static void ngx_cs_handler_answered(ngx_cs_waiter_t *waiter,
    ngx_cs_flight_t *flight, ngx_cs_outcome_t *outcome);
static void ngx_cs_goes_on(ngx_http_request_t *r, ngx_int_t rc);
static ngx_int_t ngx_cs_answered_patient(ngx_http_request_t *r,
    ngx_cs_ctx_t *ctx, ngx_cs_flight_t *flight, ngx_cs_outcome_t *outcome);
static ngx_int_t ngx_cs_result(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_outcome_t *outcome);
static ngx_int_t ngx_cs_result_fetched(ngx_http_request_t *r,
    ngx_cs_ctx_t *ctx, ngx_cs_outcome_t *outcome);
static ngx_int_t ngx_cs_result_stale(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_outcome_t *outcome);
static void ngx_cs_too_large(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_outcome_t *outcome);
static ngx_int_t ngx_cs_answer(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_answer_t *answer);
static void ngx_cs_answer_paused(ngx_http_request_t *r, ngx_cs_ctx_t *ctx);
static void ngx_cs_cleanup(void *data);
static void ngx_cs_cleanup_flight(void *data);


ngx_int_t
ngx_cs_handler(ngx_http_request_t *r, ngx_cs_ctx_t *ctx)
{
    ngx_int_t         rc;
    ngx_str_t        *vary;
    clear_task_id_e   bad;

    ctx->handling.max_age = ctx->conf->max_age;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    /* RFC 9110, section 12.5.5 */

    vary = &ctx->conf->hold.vary;

    if (vary->len
        && ngx_cs_reply_header(r, "Vary", sizeof("Vary") - 1, vary->data,
                               vary->len)
           != NGX_OK)
    {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_cs_refuse_method(r);
    }

    rc = ngx_cs_argument_task_id(r, &ctx->task_id, &bad);

    if (rc != NGX_OK) {
        return ngx_cs_refuse_status(r, NGX_HTTP_SERVICE_UNAVAILABLE);
    }

    if (bad != CLEAR_TASK_ID_OK) {
        return ngx_cs_refuse_task_id(r, bad);
    }

    return ngx_cs_handler_find(r, ctx);
}


static ngx_int_t
ngx_cs_handler_find(ngx_http_request_t *r, ngx_cs_ctx_t *ctx)
{
    ngx_int_t          rc;
    ngx_cs_ask_t       ask;
    ngx_cs_outcome_t  *outcome;

    rc = ngx_cs_ask(r, ctx, &ask);
    if (rc != NGX_OK) {
        return ngx_cs_refuse_credentials(r, rc);
    }

    ngx_cs_patience(r, ctx);

    if (ctx->patience) {
        ngx_cs_ask_question(r, ctx, &ask);
        return ngx_cs_find_patient(r, ctx, &ask);
    }

    rc = NGX_DECLINED;
    outcome = &ask.lookup.outcome;

    if (ask.lookup.shm_zone) {
        rc = ngx_cs_zone_find(&ask.lookup);
    }

    if (rc == NGX_OK && outcome->choice != CLEAR_SERVE_REVALIDATE) {
        return ngx_cs_serve(r, ctx, outcome);
    }

    if (rc == NGX_ERROR) {
        return ngx_cs_refuse_status(r, NGX_HTTP_SERVICE_UNAVAILABLE);
    }

    ngx_cs_ask_question(r, ctx, &ask);

    if (rc == NGX_OK) {
        ngx_cs_flight_refresh(&ask.question, &ask.lookup, outcome);
        return ngx_cs_serve(r, ctx, outcome);
    }

    ctx->expired = outcome->expired;

    return ngx_cs_wait(r, ctx, &ask);
}


/* as above, but what is found belongs to all who stay */

static ngx_int_t
ngx_cs_find_patient(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_ask_t *ask)
{
    ngx_int_t       rc;
    ngx_cs_news_t  *news;

    rc = NGX_DECLINED;

    news = ngx_cs_news_create(&ask->lookup);
    if (news == NULL) {
        return ngx_cs_refuse_status(r, NGX_HTTP_SERVICE_UNAVAILABLE);
    }

    if (ask->lookup.shm_zone) {
        rc = ngx_cs_zone_find(&ask->lookup);
    }

    ask->lookup.pool = r->pool;

    switch (rc) {

    case NGX_OK:
        ngx_cs_news_found(news, &ask->lookup);
        rc = ngx_cs_patience_answer(r, ctx, ask, news);

        /* who stays has it asked for himself */

        if (rc != NGX_DONE
            && news->outcome.choice == CLEAR_SERVE_REVALIDATE)
        {
            ngx_cs_flight_refresh(&ask->question, &ask->lookup,
                                  &news->outcome);
        }

        if (rc == NGX_DECLINED) {
            rc = ngx_cs_found(r, ctx, news);
        }

        break;

    case NGX_DECLINED:
        ctx->expired = ask->lookup.outcome.expired;
        rc = ngx_cs_wait(r, ctx, ask);
        break;

    default:
        rc = ngx_cs_refuse_status(r, NGX_HTTP_SERVICE_UNAVAILABLE);
    }

    ngx_cs_news_release(news);

    return rc;
}


/* who has patience gets it at once all the same */

static ngx_int_t
ngx_cs_found(ngx_http_request_t *r, ngx_cs_ctx_t *ctx, ngx_cs_news_t *news)
{
    if (ngx_cs_news_keep(news, r->pool) != NGX_OK) {
        return ngx_cs_refuse_status(r, NGX_HTTP_SERVICE_UNAVAILABLE);
    }

    return ngx_cs_serve(r, ctx, &news->outcome);
}


/* from the zone, without a fetch that the caller waits for */

static ngx_int_t
ngx_cs_serve(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_outcome_t *outcome)
{
    ngx_cs_handling_t  *handling;

    handling = &ctx->handling;
    handling->hit = 1;

    switch (outcome->choice) {

    case CLEAR_SERVE_REVALIDATE:
        handling->cache = NGX_CS_UPDATING;
        handling->detail = ngx_cs_detail_revalidate;
        break;

    case CLEAR_SERVE_STALE:
        handling->cache = NGX_CS_STALE;
        handling->detail = outcome->unasked
                           ? ngx_cs_detail_unasked(outcome->unasked)
                           : ngx_cs_detail_error;
        handling->retry_until = outcome->again;
        break;

    default:
        handling->cache = NGX_CS_HIT;
    }

    return ngx_cs_answer(r, ctx, &outcome->answer);
}


static ngx_int_t
ngx_cs_wait(ngx_http_request_t *r, ngx_cs_ctx_t *ctx, ngx_cs_ask_t *ask)
{
    ngx_int_t            rc;
    ngx_http_cleanup_t  *cln;

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return ngx_cs_refuse_status(r, NGX_HTTP_SERVICE_UNAVAILABLE);
    }

    cln->handler = ngx_cs_cleanup;
    cln->data = &ctx->waiter;

    ctx->waiter.handler = ngx_cs_handler_answered;
    ctx->waiter.data = r;
    ctx->waiter.pool = r->pool;

    rc = ngx_cs_flight_join(&ask->question, &ask->lookup, &ctx->waiter);

    if (rc == NGX_OK) {
        return ctx->patience ? ngx_cs_find_patient(r, ctx, ask)
                             : ngx_cs_serve(r, ctx, &ask->lookup.outcome);
    }

    if (rc == NGX_ERROR) {
        return ngx_cs_refuse_status(r, NGX_HTTP_SERVICE_UNAVAILABLE);
    }

    if (ctx->suspended) {
        return NGX_DONE;
    }

    ctx->suspended = 1;

    return ngx_cs_suspend(r);
}


static void
ngx_cs_handler_answered(ngx_cs_waiter_t *waiter, ngx_cs_flight_t *flight,
    ngx_cs_outcome_t *outcome)
{
    ngx_int_t            rc;
    ngx_cs_ctx_t        *ctx;
    ngx_http_request_t  *r;
    ngx_pool_cleanup_t  *cln;

    r = waiter->data;
    ctx = ngx_http_get_module_ctx(r, ngx_clear_status_module);

    ngx_http_set_log_request(r->connection->log, r);

    /* a tier may have had it, which came into the zone since the look-up */

    if (outcome && outcome->expired) {
        ctx->expired = 1;
    }

    if (ctx->patience) {
        rc = ngx_cs_answered_patient(r, ctx, flight, outcome);

        if (rc != NGX_DECLINED) {
            ngx_cs_goes_on(r, rc);
            return;
        }
    }

    /*
     * The bodies lie in the flight: it stays as long as the request.  There is
     * no outcome for the patient, who come here for want of memory.
     */

    cln = ngx_pool_cleanup_add(r->pool, 0);

    if (cln == NULL || outcome == NULL) {
        rc = ngx_cs_refuse_status(r, NGX_HTTP_SERVICE_UNAVAILABLE);

    } else if (ngx_cs_limits_wider(&ctx->limits, &outcome->answer)) {
        rc = ngx_cs_handler_find(r, ctx);

    } else {
        cln->handler = ngx_cs_cleanup_flight;
        cln->data = flight;
        ngx_cs_flight_hold(flight);

        rc = ngx_cs_result(r, ctx, outcome);
    }

    ngx_cs_goes_on(r, rc);
}


/* it was counted once when it was suspended, and is resumed once */

static void
ngx_cs_goes_on(ngx_http_request_t *r, ngx_int_t rc)
{
    if (rc != NGX_DONE) {
        ngx_cs_resume(r, rc);
    }
}


/* as ngx_cs_patience_answer() */

static ngx_int_t
ngx_cs_answered_patient(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_flight_t *flight, ngx_cs_outcome_t *outcome)
{
    ngx_int_t       rc;
    ngx_cs_ask_t    ask;
    ngx_cs_news_t  *news;

    if (ngx_cs_ask(r, ctx, &ask) != NGX_OK) {
        return NGX_DECLINED;
    }

    ngx_cs_ask_question(r, ctx, &ask);

    news = outcome ? ngx_cs_news_landed(flight, outcome)
                   : ngx_cs_news_error(NGX_HTTP_GATEWAY_TIME_OUT);
    if (news == NULL) {
        return NGX_DECLINED;
    }

    if (outcome && outcome->answer.source == NGX_CS_SOURCE_UPSTREAM) {
        ctx->source = outcome->answer.source;
        ctx->upstream_status = outcome->answer.upstream_status;
        ctx->upstream_time = outcome->answer.upstream_time;
    }

    rc = ngx_cs_patience_answer(r, ctx, &ask, news);

    ngx_cs_news_release(news);

    return rc;
}


static ngx_int_t
ngx_cs_result(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_outcome_t *outcome)
{
    ngx_cs_answer_t    *answer;
    ngx_cs_handling_t  *handling;

    answer = &outcome->answer;
    handling = &ctx->handling;

    /* nothing to say: there was no memory for it, here or where it was made */

    if (answer->body.len == 0) {
        return ngx_cs_refuse_status(r, NGX_HTTP_SERVICE_UNAVAILABLE);
    }

    ctx->source = answer->source;

    if (answer->source == NGX_CS_SOURCE_UPSTREAM) {
        ctx->upstream_status = answer->upstream_status;
        ctx->upstream_time = answer->upstream_time;
    }

    if (outcome->stale.body.data) {
        return ngx_cs_result_stale(r, ctx, outcome);
    }

    if (answer->source == NGX_CS_SOURCE_GATEWAY) {
        return (answer->status == NGX_HTTP_FORBIDDEN)
               ? ngx_cs_refuse_credentials(r, NGX_DECLINED)
               : ngx_cs_refuse_status(r, answer->status);
    }

    if (answer->source == NGX_CS_SOURCE_DISK
        || answer->source == NGX_CS_SOURCE_FLEET)
    {
        handling->hit = 1;
        handling->tier = 1;
        handling->detail = ngx_cs_names_sources[answer->source];
        handling->cache = NGX_CS_HIT;

        return ngx_cs_answer(r, ctx, answer);
    }

    if (answer->source < NGX_CS_SOURCE_DISK) {
        handling->detail = ngx_cs_detail_unasked(answer->source);
        handling->cache = NGX_CS_MISS;

        return ngx_cs_answer(r, ctx, answer);
    }

    return ngx_cs_result_fetched(r, ctx, outcome);
}


/* by a fetch, this one's or another gateway's */

static ngx_int_t
ngx_cs_result_fetched(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_outcome_t *outcome)
{
    ngx_cs_answer_t    *answer;
    ngx_cs_handling_t  *handling;

    answer = &outcome->answer;
    handling = &ctx->handling;

    if (outcome->too_large && ctx->waiter.leader) {
        ngx_cs_too_large(r, ctx, outcome);
    }

    /* of a fetch of another gateway's, that one says so */

    handling->stored = outcome->stored
                       && answer->source != NGX_CS_SOURCE_ELSEWHERE;
    handling->fwd_status = answer->upstream_status;
    handling->collapsed = !ctx->waiter.leader
                          || answer->source == NGX_CS_SOURCE_ELSEWHERE;

    if (answer->source == NGX_CS_SOURCE_ELSEWHERE) {
        handling->detail = ngx_cs_names_sources[answer->source];
    }

    if (ctx->conf->shm_zone == NULL) {
        handling->fwd = ngx_cs_fwd_bypass;
        handling->cache = NGX_CS_BYPASS;

    } else if (ctx->expired) {
        handling->fwd = ngx_cs_fwd_stale;
        handling->cache = NGX_CS_EXPIRED;

    } else {
        handling->fwd = ngx_cs_fwd_miss;
        handling->cache = NGX_CS_MISS;
    }

    if (handling->collapsed) {
        handling->cache = NGX_CS_COLLAPSED;
    }

    return ngx_cs_answer(r, ctx, answer);
}


static void
ngx_cs_too_large(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_outcome_t *outcome)
{
    ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                  "an answer of %uz bytes from \"%V\" for task \"%V\" does not "
                  "fit into zone \"%V\" and is not stored, make "
                  "\"clear_status_zone\" larger",
                  outcome->answer.body.len, &ctx->conf->fetch.url,
                  &ctx->task_id,
                  &ctx->conf->shm_zone->shm.name);
}


/* the fetch failed, or none may go out, and the last success still serves */

static ngx_int_t
ngx_cs_result_stale(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_outcome_t *outcome)
{
    ngx_cs_handling_t  *handling;

    handling = &ctx->handling;

    handling->cache = NGX_CS_STALE;
    handling->retry_until = ngx_cs_answer_again(&outcome->answer);

    if (outcome->answer.source >= NGX_CS_SOURCE_FLEET
        || outcome->answer.source == NGX_CS_SOURCE_GATEWAY)
    {
        handling->fwd = ngx_cs_fwd_stale;
        handling->fwd_status = outcome->answer.upstream_status;
        handling->collapsed = !ctx->waiter.leader
                              || outcome->answer.source
                                 == NGX_CS_SOURCE_FLEET
                              || outcome->answer.source
                                 == NGX_CS_SOURCE_ELSEWHERE;
        handling->detail = ngx_cs_detail_error;

    } else {
        handling->hit = 1;
        handling->detail = ngx_cs_detail_unasked(outcome->answer.source);
    }

    return ngx_cs_answer(r, ctx, &outcome->stale);
}


static ngx_int_t
ngx_cs_answer(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_answer_t *answer)
{
    ctx->workflow = answer->workflow;
    ctx->fetched = answer->stamp.fetched;
    ctx->replied = 1;

    if (answer->status == NGX_HTTP_OK && !answer->stamp.terminal) {
        ngx_cs_answer_paused(r, ctx);
    }

    return ngx_cs_replied(r, ctx, ngx_cs_reply(r, answer, &ctx->handling,
                                               ngx_current_msec));
}


/* there will be no new answer before a pause ends, however fresh this one is */

static void
ngx_cs_answer_paused(ngx_http_request_t *r, ngx_cs_ctx_t *ctx)
{
    int64_t             left;
    ngx_cs_ask_t        ask;
    ngx_cs_handling_t  *handling;

    handling = &ctx->handling;

    if (handling->cache == NGX_CS_STALE
        || handling->cache == NGX_CS_UPDATING
        || !ngx_cs_breakers_any()
        || ngx_cs_ask(r, ctx, &ask) != NGX_OK)
    {
        return;
    }

    ngx_cs_ask_question(r, ctx, &ask);

    left = ngx_cs_exchange_left(&ask.question, r->connection->log);

    if (left) {
        handling->retry_until = (int64_t) ngx_current_msec + left;
    }
}


/* the caller has gone, or has its answer */

static void
ngx_cs_cleanup(void *data)
{
    ngx_cs_waiter_t *waiter = data;

    ngx_cs_flight_leave(waiter);
}


static void
ngx_cs_cleanup_flight(void *data)
{
    ngx_cs_flight_t *flight = data;

    ngx_cs_flight_release(flight);
}
