/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * One request from its arrival to its answer; see the header.
 */


#include "request/handler.h"

#include "request/argument.h"
#include "request/patience.h"
#include "request/refuse.h"
#include "request/suspend.h"
#include "request/trace.h"


static ngx_int_t ngx_cs_handler_ask(ngx_http_request_t *r, ngx_cs_ctx_t *ctx);
static ngx_int_t ngx_cs_handler_find(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_credentials_t *credentials);
static ngx_int_t ngx_cs_find_patient(ngx_http_request_t *r,
    ngx_cs_ctx_t *ctx, ngx_cs_question_t *question, ngx_cs_key_t *key);
static ngx_int_t ngx_cs_found(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_question_t *question, ngx_cs_lookup_t *lookup,
    ngx_cs_news_t *news);
static ngx_int_t ngx_cs_serve(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_outcome_t *outcome);
static ngx_int_t ngx_cs_wait(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_question_t *question, ngx_cs_lookup_t *lookup);
static void ngx_cs_handler_answered(ngx_cs_waiter_t *waiter,
    ngx_cs_flight_t *flight, ngx_cs_outcome_t *outcome);
static ngx_int_t ngx_cs_answered_patient(ngx_http_request_t *r,
    ngx_cs_ctx_t *ctx, ngx_cs_flight_t *flight, ngx_cs_outcome_t *outcome);
static ngx_int_t ngx_cs_result(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_outcome_t *outcome);
static ngx_int_t ngx_cs_result_stale(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_outcome_t *outcome);
static void ngx_cs_too_large(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_outcome_t *outcome);
static ngx_str_t ngx_cs_detail_unasked(ngx_cs_answer_t *answer);
static ngx_int_t ngx_cs_answer(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_answer_t *answer);
static void ngx_cs_cleanup(void *data);
static void ngx_cs_cleanup_flight(void *data);


static ngx_str_t  ngx_cs_detail_disk = ngx_string("disk");


ngx_int_t
ngx_cs_handler(ngx_http_request_t *r, ngx_cs_conf_t *conf)
{
    ngx_int_t             rc;
    ngx_cs_ctx_t         *ctx;
    clear_task_id_e       bad;

    ctx = ngx_pcalloc(r->pool, sizeof(ngx_cs_ctx_t));
    if (ctx == NULL) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    ctx->conf = conf;
    ctx->handling.max_age = conf->max_age;
    ngx_http_set_ctx(r, ctx, ngx_clear_status_module);

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    /* RFC 9110, section 12.5.5 */

    if (conf->hold.vary.len
        && ngx_cs_reply_header(r, "Vary", sizeof("Vary") - 1,
                               conf->hold.vary.data, conf->hold.vary.len)
           != NGX_OK)
    {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_cs_refuse_method(r, "GET, HEAD");
    }

    rc = ngx_cs_argument_task_id(r, &ctx->task_id, &bad);

    if (rc != NGX_OK) {
        return ngx_cs_refuse_status(r, NGX_HTTP_SERVICE_UNAVAILABLE);
    }

    if (bad != CLEAR_TASK_ID_OK) {
        return ngx_cs_refuse_task_id(r, bad);
    }

    return ngx_cs_handler_ask(r, ctx);
}


/* asks as the tenant that the request is made for */

static ngx_int_t
ngx_cs_handler_ask(ngx_http_request_t *r, ngx_cs_ctx_t *ctx)
{
    ngx_int_t             rc;
    ngx_cs_conf_t        *conf;
    ngx_cs_credentials_t  credentials;

    conf = ctx->conf;

    rc = ngx_cs_credentials_get(r, &conf->credentials,
                                &conf->fetch.url, &credentials);
    if (rc != NGX_OK) {
        return (rc == NGX_DECLINED)
               ? ngx_cs_refuse_credentials(r)
               : ngx_cs_refuse_status(r, NGX_HTTP_SERVICE_UNAVAILABLE);
    }

    return ngx_cs_handler_find(r, ctx, &credentials);
}


static ngx_int_t
ngx_cs_handler_find(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_credentials_t *credentials)
{
    ngx_int_t           rc;
    ngx_cs_key_t        key;
    ngx_cs_conf_t      *conf;
    ngx_cs_lookup_t     lookup;
    ngx_cs_question_t   question;

    conf = ctx->conf;

    ngx_cs_handler_key(ctx, credentials, &key);

    ngx_cs_handler_limits(conf, credentials, &ctx->limits);
    ngx_cs_patience(r, ctx);

    if (ctx->patience) {
        ngx_cs_handler_question(r, ctx, credentials, &question);
        return ngx_cs_find_patient(r, ctx, &question, &key);
    }

    ngx_cs_handler_lookup(&lookup, ctx, &key, r->pool);

    rc = NGX_DECLINED;

    if (conf->shm_zone) {
        rc = ngx_cs_zone_find(&lookup);
    }

    if (rc == NGX_OK && lookup.outcome.choice != CLEAR_SERVE_REVALIDATE) {
        return ngx_cs_serve(r, ctx, &lookup.outcome);
    }

    if (rc == NGX_ERROR) {
        return ngx_cs_refuse_status(r, NGX_HTTP_SERVICE_UNAVAILABLE);
    }

    ngx_cs_handler_question(r, ctx, credentials, &question);

    if (rc == NGX_OK) {
        (void) ngx_cs_flight_refresh(&question, &lookup, NULL);
        return ngx_cs_serve(r, ctx, &lookup.outcome);
    }

    ctx->expired = lookup.outcome.expired;

    return ngx_cs_wait(r, ctx, &question, &lookup);
}


