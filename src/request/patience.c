/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Callers with patience; see the header.
 */


#include "request/patience.h"

#include "clear/accept.h"
#include "clear/prefer.h"
#include "request/events.h"
#include "request/wait.h"


/* the hash that nginx gives a field's name */
#define ngx_cs_hash6(a, b, c, d, e, f)                                        \
    ngx_hash(ngx_hash(ngx_hash(ngx_hash(ngx_hash((ngx_uint_t) a, b), c), d),  \
                      e), f)


static void ngx_cs_patience_prefer(ngx_cs_ctx_t *ctx, ngx_str_t *value);


void
ngx_cs_patience(ngx_http_request_t *r, ngx_cs_ctx_t *ctx)
{
    ngx_uint_t           i, accept, prefer;
    ngx_list_part_t     *part;
    ngx_table_elt_t     *h;
    ngx_cs_hold_conf_t  *conf;

    conf = &ctx->conf->hold;

    if (r != r->main || (conf->wait == 0 && conf->events == 0)) {
        return;
    }

    accept = ngx_cs_hash6('a', 'c', 'c', 'e', 'p', 't');
    prefer = ngx_cs_hash6('p', 'r', 'e', 'f', 'e', 'r');

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].hash == accept) {

            if (conf->events && h[i].key.len == 6
                && ngx_strncmp(h[i].lowcase_key, "accept", 6) == 0
                && clear_accept_events(h[i].value.data, h[i].value.len))
            {
                ctx->patience = NGX_CS_PATIENCE_EVENTS;
                return;
            }

        } else if (h[i].hash == prefer) {

            if (conf->wait && h[i].key.len == 6
                && ngx_strncmp(h[i].lowcase_key, "prefer", 6) == 0)
            {
                ngx_cs_patience_prefer(ctx, &h[i].value);
            }
        }
    }
}


/* the first wait of all lines counts */

static void
ngx_cs_patience_prefer(ngx_cs_ctx_t *ctx, ngx_str_t *value)
{
    int64_t  seconds;

    if (ctx->preferred
        || !clear_prefer_wait(value->data, value->len, &seconds))
    {
        return;
    }

    ctx->preferred = 1;

    if (seconds) {
        ctx->patience = NGX_CS_PATIENCE_WAIT;
        ctx->wait = (ngx_msec_t) ngx_min(seconds * 1000,
                                         (int64_t) ctx->conf->hold.wait);
    }
}


ngx_int_t
ngx_cs_patience_answer(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_question_t *question, ngx_cs_key_t *key, ngx_cs_news_t *news)
{
    if (news->answer->body.len == 0) {
        return NGX_DECLINED;
    }

    return (ctx->patience == NGX_CS_PATIENCE_EVENTS)
           ? ngx_cs_events(r, ctx, question, key, news)
           : ngx_cs_prefer_wait(r, ctx, question, key, news);
}
