/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Notifications; see the header.
 *
 * A fetch that was sent before a notice may not know of the change, so another
 * follows it; and there is at most one a second for a task.  Until then the
 * notice is kept here, one for a task and worker however often it comes.
 */


#include "request/notify.h"

#include "clear/notice.h"
#include "core/counters.h"
#include "flight/table.h"
#include "request/argument.h"
#include "request/ask.h"
#include "request/refuse.h"
#include "request/suspend.h"
#include "tier/known.h"


/* notices that a worker keeps */
#define NGX_CS_NOTIFY_MAX  4096


typedef struct {
    ngx_cs_node_t                node;      /* first; with zone and key */
    ngx_pool_t                  *pool;
    ngx_cs_question_t            question;
    ngx_event_t                  timer;
    int64_t                      since;     /* mono, ms */
} ngx_cs_notified_t;


/* one request, while other gateways are asked */

typedef struct {
    ngx_http_request_t          *request;
    ngx_cs_ask_t                 ask;
    ngx_cs_known_t              *others;
} ngx_cs_notifying_t;


static void ngx_cs_notify_body_handler(ngx_http_request_t *r);
static ngx_int_t ngx_cs_notify_body(ngx_http_request_t *r, ngx_str_t *body);
static ngx_int_t ngx_cs_notify_read(ngx_buf_t *b, u_char *p, size_t size);
static ngx_int_t ngx_cs_notify_task(ngx_http_request_t *r);
static ngx_int_t ngx_cs_notify_others(ngx_cs_notifying_t *notifying);
static void ngx_cs_notify_known(void *data, ngx_cs_known_e known);
static void ngx_cs_notify_cleanup(void *data);
static ngx_int_t ngx_cs_notify_taken(ngx_http_request_t *r, ngx_int_t rc);
static ngx_int_t ngx_cs_notify_take(ngx_cs_ask_t *ask, ngx_uint_t known);
static ngx_int_t ngx_cs_notify_keep(ngx_cs_ask_t *ask,
    ngx_cs_notice_t *notice);
static void ngx_cs_notify_timer_handler(ngx_event_t *ev);
static ngx_int_t ngx_cs_notify_reply(ngx_http_request_t *r,
    ngx_uint_t known);


/* of this worker */
static ngx_cs_table_t            ngx_cs_notifieds;
static ngx_uint_t                ngx_cs_nnotified;


void
ngx_cs_notify_init_process(void)
{
    ngx_cs_table_init(&ngx_cs_notifieds);
}