/* as above, but what is found belongs to all who stay */

static ngx_int_t
ngx_cs_find_patient(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_question_t *question, ngx_cs_key_t *key)
{
    ngx_int_t         rc;
    ngx_cs_news_t    *news;
    ngx_cs_lookup_t   lookup;

    rc = NGX_DECLINED;

    news = ngx_cs_news_create();
    if (news == NULL) {
        return ngx_cs_refuse_status(r, NGX_HTTP_SERVICE_UNAVAILABLE);
    }

    ngx_cs_handler_lookup(&lookup, ctx, key, news->pool);

    if (lookup.shm_zone) {
        rc = ngx_cs_zone_find(&lookup);
    }

    switch (rc) {

    case NGX_OK:
        ngx_cs_news_found(news, &lookup);
        rc = ngx_cs_patience_answer(r, ctx, question, key, news);

        if (rc == NGX_DECLINED) {
            rc = ngx_cs_found(r, ctx, question, &lookup, news);
        }

        break;

    case NGX_DECLINED:
        ctx->expired = lookup.outcome.expired;
        lookup.pool = r->pool;
        rc = ngx_cs_wait(r, ctx, question, &lookup);
        break;

    default:
        rc = ngx_cs_refuse_status(r, NGX_HTTP_SERVICE_UNAVAILABLE);
    }

    ngx_cs_news_release(news);

    return rc;
}


/* who has patience gets it at once all the same */

static ngx_int_t
ngx_cs_found(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_question_t *question, ngx_cs_lookup_t *lookup,
    ngx_cs_news_t *news)
{
    if (ngx_cs_news_keep(news, r->pool) != NGX_OK) {
        return ngx_cs_refuse_status(r, NGX_HTTP_SERVICE_UNAVAILABLE);
    }

    if (news->outcome.choice == CLEAR_SERVE_REVALIDATE) {
        (void) ngx_cs_flight_refresh(question, lookup, NULL);
    }

    return ngx_cs_serve(r, ctx, &news->outcome);
}


void
ngx_cs_handler_lookup(ngx_cs_lookup_t *lookup, ngx_cs_ctx_t *ctx,
    ngx_cs_key_t *key, ngx_pool_t *pool)
{
    lookup->shm_zone = ctx->conf->shm_zone;
    lookup->key = key;
    lookup->freshness = &ctx->conf->freshness;
    lookup->limits = &ctx->limits;
    lookup->pool = pool;
    lookup->ticket = 0;
    lookup->outcome.expired = 0;
}


void
ngx_cs_handler_key(ngx_cs_ctx_t *ctx, ngx_cs_credentials_t *credentials,
    ngx_cs_key_t *key)
{
    uint32_t  hash;

    key->tenant = credentials->tenant;
    key->task_id = ctx->task_id;

    hash = (credentials->tenant.data == ctx->conf->credentials.tenant.data)
           ? ctx->conf->tenant_hash
           : ngx_murmur_hash2(key->tenant.data, key->tenant.len);

    key->hash = hash ^ ngx_murmur_hash2(key->task_id.data, key->task_id.len);
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
        handling->detail = ngx_cs_detail_error;
        handling->retry_until = outcome->again;
        break;

    default:
        handling->cache = NGX_CS_HIT;
    }

    return ngx_cs_answer(r, ctx, &outcome->answer);
}


/* of this caller's location, whoever's fetch it will share */

void
ngx_cs_handler_limits(ngx_cs_conf_t *conf, ngx_cs_credentials_t *credentials,
    ngx_cs_limits_t *limits)
{
    limits->timeout = conf->fetch.timeout;
    limits->connect_timeout = conf->fetch.connect_timeout;
    limits->max_body_size = conf->fetch.max_body_size;
    limits->token = conf->credentials.token_file
                    ? *ngx_cs_secret_file_path(conf->credentials.token_file)
                    : credentials->token_path.len ? credentials->token_path
                                                  : credentials->token;
}


