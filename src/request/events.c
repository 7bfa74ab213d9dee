/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A stream of Server-Sent Events; see the header.
 *
 * What a stream sends is the news' own text; it is kept until the last byte
 * of it is out.  A reader that is slow is sent nothing meanwhile, and then the
 * newest.
 */


#include "request/events.h"

#include "clear/accept.h"
#include "core/counters.h"
#include "core/names.h"
#include "request/event.h"
#include "request/refuse.h"
#include "request/suspend.h"


/* ms after which a caller is to come back, and a share of it by chance */
#define NGX_CS_EVENTS_RETRY   500
#define NGX_CS_EVENTS_SPREAD  2500


typedef struct {
    ngx_cs_holder_t              holder;
    ngx_http_request_t          *request;
    ngx_cs_ctx_t                *ctx;
    ngx_cs_news_t               *sending;    /* its text is still to go out */
    ngx_chain_t                 *free;
    ngx_chain_t                 *busy;
    int64_t                      end;        /* mono, ms */
    u_char                       tag[NGX_CS_ETAG_LEN];  /* the caller has */
    unsigned                     tagged:1;
    unsigned                     problem:1;  /* was told, nothing good since */
} ngx_cs_stream_t;


static ngx_cs_stream_t *ngx_cs_events_create(ngx_http_request_t *r,
    ngx_cs_ctx_t *ctx);
static void ngx_cs_events_last_id(ngx_cs_stream_t *stream);
static ngx_str_t *ngx_cs_events_field(ngx_http_request_t *r, char *name,
    size_t len);
static ngx_uint_t ngx_cs_events_passes(ngx_cs_answer_t *answer);
static ngx_int_t ngx_cs_events_over(ngx_http_request_t *r, ngx_cs_ctx_t *ctx);
static ngx_int_t ngx_cs_events_open(ngx_cs_stream_t *stream,
    ngx_cs_ask_t *ask, ngx_cs_news_t *news);
static void ngx_cs_events_handled(ngx_cs_ctx_t *ctx, ngx_cs_news_t *news);
static ngx_int_t ngx_cs_events_header(ngx_http_request_t *r,
    ngx_cs_ctx_t *ctx);
static void ngx_cs_events_handler(ngx_cs_holder_t *holder, ngx_cs_hold_e why,
    ngx_cs_news_t *news);
static void ngx_cs_events_news(ngx_cs_stream_t *stream, ngx_cs_news_t *news);
static void ngx_cs_events_time(ngx_cs_stream_t *stream);
static void ngx_cs_events_timer(ngx_cs_stream_t *stream);
static void ngx_cs_events_close(ngx_cs_stream_t *stream, ngx_uint_t end,
    ngx_int_t rc);
static ngx_uint_t ngx_cs_events_knows(ngx_cs_stream_t *stream,
    ngx_cs_answer_t *answer);
static ngx_int_t ngx_cs_events_send(ngx_cs_stream_t *stream,
    ngx_cs_news_t *news, ngx_uint_t last);
static ngx_int_t ngx_cs_events_retry(ngx_cs_stream_t *stream);
static ngx_int_t ngx_cs_events_text(ngx_cs_stream_t *stream, u_char *text,
    size_t len, ngx_uint_t last);
static ngx_int_t ngx_cs_events_output(ngx_cs_stream_t *stream,
    ngx_chain_t *out);
static void ngx_cs_events_write_handler(ngx_http_request_t *r);
static ngx_int_t ngx_cs_events_write_event(ngx_cs_stream_t *stream);
static void ngx_cs_events_cleanup(void *data);


void
ngx_cs_events_accept(ngx_cs_ctx_t *ctx, ngx_table_elt_t *h)
{
    if (ctx->conf->hold.events
        && h->key.len == sizeof("accept") - 1
        && ngx_strncmp(h->lowcase_key, "accept", sizeof("accept") - 1) == 0
        && clear_accept_events(h->value.data, h->value.len))
    {
        ctx->patience = NGX_CS_PATIENCE_EVENTS;
    }
}


