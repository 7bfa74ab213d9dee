/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * "Prefer: wait" (RFC 7240, section 4.3); see the header.
 */


#include "request/wait.h"

#include "clear/etag.h"
#include "clear/prefer.h"
#include "core/counters.h"
#include "request/suspend.h"


/* up to this share of the wait is left off, so that callers spread */
#define NGX_CS_WAIT_SHARE  32

/* seconds that callers are sent away for when the worker leaves */
#define NGX_CS_WAIT_QUIT   5


static ngx_uint_t ngx_cs_wait_stays(ngx_http_request_t *r,
    ngx_cs_answer_t *answer);
static int64_t ngx_cs_wait_left(ngx_http_request_t *r, ngx_cs_ctx_t *ctx);
static void ngx_cs_wait_handler(ngx_cs_holder_t *holder, ngx_cs_hold_e why,
    ngx_cs_news_t *news);
static void ngx_cs_wait_answer(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_news_t *news);
static void ngx_cs_wait_handling(ngx_cs_ctx_t *ctx, ngx_cs_news_t *news);
static ngx_int_t ngx_cs_wait_applied(ngx_http_request_t *r,
    ngx_cs_ctx_t *ctx);
static void ngx_cs_wait_cleanup(void *data);


void
ngx_cs_wait_prefer(ngx_cs_ctx_t *ctx, ngx_table_elt_t *h)
{
    int64_t      seconds;
    ngx_msec_t   limit;

    limit = ctx->conf->hold.wait;

    if (limit == 0 || ctx->preferred
        || ctx->patience == NGX_CS_PATIENCE_EVENTS
        || h->key.len != sizeof("prefer") - 1
        || ngx_strncmp(h->lowcase_key, "prefer", sizeof("prefer") - 1) != 0
        || !clear_prefer_wait(h->value.data, h->value.len, &seconds))
    {
        return;
    }

    ctx->preferred = 1;

    if (seconds) {
        ctx->patience = NGX_CS_PATIENCE_WAIT;
        ctx->wait = (ngx_msec_t) ngx_min(seconds * 1000, (int64_t) limit);
    }
}