void
ngx_cs_handler_question(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_credentials_t *credentials, ngx_cs_question_t *question)
{
    ngx_cs_conf_t             *conf;
    ngx_http_core_loc_conf_t  *clcf;

    conf = ctx->conf;
    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    question->fetch = &conf->fetch;
    question->freshness = &conf->freshness;
    question->breaker = &conf->breaker;
    question->token_file = conf->credentials.token_file;
    question->token_path = credentials->token_path;
    question->token = credentials->token;
    question->integration_id = credentials->integration_id;
    question->tenant = credentials->tenant;
    question->task_id = ctx->task_id;
    question->background = 0;
    question->seen = 0;
    question->down = 0;
    question->leased = 0;
    question->url = &conf->fetch.url;
    question->timeout = conf->fetch.timeout;
    question->limits = ctx->limits;
    question->log = clcf->error_log;

    ngx_cs_trace(r, question);
}


static ngx_int_t
ngx_cs_wait(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_question_t *question, ngx_cs_lookup_t *lookup)
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

    rc = ngx_cs_flight_join(question, lookup, &ctx->waiter);

    if (rc == NGX_OK) {
        return ctx->patience
               ? ngx_cs_find_patient(r, ctx, question, lookup->key)
               : ngx_cs_serve(r, ctx, &lookup->outcome);
    }

    if (rc == NGX_ERROR) {
        return ngx_cs_refuse_status(r, NGX_HTTP_SERVICE_UNAVAILABLE);
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

    if (ctx->patience) {
        rc = ngx_cs_answered_patient(r, ctx, flight, outcome);

        if (rc == NGX_DONE) {
            return;
        }

        if (rc != NGX_DECLINED) {
            ngx_cs_resume(r, rc);
            return;
        }
    }

    /* the bodies lie in the flight: it stays as long as the request */

    cln = ngx_pool_cleanup_add(r->pool, 0);

    if (cln == NULL) {
        rc = ngx_cs_refuse_status(r, NGX_HTTP_SERVICE_UNAVAILABLE);

    } else if (ngx_cs_limits_wider(&ctx->limits, &outcome->answer)) {
        rc = ngx_cs_handler_ask(r, ctx);

    } else {
        cln->handler = ngx_cs_cleanup_flight;
        cln->data = flight;
        ngx_cs_flight_hold(flight);

        rc = ngx_cs_result(r, ctx, outcome);
    }

    ngx_cs_resume(r, rc);
}


/* as ngx_cs_patience_answer() */

static ngx_int_t
ngx_cs_answered_patient(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_flight_t *flight, ngx_cs_outcome_t *outcome)
{
    ngx_int_t             rc;
    ngx_cs_key_t          key;
    ngx_cs_news_t        *news;
    ngx_cs_question_t     question;
    ngx_cs_credentials_t  credentials;

    if (ngx_cs_credentials_get(r, &ctx->conf->credentials,
                               &ctx->conf->fetch.url, &credentials)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    ngx_cs_handler_key(ctx, &credentials, &key);
    ngx_cs_handler_question(r, ctx, &credentials, &question);

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

    rc = ngx_cs_patience_answer(r, ctx, &question, &key, news);

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
        return ngx_cs_refuse_status(r, answer->status);
    }

    if (answer->source == NGX_CS_SOURCE_DISK) {
        handling->hit = 1;
        handling->tier = 1;
        handling->detail = ngx_cs_detail_disk;
        handling->cache = NGX_CS_HIT;

        return ngx_cs_answer(r, ctx, answer);
    }

    if (answer->source != NGX_CS_SOURCE_UPSTREAM) {
        handling->detail = ngx_cs_detail_unasked(answer);
        handling->cache = NGX_CS_MISS;

        return ngx_cs_answer(r, ctx, answer);
    }

    if (outcome->too_large && ctx->waiter.leader) {
        ngx_cs_too_large(r, ctx, outcome);
    }

    handling->stored = outcome->stored;
    handling->fwd_status = answer->upstream_status;
    handling->collapsed = !ctx->waiter.leader;

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

    if (outcome->answer.source == NGX_CS_SOURCE_UPSTREAM
        || outcome->answer.source == NGX_CS_SOURCE_GATEWAY)
    {
        handling->fwd = ngx_cs_fwd_stale;
        handling->fwd_status = outcome->answer.upstream_status;
        handling->collapsed = !ctx->waiter.leader;
        handling->detail = ngx_cs_detail_error;

    } else {
        handling->hit = 1;
        handling->detail = ngx_cs_detail_unasked(&outcome->answer);
    }

    return ngx_cs_answer(r, ctx, &outcome->stale);
}


/* why no fetch went out */

static ngx_str_t
ngx_cs_detail_unasked(ngx_cs_answer_t *answer)
{
    return (answer->source == NGX_CS_SOURCE_QUEUE) ? ngx_cs_detail_queue
                                                   : ngx_cs_detail_paused;
}


static ngx_int_t
ngx_cs_answer(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_answer_t *answer)
{
    ctx->workflow = answer->workflow;
    ctx->fetched = answer->stamp.fetched;
    ctx->replied = 1;

    return ngx_cs_replied(r, ctx, ngx_cs_reply(r, answer, &ctx->handling,
                                               ngx_current_msec));
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