ngx_int_t
ngx_cs_events(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_ask_t *ask, ngx_cs_news_t *news)
{
    ngx_cs_answer_t  *answer;
    ngx_cs_stream_t  *stream;

    answer = news->answer;

    /* before the first event an error is one of HTTP, but what may pass */

    if (answer->status != NGX_HTTP_OK && !ngx_cs_events_passes(answer)) {
        return NGX_DECLINED;
    }

    stream = ngx_cs_events_create(r, ctx);
    if (stream == NULL) {
        return ngx_cs_refuse_status(r, NGX_HTTP_SERVICE_UNAVAILABLE);
    }

    ngx_cs_events_last_id(stream);

    ngx_cs_events_handled(ctx, news);

    if (answer->stamp.terminal && ngx_cs_events_knows(stream, answer)) {
        return ngx_cs_events_over(r, ctx);
    }

    return ngx_cs_events_open(stream, ask, news);
}


static ngx_cs_stream_t *
ngx_cs_events_create(ngx_http_request_t *r, ngx_cs_ctx_t *ctx)
{
    ngx_cs_stream_t     *stream;
    ngx_http_cleanup_t  *cln;

    stream = ngx_pcalloc(r->pool, sizeof(ngx_cs_stream_t));
    cln = ngx_http_cleanup_add(r, 0);

    if (stream == NULL || cln == NULL) {
        return NULL;
    }

    ctx->stream = stream;

    stream->request = r;
    stream->ctx = ctx;
    stream->holder.handler = ngx_cs_events_handler;
    stream->holder.data = stream;
    stream->holder.kind = NGX_CS_COUNTERS_STREAM;

    cln->handler = ngx_cs_events_cleanup;
    cln->data = stream;

    return stream;
}


/* what may be over when it is asked again */

static ngx_uint_t
ngx_cs_events_passes(ngx_cs_answer_t *answer)
{
    return answer->status == NGX_HTTP_TOO_MANY_REQUESTS
           || answer->status >= NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* the tag of the last event that the caller has, if it is one */

static void
ngx_cs_events_last_id(ngx_cs_stream_t *stream)
{
    ngx_str_t  *value;

    value = ngx_cs_events_field(stream->request, "last-event-id",
                                sizeof("last-event-id") - 1);

    if (value == NULL || value->len != NGX_CS_ETAG_LEN - 2) {
        return;
    }

    stream->tag[0] = '"';
    ngx_memcpy(&stream->tag[1], value->data, value->len);
    stream->tag[NGX_CS_ETAG_LEN - 1] = '"';
    stream->tagged = 1;
}


static ngx_str_t *
ngx_cs_events_field(ngx_http_request_t *r, char *name, size_t len)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].key.len == len
                && ngx_strncmp(h[i].lowcase_key, name, len) == 0)
            {
                return &h[i].value;
            }
        }
    }

    return NULL;
}


/* there will be no more events: on 204 an EventSource comes back no more */

static ngx_int_t
ngx_cs_events_over(ngx_http_request_t *r, ngx_cs_ctx_t *ctx)
{
    ctx->replied = 1;

    r->headers_out.status = NGX_HTTP_NO_CONTENT;
    r->header_only = 1;

    if (ngx_cs_reply_no_store(r) != NGX_OK) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    return ngx_cs_replied(r, ctx, ngx_http_send_header(r));
}


