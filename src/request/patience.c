/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Callers with patience; see the header.
 */


#include "request/patience.h"

#include "clear/accept.h"
#include "request/events.h"
#include "request/wait.h"


/* the hash that nginx gives a field's name */
#define ngx_cs_hash6(a, b, c, d, e, f)                                        \
    ngx_hash(ngx_hash(ngx_hash(ngx_hash(ngx_hash((ngx_uint_t) a, b), c), d),  \
                      e), f)


void
ngx_cs_patience(ngx_http_request_t *r, ngx_cs_ctx_t *ctx)
{
    ngx_uint_t           accept, prefer;
    ngx_list_part_t     *part;
    ngx_table_elt_t     *h, *last;
    ngx_cs_hold_conf_t  *conf;

    conf = &ctx->conf->hold;

    if (r != r->main || (conf->wait == 0 && conf->events == 0)) {
        return;
    }

    accept = ngx_cs_hash6('a', 'c', 'c', 'e', 'p', 't');
    prefer = ngx_cs_hash6('p', 'r', 'e', 'f', 'e', 'r');

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;
        last = h + part->nelts;

        for ( /* void */ ; h < last; h++) {

            if (h->hash == accept) {

                /* as most are, too short to name what is looked for */

                if (h->value.len >= CLEAR_ACCEPT_EVENTS_MIN) {
                    ngx_cs_events_accept(ctx, h);
                }

            } else if (h->hash == prefer) {
                ngx_cs_wait_prefer(ctx, h);
            }
        }
    }
}


ngx_int_t
ngx_cs_patience_answer(ngx_http_request_t *r, ngx_cs_ctx_t *ctx,
    ngx_cs_ask_t *ask, ngx_cs_news_t *news)
{
    if (news->answer->body.len == 0) {
        return NGX_DECLINED;
    }

    return (ctx->patience == NGX_CS_PATIENCE_EVENTS)
           ? ngx_cs_events(r, ctx, ask, news)
           : ngx_cs_prefer_wait(r, ctx, ask, news);
}