ngx_int_t
ngx_cs_prefer_wait(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_ask_t *ask, ngx_cs_news_t *news)
{
    int64_t              left;
    ngx_cs_holder_t     *holder;
    ngx_http_cleanup_t  *cln;

    left = ngx_cs_wait_left(r, ctx);

    if (left <= 0
        || !ngx_cs_wait_stays(r, news->answer)
        || !ngx_cs_hold_room(ctx->conf->hold.max))
    {
        return NGX_DECLINED;
    }

    /* without memory to hold it there is some to answer it, perhaps */

    holder = ngx_pcalloc(r->pool, sizeof(ngx_cs_holder_t));
    cln = ngx_http_cleanup_add(r, 0);

    if (holder == NULL || cln == NULL) {
        return NGX_DECLINED;
    }

    cln->handler = ngx_cs_wait_cleanup;
    cln->data = holder;

    holder->handler = ngx_cs_wait_handler;
    holder->data = r;
    holder->kind = NGX_CS_COUNTERS_WAIT;

    if (ngx_cs_hold_join(holder, &ctx->conf->hold, &ask->question,
                         &ask->lookup, news)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    ngx_add_timer(&holder->timer, (ngx_msec_t) left);

    ctx->held = 1;
    ctx->held_since = ngx_current_msec;

    return ctx->suspended ? NGX_DONE : ngx_cs_suspend(r);
}


/* ms, from the arrival on; shortened by chance, never lengthened */

static int64_t
ngx_cs_wait_left(ngx_http_request_t *r, ngx_cs_ctx_t *ctx)
{
    int64_t      gone;
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    gone = (int64_t) (tp->sec - r->start_sec) * 1000
           + ((int64_t) tp->msec - (int64_t) r->start_msec);

    return (int64_t) ctx->wait
           - ngx_random() % (ctx->wait / NGX_CS_WAIT_SHARE + 1)
           - ngx_max(gone, 0);
}


/* nothing new in it for this caller */

static ngx_uint_t
ngx_cs_wait_stays(ngx_http_request_t *r, ngx_cs_answer_t *answer)
{
    ngx_table_elt_t  *tags;

    if (answer->status != NGX_HTTP_OK || answer->stamp.terminal) {
        return 0;
    }

    tags = r->headers_in.if_none_match;

    return tags == NULL
           || clear_etag_listed(tags->value.data, tags->value.len,
                                answer->etag, NGX_CS_ETAG_LEN)
              == CLEAR_ETAG_LISTED;
}


static void
ngx_cs_wait_handler(ngx_cs_holder_t *holder, ngx_cs_hold_e why,
    ngx_cs_news_t *news)
{
    ngx_uint_t           end;
    ngx_cs_ctx_t        *ctx;
    ngx_http_request_t  *r;

    r = holder->data;
    ctx = ngx_http_get_module_ctx(r, ngx_clear_status_module);

    switch (why) {

    case NGX_CS_HOLD_TIME:
        ctx->handling.retry_after = NGX_CS_RETRY_NONE;
        end = NGX_CS_COUNTERS_TIME;
        break;

    case NGX_CS_HOLD_QUIT:
        ctx->handling.retry_after = 1 + ngx_random() % NGX_CS_WAIT_QUIT;
        r->keepalive = 0;
        end = NGX_CS_COUNTERS_QUIT;
        break;

    default:

        if (ngx_cs_wait_stays(r, news->answer)) {
            return;
        }

        end = (news->answer->status != NGX_HTTP_OK) ? NGX_CS_COUNTERS_FAILED
              : news->answer->stamp.terminal ? NGX_CS_COUNTERS_FINISHED
                                             : NGX_CS_COUNTERS_CHANGED;
    }

    ngx_http_set_log_request(r->connection->log, r);

    /* the hold may go with its last holder, and its news with it */

    news->refs++;

    ngx_cs_hold_leave(holder, end);
    ngx_cs_wait_answer(r, ctx, news);

    ngx_cs_news_release(news);
}


static void
ngx_cs_wait_answer(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_news_t *news)
{
    ngx_int_t  rc;

    ctx->told = 1;
    ctx->held_time = ngx_current_msec - ctx->held_since;

    rc = NGX_HTTP_SERVICE_UNAVAILABLE;

    if (ngx_cs_news_keep(news, r->pool) == NGX_OK
        && ngx_cs_wait_applied(r, ctx) == NGX_OK)
    {
        ngx_cs_wait_handling(ctx, news);

        ctx->workflow = news->answer->workflow;
        ctx->fetched = news->answer->stamp.fetched;
        ctx->replied = 1;

        rc = ngx_cs_replied(r, ctx, ngx_cs_reply(r, news->answer,
                                                 &ctx->handling,
                                                 ngx_current_msec));
    }

    ngx_cs_resume(r, rc);
}


/* as if somebody looked now */

static void
ngx_cs_wait_handling(ngx_cs_ctx_t *ctx, ngx_cs_news_t *news)
{
    ngx_cs_answer_t    *answer;
    ngx_cs_handling_t  *handling;

    answer = news->answer;
    handling = &ctx->handling;

    handling->hit = 1;
    handling->cache = NGX_CS_HIT;

    if (ctx->conf->shm_zone == NULL
        && answer->source == NGX_CS_SOURCE_UPSTREAM)
    {
        handling->hit = 0;
        handling->cache = NGX_CS_BYPASS;
        handling->fwd = ngx_cs_fwd_bypass;
        handling->fwd_status = answer->upstream_status;
        handling->collapsed = 1;

    } else if (news->stale) {
        handling->cache = NGX_CS_STALE;
        handling->detail = news->paused
                           ? ngx_cs_detail_unasked(news->outcome.answer.source)
                           : ngx_cs_detail_error;
        handling->retry_until = news->due;

    } else if (answer->status != NGX_HTTP_OK
               && answer->source < NGX_CS_SOURCE_FLEET)
    {
        handling->hit = 0;
        handling->cache = NGX_CS_MISS;

        if (answer->source != NGX_CS_SOURCE_GATEWAY) {
            handling->detail = ngx_cs_detail_unasked(answer->source);
        }

    } else if (answer->status == NGX_HTTP_OK
               && answer->stamp.fresh_until <= (int64_t) ngx_current_msec)
    {
        handling->cache = NGX_CS_UPDATING;
        handling->detail = ngx_cs_detail_revalidate;
    }
}


/* RFC 7240, section 3; in whole seconds, as the limit may be none */

static ngx_int_t
ngx_cs_wait_applied(ngx_http_request_t *r, ngx_cs_ctx_t *ctx)
{
    u_char  *p, *value;

    value = ngx_pnalloc(r->pool, sizeof("wait=") - 1 + NGX_INT_T_LEN);
    if (value == NULL) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(value, "wait=%M", (ctx->wait + 999) / 1000);

    return ngx_cs_reply_header(r, "Preference-Applied",
                               sizeof("Preference-Applied") - 1,
                               value, p - value);
}


/* the caller has gone, or has its answer */

static void
ngx_cs_wait_cleanup(void *data)
{
    ngx_cs_holder_t *holder = data;

    ngx_cs_hold_leave(holder, NGX_CS_COUNTERS_LEFT);
}