static ngx_int_t
ngx_cs_events_open(ngx_cs_stream_t *stream, ngx_cs_ask_t *ask,
    ngx_cs_news_t *news)
{
    ngx_int_t            rc;
    ngx_uint_t           finished;
    ngx_cs_ctx_t        *ctx;
    ngx_cs_hold_conf_t  *conf;
    ngx_http_request_t  *r;

    r = stream->request;
    ctx = stream->ctx;
    conf = &ctx->conf->hold;

    rc = ngx_cs_events_header(r, ctx);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    finished = news->answer->stamp.terminal;

    rc = ngx_cs_events_knows(stream, news->answer)
         ? ngx_cs_events_text(stream, (u_char *) ":\n\n", 3, 0)
         : ngx_cs_events_send(stream, news, finished);

    if (rc == NGX_ERROR || finished) {
        return rc;
    }

    if (ngx_cs_events_write_event(stream) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!ngx_cs_hold_room(conf->max)
        || ngx_cs_hold_join(&stream->holder, conf, &ask->question,
                            &ask->lookup, news)
           != NGX_OK)
    {
        return ngx_cs_events_retry(stream);
    }

    ctx->held = 1;
    ctx->held_since = ngx_current_msec;

    stream->end = (int64_t) ngx_current_msec + conf->events;
    ngx_cs_events_timer(stream);

    if (!ctx->suspended) {
        (void) ngx_cs_suspend(r);
    }

    r->write_event_handler = ngx_cs_events_write_handler;

    return NGX_DONE;
}


/* how the first event was come by, for the log */

static void
ngx_cs_events_handled(ngx_cs_ctx_t *ctx, ngx_cs_news_t *news)
{
    ngx_cs_source_e      source;
    ngx_cs_handling_t  *handling;

    source = news->outcome.answer.source;
    handling = &ctx->handling;

    if (news->flight == NULL
        && news->outcome.choice == CLEAR_SERVE_REVALIDATE)
    {
        handling->cache = NGX_CS_UPDATING;
        return;
    }

    if (news->flight) {
        ctx->source = source;

        handling->collapsed = !ctx->waiter.leader
                              || source == NGX_CS_SOURCE_ELSEWHERE;

        if (!news->stale && (source == NGX_CS_SOURCE_DISK
                             || source == NGX_CS_SOURCE_FLEET))
        {
            handling->collapsed = 0;
            handling->cache = NGX_CS_HIT;
            handling->detail = ngx_cs_names_sources[source];
            return;
        }
    }

    handling->cache = news->stale ? NGX_CS_STALE
                      : handling->collapsed ? NGX_CS_COLLAPSED
                      : (ctx->conf->shm_zone == NULL) ? NGX_CS_BYPASS
                      : (news->flight == NULL) ? NGX_CS_HIT
                      : ctx->expired ? NGX_CS_EXPIRED : NGX_CS_MISS;
}


