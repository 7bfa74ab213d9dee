/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * An answer as the text of an event; see the header.
 *
 * Of a body's bytes only CR and LF mean something to a stream (WHATWG HTML,
 * section 9.2.5): each line of it, however it ends, is a "data:" of its own,
 * and the reader joins them by LF.
 */


#include "request/event.h"


#define NGX_CS_EVENT_STATUS   "event: status\nid: "
#define NGX_CS_EVENT_PROBLEM  "event: problem"
#define NGX_CS_EVENT_DATA     "\ndata: "


static ngx_uint_t ngx_cs_event_lines(ngx_str_t *body);
static u_char *ngx_cs_event_data(u_char *p, ngx_str_t *body);


ngx_int_t
ngx_cs_event(ngx_cs_news_t *news)
{
    size_t            size;
    u_char           *p;
    ngx_cs_answer_t  *answer;

    if (news->event.data) {
        return NGX_OK;
    }

    answer = news->answer;

    size = sizeof(NGX_CS_EVENT_STATUS) + NGX_CS_ETAG_LEN
           + answer->body.len
           + ngx_cs_event_lines(&answer->body)
             * (sizeof(NGX_CS_EVENT_DATA) - 1)
           + sizeof("\n\n");

    p = ngx_pnalloc(news->pool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    news->event.data = p;

    if (answer->status == NGX_CS_OK) {
        p = ngx_cpymem(p, NGX_CS_EVENT_STATUS,
                       sizeof(NGX_CS_EVENT_STATUS) - 1);

        /* without its quotes */

        p = ngx_cpymem(p, answer->etag + 1, NGX_CS_ETAG_LEN - 2);

    } else {
        p = ngx_cpymem(p, NGX_CS_EVENT_PROBLEM,
                       sizeof(NGX_CS_EVENT_PROBLEM) - 1);
    }

    p = ngx_cs_event_data(p, &answer->body);
    p = ngx_cpymem(p, "\n\n", 2);

    news->event.len = p - news->event.data;

    return NGX_OK;
}


/* as many as there are at the most */

static ngx_uint_t
ngx_cs_event_lines(ngx_str_t *body)
{
    size_t      i;
    ngx_uint_t  n;

    n = 1;

    for (i = 0; i < body->len; i++) {
        n += (body->data[i] == CR || body->data[i] == LF);
    }

    return n;
}


static u_char *
ngx_cs_event_data(u_char *p, ngx_str_t *body)
{
    u_char  *s, *line, *last;

    last = body->data + body->len;
    line = body->data;

    for ( ;; ) {

        for (s = line; s < last && *s != CR && *s != LF; s++) {
            /* void */
        }

        p = ngx_cpymem(p, NGX_CS_EVENT_DATA, sizeof(NGX_CS_EVENT_DATA) - 1);
        p = ngx_cpymem(p, line, s - line);

        if (s == last) {
            return p;
        }

        line = (*s == CR && s + 1 < last && s[1] == LF) ? s + 2 : s + 1;
    }
}