ngx_int_t
ngx_cs_notify(ngx_http_request_t *r, ngx_cs_ctx_t *ctx)
{
    ngx_int_t        rc;
    clear_task_id_e  bad;

    bad = CLEAR_TASK_ID_MISSING;

    if (r->method == NGX_HTTP_POST
        && ngx_cs_argument_task_id(r, &ctx->task_id, &bad) != NGX_OK)
    {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    if (r->method == NGX_HTTP_POST && bad == CLEAR_TASK_ID_MISSING
        && r->headers_in.content_length_n <= CLEAR_NOTICE_MAX)
    {
        rc = ngx_http_read_client_request_body(r, ngx_cs_notify_body_handler);

        return (rc >= NGX_HTTP_SPECIAL_RESPONSE) ? rc : NGX_DONE;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (r->method != NGX_HTTP_POST) {
        return ngx_cs_refuse_method(r);
    }

    if (bad == CLEAR_TASK_ID_MISSING) {
        return ngx_cs_refuse_argument(r, "body", "is longer than 64 KB");
    }

    return (bad != CLEAR_TASK_ID_OK) ? ngx_cs_refuse_task_id(r, bad)
                                     : ngx_cs_notify_task(r);
}


static void
ngx_cs_notify_body_handler(ngx_http_request_t *r)
{
    ngx_int_t        rc;
    ngx_str_t        body;
    ngx_cs_ctx_t    *ctx;
    clear_notice_e   bad;

    ctx = ngx_http_get_module_ctx(r, ngx_clear_status_module);

    rc = ngx_cs_notify_body(r, &body);

    if (rc == NGX_DECLINED) {
        rc = ngx_cs_refuse_argument(r, "body", "is longer than 64 KB");

    } else if (rc != NGX_OK) {
        rc = ngx_cs_refuse_status(r, NGX_HTTP_SERVICE_UNAVAILABLE);

    } else {
        bad = clear_notice_parse(&ngx_cs_answer_memory, body.data, body.len,
                                 ctx->task_id.data, &ctx->task_id.len);

        rc = (bad == CLEAR_NOTICE_OK) ? ngx_cs_notify_task(r)
             : (bad == CLEAR_NOTICE_NO_MEMORY)
               ? ngx_cs_refuse_status(r, NGX_HTTP_SERVICE_UNAVAILABLE)
               : ngx_cs_refuse_argument(r, (bad == CLEAR_NOTICE_BROKEN)
                                           ? "body" : "taskId",
                                        clear_notice_strerror(bad));
    }

    ngx_http_finalize_request(r, rc);
}


/*
 * The body in one piece, and room for the id.  NGX_DECLINED: it is too long;
 * NGX_ERROR: no memory, or its file cannot be read.
 */

static ngx_int_t
ngx_cs_notify_body(ngx_http_request_t *r, ngx_str_t *body)
{
    off_t         len;
    u_char       *p;
    ngx_chain_t  *cl, *bufs;
    ngx_cs_ctx_t *ctx;

    len = 0;
    bufs = r->request_body ? r->request_body->bufs : NULL;

    for (cl = bufs; cl; cl = cl->next) {
        len += ngx_buf_size(cl->buf);
    }

    if (len > CLEAR_NOTICE_MAX) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_get_module_ctx(r, ngx_clear_status_module);

    ctx->task_id.data = ngx_pnalloc(r->pool, CLEAR_TASK_ID_MAX);
    p = ngx_pnalloc(r->pool, (size_t) len + 1);

    if (ctx->task_id.data == NULL || p == NULL) {
        return NGX_ERROR;
    }

    body->data = p;
    body->len = (size_t) len;

    for (cl = bufs; cl; cl = cl->next) {
        len = ngx_buf_size(cl->buf);

        if (ngx_cs_notify_read(cl->buf, p, (size_t) len) != NGX_OK) {
            return NGX_ERROR;
        }

        p += len;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_cs_notify_read(ngx_buf_t *b, u_char *p, size_t size)
{
    /* the last one may be a mark alone, without a file */

    if (size == 0) {
        return NGX_OK;
    }

    if (ngx_buf_in_memory(b)) {
        ngx_memcpy(p, b->pos, size);
        return NGX_OK;
    }

    return (ngx_read_file(b->file, p, size, b->file_pos) == (ssize_t) size)
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_cs_notify_task(ngx_http_request_t *r)
{
    ngx_int_t            rc;
    ngx_cs_ctx_t        *ctx;
    ngx_cs_notifying_t  *notifying;

    ctx = ngx_http_get_module_ctx(r, ngx_clear_status_module);

    notifying = ngx_pcalloc(r->pool, sizeof(ngx_cs_notifying_t));
    if (notifying == NULL) {
        return ngx_cs_refuse_status(r, NGX_HTTP_SERVICE_UNAVAILABLE);
    }

    notifying->request = r;

    rc = ngx_cs_ask(r, ctx, &notifying->ask);
    if (rc != NGX_OK) {
        return ngx_cs_refuse_credentials(r, rc);
    }

    ngx_cs_ask_question(r, ctx, &notifying->ask);
    notifying->ask.question.ntrace = 0;

    rc = ngx_cs_notify_take(&notifying->ask, 0);

    if (rc == NGX_DECLINED && ngx_cs_notify_others(notifying) == NGX_OK) {
        return ngx_cs_suspend(r);
    }

    return ngx_cs_notify_taken(r, rc);
}


/* NGX_OK: other gateways may know the task, and are asked; else NGX_DECLINED */

static ngx_int_t
ngx_cs_notify_others(ngx_cs_notifying_t *notifying)
{
    ngx_http_cleanup_t  *cln;
    ngx_http_request_t  *r;

    r = notifying->request;

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_DECLINED;
    }

    cln->handler = ngx_cs_notify_cleanup;
    cln->data = notifying;

    notifying->others = ngx_cs_known_ask(r->pool,
                                         notifying->ask.lookup.shm_zone,
                                         &notifying->ask.question,
                                         ngx_cs_notify_known, notifying);

    return notifying->others ? NGX_OK : NGX_DECLINED;
}


static void
ngx_cs_notify_known(void *data, ngx_cs_known_e known)
{
    ngx_cs_notifying_t *notifying = data;

    ngx_int_t            rc;
    ngx_http_request_t  *r;

    r = notifying->request;

    ngx_http_set_log_request(r->connection->log, r);

    rc = (known == NGX_CS_KNOWN_NOT) ? NGX_DECLINED
         : (known == NGX_CS_KNOWN_FINISHED) ? NGX_OK
           : ngx_cs_notify_take(&notifying->ask, 1);

    ngx_cs_resume(r, ngx_cs_notify_taken(r, rc));
}


static void
ngx_cs_notify_cleanup(void *data)
{
    ngx_cs_notifying_t *notifying = data;

    ngx_cs_known_cancel(notifying->others);
}


/* the answer to what ngx_cs_notify_take() says */

static ngx_int_t
ngx_cs_notify_taken(ngx_http_request_t *r, ngx_int_t rc)
{
    if (rc == NGX_ERROR) {
        return ngx_cs_refuse_status(r, NGX_HTTP_SERVICE_UNAVAILABLE);
    }

    if (rc == NGX_OK) {
        ngx_cs_counters_notified();
    }

    return ngx_cs_notify_reply(r, rc == NGX_OK);
}


/*
 * known: by other gateways.  NGX_OK; NGX_DECLINED: the task is not known;
 * NGX_ERROR: no memory, or room.
 */

static ngx_int_t
ngx_cs_notify_take(ngx_cs_ask_t *ask, ngx_uint_t known)
{
    ngx_int_t           rc;
    ngx_cs_notice_t     notice;
    ngx_cs_lookup_t    *lookup;
    ngx_cs_notified_t  *kept;

    lookup = &ask->lookup;

    kept = (ngx_cs_notified_t *) ngx_cs_table_find(&ngx_cs_notifieds,
                                                   lookup->shm_zone,
                                                   lookup->key);
    if (kept) {
        kept->since = ngx_current_msec;
        return NGX_OK;
    }

    notice.since = ngx_current_msec;
    notice.wait = NGX_CS_NOTICE_WAIT;
    notice.known = known
                   || ngx_cs_hold_waits(lookup->shm_zone, lookup->key);

    rc = ngx_cs_flight_notice(&ask->question, lookup, &notice);

    return (rc == NGX_AGAIN) ? ngx_cs_notify_keep(ask, &notice) : rc;
}


static ngx_int_t
ngx_cs_notify_keep(ngx_cs_ask_t *ask, ngx_cs_notice_t *notice)
{
    ngx_pool_t         *pool;
    ngx_cs_notified_t  *kept;

    if (ngx_cs_nnotified == NGX_CS_NOTIFY_MAX) {
        return NGX_ERROR;
    }

    pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE / 8, ngx_cycle->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    kept = ngx_pcalloc(pool, sizeof(ngx_cs_notified_t));

    if (kept == NULL
        || ngx_cs_question_copy(pool, &kept->question, &ask->question)
           != NGX_OK)
    {
        ngx_destroy_pool(pool);
        return NGX_ERROR;
    }

    kept->pool = pool;
    kept->since = notice->since;
    kept->node.shm_zone = ask->lookup.shm_zone;
    kept->node.key.tenant = kept->question.tenant;
    kept->node.key.task_id = kept->question.task_id;
    kept->node.key.hash = ask->key.hash;

    kept->timer.handler = ngx_cs_notify_timer_handler;
    kept->timer.data = kept;
    kept->timer.log = ngx_cycle->log;

    ngx_cs_table_insert(&ngx_cs_notifieds, &kept->node);
    ngx_cs_nnotified++;

    ngx_add_timer(&kept->timer, (ngx_msec_t) notice->wait);

    return NGX_OK;
}


static void
ngx_cs_notify_timer_handler(ngx_event_t *ev)
{
    ngx_cs_notice_t     notice;
    ngx_cs_lookup_t     lookup;
    ngx_cs_notified_t  *kept;

    kept = ev->data;

    ngx_memzero(&lookup, sizeof(ngx_cs_lookup_t));
    lookup.shm_zone = kept->node.shm_zone;
    lookup.key = &kept->node.key;
    lookup.freshness = kept->question.freshness;
    lookup.limits = &kept->question.limits;
    lookup.pool = kept->pool;

    notice.since = kept->since;
    notice.wait = NGX_CS_NOTICE_WAIT;

    /* it was when the notice was taken, whatever was stored since */

    notice.known = 1;

    if (ngx_cs_flight_notice(&kept->question, &lookup, &notice)
        == NGX_AGAIN)
    {
        ngx_add_timer(&kept->timer, (ngx_msec_t) notice.wait);
        return;
    }

    ngx_cs_table_delete(&ngx_cs_notifieds, &kept->node);
    ngx_cs_nnotified--;

    ngx_explicit_memzero(kept->question.token.data, kept->question.token.len);
    ngx_destroy_pool(kept->pool);
}


static ngx_int_t
ngx_cs_notify_reply(ngx_http_request_t *r, ngx_uint_t known)
{
    u_char           *p;
    size_t            escaped;
    ngx_str_t        *id;
    ngx_cs_ctx_t     *ctx;
    ngx_cs_answer_t   answer;

    ctx = ngx_http_get_module_ctx(r, ngx_clear_status_module);
    id = &ctx->task_id;

    ngx_memzero(&answer, sizeof(ngx_cs_answer_t));

    escaped = ngx_escape_json(NULL, id->data, id->len);

    p = ngx_pnalloc(r->pool, sizeof("{\"taskId\":\"\",\"notified\":false}")
                             + id->len + escaped);
    if (p == NULL) {
        return ngx_cs_refuse_status(r, NGX_HTTP_SERVICE_UNAVAILABLE);
    }

    answer.status = NGX_HTTP_ACCEPTED;
    answer.body.data = p;

    p = ngx_cpymem(p, "{\"taskId\":\"", sizeof("{\"taskId\":\"") - 1);
    p = (u_char *) ngx_escape_json(p, id->data, id->len);
    p = ngx_sprintf(p, "\",\"notified\":%s}", known ? "true" : "false");

    answer.body.len = p - answer.body.data;

    ctx->replied = 1;

    return ngx_cs_replied(r, ctx, ngx_cs_reply_plain(r, &answer));
}