static ngx_int_t
ngx_cs_events_header(ngx_http_request_t *r, ngx_cs_ctx_t *ctx)
{
    static u_char  no[] = "no";

    ctx->replied = 1;

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = -1;

    ngx_str_set(&r->headers_out.content_type, "text/event-stream");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    /* a stream has no tag, and "If-None-Match: *" is of what has one */

    r->disable_not_modified = 1;

    /* nginx's own, of a proxy on the way */

    if (ngx_cs_reply_no_store(r) != NGX_OK
        || ngx_cs_reply_header(r, "X-Accel-Buffering",
                               sizeof("X-Accel-Buffering") - 1, no,
                               sizeof(no) - 1)
           != NGX_OK)
    {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    return ngx_cs_replied(r, ctx, ngx_http_send_header(r));
}


static void
ngx_cs_events_handler(ngx_cs_holder_t *holder, ngx_cs_hold_e why,
    ngx_cs_news_t *news)
{
    ngx_cs_stream_t  *stream;

    stream = holder->data;

    ngx_http_set_log_request(stream->request->connection->log,
                             stream->request);

    switch (why) {

    case NGX_CS_HOLD_NEWS:
        ngx_cs_events_news(stream, news);
        return;

    case NGX_CS_HOLD_TIME:
        ngx_cs_events_time(stream);
        return;

    case NGX_CS_HOLD_QUIT:
        ngx_cs_events_close(stream, NGX_CS_COUNTERS_QUIT,
                            ngx_cs_events_retry(stream));
    }
}


static void
ngx_cs_events_news(ngx_cs_stream_t *stream, ngx_cs_news_t *news)
{
    ngx_int_t         rc;
    ngx_uint_t        last;
    ngx_cs_answer_t  *answer;

    answer = news->answer;

    /* whoever reads slowly is told when he has what was sent before */

    if (stream->busy) {
        return;
    }

    if (ngx_cs_events_knows(stream, answer)) {
        stream->problem = 0;
        return;
    }

    if (answer->status != NGX_HTTP_OK && ngx_cs_events_passes(answer)
        && stream->problem)
    {
        return;
    }

    last = (answer->status == NGX_HTTP_OK) ? answer->stamp.terminal
                                           : !ngx_cs_events_passes(answer);

    rc = ngx_cs_events_send(stream, news, last);

    if (last || rc == NGX_ERROR) {
        ngx_cs_events_close(stream, (rc == NGX_ERROR) ? NGX_CS_COUNTERS_LEFT
                                    : (answer->status == NGX_HTTP_OK)
                                      ? NGX_CS_COUNTERS_FINISHED
                                      : NGX_CS_COUNTERS_FAILED,
                            rc);
        return;
    }

    ngx_cs_events_timer(stream);
}


static void
ngx_cs_events_time(ngx_cs_stream_t *stream)
{
    if ((int64_t) ngx_current_msec >= stream->end) {
        ngx_cs_events_close(stream, NGX_CS_COUNTERS_TIME,
                            ngx_cs_events_retry(stream));
        return;
    }

    if (stream->busy == NULL
        && ngx_cs_events_text(stream, (u_char *) ":\n\n", 3, 0) == NGX_ERROR)
    {
        ngx_cs_events_close(stream, NGX_CS_COUNTERS_LEFT, NGX_ERROR);
        return;
    }

    ngx_cs_events_timer(stream);
}


/* a heartbeat after silence, or the end */

static void
ngx_cs_events_timer(ngx_cs_stream_t *stream)
{
    int64_t  left;

    left = stream->end - (int64_t) ngx_current_msec;
    left = ngx_min(left, (int64_t) stream->ctx->conf->hold.heartbeat);

    if (stream->holder.timer.timer_set) {
        ngx_del_timer(&stream->holder.timer);
    }

    ngx_add_timer(&stream->holder.timer, (ngx_msec_t) ngx_max(left, 1));
}


/* the request may be gone after it */

static void
ngx_cs_events_close(ngx_cs_stream_t *stream, ngx_uint_t end, ngx_int_t rc)
{
    ngx_cs_ctx_t  *ctx;

    ctx = stream->ctx;
    ctx->told = 1;
    ctx->held_time = ngx_current_msec - ctx->held_since;

    ngx_cs_hold_leave(&stream->holder, end);
    ngx_cs_resume(stream->request, rc);
}


static ngx_uint_t
ngx_cs_events_knows(ngx_cs_stream_t *stream, ngx_cs_answer_t *answer)
{
    return stream->tagged && answer->status == NGX_HTTP_OK
           && ngx_memcmp(stream->tag, answer->etag, NGX_CS_ETAG_LEN) == 0;
}


/* NGX_ERROR where the stream is broken */

static ngx_int_t
ngx_cs_events_send(ngx_cs_stream_t *stream, ngx_cs_news_t *news,
    ngx_uint_t last)
{
    ngx_cs_answer_t  *answer;

    if (ngx_cs_event(news) != NGX_OK) {
        return NGX_ERROR;
    }

    answer = news->answer;
    stream->problem = (answer->status != NGX_HTTP_OK);
    stream->ctx->workflow = answer->workflow;
    stream->ctx->fetched = answer->stamp.fetched;

    if (answer->status == NGX_HTTP_OK) {
        ngx_memcpy(stream->tag, answer->etag, NGX_CS_ETAG_LEN);
        stream->tagged = 1;
    }

    if (stream->sending) {
        ngx_cs_news_release(stream->sending);
    }

    news->refs++;
    stream->sending = news;

    return ngx_cs_events_text(stream, news->event.data, news->event.len, last);
}


/* when to come back, and the end */

static ngx_int_t
ngx_cs_events_retry(ngx_cs_stream_t *stream)
{
    u_char  *p, *text;

    text = ngx_pnalloc(stream->request->pool,
                       sizeof("retry: \n\n") + NGX_INT_T_LEN);
    if (text == NULL) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(text, "retry: %ui\n\n",
                    NGX_CS_EVENTS_RETRY
                    + (ngx_uint_t) ngx_random() % (NGX_CS_EVENTS_SPREAD + 1));

    return ngx_cs_events_text(stream, text, p - text, 1);
}


/* text stays where it is until it is out */

static ngx_int_t
ngx_cs_events_text(ngx_cs_stream_t *stream, u_char *text, size_t len,
    ngx_uint_t last)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    cl = ngx_chain_get_free_buf(stream->request->pool, &stream->free);
    if (cl == NULL) {
        return NGX_ERROR;
    }

    b = cl->buf;

    ngx_memzero(b, sizeof(ngx_buf_t));

    b->start = text;
    b->pos = text;
    b->last = text + len;
    b->end = text + len;
    b->memory = 1;
    b->flush = 1;
    b->last_buf = last ? 1 : 0;
    b->last_in_chain = 1;
    b->tag = (ngx_buf_tag_t) &ngx_clear_status_module;

    cl->next = NULL;

    return ngx_cs_events_output(stream, cl);
}


static ngx_int_t
ngx_cs_events_output(ngx_cs_stream_t *stream, ngx_chain_t *out)
{
    ngx_int_t  rc;

    rc = ngx_http_output_filter(stream->request, out);

    ngx_chain_update_chains(stream->request->pool, &stream->free,
                            &stream->busy, &out,
                            (ngx_buf_tag_t) &ngx_clear_status_module);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (stream->busy == NULL && stream->sending) {
        ngx_cs_news_release(stream->sending);
        stream->sending = NULL;
    }

    /* before the request is suspended there is no one to be called */

    if (stream->holder.hold
        && ngx_cs_events_write_event(stream) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return rc;
}


/* as ngx_http_writer() */

static void
ngx_cs_events_write_handler(ngx_http_request_t *r)
{
    ngx_event_t      *wev;
    ngx_cs_ctx_t     *ctx;
    ngx_cs_stream_t  *stream;

    if (ngx_cs_suspend_left(r)) {
        return;
    }

    wev = r->connection->write;

    ctx = ngx_http_get_module_ctx(r, ngx_clear_status_module);
    stream = ctx->stream;

    if (wev->timedout) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, NGX_ETIMEDOUT,
                      "client timed out");
        r->connection->timedout = 1;

        ngx_cs_events_close(stream, NGX_CS_COUNTERS_LEFT,
                            NGX_HTTP_REQUEST_TIME_OUT);
        return;
    }

    /* the reader reads: its time begins anew */

    if (wev->timer_set && !wev->delayed) {
        ngx_del_timer(wev);
    }

    if (ngx_cs_events_output(stream, NULL) == NGX_ERROR) {
        ngx_cs_events_close(stream, NGX_CS_COUNTERS_LEFT, NGX_ERROR);
        return;
    }

    if (stream->busy == NULL) {
        ngx_cs_hold_again(&stream->holder);
    }
}


/* while something is to go out, the reader has to read */

static ngx_int_t
ngx_cs_events_write_event(ngx_cs_stream_t *stream)
{
    ngx_event_t               *wev;
    ngx_http_request_t        *r;
    ngx_http_core_loc_conf_t  *clcf;

    r = stream->request;
    wev = r->connection->write;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (wev->delayed) {

        /* by limit_rate, whose timer it is: without it nobody sends again */

    } else if (stream->busy || r->buffered || r->connection->buffered) {

        if (!wev->timer_set) {
            ngx_add_timer(wev, clcf->send_timeout);
        }

    } else if (wev->timer_set) {
        ngx_del_timer(wev);
    }

    return ngx_handle_write_event(wev, clcf->send_lowat);
}


/* the caller has gone, or has it all */

static void
ngx_cs_events_cleanup(void *data)
{
    ngx_cs_stream_t *stream = data;

    ngx_cs_hold_leave(&stream->holder, NGX_CS_COUNTERS_LEFT);

    if (stream->sending) {
        ngx_cs_news_release(stream->sending);
        stream->sending = NULL;
    }
}
